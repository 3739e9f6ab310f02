"""`/keys`: what programs prove themselves with. An administrator keeps everybody's keys, a firm's manager those of the firm."""

from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.look.forms import NOTHING_TYPED, Problem, Typed
from gateway.look.i18n import _
from gateway.platform.accounts import keys
from gateway.platform.accounts.keys import MOST_PER_MINUTE, USUAL_PER_MINUTE, NewKey
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import SCOPES, Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.errors import NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages, see_other

KEYS: Final = "/keys"
DAYS: Final = (30, 90, 365, 730)
_WRONG: Final = {
    "name": _("1 to 40 characters"),
    "firm": _("A business account number has 8 digits."),
    "scopes": _("Pick at least one thing that the key is good for."),
    "days": _("Pick how long the key is good."),
    "per_minute": _("A whole number from 1 to 6000"),
}


class KeyPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._pages, self._people = pages, people

    def pages(self) -> tuple[Page, ...]:
        right = Right.KEEP_ACCOUNTS
        return (
            Page("GET", KEYS, self.list, right, for_firms=True, by_person=True),
            Page("POST", KEYS, self.make, right, for_firms=True, by_person=True),
            Page("POST", f"{KEYS}/{{key_id}}", self.revoke, right, for_firms=True, by_person=True),
        )

    async def list(self, request: web.Request) -> web.Response:
        return await self._list_page(request)

    async def _list_page(self, request: web.Request, typed: Typed = NOTHING_TYPED, problem: Problem | None = None) -> web.Response:
        firm = viewer_of(request).firm
        return await self._pages.answer(
            request,
            "keys.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            keys=await self._database.read(lambda connection: keys.all_keys(connection, firm)),
            now=self._clock(),
            scopes={right: words for right, words in SCOPES.items() if right in keys.scopes_for(firm)},
            of_firms=keys.scopes_for("") if firm is None else frozenset(),
            titles=SCOPES,
            days=DAYS,
            usual_days=keys.USUAL_DAYS,
            per_minute=USUAL_PER_MINUTE,
            most_per_minute=MOST_PER_MINUTE,
            typed=typed,
            problems=(problem,) if problem else (),
        )

    async def make(self, request: web.Request) -> web.Response:
        session, firm = session_of(request), viewer_of(request).firm
        typed = await self._people.form_of(request, session)
        new = _read_key(typed, firm)
        if not isinstance(new, NewKey):
            return await self._list_page(request, typed, new)

        def work(connection: Connection) -> tuple[keys.Key, str] | None:
            now, who = self._clock(), session.account.called
            made = keys.add(connection, new, who, now, self._random)
            if made:
                note(connection, Act(now, who, _("made a key"), keys.described(made[0])))
            return made

        made = await self._database.write(work)
        if made is None:
            return await self._list_page(request, typed, ("form", _("There are 50 keys that are good: revoke one first.")))
        key, text = made
        return await self._pages.answer(request, "new_key.html", key=key, text=text, titles=SCOPES)

    async def revoke(self, request: web.Request) -> web.Response:
        session, firm = session_of(request), viewer_of(request).firm
        await self._people.form_of(request, session)
        key_id = request.match_info["key_id"]

        def work(connection: Connection) -> None:
            now = self._clock()
            revoked = keys.revoke(connection, key_id, firm, now)
            if revoked is None:
                raise NotFoundError("There is no such key here.")
            note(connection, Act(now, session.account.called, _("revoked a key"), keys.described(revoked)))

        await self._database.write(work)
        return see_other(KEYS)


def _read_key(typed: Typed, firm: str | None) -> NewKey | Problem:
    """The key that a form describes. A firm's manager makes keys of the firm only."""
    try:
        return NewKey(
            name=typed.of("name"),
            firm=firm or typed.of("firm") or None,
            scopes=frozenset(right for right in Right if typed.of(f"scope_{right.value}")),
            days=_whole(typed.of("days")),
            per_minute=_whole(typed.of("per_minute")),
        )
    except ValidationError as error:
        field = str(next(iter(error.errors()[0]["loc"]), "scopes"))
        return field, _WRONG[field]


def _whole(text: str) -> int:
    """0 where it is no whole number, which no field of a key may be."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
