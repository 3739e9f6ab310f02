"""Who asks for a page: the session of a request, and the forms that are its own."""

import hmac
import logging
from datetime import datetime
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.look.errors import FormError
from gateway.look.forms import MOST_BYTES, MOST_FIELDS, Typed, read_form, require_own_page
from gateway.model.clock import Clock
from gateway.platform.accounts import store
from gateway.platform.accounts.store import Session
from gateway.platform.database import Database
from gateway.platform.errors import BadRequestError

COOKIE: Final = "session"
SESSION: Final = web.RequestKey("session", Session)  # of a request whose person has signed in
SIGN_IN: Final = "/sign-in"
ACCOUNT: Final = "/account"
log = logging.getLogger(__name__)


class People:
    """Knows a request's person by its cookie. One look at the database for each request that has one.

    `customs_want_factor`: on a platform that others can reach, nobody of Customs does anything without a second factor.
    """

    def __init__(self, database: Database, clock: Clock, customs_want_factor: bool) -> None:
        self._database, self._clock, self._customs_want_factor = database, clock, customs_want_factor

    @web.middleware
    async def recognise(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Middleware: puts the session into the request, where there is one."""
        if token := request.cookies.get(COOKIE, ""):
            now = self._clock()
            found = await self._found(token, now)
            if found is not None:
                request[SESSION], to_note = found
                if to_note:
                    await self._database.write(lambda connection: store.seen(connection, token, now))
        return await handler(request)

    async def session_now(self, request: web.Request) -> Session | None:
        """What has become of a request's session while it was answered. To be asked so is no use of it: it ends when it would."""
        found = await self._found(request.cookies.get(COOKIE, ""), self._clock())
        return found[0] if found else None

    async def _found(self, token: str, now: datetime) -> tuple[Session, bool] | None:
        """The session, and whether its use is to be noted."""
        wants = self._customs_want_factor
        return await self._database.read(lambda connection: store.session_of(connection, token, now, wants))

    async def form_of(
        self, request: web.Request, session: Session, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
    ) -> Typed:
        """The form that a page of this very session sent. Raises BadRequestError for any other."""
        try:
            require_own_page(request)
            typed = await read_form(request, most_bytes, most_fields)
        except FormError as error:
            log.warning("refused %s of %s", error, session.account.login)
            raise BadRequestError("This form is not a page's of this platform.") from None
        if not hmac.compare_digest(typed.of("form_token").encode(), session.form_token.encode()):
            raise BadRequestError("This form is of another session.")
        return typed


def session_of(request: web.Request) -> Session:
    """The session of a page that is for persons (`Page.by_person`): the doorkeeper has let in nobody else."""
    session: Session = request[SESSION]
    return session


def remember(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser its session. Kept until the browser closes; never sent from another site's form, never to a script."""
    response.set_cookie(COOKIE, token, httponly=True, samesite="Lax", secure=request.secure, path="/")
