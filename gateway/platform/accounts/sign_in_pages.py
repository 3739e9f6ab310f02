"""`/sign-in` and `/sign-out`."""

import logging
import math
import re
from http import HTTPStatus
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.look.errors import FormError
from gateway.look.forms import NOTHING_TYPED, Problem, Typed, read_form, require_own_page
from gateway.look.i18n import _
from gateway.platform.accounts import store
from gateway.platform.accounts.errors import LockedOutError, NotProvenError
from gateway.platform.accounts.origins import came_from
from gateway.platform.accounts.people import COOKIE, SESSION, SIGN_IN, People, remember
from gateway.platform.accounts.sign_in import SignIn
from gateway.platform.accounts.store import Act
from gateway.platform.foundation import Foundation
from gateway.platform.pages import Page, Pages, see_other

_OWN_PATH: Final = re.compile(r"/(?!/)[A-Za-z0-9/._~-]*")  # an address of this platform and of no other
log = logging.getLogger(__name__)


def _next(asked: str) -> str:
    """Where a person goes who has signed in: the page that asked for it, and never another site."""
    return asked if _OWN_PATH.fullmatch(asked) else "/"


class SignInPages:
    """The handlers."""

    def __init__(self, foundation: Foundation, pages: Pages, people: People, sign_in: SignIn) -> None:
        self._database, self._clock = foundation.database, foundation.clock
        self._behind_proxy = foundation.settings.behind_tls_proxy
        self._pages, self._people, self._sign_in = pages, people, sign_in

    def pages(self) -> tuple[Page, ...]:
        return (
            Page("GET", SIGN_IN, self.show, right=None),
            Page("POST", SIGN_IN, self.enter, right=None),
            Page("POST", "/sign-out", self.leave, right=None),
        )

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request, Typed({"next": request.query.get("next", "")}))

    async def enter(self, request: web.Request) -> web.Response:
        try:
            require_own_page(request)
            typed = await read_form(request)
        except FormError as error:
            log.warning("sign-in: refused %s", error)
            return await self._page(request, NOTHING_TYPED, ("form", _("This form is not this page's any more: try again.")), 403)
        try:
            token = await self._sign_in.begin(
                typed.of("login"), typed.secret("password"), typed.secret("code"), came_from(request, self._behind_proxy)
            )
        except LockedOutError as error:
            return await self._page(request, typed, ("wait", str(math.ceil(error.wait_s))), HTTPStatus.TOO_MANY_REQUESTS)
        except NotProvenError:
            wrong = _("Login, password and code do not fit.")
            return await self._page(request, typed, ("login", wrong), HTTPStatus.UNPROCESSABLE_ENTITY)
        response = see_other(_next(typed.of("next")))
        remember(request, response, token)
        return response

    async def leave(self, request: web.Request) -> web.Response:
        session = request.get(SESSION)
        response = see_other(SIGN_IN)
        if session is None:
            return response
        await self._people.form_of(request, session)
        token, act = request.cookies[COOKIE], Act(self._clock(), session.account.called, _("signed out"))

        def end(connection: Connection) -> None:
            store.end_session(connection, token)
            store.note(connection, act)

        await self._database.write(end)
        response.del_cookie(COOKIE, path="/")
        return response

    async def _page(self, request: web.Request, typed: Typed, problem: Problem | None = None, status: int = 200) -> web.Response:
        problems = (problem,) if problem else ()
        return await self._pages.answer(request, "sign_in.html", status=status, typed=typed, problems=problems)
