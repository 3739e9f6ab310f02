"""`/api/authority`, `/api/enrolments` and `/api/gates/{gate}/certificate`: how a gate gets its certificate and renews it."""

import asyncio
import logging
from datetime import datetime
from typing import Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from gateway.look.i18n import _
from gateway.model.enrolment import CertificateRequest, Enrolment, GateCertificate
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.store import Act, note
from gateway.platform.answers import NO_STORE, json_answer
from gateway.platform.bodies import parse, read_json
from gateway.platform.errors import ForbiddenError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.gates import store
from gateway.platform.gates.authority import Authority, open_authority
from gateway.platform.lanes.confirmation_routes import GATE
from gateway.platform.operations import Body, Operation, Reply

MOST_BYTES: Final = 32 << 10
logger = logging.getLogger(__name__)


class GateRoutes:
    """Enrols gates and renews their certificates, where the platform speaks TLS itself."""

    def __init__(self, foundation: Foundation) -> None:
        self._database = foundation.database
        self._clock = foundation.clock
        self._settings = foundation.settings

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "GET",
                "/api/authority",
                self.show_authority,
                summary="The platform's certificate authority; a gate proves it by its one-time code",
                tag="gates",
                right=None,
                replies=(Reply(200, "The certificate, PEM", media="application/x-pem-file"),),
                problems=(404,),
            ),
            Operation(
                "POST",
                "/api/enrolments",
                self.enrol,
                summary="Enrol a gate with its one-time code; the code serves once",
                tag="gates",
                body=Body("The gate, the code's secret, and the keys that are the gate's from now on", (Enrolment,)),
                right=None,
                replies=(Reply(201, "Enrolled", GateCertificate),),
                problems=(400, 403, 404, 408, 413, 415, 422, 503, 507),
            ),
            Operation(
                "POST",
                "/api/gates/{gate}/certificate",
                self.renew,
                summary="A new certificate for a gate, asked for with the one that it has",
                tag="gates",
                parameters=(GATE,),
                body=Body("The request for the new key", (CertificateRequest,)),
                replies=(Reply(201, "Issued", GateCertificate),),
                problems=(400, 404, 408, 413, 415, 422, 503, 507),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
        )

    async def show_authority(self, _request: web.Request) -> web.Response:
        authority = await self._authority(self._clock())
        return web.Response(text=authority.pem, content_type="application/x-pem-file", headers=NO_STORE)

    async def enrol(self, request: web.Request) -> web.Response:
        now = self._clock()
        authority = await self._authority(now)
        enrolment: Enrolment = parse(Enrolment, await read_json(request, MOST_BYTES))
        # Issued before the code is tried: a request that is wrong uses up no code, and what is refused stays here.
        certificate = await asyncio.to_thread(authority.issue_to_gate, enrolment.gate, enrolment.signing_request, now)

        def work(connection: Connection) -> store.Code:
            code = store.enrol(connection, enrolment, certificate, now)
            if code is store.Code.GOOD:
                note(connection, Act(now, f"gate {enrolment.gate}", _("was enrolled"), f"from {request.remote}"))
            return code

        code = await self._database.write(work)
        if code is not store.Code.GOOD:
            logger.warning("gate %s was not enrolled from %s: %s", enrolment.gate, request.remote, code.value)
            raise ForbiddenError(code.value)
        logger.info("gate %s is enrolled from %s", enrolment.gate, request.remote)
        return json_answer(201, _answer(enrolment.gate, certificate, authority))

    async def renew(self, request: web.Request) -> web.Response:
        now, gate = self._clock(), request.match_info["gate"]
        authority = await self._authority(now)
        asked: CertificateRequest = parse(CertificateRequest, await read_json(request, MOST_BYTES))
        certificate = await asyncio.to_thread(authority.issue_to_gate, gate, asked.signing_request, now)
        await self._database.write(lambda connection: store.add_certificate(connection, gate, certificate, now))
        logger.info("gate %s has renewed its certificate", gate)
        return json_answer(201, _answer(gate, certificate, authority))

    async def _authority(self, now: datetime) -> Authority:
        if not self._settings.speaks_tls:
            raise NotFoundError("This platform does not speak TLS itself, so it knows no certificates.")
        return await asyncio.to_thread(open_authority, self._settings.data_dir, now)


def _answer(gate: str, certificate: x509.Certificate, authority: Authority) -> GateCertificate:
    return GateCertificate(gate=gate, certificate=certificate.public_bytes(Encoding.PEM).decode("ascii"), authority=authority.pem)
