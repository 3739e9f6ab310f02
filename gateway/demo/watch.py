"""What somebody sees who watches a rehearsed gate: its screen, the lights and the barrier, and what reaches the platform."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from gateway.demo.parts import Parts
from gateway.look.marks import Mark
from gateway.model.wire import Confirmation

LOOK_EVERY_S: Final = 0.1
PATIENCE_S: Final = 30.0  # for whatever a gate should do by itself in a few seconds

_DECIDED: Final = frozenset({Mark.PASS, Mark.REFER, Mark.STOP})


@dataclass(slots=True)
class _LaneSeen:
    lost: frozenset[str] = frozenset()
    ever_lost: set[str] = field(default_factory=set)
    busy: bool = False
    decided: bool = False
    confirmations: dict[str, Confirmation] = field(default_factory=dict)  # by passage, the last word on each


class Watch:
    """Use `watching`. Everything of a lane is counted since its last `begin`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._gate = parts.settings.site.name
        self._lanes = {lane.name: _LaneSeen() for lane in parts.settings.site.lanes}
        self._since: dict[str, dict[str, int]] = {}
        self._sequence = 0
        self._reports = 0  # of the gate's on itself, once a second
        self._reported_at = ""
        self._waiting = 0
        self._looked = asyncio.Event()
        self._watchers: list[asyncio.Task[None]] = []
        self.answers = False  # the gate's screen does

    @classmethod
    @asynccontextmanager
    async def watching(cls, parts: Parts) -> AsyncIterator["Watch"]:
        watch = cls(parts)
        watch._watchers = [asyncio.create_task(watch._look_at_screen()), asyncio.create_task(watch._ask_platform())]
        for watcher in watch._watchers:
            watcher.add_done_callback(lambda _: watch._looked.set())
        try:
            yield watch
        finally:
            for watcher in watch._watchers:
                watcher.cancel()
            await asyncio.wait(watch._watchers)

    def begin(self, lane: str) -> None:
        """From now on."""
        self._lanes[lane] = _LaneSeen(lost=self._lanes[lane].lost, busy=self._lanes[lane].busy)
        self._since[lane] = {name: len(module.history) for name, module in self._parts.simulated.modules.items()}

    def lost(self, lane: str) -> frozenset[str]:
        """Devices that the screen shows as out of order now."""
        return self._lanes[lane].lost

    def decided(self, lane: str) -> bool:
        """Whether the screen shows a verdict; the light was switched before."""
        return self._lanes[lane].decided

    def ever_lost(self, lane: str) -> frozenset[str]:
        return frozenset(self._lanes[lane].ever_lost)

    def confirmations(self, lane: str) -> list[Confirmation]:
        """The last word on each passage, in the order of their verdicts."""
        return list(self._lanes[lane].confirmations.values())

    def times_on(self, lane: str, module: str, output: str) -> int:
        """How often an output was switched on."""
        since = self._since[lane][module]
        return sum(on for name, on in self._parts.simulated.modules[module].history[since:] if name == output)

    async def until(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        """Whether it became true in time. Raises what ended the watching, if anything did: nothing would become true any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not condition():
                    for watcher in self._watchers:
                        if watcher.done():
                            watcher.result()
                    self._looked.clear()
                    await self._looked.wait()
        return condition()

    async def page_shows(self, lane: str, words: str, patience_s: float) -> bool:
        """Whether the lane's page on the gate's screen shows these words in time."""
        for _ in range(int(patience_s / LOOK_EVERY_S)):
            if await self._is_on_page(lane, words):
                return True
            await asyncio.sleep(LOOK_EVERY_S)
        return False

    async def _is_on_page(self, lane: str, words: str) -> bool:
        try:
            async with self._parts.session.get(f"{self._parts.screen_url}/lanes/{lane}", params={"lang": "en"}) as answer:
                return words in await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def settled(self, lanes: tuple[str, ...]) -> str:
        """Wait until nobody stands in these lanes, all their devices work, and the platform has every record. Returns what
        is not so after a while; empty when all is well."""
        if not await self.until(lambda: not self._unrest(lanes)):
            return self._unrest(lanes)
        reports = self._reports  # what waits is told once a second: the next report may have been on its way
        if not await self.until(lambda: self._reports >= reports + 2 and self._waiting == 0):
            return f"{self._waiting} records have not reached the platform" if self._waiting else "the gate does not report"
        await asyncio.sleep(2 * LOOK_EVERY_S)
        return self._unrest(lanes)

    def _unrest(self, lanes: tuple[str, ...]) -> str:
        if not self.answers:
            return "the gate does not answer"
        lost = sorted(device for lane in lanes for device in self._lanes[lane].lost)
        if lost:
            return f"{', '.join(lost)} out of order"
        return next((f"a vehicle is still in {lane}" for lane in lanes if self._lanes[lane].busy), "")

    async def _look_at_screen(self) -> None:
        while True:
            try:
                async with self._parts.session.get(f"{self._parts.screen_url}/api/lanes") as answer:
                    self._note(await answer.json())
            except (aiohttp.ClientError, TimeoutError):
                self.answers = False
            self._looked.set()
            await asyncio.sleep(LOOK_EVERY_S)

    def _note(self, views: dict[str, Any]) -> None:
        site = views["site"]
        self.answers = site is not None
        if site and site["updated_at"] != self._reported_at:
            self._reported_at, self._waiting = site["updated_at"], site["outbox_waiting"]
            self._reports += 1
        for view in views["lanes"]:
            seen = self._lanes[view["lane"]]
            seen.lost, seen.busy = frozenset(view["lost_devices"]), view["passage"] is not None
            seen.decided = view["mark"] in _DECIDED
            seen.ever_lost |= seen.lost

    async def _ask_platform(self) -> None:
        while True:
            found = await self._parts.client.confirmation(self._gate, self._sequence + 1)
            if found is None:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            self._sequence += 1
            self._lanes[found.confirmation.lane].confirmations[found.confirmation.passage_id] = found.confirmation
