"""Reading a feed page leniently: an item that cannot be understood is named and left out, and does not stop the others.

A page is taken as a whole where possible. Where one item is from a newer platform or simply broken, refusing the page would
stop every later order at this gate; leaving one order out sends one truck to a clerk.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from gateway.client.connection import why
from gateway.client.errors import UnexpectedAnswerError
from gateway.model.wire import FeedItem, FeedPage

MAX_CURSOR: Final = (1 << 63) - 1  # what a database column holds


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """An item that was left out: its cursor as the platform gave it, and the fields that are wrong."""

    cursor: object
    why: str


def parse_feed_page(body: bytes, after: int) -> tuple[FeedPage, tuple[UnreadableItem, ...]]:
    """The page after the cursor `after`, and what had to be left out of it.

    Raises UnexpectedAnswerError when this is no feed page at all, or when it goes back behind `after`.
    """
    page, unreadable = _read(body)
    if page.cursor < after:
        raise UnexpectedAnswerError(f"the feed went back from {after} to {page.cursor}: has the platform lost its data?")
    if max([page.cursor, *(item.cursor for item in page.items)]) > MAX_CURSOR:
        raise UnexpectedAnswerError("the feed's cursor is beyond 63 bits: is this the platform?")
    return page, unreadable


def _read(body: bytes) -> tuple[FeedPage, tuple[UnreadableItem, ...]]:
    try:
        return FeedPage.model_validate_json(body), ()
    except ValidationError:
        return _item_by_item(body)


def _item_by_item(body: bytes) -> tuple[FeedPage, tuple[UnreadableItem, ...]]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedAnswerError("the feed's answer is not JSON: is this the platform?") from None
    if not isinstance(message, dict) or not isinstance(message.get("items"), list):
        raise UnexpectedAnswerError("the feed's answer is not a feed page: is this the platform?")
    readable: list[FeedItem] = []
    unreadable: list[UnreadableItem] = []
    for item in message["items"]:
        try:
            readable.append(FeedItem.model_validate_json(json.dumps(item)))
        except ValidationError as error:
            unreadable.append(UnreadableItem(_cursor(item), why(error)))
    try:
        page = FeedPage.model_validate_json(json.dumps(message | {"items": []}))
    except ValidationError as error:
        raise UnexpectedAnswerError(f"the feed's answer is not a feed page: {why(error)}") from None
    return page.model_copy(update={"items": tuple(readable)}), tuple(unreadable)


def _cursor(item: Any) -> object:
    return item.get("cursor") if isinstance(item, dict) else None
