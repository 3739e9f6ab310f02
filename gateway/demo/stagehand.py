"""Carries out the script of a scenario on the simulated site, and puts everything back afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from gateway.demo import desk_visitor
from gateway.demo import steps as said
from gateway.demo.device_faults import DeviceFaults
from gateway.demo.parts import Parts
from gateway.demo.rehearsal import FEED_S
from gateway.demo.scenario import Scenario
from gateway.demo.steps import Device
from gateway.demo.watch import PATIENCE_S, Watch
from gateway.model.clock import Clock
from gateway.seal_reader.profile import SealFlag
from gateway.simulator.traffic import GLANCE_S
from gateway.simulator.visits import Plot, Visit, visit_of

_SEAL_FLAGS: Final = {
    "inserted": SealFlag.PLUG_INSERTED,
    "locked": SealFlag.MOTOR_LOCKED,
    "cable_cut": SealFlag.CABLE_CUT,
    "shell_opened": SealFlag.SHELL_OPENED,
}


class StageError(Exception):
    """A step could not be carried out, or what it waits for did not come; the text says which."""


def cast(scenario: Scenario, serial: int, seed: int, clock: Clock) -> dict[str, Visit]:
    """The scenario's trucks, by name."""
    return {
        name: visit_of(Plot(name, truck.but, truck.boxes, truck.light), seed, serial + number, clock())
        for number, (name, truck) in enumerate(scenario.trucks.items())
    }


class Stagehand:
    """One scenario in one lane, or in two."""

    def __init__(self, scenario: Scenario, visits: Mapping[str, Visit], lanes: tuple[str, ...], parts: Parts, watch: Watch) -> None:
        self._scenario, self._visits, self._parts, self._watch = scenario, visits, parts, watch
        self._site = parts.simulated
        self._lanes = dict(zip(("here", "next"), lanes, strict=False))
        self._here = self._lanes["here"]
        self._where: dict[str, str] = {}  # truck → lane
        self._devices = faults = DeviceFaults(self._site, self._site.plans[self._here])
        self.lights: list[tuple[str, str]] = []  # each truck that waited, and the light that it then saw
        self._hands: dict[type[said.Part], Callable[[Any], Awaitable[None]]] = {
            said.Arrive: self._arrive,
            said.Follow: self._follow,
            said.WaitForLight: self._wait_for_light,
            said.Leave: lambda step: self._site.leave(self._where.pop(step.leave)),
            said.Reverse: lambda step: self._site.reverse(self._where.pop(step.reverse)),
            said.Transmit: lambda step: self._transmit(step.transmit),
            said.Seal: self._change_seal,
            said.Decide: self._decide,
            said.Loop: self._set_loop,
            said.Key: lambda step: self._turn_key(step.key == "turned"),
            said.AwaitPage: lambda step: self._await_page(step.await_page),
            said.Flicker: self._flicker,
            said.Clock: self._set_clock,
            said.Service: self._serve,
            said.Pause: lambda step: asyncio.sleep(step.pause_s),
            said.Unplug: lambda step: faults.unplug(step.unplug),
            said.PlugIn: lambda step: faults.plug_in(step.plug_in),
            said.Spoil: faults.spoil,
            said.Repair: lambda step: faults.repair(step.repair),
            said.AwaitLight: lambda step: self._await_light(step.await_light),
            said.AwaitLost: lambda step: self._await(step.await_lost, lost=True),
            said.AwaitBack: lambda step: self._await(step.await_back, lost=False),
        }

    async def perform(self) -> None:
        """The whole script. Raises StageError, MissingError, ProcessError, PlatformRefusedError."""
        for visit in self._visits.values():
            await self._parts.client.register(visit.register())
        for name, truck in self._scenario.trucks.items():
            if not truck.order_late:
                await self._transmit(name)
        await asyncio.sleep(FEED_S)
        for number, step in enumerate(self._scenario.script, start=1):
            try:
                await self._hands[type(step)](step)
            except StageError as error:
                raise StageError(f"step {number}: {error}") from None

    async def put_back(self) -> None:
        """Every device in order, both services running, the clock right, nobody in the lanes."""
        await self._devices.put_back()
        for lane in set(self._where.values()):
            await self._site.leave(lane)
        self._site.stick_loop(self._here, False)
        self._site.turn_key(self._here, False)
        for service in (self._parts.platform, self._parts.gate):
            if service.started and not service.runs:
                await service.start(self._parts.session)
        if self._scenario.needs_our_gate:
            self._parts.gate.tell("0")

    # Trucks ----------------------------------------------------------------------------------------------------------

    async def _arrive(self, step: said.Arrive) -> None:
        lane = self._lanes[step.lane]
        weaker = self._scenario.trucks[step.arrive].heard_next_door_db
        beside = self._lanes["next" if step.lane == "here" else "here"] if weaker is not None else ""
        self._where[step.arrive] = lane
        overheard = (beside, weaker) if weaker is not None else None
        await self._site.arrive(lane, self._visits[step.arrive], overheard=overheard, seal_fault=step.seal_fault)

    async def _follow(self, step: said.Follow) -> None:
        ahead = next(truck for truck, lane in self._where.items() if lane == self._here)
        del self._where[ahead]
        self._where[step.follow] = self._here
        await self._site.tailgate(self._here, self._visits[step.follow])

    async def _wait_for_light(self, step: said.WaitForLight) -> None:
        """A referred driver sees amber for as long as he waits: a rehearsal goes on once the verdict is on the screen."""
        lane = self._where[step.wait_for_light]
        if not await self._watch.until(lambda: self._watch.decided(lane)):
            raise StageError(f"lane {lane} shows no verdict")
        await asyncio.sleep(GLANCE_S)
        self.lights.append((step.wait_for_light, self._site.light(lane)))

    async def _transmit(self, truck: str) -> None:
        for order in self._visits[truck].orders:
            await self._parts.client.order(order)

    async def _change_seal(self, step: said.Seal) -> None:
        beacons = self._site.seals(self._where[step.seal])
        if not beacons:
            raise StageError(f"{step.seal!r} has no vehicle seal")
        for name, flag in _SEAL_FLAGS.items():
            there = getattr(step, name)
            if there is not None:
                beacons[0].flags = beacons[0].flags | flag if there else beacons[0].flags & ~flag
        if "fault" in step.model_fields_set:
            beacons[0].fault = step.fault

    async def _decide(self, step: said.Decide) -> None:
        try:
            await desk_visitor.decide(self._parts.screen_url, self._where[step.decide], step.how, self._parts.pin)
        except desk_visitor.DeskRefusedError as error:
            raise StageError(str(error)) from None

    # The lane and what stands around it ------------------------------------------------------------------------------

    async def _set_loop(self, step: said.Loop) -> None:
        if step.loop == "occupied":
            self._site.occupy(self._here, True)
        else:
            self._site.stick_loop(self._here, step.loop == "stuck")

    async def _turn_key(self, turned: bool) -> None:
        self._site.turn_key(self._here, turned)

    async def _flicker(self, step: said.Flicker) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(step.flicker):
                    await self._site.bounce(self._here)
        except TimeoutError:
            raise StageError("the gate does not look at the loop") from None

    async def _set_clock(self, step: said.Clock) -> None:
        self._parts.gate.tell(f"{step.clock_ahead_s:g}")

    async def _serve(self, step: said.Service) -> None:
        if step.service == "bluetoothd":
            await self._devices.serve_bluetooth(step.does == "start")
            return
        service = self._parts.gate if step.service == "gate" else self._parts.platform
        if step.does == "kill":
            await service.kill()
        else:
            await service.start(self._parts.session)

    async def _await_light(self, light: str) -> None:
        if not await self._watch.until(lambda: self._site.light(self._here) == light):
            raise StageError(f"lane {self._here} shows {self._site.light(self._here) or 'no light'}, not {light}")

    async def _await_page(self, words: str) -> None:
        if not await self._watch.page_shows(self._here, words, PATIENCE_S):
            raise StageError(f"the page of lane {self._here} does not show {words!r}")

    async def _await(self, device: Device, lost: bool) -> None:
        name = self._devices.name(device)
        if not await self._watch.until(lambda: (name in self._watch.lost(self._here)) is lost):
            raise StageError(f"the screen still shows {name} as {'working' if lost else 'out of order'}")
