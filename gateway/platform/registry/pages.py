"""The pages of the registers: what there is and what expires, one register's list, and one entry with its form and its history."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from gateway.look.forms import Problem, Typed
from gateway.look.i18n import _
from gateway.model.clock import TAIPEI
from gateway.platform.accounts.people import SESSION, People, session_of
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.errors import NotFoundError, OutdatedError
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages
from gateway.platform.registry import form, store
from gateway.platform.registry.flat import flat, nested
from gateway.platform.registry.kinds import KINDS, Kind, doubts

ROWS: Final = 50
VERSIONS: Final = 100
WARNS_BEFORE: Final = timedelta(days=30)
LONGEST_FRAGMENT: Final = 100
NEW: Final = "+new"  # no key begins with a plus
_BASED_ON: Final = "+version"  # that the person had before them; no field of an entry is called so
_NOT_OF_THE_ENTRY: Final = ("form_token", "action", _BASED_ON)
_VERSION: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Change:
    """One version, and what it changed: (title, before, after) in the language being spoken."""

    version: store.Version
    before: store.Version | None

    def differences(self) -> tuple[tuple[str, str, str], ...]:
        if self.before is None or self.version.removed:
            return ()
        earlier, now = self.before.entry, self.version.entry
        titles = {name: info.title or name for name, info in type(now).model_fields.items()}
        both = [(title, form.said_field(earlier, name), form.said_field(now, name)) for name, title in titles.items()]
        return tuple((title, before, after) for title, before, after in both if before != after)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Warns of what has expired, and of what soon does."""

    today: date

    def state(self, kind: Kind, entry: BaseModel) -> str:
        """`over`, `soon` or nothing."""
        day = kind.expires_on(entry)
        if day is None or day > self.today + WARNS_BEFORE:
            return ""
        return "over" if day < self.today else "soon"


def kind_of(request: web.Request) -> Kind:
    """The register of the address, if there is anything in it for the viewer. Raises NotFoundError."""
    kind = KINDS.get(request.match_info["kind"])
    if kind is None or not store.reads(kind, viewer_of(request).firm):
        raise NotFoundError("There is no such register here.")
    return kind


def kept_by(kind: Kind, request: web.Request) -> bool:
    """Whether the person of this request may change the register."""
    session, viewer = request.get(SESSION), viewer_of(request)
    return session is not None and viewer.may(Right.KEEP_REGISTERS) and store.keeps(kind, viewer.firm)


class RegisterPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._bell, self._clock = foundation.database, foundation.bell, foundation.clock
        self._pages, self._people = pages, people

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", "/registers", self.overview, for_firms=True),
            Page("GET", "/registers/{kind}", self.list, for_firms=True),
            Page("GET", "/registers/{kind}/" + NEW, self.empty, for_firms=True, by_person=True),
            Page("POST", "/registers/{kind}/" + NEW, self.enter, Right.KEEP_REGISTERS, for_firms=True, by_person=True),
            Page("GET", "/registers/{kind}/{key}", self.show, for_firms=True),
            Page("POST", "/registers/{kind}/{key}", self.act, Right.KEEP_REGISTERS, for_firms=True, by_person=True),
        )

    def _today(self) -> date:
        return self._clock().astimezone(TAIPEI).date()

    async def overview(self, request: web.Request) -> web.Response:
        firm, today = viewer_of(request).firm, self._today()
        until = today + WARNS_BEFORE
        standings = await self._database.read(lambda connection: store.overview(connection, firm, today, until))
        return await self._pages.answer(request, "registers.html", standings=standings)

    async def list(self, request: web.Request) -> web.Response:
        kind, firm, today = kind_of(request), viewer_of(request).firm, self._today()
        after, expiring = request.query.get("after", ""), "expiring" in request.query
        start = kind.folded_key(after) if after else ""
        fragment = request.query.get("q", "")[:LONGEST_FRAGMENT]
        before = today + WARNS_BEFORE + timedelta(days=1) if expiring else None
        found = await self._database.read(
            lambda connection: store.page(connection, kind, firm, ROWS, after=start, fragment=fragment, expiring_before=before)
        )
        return await self._pages.answer(
            request,
            "register.html",
            kind=kind,
            found=found,
            fragment=fragment,
            expiring=expiring,
            after=start,
            keeps=kept_by(kind, request),
            expiry=Expiry(today),
            said_field=form.said_field,
            titles=form.titles(kind.model),
        )

    async def empty(self, request: web.Request) -> web.Response:
        kind, firm = kind_of(request), viewer_of(request).firm
        return await self._page(request, kind, {kind.firm: firm} if firm and kind.firm else {})

    async def enter(self, request: web.Request) -> web.Response:
        kind, typed = kind_of(request), await self._people.form_of(request, session_of(request))
        return await self._save(request, kind, _cells(typed), key=None, version=None)

    async def show(self, request: web.Request) -> web.Response:
        kind, key, firm = kind_of(request), request.match_info["key"], viewer_of(request).firm
        there = await self._database.read(lambda connection: store.find(connection, kind, key, firm))
        return await self._page(request, kind, flat(there.entry.model_dump(mode="json")), there=there)

    async def act(self, request: web.Request) -> web.Response:
        """Save or take out, as the form's button says."""
        kind, typed, viewer = kind_of(request), await self._people.form_of(request, session_of(request)), viewer_of(request)
        key, said = kind.folded_key(request.match_info["key"]), typed.of(_BASED_ON)
        version = int(said) if _VERSION.fullmatch(said) else None
        if typed.of("action") != "remove":
            return await self._save(request, kind, _cells(typed) | {kind.key: key}, key, version)
        now = self._clock()

        def work(connection: Connection) -> None:
            store.require_version(connection, kind, key, viewer.firm, version)
            store.remove(connection, kind, key, viewer, now)

        try:
            await self._database.write(work)
        except OutdatedError:
            return await self._outdated(request, kind, key)
        self._bell.ring()
        return _see(f"/registers/{kind.name}")

    async def _save(
        self, request: web.Request, kind: Kind, cells: dict[str, str], key: str | None, version: int | None
    ) -> web.Response:
        """`key` and `version` None: a new entry."""
        viewer, now, said = viewer_of(request), self._clock(), nested(cells)
        try:
            entry = kind.model.model_validate(said)
        except ValidationError as error:
            return await self._again(request, kind, key, flat(said), form.problems(kind.model, error))

        def work(connection: Connection) -> store.Taken:
            store.require_version(connection, kind, kind.key_of(entry), viewer.firm, version)
            return store.take(connection, kind, [entry], viewer, now)

        try:
            taken = await self._database.write(work)
        except OutdatedError:
            if key is not None:
                return await self._outdated(request, kind, key)
            return await self._again(request, kind, None, flat(said), ((kind.key, _("There is such an entry already.")),))
        if taken.problems:
            wrong = tuple((problem.field, problem.words) for problem in taken.problems)
            return await self._again(request, kind, key, flat(said), wrong)
        if taken.stored:
            self._bell.ring()
        mine = viewer.firm is None or kind.firm is None or kind.firm_of(entry) == viewer.firm
        return _see(f"/registers/{kind.name}/{kind.key_of(entry)}" if mine else f"/registers/{kind.name}")

    async def _outdated(self, request: web.Request, kind: Kind, key: str) -> web.Response:
        """What stands there now, with the word that it is not what the person had before them. Raises NotFoundError."""
        firm = viewer_of(request).firm
        there = await self._database.read(lambda connection: store.find(connection, kind, key, firm))
        wrong = (("form", _("Somebody else has changed this entry meanwhile. This is how it stands now.")),)
        return await self._page(request, kind, flat(there.entry.model_dump(mode="json")), there=there, problems=wrong)

    async def _again(
        self, request: web.Request, kind: Kind, key: str | None, values: dict[str, str], problems: tuple[Problem, ...]
    ) -> web.Response:
        firm = viewer_of(request).firm
        there = await self._database.read(lambda connection: store.find(connection, kind, key, firm)) if key else None
        return await self._page(request, kind, values, there=there, problems=problems)

    async def _page(
        self,
        request: web.Request,
        kind: Kind,
        values: dict[str, str],
        *,
        there: store.Version | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> web.Response:
        changes: tuple[Change, ...] = ()
        if there is not None:
            key, firm = there.key, viewer_of(request).firm
            versions = await self._database.read(lambda connection: store.history(connection, kind, key, firm, VERSIONS))
            changes = tuple(map(Change, versions, (*versions[1:], None)))
        elif not kept_by(kind, request):
            raise NotFoundError("There is no such register to keep here.")
        return await self._pages.answer(
            request,
            "register_entry.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
            kind=kind,
            inputs=form.inputs(kind.model),
            values=values,
            problems=problems,
            title_of=lambda cell: form.title_of(kind.model, cell),
            there=there,
            changes=changes,
            doubts=dict(doubts(there.entry)) if there else {},
            keeps=kept_by(kind, request),
            expiry=Expiry(self._today()),
            said_field=form.said_field,
            address=f"/registers/{kind.name}/{there.key if there else NEW}",
        )


def _cells(typed: Typed) -> dict[str, str]:
    return {name: text for name, text in typed.values.items() if name not in _NOT_OF_THE_ENTRY}


def _see(address: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})
