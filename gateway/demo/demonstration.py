"""A platform, a gate and simulated trucks, started together: `gateway demo`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from gateway.demo.parts import Parts, PartsSettings
from gateway.demo.rehearsal import FEED_S, Driven, Rehearsal, Row
from gateway.model.clock import Clock
from gateway.simulator.traffic import GIVE_UP_S
from gateway.simulator.visits import visits
from gateway.site.lane_file import SiteConfig

PERSON_S: Final = 90.0  # who sees it for the first time reads the page, then types a number and a PIN

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """`trucks` None runs until interrupted. `folder` holds logs, stores and the lane file that was used."""

    site: SiteConfig
    folder: Path
    seed: int
    trucks: int | None = None
    platform_outage: bool = False


class Demonstration:
    """Trucks past the running parts. Use `running`."""

    def __init__(self, settings: DemoSettings, parts: Parts, clock: Clock) -> None:
        self.settings = settings
        self.parts = parts
        self._clock = clock
        self._lanes = tuple(lane.name for lane in settings.site.lanes)
        self._rehearsal = Rehearsal(parts.simulated, parts.client, self._lanes, clock)

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: DemoSettings, clock: Clock) -> AsyncIterator["Demonstration"]:
        """Start simulator, platform and gate; stop them at the end. Raises ProcessError."""
        parts_settings = PartsSettings(settings.site, settings.folder, settings.seed, over_rtsp=False)
        async with Parts.running(parts_settings, clock) as parts:
            yield cls(settings, parts, clock)

    async def endless(self, tell: Tell) -> None:
        """Trucks until interrupted. The drivers of those that are referred give a person time to decide."""
        coming = visits(self.settings.seed, self._clock())
        give_up_s = PERSON_S if self.parts.pin else GIVE_UP_S
        async for driven in self._rehearsal.drive(coming, pause_s=2.0, give_up_s=give_up_s, unannounced=True):
            tell(f"{driven.lane}: {driven.visit.title} → {driven.light}")

    async def unattended(self, trucks: int, tell: Tell) -> list[Row]:
        """That many trucks, then their rows. With a platform outage, the platform is away for the second half of them."""
        coming = list(islice(visits(self.settings.seed, self._clock()), trucks))
        for visit in coming:
            await self._rehearsal.announce(visit)
        await asyncio.sleep(FEED_S)
        driven: list[Driven] = []
        async for truck in self._rehearsal.drive(iter(coming)):
            driven.append(truck)
            tell(f"{len(driven)}/{trucks} {truck.lane}: {truck.visit.title}")
            if self.settings.platform_outage and len(driven) == max(trucks // 2, 1):
                tell("the platform is killed")
                await self.parts.platform.kill()
        if self.settings.platform_outage:
            tell("the platform is back")
            await self.parts.platform.start(self.parts.session)
        return await self._rehearsal.collect(self.settings.site.name, driven)
