"""The parts of a rehearsal on one machine: a platform, a gate, and the simulator that plays every device of the site."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from gateway.demo.desk_person import admit, appoint
from gateway.demo.loopback import STAFF_FILE, on_loopback, simulated_site
from gateway.demo.platform_client import PlatformClient
from gateway.demo.processes import ServiceProcess, free_port
from gateway.model.clock import Clock
from gateway.simulator.pictures import Pictures, Placards
from gateway.simulator.private_bus import ADDRESS_VARIABLE
from gateway.site.lane_file import SiteConfig

RENDERED_PATIENCE_S: Final = 12.0  # shorter than on a site, so that a referral need not be waited for so long
PLACARD_PATIENCE_S: Final = 4.0  # a placard is read in a moment
MASTER_KEY_BYTES: Final = 16
ANSWER_S: Final = 15.0  # longest wait for an answer of gate or platform, on however busy a machine


@dataclass(frozen=True, slots=True)
class PartsSettings:
    """`folder` holds logs, stores and the lane file that is used. `placards`: instead of rendered trucks, and a gate that reads
    them. `settable_clock`: the gate's clock can be set. `pictures`: instead of trucks rendered as they come. `over_rtsp`: whether
    cameras that stream over RTSP are played so; H.264 of rendered trucks takes a seventh of a core for each, which JPEGs over
    HTTP do not."""

    site: SiteConfig
    folder: Path
    seed: int
    placards: bool = False
    settable_clock: bool = False
    pictures: Pictures | None = None
    over_rtsp: bool = True

    @property
    def platform_data(self) -> Path:
        return self.folder / "platform"

    @property
    def patience_s(self) -> float:
        return PLACARD_PATIENCE_S if self.placards else RENDERED_PATIENCE_S


class Parts:
    """Use `running`."""

    def __init__(self, settings: PartsSettings, session: aiohttp.ClientSession, clock: Clock) -> None:
        folder = settings.folder
        self.settings = settings
        self.session = session
        self._key = secrets.token_bytes(MASTER_KEY_BYTES)
        # The well-known ports are for people who look; a rehearsal that runs by itself leaves them to others on this machine.
        platform_port, self._screen_port = (free_port(0 if settings.settable_clock else port) for port in (8080, 8081))
        self.platform_url, self.screen_url = f"http://127.0.0.1:{platform_port}", f"http://127.0.0.1:{self._screen_port}"
        self.site_file = folder / "site.yaml"
        self.pin = self.password = ""  # of the person at the gate's desk, where the site has one, and at the platform's
        pictures = Placards() if settings.placards else settings.pictures
        self.simulated = simulated_site(
            settings.site, self._key, settings.seed, clock, settings.patience_s, pictures, over_rtsp=settings.over_rtsp
        )
        self.client = PlatformClient(session, self.platform_url)
        self.platform = ServiceProcess(
            "platform",
            ("gateway.cli", "platform", "serve", "--data", str(settings.platform_data), "--port", str(platform_port)),
            folder / "platform.log",
            f"{self.platform_url}/healthz",
        )
        radio = self.simulated.radio
        self.gate_environment = {ADDRESS_VARIABLE: radio.bus_address} if radio else {}
        self.gate = ServiceProcess("gate", self._gate(), folder / "gate.log", f"{self.screen_url}/healthz", self.gate_environment)

    def _gate(self) -> tuple[str, ...]:
        if not (self.settings.placards or self.settings.settable_clock):
            return ("gateway.cli", "run", "--site", str(self.site_file))
        return ("gateway.demo.bench_gate", str(self.site_file), *(["--placards"] if self.settings.placards else []))

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: PartsSettings, clock: Clock, *, gate: bool = True) -> AsyncIterator["Parts"]:
        """Start simulator, platform and (with `gate`) the gate; stop them at the end. Raises ProcessError."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_S)))
            parts = cls(settings, session, clock)
            await stack.enter_async_context(parts.simulated)
            parts._write_files()
            if settings.site.desk:
                parts.password = await admit(settings.platform_data, clock, os.urandom)
            stack.push_async_callback(parts.platform.stop)
            stack.push_async_callback(parts.gate.stop)
            await parts.platform.start(session)
            if gate:
                await parts.gate.start(session)
            yield parts

    def _write_files(self) -> None:
        settings, folder = self.settings, self.settings.folder
        key_file = folder / "seal-master.key"
        key_file.touch(mode=0o600)
        key_file.write_text(self._key.hex() + "\n", encoding="ascii")
        if settings.site.desk:
            self.pin = appoint(folder / STAFF_FILE, os.urandom)
        on_loopback(settings.site, self.simulated, self.platform_url, folder, self._screen_port, settings.patience_s)
