"""A platform, a gate and simulated trucks, started together: `gateway demo`."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import aiohttp

from gateway.demo.loopback import on_loopback, plan
from gateway.demo.platform_client import PlatformClient
from gateway.demo.processes import ServiceProcess, free_port
from gateway.demo.rehearsal import FEED_S, Driven, Rehearsal, Row
from gateway.model.clock import Clock
from gateway.seal_reader.keys import SealKeys
from gateway.signals.config import AnyTcpModuleConfig
from gateway.simulator.traffic import SimulatedSite
from gateway.simulator.visits import visits
from gateway.site.lane_file import SiteConfig

PATIENCE_S: Final = 12.0  # shorter than on a site, so that a referral need not be waited for so long
MASTER_KEY_BYTES: Final = 16

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
    """The three parts, running. Use `running`."""

    def __init__(self, settings: DemoSettings, session: aiohttp.ClientSession, clock: Clock) -> None:
        folder = settings.folder
        self.settings = settings
        self._session = session
        self._clock = clock
        self._key = secrets.token_bytes(MASTER_KEY_BYTES)
        platform_port, screen_port = free_port(8080), free_port(8081)
        self.platform_url, self.screen_url = f"http://127.0.0.1:{platform_port}", f"http://127.0.0.1:{screen_port}"
        self._screen_port = screen_port
        self.lanes = tuple(lane.name for lane in settings.site.lanes)
        self.simulated = SimulatedSite(
            [plan(settings.site, lane) for lane in settings.site.lanes],
            [module for module in settings.site.io_modules if isinstance(module, AnyTcpModuleConfig)],
            settings.site.readers,
            SealKeys({1: self._key}),
            settings.seed,
            clock,
        )
        self.platform = ServiceProcess(
            "platform",
            ("platform", "serve", "--data", str(folder / "platform"), "--port", str(platform_port)),
            folder / "platform.log",
            f"{self.platform_url}/healthz",
        )
        self.gate = ServiceProcess(
            "gate", ("run", "--site", str(folder / "site.yaml")), folder / "gate.log", f"{self.screen_url}/healthz"
        )
        self._client = PlatformClient(session, self.platform_url)
        self._rehearsal = Rehearsal(self.simulated, self._client, self.lanes, clock)

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: DemoSettings, clock: Clock) -> AsyncIterator["Demonstration"]:
        """Start simulator, platform and gate; stop them at the end. Raises ProcessError, NotRehearsableError."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())
            demo = cls(settings, session, clock)
            await stack.enter_async_context(demo.simulated)
            demo._write_files()
            stack.push_async_callback(demo.platform.stop)
            stack.push_async_callback(demo.gate.stop)
            await demo.platform.start(session)
            await demo.gate.start(session)
            yield demo

    def _write_files(self) -> None:
        key_file = self.settings.folder / "seal-master.key"
        key_file.touch(mode=0o600)
        key_file.write_text(self._key.hex() + "\n", encoding="ascii")
        on_loopback(self.settings.site, self.simulated, self.platform_url, self.settings.folder, self._screen_port, PATIENCE_S)

    async def endless(self, tell: Tell) -> None:
        """Trucks until interrupted."""
        coming = visits(self.settings.seed, self._clock())

        while True:
            batch = list(islice(coming, len(self.lanes)))
            for visit in batch:
                await self._rehearsal.announce(visit)
            await asyncio.sleep(FEED_S)
            async for driven in self._rehearsal.drive(iter(batch), pause_s=2.0):
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
                await self.platform.kill()
        if self.settings.platform_outage:
            tell("the platform is back")
            await self.platform.start(self._session)
        return await self._rehearsal.collect(self.settings.site.name, driven)
