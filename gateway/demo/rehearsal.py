"""Trucks through the lanes of a running gate, and what the platform has of them afterwards: one row a truck."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.demo.platform_client import Arrived, PlatformClient
from gateway.model.clock import Clock
from gateway.model.wire import Confirmation
from gateway.simulator.traffic import GIVE_UP_S, SimulatedSite
from gateway.simulator.visits import Visit

ARRIVAL_S: Final = 90.0  # after the last truck, or the platform's return: how long confirmations and pictures may take
POLL_S: Final = 0.2
FEED_S: Final = 1.0  # a depot transmits its order a moment before the truck is at the gate


@dataclass(frozen=True, slots=True)
class Driven:
    """A truck that has been through a lane."""

    lane: str
    visit: Visit
    began: datetime
    ended: datetime
    light: str


@dataclass(frozen=True, slots=True)
class Row:
    """A truck, and the confirmation that the platform has of it."""

    driven: Driven
    arrived: Arrived | None

    @property
    def confirmation(self) -> Confirmation | None:
        return self.arrived.confirmation if self.arrived else None

    @property
    def problem(self) -> str:
        """What is not as the scenario says; empty when all is."""
        visit, found = self.driven.visit, self.confirmation
        if found is None:
            return "no confirmation arrived at the platform"
        if found.verdict.outcome is not visit.outcome:
            return f"expected {visit.outcome}, got {found.verdict.outcome}"
        if frozenset(found.verdict.reasons) != visit.reasons:
            return f"expected reasons {', '.join(sorted(visit.reasons)) or 'none'}"
        if self.arrived and self.arrived.missing_pictures:
            return f"{self.arrived.missing_pictures} pictures did not arrive"
        if (self.driven.light == "green") != (found.verdict.outcome == "PASS"):
            return f"the light at the lane was {self.driven.light}"
        return ""


class Rehearsal:
    """Drives visits through a simulated site, one truck at a time in each lane, all lanes at once."""

    def __init__(self, site: SimulatedSite, platform: PlatformClient, lanes: tuple[str, ...], clock: Clock) -> None:
        self._site = site
        self._platform = platform
        self._lanes = lanes
        self._clock = clock

    async def announce(self, visit: Visit) -> None:
        """Tell the platform what it must know before the truck comes. Raises PlatformRefusedError."""
        await self._platform.register(visit.register())
        for order in visit.orders:
            await self._platform.order(order)

    async def drive(
        self, visits: Iterator[Visit], pause_s: float = 0.5, give_up_s: float = GIVE_UP_S, *, unannounced: bool = False
    ) -> AsyncIterator[Driven]:
        """All visits, over all lanes; each is given back when its truck has left. `give_up_s`: how long drivers wait after the
        lane's own patience; `unannounced`: the platform is yet to be told of each. Raises PlatformRefusedError."""
        done: asyncio.Queue[Driven | None] = asyncio.Queue()

        async def serve(lane: str) -> None:
            for visit in visits:  # the lanes take turns: each takes the next truck when it is free
                if unannounced:
                    await self.announce(visit)
                    await asyncio.sleep(FEED_S)
                done.put_nowait(await self._one(lane, visit, give_up_s))
                await asyncio.sleep(pause_s)
            done.put_nowait(None)

        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(serve(lane), name=f"traffic {lane}")
            idle = 0
            while idle < len(self._lanes):
                driven = await done.get()
                if driven is None:
                    idle += 1
                else:
                    yield driven

    async def _one(self, lane: str, visit: Visit, give_up_s: float) -> Driven:
        began = self._clock()
        light = await self._site.visit(lane, visit, give_up_s)
        return Driven(lane, visit, began, self._clock(), light)

    async def collect(self, gate: str, driven: list[Driven]) -> list[Row]:
        """Wait for the platform to have as many confirmations as trucks were driven, with their pictures; match them."""
        loop = asyncio.get_running_loop()
        end = loop.time() + ARRIVAL_S
        arrived: dict[int, Arrived] = {}
        while loop.time() < end:
            for sequence in range(1, len(driven) + 1):
                if sequence not in arrived or arrived[sequence].missing_pictures:
                    found = await self._platform.confirmation(gate, sequence)
                    if found is None:
                        break  # they arrive in order
                    arrived[sequence] = found
            if len(arrived) == len(driven) and not any(found.missing_pictures for found in arrived.values()):
                break
            await asyncio.sleep(POLL_S)
        return [Row(truck, _of(truck, list(arrived.values()))) for truck in driven]


def _of(truck: Driven, arrived: list[Arrived]) -> Arrived | None:
    """The confirmation of the passage that opened in the truck's lane while it was there."""
    slack = timedelta(seconds=0.5)
    return next(
        (
            found
            for found in arrived
            if found.confirmation.lane == truck.lane and truck.began - slack <= found.confirmation.opened_at <= truck.ended
        ),
        None,
    )
