"""`/accounts`: who may sign in. An administrator keeps everybody's account, a firm's manager those of the firm.

Nothing is sent to anybody: a new account's one-time password is shown once, to whoever made it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.look.forms import NOTHING_TYPED, Problem, Typed
from gateway.look.i18n import _
from gateway.platform.accounts import attempts, passwords, store
from gateway.platform.accounts.people import People, session_of
from gateway.platform.accounts.roles import OF_FIRMS, TITLES, Right, Role
from gateway.platform.accounts.store import ROWS, Account, Act, Secrets, Session, Standing
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.errors import BadRequestError, ForbiddenError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages, see_other

ACCOUNTS: Final = "/accounts"
ONE_TIME_FOR: Final = timedelta(days=7)  # to hand the password over
LONGEST_FRAGMENT: Final = 40
_WRONG: Final = {
    "login": _("2 to 32 small letters, digits and . _ - ; the first a letter or digit"),
    "name": _("1 to 30 characters"),
    "role": _("Pick a role."),
    "firm": _("A firm's roles want a business account number of 8 digits; Customs' roles have none."),
}


class PeoplePages:
    """The handlers. Nobody changes their own account here, so that the one who keeps the accounts is always left."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People) -> None:
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._pages, self._people = pages, people

    def pages(self) -> tuple[Page, ...]:
        right, one = Right.KEEP_ACCOUNTS, f"{ACCOUNTS}/{{login}}"
        return (
            Page("GET", ACCOUNTS, self.list, right, for_firms=True, by_person=True),
            Page("POST", ACCOUNTS, self.make, right, for_firms=True, by_person=True),
            Page("GET", one, self.show, right, for_firms=True, by_person=True),
            Page("POST", one, self.act, right, for_firms=True, by_person=True),
        )

    # All of them, and new ones -------------------------------------------------------------------------------------------

    async def list(self, request: web.Request) -> web.Response:
        return await self._list_page(request)

    async def _list_page(self, request: web.Request, typed: Typed = NOTHING_TYPED, problem: Problem | None = None) -> web.Response:
        firm, now = viewer_of(request).firm, self._clock()
        fragment, after = request.query.get("q", "").strip()[:LONGEST_FRAGMENT], request.query.get("after", "")[:32]
        found = await self._database.read(lambda connection: store.page(connection, firm, fragment, after, now))
        return await self._pages.answer(
            request,
            "accounts.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            accounts=found[:ROWS],
            more=len(found) > ROWS,
            fragment=fragment,
            roles=_roles_for(firm),
            titles=TITLES,
            typed=typed,
            problems=(problem,) if problem else (),
        )

    async def make(self, request: web.Request) -> web.Response:
        session, firm = session_of(request), viewer_of(request).firm
        typed = await self._people.form_of(request, session)
        account = _read_account(typed, firm, _new_login(typed, firm))
        if not isinstance(account, Account):
            return await self._list_page(request, typed, account)
        password, secrets = await self._new_secrets()

        def work(connection: Connection) -> bool:
            if store.find(connection, account.login):
                return False
            now = self._clock()
            store.put(connection, account, secrets, now)
            store.note(connection, Act(now, session.account.called, _("set an account"), _described(account)))
            return True

        if not await self._database.write(work):
            return await self._list_page(request, typed, ("login", _("This login is taken.")))
        return await self._secret_page(request, account, password)

    async def _new_secrets(self) -> tuple[str, Secrets]:
        password = passwords.one_time_password(self._random)
        hashed = await asyncio.to_thread(passwords.hash_password, password, self._random)
        return password, Secrets(hashed, None, one_time_until=self._clock() + ONE_TIME_FOR)

    async def _secret_page(self, request: web.Request, account: Account, password: str) -> web.Response:
        """Answered at once and kept nowhere: to read the page again is to ask for another password."""
        until = self._clock() + ONE_TIME_FOR
        return await self._pages.answer(request, "one_time_password.html", account=account, password=password, until=until)

    # One of them ---------------------------------------------------------------------------------------------------------

    async def show(self, request: web.Request) -> web.Response:
        return await self._one_page(request)

    async def _one_page(self, request: web.Request, typed: Typed = NOTHING_TYPED, problem: Problem | None = None) -> web.Response:
        login, firm, now = request.match_info["login"], viewer_of(request).firm, self._clock()
        standing = await self._database.read(lambda connection: _find(connection, login, firm, now))
        return await self._pages.answer(
            request,
            "one_account.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            standing=standing,
            own=login == session_of(request).account.login,
            roles=_roles_for(firm),
            titles=TITLES,
            typed=typed,
            problems=(problem,) if problem else (),
            done=request.query.get("done", ""),
        )

    async def act(self, request: web.Request) -> web.Response:
        session, login, firm = session_of(request), request.match_info["login"], viewer_of(request).firm
        typed = await self._people.form_of(request, session)
        action = typed.of("action")
        if login == session.account.login:
            raise ForbiddenError("Another one who keeps accounts changes this one.")
        if action == "change":
            return await self._change(request, session, login, typed)
        if action == "password":
            return await self._reset_password(request, session, login)
        if action not in _ACTS:
            raise BadRequestError("action: this page does none of that name")
        words, change = _ACTS[action]

        def work(connection: Connection) -> None:
            now = self._clock()
            account = _find(connection, login, firm, now).account
            change(connection, login, now)
            store.note(connection, Act(now, session.account.called, words, account.called))

        await self._database.write(work)
        return _done(login, action)

    async def _change(self, request: web.Request, session: Session, login: str, typed: Typed) -> web.Response:
        firm = viewer_of(request).firm
        account = _read_account(typed, firm, login)
        if not isinstance(account, Account):
            return await self._one_page(request, typed, account)

        def work(connection: Connection) -> None:
            now = self._clock()
            _find(connection, login, firm, now)
            store.change(connection, account, now)
            store.note(connection, Act(now, session.account.called, _("changed an account"), _described(account)))

        await self._database.write(work)
        return _done(login, "change")

    async def _reset_password(self, request: web.Request, session: Session, login: str) -> web.Response:
        firm = viewer_of(request).firm
        password, secrets = await self._new_secrets()

        def work(connection: Connection) -> Account:
            now = self._clock()
            account = _find(connection, login, firm, now).account
            store.set_password(connection, login, secrets.password, secrets.one_time_until, now)
            store.end_sessions_of(connection, login)
            attempts.forget(connection, login)
            store.note(connection, Act(now, session.account.called, _("gave a one-time password"), account.called))
            return account

        return await self._secret_page(request, await self._database.write(work), password)


def _take_factor_away(connection: Connection, login: str, now: datetime) -> None:
    store.set_second_factor(connection, login, None, 0, now)
    store.end_sessions_of(connection, login)


def _sign_out(connection: Connection, login: str, _now: datetime) -> None:
    store.end_sessions_of(connection, login)


def _unlock(connection: Connection, login: str, _now: datetime) -> None:
    attempts.forget(connection, login)


def _close(connection: Connection, login: str, now: datetime) -> None:
    store.close(connection, login, now)


_ACTS: Final[dict[str, tuple[str, Callable[[Connection, str, datetime], None]]]] = {
    "second_factor": (_("took a second factor away"), _take_factor_away),
    "sessions": (_("ended sessions"), _sign_out),
    "unlock": (_("unlocked an account"), _unlock),
    "close": (_("closed an account"), _close),
}


def _find(connection: Connection, login: str, firm: str | None, now: datetime) -> Standing:
    """Raises NotFoundError, also for an account of another firm."""
    standing = store.standing(connection, login, firm, now)
    if standing is None:
        raise NotFoundError("There is no such account here.")
    return standing


def _roles_for(firm: str | None) -> tuple[Role, ...]:
    """The roles that somebody of the firm, or of Customs, gives."""
    return tuple(role for role in Role if firm is None or role in OF_FIRMS)


def _new_login(typed: Typed, firm: str | None) -> str:
    """A firm's logins begin with its BAN: no firm takes another's login, nor one that looks like an officer's."""
    login, ban = typed.of("login").casefold(), firm or typed.of("firm")
    return f"{ban}.{login.removeprefix(f'{ban}.')}" if ban and typed.of("role") in OF_FIRMS else login


def _read_account(typed: Typed, firm: str | None, login: str) -> Account | Problem:
    """The account that a form describes. A firm's keeper gives the firm's roles and its BAN only."""
    role, ban = typed.of("role"), firm or typed.of("firm") or None
    if role not in _roles_for(firm):
        return "role", _WRONG["role"]
    try:
        return Account(login=login, name=typed.of("name"), role=Role(role), firm=ban)
    except ValidationError as error:
        field = str(next(iter(error.errors()[0]["loc"]), "firm"))
        return field, _WRONG[field]


def _described(account: Account) -> str:
    return f"{account.called}: {account.role.value}{' ' + account.firm if account.firm else ''}"


def _done(login: str, action: str) -> web.Response:
    return see_other(f"{ACCOUNTS}/{login}?done={action}")
