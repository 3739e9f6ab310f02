"""`POST /api/gates/{gate}/desk`: a gate reports what waits, and hears what people decided, for up to half a minute."""

import asyncio
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from gateway.model.remote_desk import DeskNews, DeskReport
from gateway.platform.accounts.roles import Right
from gateway.platform.answers import json_answer
from gateway.platform.bodies import parse, query_integer, read_json
from gateway.platform.desk import store
from gateway.platform.desk.waiting import WaitingRoom
from gateway.platform.examples import DESK_REPORT
from gateway.platform.feed.bell import Bell
from gateway.platform.feed.routes import LONGEST_WAIT_S, WAIT
from gateway.platform.foundation import Foundation
from gateway.platform.lanes.confirmation_routes import GATE, gate_of
from gateway.platform.operations import Body, Operation, Reply

MOST_BYTES: Final = 64 << 10


class DeskRoutes:
    """Takes reports; `bell` is rung when somebody takes a case or decides."""

    def __init__(self, foundation: Foundation, room: WaitingRoom, bell: Bell) -> None:
        self._database, self._live, self._clock = foundation.database, foundation.live, foundation.clock
        self._room, self._bell = room, bell

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "POST",
                "/api/gates/{gate}/desk",
                self.exchange,
                summary="Report what waits for a person in a gate's lanes; the answer brings rulings, and waits for them if asked",
                tag="desk",
                parameters=(GATE, WAIT),
                body=Body("Everything that waits now, and what became of rulings", (DeskReport,), example=DESK_REPORT),
                replies=(Reply(200, "Rulings not answered yet, and who attends to what", DeskNews),),
                problems=(400, 404, 408, 413, 415, 422, 503),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
        )

    async def exchange(self, request: web.Request) -> web.Response:
        gate = gate_of(request)
        wait = query_integer(request, "wait", 0, 0, LONGEST_WAIT_S)
        report: DeskReport = parse(DeskReport, await read_json(request, MOST_BYTES))
        now = self._clock()
        changed = self._room.report(gate, report.waiting, now)
        if report.answered:
            changed |= await self._database.write(lambda connection: store.answered(connection, gate, report.answered, now)) > 0
        if changed:
            self._live.tell("desk", gate=gate)
        return json_answer(200, await self._news(gate, report, wait))

    async def _news(self, gate: str, report: DeskReport, wait: int) -> DeskNews:
        """At once where there is something that the gate does not know; else as soon as there is, or after `wait` seconds."""
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            ring = self._bell.next_ring()
            news = await self._database.read(lambda connection: self._look(connection, gate))
            left = deadline - asyncio.get_running_loop().time()
            if news.rulings or news.attended != report.attended or left <= 0 or self._bell.silenced:
                return news
            try:
                await asyncio.wait_for(ring.wait(), left)
            except TimeoutError:
                return news

    def _look(self, connection: Connection, gate: str) -> DeskNews:
        now = self._clock()
        return DeskNews(rulings=store.to_bring(connection, gate, now), attended=store.attended(connection, gate, now))
