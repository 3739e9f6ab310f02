"""A simulated site: every device of its lanes on loopback, speaking its real protocol, and trucks that drive past them.

The truck's driver sees what a driver sees, the lane's lights: he leaves on green, leaves when a red follows the amber, and
gives up after a while.
"""

import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.model.clock import Clock
from gateway.rfid.config import ReaderConfig
from gateway.seal_reader.keys import SealKeys
from gateway.signals.config import AnyModuleConfig, ModbusRtuModuleConfig
from gateway.simulator.barrier import FakeBarrier
from gateway.simulator.camera_faults import Fault as CameraFault
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.simulator.pictures import Pictures, Placards, RenderedScenes
from gateway.simulator.radio import FakeAdapter, Radio
from gateway.simulator.readers import FakeReader, fake_reader
from gateway.simulator.rtsp_server import RtspServer
from gateway.simulator.scene import Light, TruckLook, View
from gateway.simulator.seal_beacon import FakeSealFeed, Fault, SealBeacon
from gateway.simulator.serial_line import PtyLine
from gateway.simulator.serial_module import FakeSerialModule
from gateway.simulator.simulated_module import SimulatedModule
from gateway.simulator.visits import Visit

APPROACH_S: Final = 2.0  # from the first sight of the truck to its stop
LEAVE_S: Final = 1.5
STOP_AT: Final = 0.5  # a truck's way through the lane runs from 0 to 1
ON_LOOP: Final = (0.3, 0.8)  # where on that way it stands on the loop
STEP_S: Final = 0.05
RADIO_EVERY_S: Final = 0.5  # tags and seals are heard about twice a second
GIVE_UP_S: Final = 2.0  # after the lane's own patience a driver waits no longer, where nobody is there to decide
DAY_S: Final = 86_400
# Drawing costs, and nothing happens in an empty lane: its cameras send fresh noise for some turns, then the same for others.
# That is often enough for cameras that live, and enough in a row for one that was frozen to be seen to live again.
FRESH_TURNS: Final = 8
FRESH_EVERY: Final = 32
GLANCE_S: Final = 0.3  # how long a driver needs to understand a light

Point = tuple[str, str]  # a module, and one of its inputs or outputs


@dataclass(frozen=True, slots=True)
class LanePlan:
    """What one lane has, by the names of its devices; None where it lacks it."""

    name: str
    cameras: tuple[tuple[str, View], ...]
    patience_s: float
    over_rtsp: frozenset[str] = frozenset()  # those of the cameras that stream over RTSP; the others do over HTTP
    loop: Point | None = None
    key_switch: Point | None = None
    lights: Mapping[str, Point] | None = None  # `red`, `amber`, `green`
    barrier: Point | None = None
    end_switches: tuple[str | None, str | None] = (None, None)  # the barrier's: inputs that say open and closed
    antenna: tuple[str, int] | None = None  # (reader, number)
    receivers: tuple[str, ...] = ()


@dataclass(slots=True)
class _Stage:
    """What stands in a lane now."""

    truck: TruckLook | None = None
    light: Light = Light.DAY
    progress: float = 0.0
    shown: int = 0  # frames shown, for the noise
    pictures: dict[str, bytes] = field(default_factory=dict)
    beacons: list[SealBeacon] = field(default_factory=list)
    radio: asyncio.Task[None] | None = None


class SimulatedSite:
    """Use as an asynchronous context manager; then drive trucks, one at a time in each lane."""

    def __init__(
        self,
        plans: Sequence[LanePlan],
        modules: Sequence[AnyModuleConfig],
        readers: Sequence[ReaderConfig],
        keys: SealKeys,
        seed: int,
        clock: Clock,
        pictures: Pictures | None = None,
        radio: Radio | None = None,
    ) -> None:
        """`pictures` None: rendered ones. `radio`: the adapters among the receivers; the others are bridges."""
        self.plans = {plan.name: plan for plan in plans}
        self._stages = {plan.name: _Stage() for plan in plans}
        self._stage_of = {camera: self._stages[plan.name] for plan in plans for camera, _ in plan.cameras}
        self._stuck_loops: set[str] = set()  # of lanes
        self._random = random.Random(seed)
        self._keys = keys
        self._clock = clock
        self._pictures = pictures or RenderedScenes(seed)
        self._stack = AsyncExitStack()
        lines = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-lines-")))
        self.modules = {module.name: _module(module, plans, lines) for module in modules}
        self.barriers = {
            plan.name: FakeBarrier(self.modules[plan.barrier[0]], plan.barrier[1], *plan.end_switches)
            for plan in plans
            if plan.barrier and any(plan.end_switches)
        }
        self.readers = {reader.name: fake_reader(reader, clock) for reader in readers}
        self.radio = radio
        names = dict.fromkeys(name for plan in plans for name in plan.receivers)
        adapters = radio.adapters if radio else {}
        self.receivers: dict[str, FakeSealFeed | FakeAdapter] = {name: adapters.get(name) or FakeSealFeed(clock) for name in names}
        self._over_http = CameraServer(self._picture, self._pictures.frames_per_second)
        self._over_rtsp = RtspServer(self._picture, self._pictures.frames_per_second)

    async def __aenter__(self) -> "SimulatedSite":
        if self.radio:
            self._stack.push_async_callback(self.radio.stop)
            await self.radio.start()
        devices: list[SimulatedModule | FakeReader] = [*self.modules.values(), *self.readers.values()]
        for device in (*devices, *self.receivers.values()):
            await device.start()
            self._stack.push_async_callback(device.stop)
        for barrier in self.barriers.values():
            self._stack.push_async_callback(barrier.stop)
        for lane in self.plans:
            await self._draw(lane)
            self._stack.push_async_callback(self._silence, self._stages[lane])
        await self._stack.enter_async_context(self._over_http)
        await self._stack.enter_async_context(self._over_rtsp)
        drawing = asyncio.create_task(self._keep_drawing())
        self._stack.push_async_callback(_end, drawing)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # What the cameras see --------------------------------------------------------------------------------------------

    @property
    def shows_placards(self) -> bool:
        return isinstance(self._pictures, Placards)

    def camera_address(self, camera: str) -> dict[str, str]:
        """The keys of a lane file's entry that lead to a camera."""
        if any(camera in plan.over_rtsp for plan in self.plans.values()):
            return {"type": "rtsp", "url": self._over_rtsp.url(camera)}
        return {"type": "mjpeg", "url": self._over_http.stream_url(camera)}

    def trouble_camera(self, camera: str, fault: CameraFault) -> None:
        """Let something be wrong with a camera, whatever it streams over."""
        self._over_http.set_fault(camera, fault)
        self._over_rtsp.set_fault(camera, fault)

    def _picture(self, camera: str) -> bytes | None:
        stage = self._stage_of.get(camera)
        return stage.pictures.get(camera) if stage else None

    async def _keep_drawing(self) -> None:
        """Draw lanes with a truck at the cameras' rate, empty ones from time to time."""
        turn = 0
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 1 / self._pictures.frames_per_second
            for lane, stage in self._stages.items():
                if stage.truck or turn % FRESH_EVERY < FRESH_TURNS:
                    await self._draw(lane)
            turn += 1
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _draw(self, lane: str) -> None:
        stage = self._stages[lane]
        stage.shown += 1
        for camera, view in self.plans[lane].cameras:
            drawn = await self._pictures.draw(camera, view, stage.light, stage.truck, stage.progress, stage.shown)
            stage.pictures[camera] = drawn

    # Trucks ----------------------------------------------------------------------------------------------------------

    async def visit(self, lane: str, visit: Visit, give_up_s: float = GIVE_UP_S) -> str:
        """Drive one truck through a lane. Returns the light on which it left: `green`, `red`, or `amber` if it gave up,
        `give_up_s` after the lane's own patience."""
        try:
            await self.arrive(lane, visit)
            light = await self.light_for(lane, give_up_s)
            await self._drive(self.plans[lane], 1.0, LEAVE_S)
        finally:
            await self._empty(lane)
        return light

    async def arrive(
        self,
        lane: str,
        visit: Visit,
        *,
        start: float = 0.0,
        overheard: tuple[str, int] | None = None,
        seal_fault: Fault | None = None,
    ) -> None:
        """Bring a truck to its stop. `start`: where its way begins; `overheard`: a lane whose antenna and receivers hear its
        tags and seals, too, and how much more weakly (dB); `seal_fault`: of its vehicle seals, replayed frames being old ones."""
        plan, stage = self.plans[lane], self._stages[lane]
        for camera, view in plan.cameras:
            await self._pictures.prepare(camera, view, visit.light, visit.truck)
        stage.light, stage.truck, stage.progress = visit.light, visit.truck, start
        # A seal's counter only ever grows; the time of day does so too, over any number of rehearsals.
        replayed = seal_fault == "replayed"
        counter = int(self._clock().timestamp()) - (DAY_S if replayed else 0)
        stage.beacons = [
            SealBeacon(seal.serial, self._keys, flags=seal.flags, counter=counter, fault=None if replayed else seal_fault)
            for seal in visit.seals
        ]
        await self._draw(lane)
        stage.radio = asyncio.create_task(self._radiate(plan, visit, overheard))
        await self._drive(plan, STOP_AT, APPROACH_S * (STOP_AT - start) / STOP_AT)

    async def leave(self, lane: str) -> None:
        """Drive on, out of the lane."""
        await self._drive(self.plans[lane], 1.0, LEAVE_S)
        await self._empty(lane)

    async def reverse(self, lane: str) -> None:
        """Drive back out of the lane, the way it came."""
        await self._drive(self.plans[lane], 0.0, LEAVE_S)
        await self._empty(lane)

    async def tailgate(self, lane: str, visit: Visit) -> None:
        """The truck in the lane drives on, and the next one follows so close that the loop never sees the gap."""
        plan = self.plans[lane]
        await self._drive(plan, ON_LOOP[1], LEAVE_S / 2)
        await self._silence(self._stages[lane])
        await self.arrive(lane, visit, start=ON_LOOP[0])

    def seals(self, lane: str) -> list[SealBeacon]:
        """The vehicle seals of the truck in the lane: change their state at will."""
        return self._stages[lane].beacons

    async def _empty(self, lane: str) -> None:
        stage = self._stages[lane]
        await self._silence(stage)
        self.occupy(lane, False)
        stage.truck, stage.progress = None, 0.0
        await self._draw(lane)  # gone is gone: no camera shows it any more

    async def _silence(self, stage: _Stage) -> None:
        radio, stage.radio = stage.radio, None
        if radio:
            await _end(radio)

    async def _drive(self, plan: LanePlan, target: float, seconds: float) -> None:
        stage = self._stages[plan.name]
        loop = asyncio.get_running_loop()
        start, begun = stage.progress, loop.time()
        while stage.progress != target:
            share = min((loop.time() - begun) / seconds, 1.0)
            stage.progress = start + (target - start) * share if share < 1 else target
            self.occupy(plan.name, ON_LOOP[0] <= stage.progress <= ON_LOOP[1])
            await asyncio.sleep(STEP_S)

    def occupy(self, lane: str, occupied: bool) -> None:
        """Make the lane's loop say so. A barrier closes by the same loop."""
        loop, barrier = self.plans[lane].loop, self.barriers.get(lane)
        if not loop:
            return
        module, point = self.modules[loop[0]], loop[1]
        occupied = occupied or lane in self._stuck_loops
        if barrier and module.reads(point) and not occupied:
            barrier.vehicle_left()
        module.drive(point, on=occupied)

    def stick_loop(self, lane: str, stuck: bool) -> None:
        """From now on the lane's loop says occupied, whoever drives over it; or it works again, and nobody is on it."""
        (self._stuck_loops.add if stuck else self._stuck_loops.discard)(lane)
        self.occupy(lane, stuck)

    def turn_key(self, lane: str, turned: bool) -> None:
        """Open the lane's barrier by hand: its key switch says so, where it has one."""
        key = self.plans[lane].key_switch
        if key:
            self.modules[key[0]].drive(key[1], on=turned)

    async def bounce(self, lane: str) -> None:
        """The loop's contact is on for the one moment in which the gate looks, and off when it looks again."""
        loop = self.plans[lane].loop
        if loop:
            module = self.modules[loop[0]]
            for on in (True, False):
                module.drive(loop[1], on=on)
                await module.looked_at(loop[1])

    async def _radiate(self, plan: LanePlan, visit: Visit, overheard: tuple[str, int] | None) -> None:
        """The driver presents the pass; chips and seals are heard again and again while the truck is near."""
        ears = [(plan, 0), *([(self.plans[overheard[0]], overheard[1])] if overheard else [])]
        tags = [(visit.presents.pass_uid, -48)] if visit.presents else []
        tags += [(epc, -56) for epc, _ in visit.chips]
        while True:
            if self._stages[plan.name].progress >= ON_LOOP[0]:
                frames = [(beacon.address, beacon.next_frame()) for beacon in self._stages[plan.name].beacons]
                for where, weaker in ears:
                    self._sound(where, tags, frames, weaker)
            await asyncio.sleep(RADIO_EVERY_S)

    def _sound(
        self, where: LanePlan, tags: Sequence[tuple[str, int]], frames: Sequence[tuple[str, bytes | None]], weaker: int
    ) -> None:
        """Tags and seals' frames (address, payload; None: silent) are heard once by one lane's antenna and receivers."""
        if where.antenna:
            reader, number = where.antenna
            for uid, rssi in tags:
                self.readers[reader].see(uid, number, self._rssi(rssi - weaker))
        for receiver in where.receivers:
            for address, payload in frames:
                if payload is not None:
                    self.receivers[receiver].tell(address, self._rssi(-58 - weaker), payload)

    def _rssi(self, about: int) -> int:
        return about + self._random.randint(-4, 4)

    # Lights ----------------------------------------------------------------------------------------------------------

    async def light_for(self, lane: str, give_up_s: float = GIVE_UP_S) -> str:
        """Green, or red after the amber that says that the lane is reading; else give up a while after its patience."""
        plan = self.plans[lane]
        if plan.lights is None:
            await asyncio.sleep(plan.patience_s + give_up_s)
            return "amber"
        module = self.modules[plan.lights["amber"][0]]
        with suppress(TimeoutError):
            await asyncio.wait_for(module.until(lambda: self.light(lane) in {"amber", "green"}), plan.patience_s)
            await asyncio.wait_for(module.until(lambda: self.light(lane) != "amber"), plan.patience_s + give_up_s)
        await asyncio.sleep(GLANCE_S)
        return self.light(lane) or "amber"

    def light(self, lane: str) -> str:
        """The light that shows in the lane: `green`, `red` or `amber`; empty while it is dark, or has none."""
        lights = self.plans[lane].lights or {}
        return next((name for name in ("green", "red", "amber") if name in lights and self._shows(lights[name])), "")

    def _shows(self, output: Point) -> bool:
        module, point = output
        return self.modules[module].shows(point)


def _module(config: AnyModuleConfig, plans: Sequence[LanePlan], lines: Path) -> SimulatedModule:
    """With the watchdog that the lane file promises: red, and everything else off. `lines`: a folder for serial lines."""
    lights = (plan.lights["red"] for plan in plans if plan.lights)
    reds = {point: True for module, point in lights if module == config.name}
    watchdog_s = config.watchdog.timeout_s if config.watchdog else None
    if isinstance(config, ModbusRtuModuleConfig):
        return FakeSerialModule(config, PtyLine(lines / config.name), watchdog_s=watchdog_s, safe=reds)
    return FakeModbusModule(config, watchdog_s=watchdog_s, safe=reds)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
