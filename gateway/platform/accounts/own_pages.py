"""`/account`: what everybody sets of their own account, and where they are signed in.

Whoever has a one-time password sets one of their own before anything else; whoever of Customs has no second factor sets that.
"""

import asyncio
import math
from http import HTTPStatus
from typing import Final

from aiohttp import web
from markupsafe import Markup
from sqlalchemy import Connection

from gateway.look.forms import Problem, Typed
from gateway.look.i18n import _
from gateway.platform.accounts import passwords, second_factor, store
from gateway.platform.accounts.errors import LockedOutError, NotProvenError
from gateway.platform.accounts.origins import came_from
from gateway.platform.accounts.people import ACCOUNT, People, session_of
from gateway.platform.accounts.roles import TITLES
from gateway.platform.accounts.sign_in import SignIn
from gateway.platform.accounts.store import Act, Session
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages, see_other

SECOND_FACTOR: Final = f"{ACCOUNT}/second-factor"


class OwnPages:
    """The handlers. Password and second factor are changed by who knows the password: a screen left alone changes neither."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People, sign_in: SignIn) -> None:
        self._database, self._clock, self._random = foundation.database, foundation.clock, foundation.random
        self._behind_proxy = foundation.settings.behind_tls_proxy
        self._pages, self._people, self._sign_in = pages, people, sign_in

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", ACCOUNT, self.show, for_firms=True, for_owing=True, by_person=True),
            Page("POST", f"{ACCOUNT}/password", self.set_password, for_firms=True, for_owing=True, by_person=True),
            Page("GET", SECOND_FACTOR, self.show_factor, for_firms=True, for_owing=True, by_person=True),
            Page("POST", SECOND_FACTOR, self.set_factor, for_firms=True, for_owing=True, by_person=True),
            Page("POST", f"{ACCOUNT}/sessions", self.end_sessions, for_firms=True, by_person=True),
        )

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, session_of(request))

    async def _page(
        self, request: web.Request, session: Session, problem: Problem | None = None, status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    ) -> web.Response:
        login, now = session.account.login, self._clock()
        sessions = await self._database.read(lambda connection: store.sessions_of(connection, login, now))
        return await self._pages.answer(
            request,
            "account.html",
            status=status if problem else HTTPStatus.OK,
            problems=(problem,) if problem else (),
            sessions=sessions,
            role=TITLES[session.account.role],
            done=request.query.get("done", ""),
        )

    async def _unproven(self, request: web.Request, session: Session, password: str, field: str) -> web.Response | None:
        """The page that says so, where this is not the person's password; wrong ones lock the login as those of a sign-in do."""
        try:
            await self._sign_in.confirm(session.account.login, password, came_from(request, self._behind_proxy))
        except LockedOutError as error:
            return await self._page(request, session, ("wait", str(math.ceil(error.wait_s))), HTTPStatus.TOO_MANY_REQUESTS)
        except NotProvenError:
            return await self._page(request, session, (field, _("This is not your password.")))
        return None

    # The password --------------------------------------------------------------------------------------------------------

    async def set_password(self, request: web.Request) -> web.Response:
        session = session_of(request)
        typed = await self._people.form_of(request, session)
        login, new = session.account.login, typed.secret("new_password")
        if problem := _problem_of_new(typed, login):
            return await self._page(request, session, problem)
        if refused := await self._unproven(request, session, typed.secret("password"), "password"):
            return refused
        hashed = await asyncio.to_thread(passwords.hash_password, new, self._random)

        def work(connection: Connection) -> None:
            now = self._clock()
            store.set_password(connection, login, hashed, None, now)
            store.end_sessions_of(connection, login, but=session.handle)
            store.note(connection, Act(now, session.account.called, _("set an own password")))

        await self._database.write(work)
        return see_other(f"{ACCOUNT}?done=password")

    # The second factor ---------------------------------------------------------------------------------------------------

    async def show_factor(self, request: web.Request) -> web.Response:
        session = session_of(request)
        return await self._factor_page(request, session)

    async def _factor_page(self, request: web.Request, session: Session, problem: Problem | None = None) -> web.Response:
        account = session.account
        key = await self._database.read(lambda connection: store.new_factor_of(connection, account.login, session.handle))
        if key is None:
            return see_other(ACCOUNT)
        return await self._pages.answer(
            request,
            "second_factor.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            problems=(problem,) if problem else (),
            key=key,
            picture=Markup(second_factor.picture(account.login, key)),
        )

    async def set_factor(self, request: web.Request) -> web.Response:
        session = session_of(request)
        typed = await self._people.form_of(request, session)
        if typed.of("action") == "begin":
            return await self._begin_factor(request, session, typed.secret("password"))
        return await self._prove_factor(request, session, typed.secret("code"))

    async def _begin_factor(self, request: web.Request, session: Session, password: str) -> web.Response:
        login = session.account.login
        if refused := await self._unproven(request, session, password, "factor_password"):
            return refused
        key = second_factor.new_key(self._random)
        await self._database.write(lambda connection: store.keep_new_factor(connection, login, session.handle, key))
        return see_other(SECOND_FACTOR)

    async def _prove_factor(self, request: web.Request, session: Session, code: str) -> web.Response:
        if not await self._database.write(lambda connection: self._take_factor(connection, session, code)):
            return await self._factor_page(request, session, ("code", _("This code does not fit: take the one that is shown now.")))
        return see_other(f"{ACCOUNT}?done=second_factor")

    def _take_factor(self, connection: Connection, session: Session, code: str) -> bool:
        """From now on the app that has made this code is the second factor; the person's other sessions end."""
        login, now = session.account.login, self._clock()
        key = store.new_factor_of(connection, login, session.handle)
        step = second_factor.step_of(key, code, now, 0) if key else None
        if step is None:
            return False
        store.set_second_factor(connection, login, key, step, now)
        store.keep_new_factor(connection, login, session.handle, None)
        store.end_sessions_of(connection, login, but=session.handle)
        store.note(connection, Act(now, session.account.called, _("set an own second factor")))
        return True

    # Sessions ------------------------------------------------------------------------------------------------------------

    async def end_sessions(self, request: web.Request) -> web.Response:
        session = session_of(request)
        typed = await self._people.form_of(request, session)
        login, handle = session.account.login, typed.of("session")

        def work(connection: Connection) -> None:
            if handle:
                ended = store.end_session_of(connection, login, handle)
            else:
                store.end_sessions_of(connection, login, but=session.handle)
                ended = True
            if ended:
                store.note(connection, Act(self._clock(), session.account.called, _("ended own sessions")))

        await self._database.write(work)
        return see_other(f"{ACCOUNT}?done=sessions")


def _problem_of_new(typed: Typed, login: str) -> Problem | None:
    new = typed.secret("new_password")
    if problem := passwords.password_problem(new, login):
        return "new_password", problem
    if new != typed.secret("new_password_again"):
        return "new_password_again", _("The two are not the same.")
    if new == typed.secret("password"):
        return "new_password", _("This is the password that you have.")
    return None
