"""The pages of confirmed passages: the list, newest first, and one passage with its evidence."""

import asyncio
import io
import re
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.evidence_file import MOST_BYTES_IN_ALL, SignedRecord, pack
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.database import Database, timestamp
from gateway.platform.errors import BadRequestError, NotFoundError
from gateway.platform.lanes import confirmation_store, picture_store
from gateway.platform.lanes.confirmation_routes import sequence_of
from gateway.platform.lanes.passage_view import Passage, pictures_named
from gateway.platform.lanes.picture_files import PictureFiles
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

    def __init__(self, database: Database, pages: Pages, pictures: PictureRoutes, files: PictureFiles) -> None:
        self._database = database
        self._pages = pages
        self._pictures = pictures
        self._files = files
        self._one_file_at_a_time = asyncio.Lock()

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/", self.list, for_firms=True),
            Page("GET", "/passages/{gate}/{sequence}", self.show, for_firms=True),
            Page("GET", "/passages/{gate}/{sequence}/pictures/{sha256}.jpg", self._pictures.show_of_passage, for_firms=True),
            Page("GET", "/passages/{gate}/{sequence}/evidence.zip", self.evidence, for_firms=True),
            Page("GET", "/pictures/{sha256}.jpg", self._pictures.show),
        )

    async def list(self, request: web.Request) -> web.Response:
        before, firm = read_place(request), viewer_of(request).firm
        passages, older = await self._database.read(lambda connection: _load_list(connection, before, firm))
        return await self._pages.answer(request, "passages.html", passages=passages, older=older, before=before)

    async def show(self, request: web.Request) -> web.Response:
        return await self._pages.answer(request, "passage.html", passage=await self._passage(request))

    async def _passage(self, request: web.Request) -> Passage:
        sequence = sequence_of(request)
        if sequence is None:
            raise NotFoundError("There is no such passage here.")
        gate, firm = request.match_info["gate"], viewer_of(request).firm
        return await self._database.read(lambda connection: _load_one(connection, gate, sequence, firm))

    async def evidence(self, request: web.Request) -> web.Response:
        """The evidence file of the whole passage, as the gate writes it: `gateway evidence verify` proves it."""
        record = (await self._passage(request)).confirmation
        gate, passage_id = record.gate, record.passage_id
        records = await self._database.read(lambda connection: confirmation_store.signed_records(connection, gate, passage_id))
        async with self._one_file_at_a_time:
            data = await asyncio.to_thread(self._pack, gate, passage_id, records)
        name = f"{gate}-{record.sequence}.evidence.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return web.Response(body=data, content_type="application/zip", headers=headers)

    def _pack(self, gate: str, passage_id: str, records: tuple[SignedRecord, ...]) -> bytes:
        left, whole = MOST_BYTES_IN_ALL // 2, io.BytesIO()  # the records have the other half

        def picture(sha256: str) -> bytes | None:
            nonlocal left
            try:
                data = self._files.path(sha256).read_bytes()
            except OSError:
                return None
            left -= len(data)
            return data if left >= 0 else None

        pack(whole, gate, passage_id, records, picture, "")
        return whole.getvalue()
