"""R12 messages out of a request: JSON or XML, one or many, every wrong field named.

They are read in a thread: the largest take a second, and the event loop has gates to answer.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from gateway.model.errors import FieldError, OrderError
from gateway.model.transport_order import ParsedOrder, parse_order
from gateway.model.wire import FieldProblem
from gateway.platform.answers import XML
from gateway.platform.bodies import decode_json, field_problems, printable, read_body, require_type
from gateway.platform.errors import BadRequestError, InvalidError, Refusal, TooLargeError
from gateway.platform.orders.order_xml import json_of, many_orders, one_order, repetitions
from gateway.platform.orders.parties import require_own
from gateway.platform.xml_documents import Element, decode_xml

MOST_IN_A_BATCH: Final = 1000
_WRONG: Final = "The message is not a valid R12 transport order and was not stored."


@dataclass(frozen=True, slots=True)
class Judged:
    """A message of a batch: its place from 0, its ids as far as they could be read, and the order that it is, or why it is none."""

    index: int
    message_id: str | None
    order_number: str | None
    read: ParsedOrder | Refusal

    @property
    def named(self) -> dict[str, Any]:
        """Which message it is."""
        return {"index": self.index, "message_id": self.message_id, "order_number": self.order_number}


def _named(errors: tuple[FieldError, ...]) -> tuple[FieldProblem, ...]:
    return field_problems((one.field, one.message) for one in errors)


def _order(message: object) -> ParsedOrder:
    try:
        return parse_order(message)
    except OrderError as error:
        raise InvalidError(_WRONG, _named(error.errors)) from None


def _order_of(element: Element) -> ParsedOrder:
    if again := tuple(repetitions(element)):
        raise InvalidError(_WRONG, _named(again))
    return _order(json_of(element))


def _decode(request: web.Request, body: bytes) -> object:
    """JSON's values, or XML's element."""
    return decode_xml(body) if request.content_type == XML else decode_json(body)


async def _message(request: web.Request, limit: int) -> bytes:
    if request.content_type != XML:
        require_type(request, "application/json")
    return await read_body(request, limit)


async def read_order(request: web.Request, limit: int, firm: str | None) -> ParsedOrder:
    """One order, which `firm` (BAN) may send. Raises InvalidError naming every wrong field, and what `read_body` raises."""
    body = await _message(request, limit)
    parsed = await asyncio.to_thread(_read_one, request, body)
    require_own(parsed.order, firm)
    return parsed


def _read_one(request: web.Request, body: bytes) -> ParsedOrder:
    message = _decode(request, body)
    return _order_of(one_order(message)) if isinstance(message, Element) else _order(message)


def _text(message: object, key: str) -> str | None:
    value = message.get(key) if isinstance(message, Mapping) else None
    return printable(value.strip()) if isinstance(value, str) else None


def _read(message: object, firm: str | None) -> ParsedOrder | Refusal:
    try:
        parsed = _order_of(message) if isinstance(message, Element) else _order(message)
        require_own(parsed.order, firm)
    except Refusal as refusal:
        return refusal
    return parsed


def _judge(index: int, message: object, firm: str | None) -> Judged:
    said = json_of(message) if isinstance(message, Element) else message
    return Judged(index, _text(said, "message_id"), _text(said, "order_number"), _read(message, firm))


def _judge_all(message: object, firm: str | None) -> list[Judged]:
    messages = many_orders(message) if isinstance(message, Element) else message
    if not isinstance(messages, list):
        raise BadRequestError("The body is not a list of R12 messages.")
    if len(messages) > MOST_IN_A_BATCH:
        raise TooLargeError(f"{len(messages)} messages at once; at most {MOST_IN_A_BATCH}.")
    return [_judge(index, one, firm) for index, one in enumerate(messages)]


async def read_batch(request: web.Request, limit: int, firm: str | None) -> list[Judged]:
    """Each message by itself. Raises BadRequestError for what is no list, TooLargeError for too long a one."""
    body = await _message(request, limit)
    return await asyncio.to_thread(lambda: _judge_all(_decode(request, body), firm))
