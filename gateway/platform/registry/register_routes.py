"""`/api/registers/{kind}`: each register by itself, described by its own model. Firms see and keep their own."""

import re
from datetime import date
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy import Connection

from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer
from gateway.platform.bodies import field_problems, parse, query_integer, read_json
from gateway.platform.errors import BadRequestError, InvalidError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.operations import IF_MATCH, LIMIT, MAX_LIMIT, Body, Operation, Parameter, Reply
from gateway.platform.registry import store
from gateway.platform.registry.kinds import KINDS, Kind, doubts
from gateway.platform.registry.messages import RegisterHistory, RegisterPage, RegisterState

MOST_BYTES: Final = 64 << 10
AFTER = Parameter("after", "query", "The `cursor` of the page before; none for the first page", {"type": "string"})
FRAGMENT = Parameter("q", "query", "Part of any of an entry's texts", {"type": "string"})
EXPIRING = Parameter("expiring_before", "query", "Only what expires before this day", {"type": "string", "format": "date"})
IF_NONE_MATCH = Parameter("If-None-Match", "header", "`*`: only if there is no such entry yet", {"type": "string"})
_VERSION: Final = re.compile(r'"([0-9]{1,9})"')


class RegisterRoutes:
    """The registers of `KINDS`."""

    def __init__(self, foundation: Foundation) -> None:
        self._registers = [_Register(foundation, kind) for kind in KINDS.values()]

    def operations(self) -> tuple[Operation, ...]:
        return tuple(operation for register in self._registers for operation in register.operations())


class _Register:
    """One of them. Rings the feed's bell for what gates have to know."""

    def __init__(self, foundation: Foundation, kind: Kind) -> None:
        self._database, self._bell, self._clock = foundation.database, foundation.bell, foundation.clock
        self._kind = kind
        model: Any = kind.model  # as the parameter of generic models it is known at run time only
        self._state: type[RegisterState[Any]] = RegisterState[model]
        self._page: type[RegisterPage[Any]] = RegisterPage[model]
        self._history: type[RegisterHistory[Any]] = RegisterHistory[model]

    def operations(self) -> tuple[Operation, ...]:
        kind = self._kind
        here, there = f"/api/registers/{kind.name}", f"/api/registers/{kind.name}/{{{kind.key}}}"
        key = Parameter(kind.key, "path", f"The entry's {kind.key}", {"type": "string"})
        reads: dict[str, Any] = {"tag": "registers", "for_firms": kind.firm is not None or kind.public}
        keeps: dict[str, Any] = {"tag": "registers", "for_firms": kind.firm is not None, "right": Right.KEEP_REGISTERS}
        return (
            Operation(
                "GET",
                here,
                self.list,
                summary=f"{kind.title}, page by page",
                parameters=(AFTER, LIMIT, FRAGMENT, EXPIRING),
                replies=(Reply(200, "A page of entries", self._page),),
                problems=(400,),
                **reads,
            ),
            Operation(
                "GET",
                there,
                self.show,
                summary=f"{kind.title}: one entry",
                parameters=(key,),
                replies=(Reply(200, "The entry; its version is the ETag", self._state),),
                problems=(404,),
                tagged=True,
                **reads,
            ),
            Operation(
                "PUT",
                there,
                self.put,
                summary=f"{kind.title}: enter or change one; the same again changes nothing",
                parameters=(key, IF_MATCH, IF_NONE_MATCH),
                body=Body("The whole entry", (kind.model,), example=kind.example),
                replies=(Reply(201, "A new entry", self._state), Reply(200, "Changed, or as it was", self._state)),
                problems=(400, 404, 408, 412, 413, 415, 422, 503, 507),
                **keeps,
            ),
            Operation(
                "DELETE",
                there,
                self.remove,
                summary=f"{kind.title}: take one out; its history stays",
                parameters=(key, IF_MATCH),
                replies=(Reply(200, "The entry as it was last", self._state),),
                problems=(400, 404, 412, 503, 507),
                **keeps,
            ),
            Operation(
                "GET",
                there + "/history",
                self.history,
                summary=f"{kind.title}: every version of one entry, who changed it and when",
                parameters=(key, LIMIT),
                replies=(Reply(200, "The versions, newest first", self._history),),
                problems=(400, 404),
                **reads,
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        kind, firm = self._kind, viewer_of(request).firm
        limit = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        after, fragment, before = _after(kind, request), request.query.get("q", ""), _day(request)
        found = await self._database.read(
            lambda connection: store.page(connection, kind, firm, limit, after=after, fragment=fragment, expiring_before=before)
        )
        items = tuple(self._said(one) for one in found.items)
        return json_answer(200, self._page(items=items, cursor=found.items[-1].key if items else after, more=found.more))

    async def show(self, request: web.Request) -> web.Response:
        kind, key, firm = self._kind, self._key(request), viewer_of(request).firm
        return self._answer(200, await self._database.read(lambda connection: store.find(connection, kind, key, firm)))

    async def put(self, request: web.Request) -> web.Response:
        kind, viewer, now = self._kind, viewer_of(request), self._clock()
        entry: BaseModel = parse(kind.model, await read_json(request, MOST_BYTES))
        key = self._key(request)
        if kind.key_of(entry) != key:
            wrong = field_problems([(kind.key, f"is not {key}, as in the address")])
            raise InvalidError("The entry is not the one of its address; nothing was stored.", wrong)

        def work(connection: Connection) -> tuple[store.Taken, store.Version]:
            _require_version(connection, kind, key, viewer.firm, request)
            taken = store.put(connection, kind, entry, viewer, now)
            return taken, store.find(connection, kind, key, firm=None)  # also for who has just given it away

        taken, found = await self._database.write(work)
        if taken.stored:
            self._bell.ring()
        return self._answer(201 if taken.new else 200, found)

    async def remove(self, request: web.Request) -> web.Response:
        kind, key, viewer, now = self._kind, self._key(request), viewer_of(request), self._clock()

        def work(connection: Connection) -> store.Version:
            found = store.find(connection, kind, key, viewer.firm)
            _require_version(connection, kind, key, viewer.firm, request)
            store.remove(connection, kind, key, viewer, now)
            return found

        found = await self._database.write(work)
        self._bell.ring()
        return self._answer(200, found)

    async def history(self, request: web.Request) -> web.Response:
        kind, key, firm = self._kind, self._key(request), viewer_of(request).firm
        limit = query_integer(request, "limit", 100, 1, MAX_LIMIT)
        found = await self._database.read(lambda connection: store.history(connection, kind, key, firm, limit))
        return json_answer(200, self._history(items=tuple(self._said(one) for one in found)))

    def _key(self, request: web.Request) -> str:
        return self._kind.folded_key(request.match_info[self._kind.key])

    def _said(self, one: store.Version) -> RegisterState[Any]:
        return self._state(
            version=one.version,
            changed_at=one.changed_at,
            changed_by=one.changed_by,
            removed=one.removed,
            entry=one.entry,
            warnings=field_problems(doubts(one.entry)),
        )

    def _answer(self, status: int, one: store.Version) -> web.Response:
        answer = json_answer(status, self._said(one))
        answer.headers["ETag"] = f'"{one.version}"'
        return answer


def _require_version(connection: Connection, kind: Kind, key: str, firm: str | None, request: web.Request) -> None:
    """Raises OutdatedError where the request's conditions (RFC 9110 §13.1) do not hold, BadRequestError for others than ours."""
    match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if none_match is not None:
        if none_match.strip() != "*":
            raise BadRequestError("If-None-Match: only `*` is understood here.")
        store.require_version(connection, kind, key, firm, None)
    if match is not None:
        version = _VERSION.fullmatch(match.strip())
        if version is None:
            raise BadRequestError("If-Match: wants the ETag of one version, as this platform gave it.")
        store.require_version(connection, kind, key, firm, int(version[1]))


def _after(kind: Kind, request: web.Request) -> str:
    """Raises BadRequestError."""
    raw = request.query.get("after", "")
    try:
        return kind.folded_key(raw) if raw else ""
    except NotFoundError:
        raise BadRequestError("after: this register gave no such cursor.") from None


def _day(request: web.Request) -> date | None:
    """Raises BadRequestError."""
    raw = request.query.get("expiring_before")
    if raw is None:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        message = "wants a day like 2027-01-31"
        raise BadRequestError(f"expiring_before: {message}.", field_problems([("expiring_before", message)])) from None
