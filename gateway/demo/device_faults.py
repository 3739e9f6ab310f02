"""What goes wrong with the devices of one lane: plugs that are pulled, and devices that stay on the network and misbehave."""

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.demo.scenario import Need
from gateway.demo.steps import CAMERAS, Device, Pluggable, Spoil
from gateway.model.observation import CLOCK
from gateway.simulator.barrier import BarrierFault, FakeBarrier
from gateway.simulator.camera_faults import Fault as CameraFault
from gateway.simulator.llrp_reader import FakeLlrpReader
from gateway.simulator.radio import FakeAdapter
from gateway.simulator.readers import FakeReader
from gateway.simulator.scene import View
from gateway.simulator.seal_beacon import FakeSealFeed
from gateway.simulator.serial_module import FakeSerialModule
from gateway.simulator.simulated_module import ModuleFaults, SimulatedModule
from gateway.simulator.traffic import LanePlan, SimulatedSite
from gateway.simulator.uhf18_reader import FakeUhf18Reader

GARBAGE: Final = bytes(range(7, 250, 3)) * 4
NOISE_EVERY_S: Final = 0.1


class MissingError(Exception):
    """The site lacks what the scenario needs; the text names it."""


def device_of(plan: LanePlan, device: Device) -> str:
    """The name of a lane's device. Raises MissingError."""
    found: str | None
    if device in CAMERAS:
        found = next((name for name, view in plan.cameras if view is View(device)), None)
    elif device == "module":
        found = plan.loop[0] if plan.loop else None
    elif device == "barrier":
        found = plan.barrier[0] if plan.barrier else None
    elif device == "arm":
        found = f"{plan.name}-barrier" if any(plan.end_switches) else None
    elif device == "loop":
        found = ".".join(plan.loop) if plan.loop else None
    elif device == "clock":
        found = CLOCK
    elif device == "reader":
        found = plan.antenna[0] if plan.antenna else None
    else:
        found = next(iter(plan.receivers), None)
    if found is None:
        raise MissingError(f"lane {plan.name} has no {device}")
    return found


def require(need: Need, site: SimulatedSite, plan: LanePlan) -> None:
    """Raises MissingError where a lane lacks what a scenario needs."""
    if need == "rtsp":
        met, what = bool(plan.over_rtsp), "camera over RTSP"
    elif need == "placards":
        met, what = site.shows_placards, "front camera that sees no box, as it is with placards"
    elif need == "key_switch":
        met, what = bool(plan.key_switch), "key switch"
    elif need == "serial_module":
        met, what = bool(plan.loop and isinstance(site.modules[plan.loop[0]], FakeSerialModule)), "module on a serial line"
    else:
        kind = FakeAdapter if need == "adapter" else FakeSealFeed
        met, what = any(isinstance(site.receivers[name], kind) for name in plan.receivers), f"{need} that hears seals"
    if not met:
        raise MissingError(f"lane {plan.name} has no {what}")


class DeviceFaults:
    """The devices of one lane of a simulated site. All methods raise MissingError for one that the lane lacks."""

    def __init__(self, site: SimulatedSite, plan: LanePlan) -> None:
        self._site, self._plan = site, plan
        self._unplugged: set[Pluggable] = set()
        self._spoilt: set[Device] = set()
        self._without_bluetooth = False
        self._noise: dict[Device, asyncio.Task[None]] = {}

    async def unplug(self, device: Pluggable) -> None:
        self._unplugged.add(device)
        if device in CAMERAS:
            self._trouble_camera(device, CameraFault.DROP)
        else:
            await self._networked(device).stop()

    async def plug_in(self, device: Pluggable) -> None:
        self._unplugged.discard(device)
        if device in CAMERAS:
            self._trouble_camera(device, CameraFault.NONE)
        else:
            await self._networked(device).start()

    async def spoil(self, step: Spoil) -> None:
        self._spoilt.add(step.spoil)
        if step.spoil in CAMERAS:
            self._trouble_camera(step.spoil, CameraFault(step.how))
            return
        match self._played(step.spoil):
            case FakeSerialModule() as module if step.how == "garbage":
                module.faults = ModuleFaults(garbled=True)
            case SimulatedModule() as module if step.how != "garbage":
                late_s = step.late_s if step.how == "late" else 0.0
                module.faults = ModuleFaults(mute=step.how == "mute", failing=step.how == "failing", late_s=late_s)
            case FakeBarrier() as barrier:
                barrier.fault = BarrierFault(step.how)
            case FakeSealFeed() as feed:
                feed.mute = step.how == "mute"
                self._make_noise(step, lambda noise: feed.send(noise + b"\n"))  # between its lines, not within
            case FakeAdapter() as adapter if step.how == "garbage":
                self._make_noise(step, adapter.send)
            case FakeLlrpReader() as reader:
                reader.faults.mute = step.how == "mute"
                self._make_noise(step, reader.garbage)
            case FakeUhf18Reader() as reader:
                reader.faults.mute, reader.faults.noise = step.how == "mute", GARBAGE if step.how == "garbage" else b""
            case other:
                raise MissingError(f"a {type(other).__name__} cannot {step.how}")

    async def repair(self, device: Device) -> None:
        self._spoilt.discard(device)
        if noise := self._noise.pop(device, None):
            noise.cancel()
        if device in CAMERAS:
            self._trouble_camera(device, CameraFault.NONE)
            return
        match self._played(device):
            case SimulatedModule() as module:
                module.faults = ModuleFaults()
            case FakeBarrier() as barrier:
                barrier.repair()
            case FakeSealFeed() as feed:
                feed.mute = False
            case FakeLlrpReader() as reader:
                reader.faults.mute = False
            case FakeUhf18Reader() as reader:
                reader.faults.mute, reader.faults.noise = False, b""

    async def serve_bluetooth(self, there: bool) -> None:
        """bluetoothd dies, or is started."""
        radio = self._site.radio
        if radio is None:
            raise MissingError("there is no bluetoothd here")
        self._without_bluetooth = not there
        if there:
            await radio.bluetoothd.start()
        else:
            radio.bluetoothd.stop()

    async def put_back(self) -> None:
        """Everything in order again."""
        if self._without_bluetooth:
            await self.serve_bluetooth(True)
        for device in tuple(self._spoilt):
            await self.repair(device)
        for device in tuple(self._unplugged):
            await self.plug_in(device)

    def name(self, device: Device) -> str:
        return device_of(self._plan, device)

    def _played(self, device: Device) -> SimulatedModule | FakeSealFeed | FakeAdapter | FakeReader | FakeBarrier:
        return self._site.barriers[self._plan.name] if device == "arm" else self._networked(device)

    def _networked(self, device: Device) -> SimulatedModule | FakeSealFeed | FakeAdapter | FakeReader:
        name = self.name(device)
        return self._site.modules.get(name) or self._site.readers.get(name) or self._site.receivers[name]

    def _trouble_camera(self, device: Device, fault: CameraFault) -> None:
        self._site.trouble_camera(self.name(device), fault)

    def _make_noise(self, step: Spoil, send: Callable[[bytes], None]) -> None:
        async def for_ever() -> None:
            while True:
                send(GARBAGE)
                await asyncio.sleep(NOISE_EVERY_S)

        if step.how == "garbage":
            self._noise[step.spoil] = asyncio.create_task(for_ever())
