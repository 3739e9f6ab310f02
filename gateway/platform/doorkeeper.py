"""Who is let in where. Every operation and every page passes here before its handler runs: the one place that decides it.

People come with a session, a gate with its certificate, any other program with a key of its own or the platform's token. Each
becomes a `Viewer`; the route's right is held against the viewer's, and a firm's viewer gets into no route that is not written for
firms. Whose data such a route then shows follows from `Viewer.firm`. A person who still owes a password or a second factor of their
own gets to nothing else.

What a gate's certificate opens is narrow: its own records, the pictures and the feed. The token opens nothing in the name of a gate
that is enrolled. TLS has proved before that the peer holds the certificate's key, and that our authority signed it.
"""

import hashlib
import hmac
from functools import partial
from ssl import SSLObject
from typing import Final

from aiohttp import web

from gateway.platform.accounts.keys import looks_like_key
from gateway.platform.accounts.people import ACCOUNT, SESSION, SIGN_IN, People
from gateway.platform.accounts.programs import Programs
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import STAY, VIEWER, Stay, Viewer
from gateway.platform.errors import ForbiddenError, UnauthorisedError, UnavailableError
from gateway.platform.foundation import Foundation
from gateway.platform.gates import store
from gateway.platform.operations import Operation
from gateway.platform.pages import Page

OF_PERSONS: Final = frozenset({Right.DECIDE, Right.RELEASE_STOPPED})  # a record bears the name of whoever used them
THIS_MACHINE: Final = Viewer("this machine", frozenset(Right) - OF_PERSONS)
THE_TOKEN: Final = Viewer("the platform's token", frozenset(Right) - OF_PERSONS)


class Doorkeeper:
    """`token` None: a platform that only this machine reaches; whoever is there may do all but what bears a person's name."""

    def __init__(self, foundation: Foundation, people: People, token: bytes | None) -> None:
        self._people = people
        self._database = foundation.database
        self._clock = foundation.clock
        self._require_certificates = foundation.settings.require_certificates
        self._token = token
        self._programs = Programs(foundation.database, foundation.clock, foundation.settings.firm_requests_per_minute)

    async def admit(self, request: web.Request, operation: Operation) -> None:
        """Raises UnauthorisedError or ForbiddenError for who may not do this, TooManyError for a program that asks too often."""
        if operation.right is None:
            return
        viewer = self._person(request) or await self._program(request, operation)
        _let_in(request, viewer, operation.right, operation.for_firms)
        request[STAY] = Stay(partial(self._may_stay, request, viewer))

    async def _may_stay(self, request: web.Request, viewer: Viewer) -> bool:
        """Whether the session or the key is still good, and of the same viewer; yes, while the database does not answer."""
        given = bearer(request)
        try:
            if SESSION in request and not given:
                session = await self._people.session_now(request)
                return session is not None and not session.owes and bool(session.account.viewer == viewer)
            return not looks_like_key(given) or await self._programs.known(given) == viewer
        except UnavailableError:
            return True

    async def admit_to_page(self, request: web.Request, page: Page) -> None:
        """Leads to the sign-in where nobody has signed in, and to their account who owe something first.

        Raises ForbiddenError for who may not see the page.
        """
        if page.right is None:
            return
        session = request.get(SESSION)
        if session is not None and session.owes and not page.for_owing:
            raise web.HTTPSeeOther(ACCOUNT)
        if session is not None:
            viewer = session.account.viewer
        elif self._token is None and not page.by_person:
            viewer = THIS_MACHINE
        else:
            raise web.HTTPSeeOther(f"{SIGN_IN}?next={request.path}" if request.method == "GET" else SIGN_IN)
        _let_in(request, viewer, page.right, page.for_firms)

    def _person(self, request: web.Request) -> Viewer | None:
        """People read by their session; a session's cookie changes nothing, as any site can make a browser send it."""
        session = request.get(SESSION)
        if session is None or request.method != "GET" or "Authorization" in request.headers:
            return None
        if session.owes:
            raise ForbiddenError("First set a password, and a second factor, of your own.")
        viewer: Viewer = session.account.viewer
        return viewer

    async def _program(self, request: web.Request, operation: Operation) -> Viewer:
        gate = await self._gate(request) if operation.by_gates else None
        if gate is not None:
            return Viewer(f"gate {gate}", frozenset({Right.SERVE_LANES}))
        given = bearer(request)
        if looks_like_key(given):
            return await self._programs.viewer(given)
        if self._token is None:
            return THIS_MACHINE
        check_token(given, self._token)
        return THE_TOKEN

    async def _gate(self, request: web.Request) -> str | None:
        """The gate whose good certificate was shown. Raises ForbiddenError for a bad one, and where one is wanted."""
        named = request.match_info.get("gate")
        certificate = peer_certificate(request)
        if certificate is None:
            await self._do_without(named)
            return None
        sha256, now = hashlib.sha256(certificate).hexdigest(), self._clock()
        gate = await self._database.read(lambda connection: store.gate_of(connection, sha256, now))
        if named not in {None, gate}:
            raise ForbiddenError(f"The certificate is that of gate {gate}, which writes under its own name only.")
        return gate

    async def _do_without(self, gate: str | None) -> None:
        if self._require_certificates:
            raise ForbiddenError("Gates come to this platform by certificate only: enrol this gate.")
        if gate is not None and await self._database.read(lambda connection: store.is_enrolled(connection, gate)):
            raise ForbiddenError(f"Gate {gate} is enrolled here: nobody writes under its name without its certificate.")


def _let_in(request: web.Request, viewer: Viewer, right: Right, for_firms: bool) -> None:
    if not viewer.may(right) or (viewer.firm is not None and not for_firms):
        raise ForbiddenError("This account may not do this.")
    request[VIEWER] = viewer


def peer_certificate(request: web.Request) -> bytes | None:
    """The certificate (DER) that the peer proved to hold; None where it showed none."""
    tls: SSLObject | None = request.transport.get_extra_info("ssl_object") if request.transport else None
    return tls.getpeercert(binary_form=True) if tls else None


def bearer(request: web.Request) -> str:
    """What a program sends to prove itself; empty where it sends nothing of that form (RFC 6750 §2.1)."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if scheme.casefold() == "bearer" else ""


def check_token(given: str, token: bytes) -> None:
    """Raises UnauthorisedError. Compared in constant time, so that the answer's delay tells nothing of the token."""
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token):
        raise UnauthorisedError("Send a key, or the platform's token, as `Authorization: Bearer …`.")
