"""`PUT /api/gates/{gate}/health`: a gate says how it is."""

from typing import Final

from aiohttp import web

from gateway.model.gate_health import HealthReport
from gateway.platform.accounts.roles import Right
from gateway.platform.answers import json_answer
from gateway.platform.bodies import parse, read_json
from gateway.platform.examples import HEALTH_REPORT
from gateway.platform.foundation import Foundation
from gateway.platform.gates import health_store
from gateway.platform.lanes.confirmation_routes import GATE, gate_of
from gateway.platform.operations import Body, Operation, Reply

MOST_BYTES: Final = 256 << 10


class GateHealthRoutes:
    """Keeps the latest word of each gate, and tells the pages that show gates."""

    def __init__(self, foundation: Foundation) -> None:
        self._database, self._live, self._clock = foundation.database, foundation.live, foundation.clock

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "PUT",
                "/api/gates/{gate}/health",
                self.hear,
                summary="Say how a gate is: once a minute, and when a device is lost or comes back",
                tag="gates",
                parameters=(GATE,),
                body=Body("The gate's health, in full", (HealthReport,), example=HEALTH_REPORT),
                replies=(Reply(200, "Heard: the report as it is kept", HealthReport),),
                problems=(400, 404, 408, 413, 415, 422, 503, 507),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
        )

    async def hear(self, request: web.Request) -> web.Response:
        gate, now = gate_of(request), self._clock()
        report: HealthReport = parse(HealthReport, await read_json(request, MOST_BYTES))
        await self._database.write(lambda connection: health_store.hear(connection, gate, report, now))
        self._live.tell("gate", gate=gate)
        return json_answer(200, report)
