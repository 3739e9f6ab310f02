"""The pages of confirmed passages: the list, newest first, and one passage with its evidence."""

import re
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.database import Database, timestamp
from gateway.platform.errors import BadRequestError, NotFoundError
from gateway.platform.lanes import confirmation_store, picture_store
from gateway.platform.lanes.confirmation_routes import sequence_of
from gateway.platform.lanes.passage_view import Passage, pictures_named
from gateway.platform.lanes.picture_routes import PictureRoutes
from gateway.platform.pages import Page, Pages

ROWS: Final = 50
_PLACE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)_(\d{1,18})")


def read_place(request: web.Request) -> tuple[str, int] | None:
    """Where the list goes on (`?before=…`). Raises BadRequestError for anything but what the list itself wrote."""
    raw = request.query.get("before")
    if raw is None:
        return None
    match = _PLACE.fullmatch(raw)
    if match is None:
        raise BadRequestError("before: not a place in this list")
    return match[1], int(match[2])


def _load_list(connection: Connection, before: tuple[str, int] | None, firm: str | None) -> tuple[list[Passage], str]:
    """A page of passages, and the place where the next one begins (empty on the last page)."""
    states = confirmation_store.latest_passages(connection, before, ROWS + 1, firm)
    named = {sha256 for state in states for sha256 in pictures_named(state.confirmation)}
    sizes = picture_store.sizes(connection, named)
    passages = [Passage(state, sizes) for state in states[:ROWS]]
    if len(states) <= ROWS:
        return passages, ""
    last = states[ROWS - 1]
    return passages, f"{timestamp(last.confirmation.decided_at)}_{last.cursor}"


def _load_one(connection: Connection, gate: str, sequence: int, firm: str | None) -> Passage:
    state = confirmation_store.find(connection, gate, sequence, firm)
    sizes = picture_store.sizes(connection, pictures_named(state.confirmation))
    return Passage(state, sizes, confirmation_store.sequences_of(connection, state.confirmation))


class PassagePages:
    """`/`, `/passages/{gate}/{sequence}`, and the pictures under the addresses that pages use."""

    def __init__(self, database: Database, pages: Pages, pictures: PictureRoutes) -> None:
        self._database = database
        self._pages = pages
        self._pictures = pictures

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/", self.list, for_firms=True),
            Page("GET", "/passages/{gate}/{sequence}", self.show, for_firms=True),
            Page("GET", "/passages/{gate}/{sequence}/pictures/{sha256}.jpg", self._pictures.show_of_passage, for_firms=True),
            Page("GET", "/pictures/{sha256}.jpg", self._pictures.show),
        )

    async def list(self, request: web.Request) -> web.Response:
        before, firm = read_place(request), viewer_of(request).firm
        passages, older = await self._database.read(lambda connection: _load_list(connection, before, firm))
        return await self._pages.answer(request, "passages.html", passages=passages, older=older, before=before)

    async def show(self, request: web.Request) -> web.Response:
        sequence = sequence_of(request)
        if sequence is None:
            raise NotFoundError("There is no such passage here.")
        gate, firm = request.match_info["gate"], viewer_of(request).firm
        passage = await self._database.read(lambda connection: _load_one(connection, gate, sequence, firm))
        return await self._pages.answer(request, "passage.html", passage=passage)
