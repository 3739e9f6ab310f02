"""A simulated site: every device of its lanes on loopback, speaking its real protocol, and trucks that drive past them.

The truck's driver sees what a driver sees, the lane's lights: he leaves on green, leaves when a red follows the amber, and
gives up after a while.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Final

import cv2

from gateway.model.clock import Clock
from gateway.rfid.config import ReaderConfig
from gateway.seal_reader.keys import SealKeys
from gateway.signals.config import AnyTcpModuleConfig
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.modbus_module import FakeModbusModule
from gateway.simulator.readers import FakeReader, fake_reader
from gateway.simulator.scene import Light, Scene, TruckLook, View
from gateway.simulator.seal_beacon import FakeSealFeed, SealBeacon
from gateway.simulator.visits import Visit

FRAME_SIZE: Final = (1280, 720)
JPEG_QUALITY: Final = 88
APPROACH_S: Final = 2.0  # from the first sight of the truck to its stop
LEAVE_S: Final = 1.5
STOP_AT: Final = 0.5  # a truck's way through the lane runs from 0 to 1
ON_LOOP: Final = (0.3, 0.8)  # where on that way it stands on the loop
STEP_S: Final = 0.05
RADIO_EVERY_S: Final = 0.5  # tags and seals are heard about twice a second
GIVE_UP_S: Final = 2.0  # after the lane's own patience a driver waits no longer
GLANCE_S: Final = 0.3  # how long a driver needs to understand a light


@dataclass(frozen=True, slots=True)
class LanePlan:
    """What one lane has, by the names of its devices. Inputs and outputs are (module, point)."""

    name: str
    loop: tuple[str, str]
    amber: tuple[str, str]
    green: tuple[str, str]
    red: tuple[str, str]
    antenna: tuple[str, int]  # (reader, number)
    receiver: str
    cameras: tuple[tuple[str, View], ...]
    patience_s: float


@dataclass(slots=True)
class _Stage:
    """What stands in a lane now."""

    truck: TruckLook | None = None
    light: Light = Light.DAY
    progress: float = 0.0
    shown: int = 0  # frames shown, for the noise
    pictures: dict[str, bytes] = field(default_factory=dict)


class SimulatedSite:
    """Use as an asynchronous context manager; then `visit`, one at a time in each lane."""

    def __init__(
        self,
        plans: Sequence[LanePlan],
        modules: Sequence[AnyTcpModuleConfig],
        readers: Sequence[ReaderConfig],
        keys: SealKeys,
        seed: int,
        clock: Clock,
        frames_per_second: float = 8.0,
    ) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self._stages = {plan.name: _Stage() for plan in plans}
        self._stage_of = {camera: self._stages[plan.name] for plan in plans for camera, _ in plan.cameras}
        self._random = random.Random(seed)
        self._keys = keys
        self._clock = clock
        self._seed = seed
        self._period_s = 1 / frames_per_second
        self._scenes: dict[tuple[str, Light], Scene] = {}
        self.modules = {module.name: _module(module, plans) for module in modules}
        self.readers = {reader.name: fake_reader(reader, clock) for reader in readers}
        self.receivers = {plan.receiver: FakeSealFeed(clock) for plan in plans}
        self.cameras = CameraServer(self._picture, frames_per_second)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "SimulatedSite":
        devices: list[FakeModbusModule | FakeReader | FakeSealFeed] = [*self.modules.values(), *self.readers.values()]
        for device in (*devices, *self.receivers.values()):
            await device.start()
            self._stack.push_async_callback(device.stop)
        for lane in self._plans:
            await self._draw(lane)
        await self._stack.enter_async_context(self.cameras)
        drawing = asyncio.create_task(self._keep_drawing())
        self._stack.push_async_callback(_end, drawing)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # What the cameras see --------------------------------------------------------------------------------------------

    def _picture(self, camera: str) -> bytes | None:
        stage = self._stage_of.get(camera)
        return stage.pictures.get(camera) if stage else None

    async def _keep_drawing(self) -> None:
        """Draw lanes with a truck at the cameras' rate, empty ones seldom: an empty lane only flickers."""
        turn = 0
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._period_s
            for lane, stage in self._stages.items():
                if stage.truck or turn % 8 == 0:
                    await self._draw(lane)
            turn += 1
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _draw(self, lane: str) -> None:
        stage = self._stages[lane]
        stage.shown += 1
        for camera, view in self._plans[lane].cameras:
            scene = self._scene(camera, view, stage.light)
            picture = await asyncio.to_thread(_jpeg, scene, stage.truck, stage.progress, stage.shown)
            stage.pictures[camera] = picture

    def _scene(self, camera: str, view: View, light: Light) -> Scene:
        key = (camera, light)
        if key not in self._scenes:
            self._scenes[key] = Scene(view, light, FRAME_SIZE, self._seed)
        return self._scenes[key]

    # Trucks ----------------------------------------------------------------------------------------------------------

    async def visit(self, lane: str, visit: Visit) -> str:
        """Drive one truck through a lane. Returns the light on which it left: `green`, `red`, or `amber` if it gave up."""
        plan, stage = self._plans[lane], self._stages[lane]
        for camera, view in plan.cameras:  # painting a truck takes a second; it is ready before it comes
            await asyncio.to_thread(self._scene(camera, view, visit.light).prepare, visit.truck)
        stage.light, stage.truck, stage.progress = visit.light, visit.truck, 0.0
        await self._draw(lane)
        radio = asyncio.create_task(self._radiate(plan, visit))
        try:
            await self._drive(plan, STOP_AT, APPROACH_S)
            light = await self._wait_for_light(plan)
            await self._drive(plan, 1.0, LEAVE_S)
        finally:
            await _end(radio)
            self._occupy(plan, False)
            stage.truck, stage.progress = None, 0.0
            await self._draw(lane)  # gone is gone: no camera shows it any more
        return light

    async def _drive(self, plan: LanePlan, target: float, seconds: float) -> None:
        stage = self._stages[plan.name]
        loop = asyncio.get_running_loop()
        start, begun = stage.progress, loop.time()
        while stage.progress < target:
            share = min((loop.time() - begun) / seconds, 1.0)
            stage.progress = start + (target - start) * share
            self._occupy(plan, ON_LOOP[0] <= stage.progress <= ON_LOOP[1])
            await asyncio.sleep(STEP_S)

    def _occupy(self, plan: LanePlan, occupied: bool) -> None:
        module, point = plan.loop
        self.modules[module].drive(point, on=occupied)

    async def _radiate(self, plan: LanePlan, visit: Visit) -> None:
        """The driver presents the pass; chips and seals are heard again and again while the truck is near."""
        reader, antenna = plan.antenna
        # A seal's counter only ever grows; the time of day does so too, over any number of rehearsals.
        counter = int(self._clock().timestamp())
        beacons = [SealBeacon(seal.serial, self._keys, flags=seal.flags, counter=counter) for seal in visit.seals]
        while True:
            if self._stages[plan.name].progress >= ON_LOOP[0]:
                if visit.presents:
                    self.readers[reader].see(visit.presents.pass_uid, antenna, self._rssi(-48))
                for epc, _ in visit.chips:
                    self.readers[reader].see(epc, antenna, self._rssi(-56))
                for beacon in beacons:
                    self.receivers[plan.receiver].transmit(beacon, self._rssi(-58))
            await asyncio.sleep(RADIO_EVERY_S)

    def _rssi(self, about: int) -> int:
        return about + self._random.randint(-4, 4)

    async def _wait_for_light(self, plan: LanePlan) -> str:
        """Green, or red after the amber that says that the lane is reading; else give up a while after its patience."""
        shows = self._shows
        module = self.modules[plan.amber[0]]
        with suppress(TimeoutError):
            await asyncio.wait_for(module.until(lambda: shows(plan.amber) or shows(plan.green)), plan.patience_s)
            await asyncio.wait_for(module.until(lambda: not shows(plan.amber)), plan.patience_s + GIVE_UP_S)
        await asyncio.sleep(GLANCE_S)
        return next((name for name in ("green", "red", "amber") if shows(getattr(plan, name))), "amber")

    def _shows(self, output: tuple[str, str]) -> bool:
        module, point = output
        return self.modules[module].shows(point)


def _module(config: AnyTcpModuleConfig, plans: Sequence[LanePlan]) -> FakeModbusModule:
    """With the watchdog that the lane file promises: red, and everything else off."""
    reds = {point: True for module, point in (plan.red for plan in plans) if module == config.name}
    return FakeModbusModule(config, watchdog_s=config.watchdog.timeout_s if config.watchdog else None, safe=reds)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _jpeg(scene: Scene, truck: TruckLook | None, progress: float, noise_seed: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", scene.frame(truck, progress, noise_seed), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return bytes(encoded)
