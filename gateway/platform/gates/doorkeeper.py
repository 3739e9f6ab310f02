"""Who may do what: people who have signed in read, a gate has its certificate, any other program the platform's token.

What a gate's certificate opens is narrow: its own records, the pictures and the feed. The token opens nothing in the name of a gate
that is enrolled. TLS has proved before that the peer holds the certificate's key, and that our authority signed it.
"""

import hashlib
import hmac
from ssl import SSLObject

from aiohttp import web

from gateway.platform.accounts.people import SESSION
from gateway.platform.accounts.roles import Right
from gateway.platform.errors import ForbiddenError, UnauthorisedError
from gateway.platform.foundation import Foundation
from gateway.platform.gates import store
from gateway.platform.operations import Access, Operation


class Doorkeeper:
    """`token` None: a platform that only this machine reaches."""

    def __init__(self, foundation: Foundation, token: bytes | None) -> None:
        self._database = foundation.database
        self._clock = foundation.clock
        self._require_certificates = foundation.settings.require_certificates
        self._token = token

    async def admit(self, request: web.Request, operation: Operation) -> None:
        """Raises UnauthorisedError or ForbiddenError for who may not do this."""
        if operation.access is Access.EVERYONE or (operation.access is Access.READERS and self._may_read(request)):
            return
        if operation.by_gates and await self._is_gate(request):
            return
        if self._token is not None:
            check_token(request, self._token)

    def _may_read(self, request: web.Request) -> bool:
        session = request.get(SESSION)
        return session is not None and session.account.may(Right.READ)

    async def _is_gate(self, request: web.Request) -> bool:
        """Whether a gate's good certificate was shown. Raises ForbiddenError for a bad one, and where one is wanted."""
        named = request.match_info.get("gate")
        certificate = peer_certificate(request)
        if certificate is None:
            await self._do_without(named)
            return False
        sha256, now = hashlib.sha256(certificate).hexdigest(), self._clock()
        gate = await self._database.read(lambda connection: store.gate_of(connection, sha256, now))
        if named not in {None, gate}:
            raise ForbiddenError(f"The certificate is that of gate {gate}, which writes under its own name only.")
        return True

    async def _do_without(self, gate: str | None) -> None:
        if self._require_certificates:
            raise ForbiddenError("Gates come to this platform by certificate only: enrol this gate.")
        if gate is not None and await self._database.read(lambda connection: store.is_enrolled(connection, gate)):
            raise ForbiddenError(f"Gate {gate} is enrolled here: nobody writes under its name without its certificate.")


def peer_certificate(request: web.Request) -> bytes | None:
    """The certificate (DER) that the peer proved to hold; None where it showed none."""
    tls: SSLObject | None = request.transport.get_extra_info("ssl_object") if request.transport else None
    return tls.getpeercert(binary_form=True) if tls else None


def check_token(request: web.Request, token: bytes) -> None:
    """Raises UnauthorisedError. Compared in constant time, so that the answer's delay tells nothing of the token."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    known = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token)
    if scheme.casefold() != "bearer" or not known:
        raise UnauthorisedError("Send the platform's token as `Authorization: Bearer …`.")
