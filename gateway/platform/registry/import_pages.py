"""A register from a file and into one: looked at line by line before anything is taken, and then all of it or the good lines."""

import asyncio
import json
from http import HTTPStatus
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.look.i18n import _
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import NO_STORE
from gateway.platform.errors import NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages
from gateway.platform.registry import form, store
from gateway.platform.registry.geojson_file import collection_of, geojson_rows, is_geojson
from gateway.platform.registry.import_file import (
    MOST_BYTES,
    ImportFileError,
    ReadFile,
    columns,
    csv_header,
    csv_lines,
    csv_rows,
    read_rows,
)
from gateway.platform.registry.kinds import KINDS, Kind
from gateway.platform.registry.pages import kept_by, kind_of
from gateway.platform.registry.staging import Staged, Staging

AT_ONCE: Final = 1000  # entries read for an export
IMPORT: Final = "+import"


class ImportPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._bell, self._clock = foundation.database, foundation.bell, foundation.clock
        self._pages, self._people = pages, people
        self._staging = Staging(foundation.settings.data_dir / "imports", foundation.clock, foundation.random)

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/registers/{kind}/" + IMPORT, self.ask, for_firms=True, by_person=True),
            Page("POST", "/registers/{kind}/" + IMPORT, self.receive, Right.KEEP_REGISTERS, for_firms=True, by_person=True),
            Page("GET", "/registers/{kind}/+export.csv", self.export, for_firms=True),
            Page("GET", "/registers/place/+places.geojson", self.places, for_firms=True),
        )

    async def ask(self, request: web.Request) -> web.Response:
        return await self._page(request, _kept(request))

    async def receive(self, request: web.Request) -> web.Response:
        """A file to look at, or the word to take one that was looked at."""
        kind, session = _kept(request), session_of(request)
        if request.content_type == "multipart/form-data":
            staged = await self._staging.receive(request, session, kind.name, MOST_BYTES)
            return await self._look(request, kind, staged)
        typed = await self._people.form_of(request, session)
        found = self._staging.find(typed.of("staged"), session.account.login, kind.name)
        if found is None:
            return await self._page(request, kind, broken=ImportFileError(_("This file is no longer here: send it again.")))
        return await self._take(request, kind, found, good_only=typed.of("action") == "good")

    async def _look(self, request: web.Request, kind: Kind, staged: Staged) -> web.Response:
        viewer, now = viewer_of(request), self._clock()
        try:
            read = await asyncio.to_thread(_read, kind, staged)
        except ImportFileError as error:
            self._staging.drop(staged)
            return await self._page(request, kind, broken=error)
        taken = await self._database.read(lambda connection: store.examine(connection, kind, read.entries, viewer, now))
        read.add_of_registers(taken)
        return await self._page(request, kind, staged=staged, read=read, taken=taken)

    async def _take(self, request: web.Request, kind: Kind, staged: Staged, good_only: bool) -> web.Response:
        viewer, now = viewer_of(request), self._clock()
        read = await asyncio.to_thread(_read, kind, staged)

        def work(connection: Connection) -> store.Taken:
            if not good_only:
                examined = store.examine(connection, kind, read.entries, viewer, now)
                if read.bad_lines or examined.problems:
                    return examined
            return store.take(connection, kind, read.entries, viewer, now)

        taken = await self._database.write(work)
        read.add_of_registers(taken)
        if read.bad_lines and not good_only:  # something has changed since it was looked at
            return await self._page(request, kind, staged=staged, read=read, taken=taken)
        self._staging.drop(staged)
        self._bell.ring()
        return await self._page(request, kind, read=read, taken=taken)

    async def _page(
        self,
        request: web.Request,
        kind: Kind,
        *,
        broken: ImportFileError | None = None,
        staged: Staged | None = None,
        read: ReadFile | None = None,
        taken: store.Taken | None = None,
    ) -> web.Response:
        return await self._pages.answer(
            request,
            "register_import.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if broken else HTTPStatus.OK,
            kind=kind,
            columns=columns(kind),
            broken=broken,
            staged=staged,
            read=read,
            taken=taken,
            title_of=lambda cell: form.title_of(kind.model, cell),
        )

    async def places(self, request: web.Request) -> web.Response:
        """All places as GeoJSON: a few hundred in practice, and at most as many as one file brings."""
        kind, firm = KINDS["place"], viewer_of(request).firm
        found = await self._database.read(lambda connection: store.page(connection, kind, firm, kind.most_lines))
        text = await asyncio.to_thread(json.dumps, collection_of(kind, [one.entry for one in found.items]), ensure_ascii=False)
        return web.Response(text=text, content_type="application/geo+json", headers=NO_STORE)

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Everything of the register that the viewer sees, read and sent piece by piece."""
        kind, firm = kind_of(request), viewer_of(request).firm
        answer = web.StreamResponse(headers=NO_STORE | {"Content-Disposition": f'attachment; filename="{kind.name}.csv"'})
        answer.content_type, answer.charset = "text/csv", "utf-8"
        await answer.prepare(request)
        await answer.write(csv_header(kind).encode())
        after, more = "", True
        while more:
            start = after
            found = await self._database.read(lambda connection: store.page(connection, kind, firm, AT_ONCE, after=start))  # noqa: B023 - awaited here
            if found.items:
                lines = await asyncio.to_thread(csv_lines, kind, [one.entry for one in found.items])
                await answer.write(lines.encode())
                after = found.items[-1].key
            more = found.more
        await answer.write_eof()
        return answer


def _read(kind: Kind, staged: Staged) -> ReadFile:
    """Raises ImportFileError."""
    source = geojson_rows(staged.path, columns(kind), kind.key) if is_geojson(staged.path) else csv_rows(staged.path, columns(kind))
    return read_rows(kind, source)


def _kept(request: web.Request) -> Kind:
    """The register, where the person may keep it. Raises NotFoundError."""
    kind = kind_of(request)
    if not kept_by(kind, request):
        raise NotFoundError("There is no such register to keep here.")
    return kind
