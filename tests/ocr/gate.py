"""A gate for the live camera tests: a simulated camera, the lane's camera in front of it, and what came of it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import numpy as np

from gateway.model.backoff import Backoff
from gateway.model.clock import utc_now
from gateway.model.observation import DeviceState, Observation
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Image
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.picture import decode_picture
from gateway.simulator.camera_server import CameraServer
from tests.ocr.street import MarkReader, jpeg, street, with_truck

T = TypeVar("T", bound=Observation)
PATIENCE_S = 30.0  # a failing test ends; a passing one never waits this long
CLOCKS = Clocks(utc_now)


class Traffic:
    """What the simulated camera sees: a truck that moves on with every picture."""

    def __init__(self) -> None:
        self.pictures = [jpeg(with_truck(street(4.0, seed), 400 - 10 * seed)) for seed in range(30)]
        self.taken = 0

    def picture_of(self, name: str) -> bytes | None:
        self.taken += 1
        return self.pictures[self.taken % len(self.pictures)] if name == "rear" else None

    def show(self, *images: Image) -> None:
        self.pictures = [jpeg(image) for image in images]


async def until(fulfilled: Callable[[], object]) -> None:
    """Wait for something that a thread does and nobody announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not fulfilled():  # noqa: ASYNC110 - counters and threads set no event
            await asyncio.sleep(0.001)


class NoisyTraffic(Traffic):
    """A truck before a sensor that, like every real one, never gives the same picture twice."""

    def __init__(self) -> None:
        super().__init__()
        self._images = [decode_picture(picture) for picture in self.pictures]
        self._noise = np.random.default_rng(1)

    def picture_of(self, name: str) -> bytes | None:
        self.taken += 1
        image = self._images[self.taken % len(self._images)].copy()
        image[-16:, -16:] = self._noise.integers(0, 255, (16, 16, 3))
        return jpeg(image)


class Heard:
    """Observations as they were emitted; waits for what must come."""

    def __init__(self) -> None:
        self.all: list[Observation] = []
        self._changed = asyncio.Event()

    def emit(self, observation: Observation) -> None:
        self.all.append(observation)
        self._changed.set()

    def of(self, kind: type[T]) -> list[T]:
        return [seen for seen in self.all if isinstance(seen, kind)]

    async def until(self, fulfilled: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not fulfilled():
                self._changed.clear()
                await self._changed.wait()

    async def state(self, working: bool) -> DeviceState:
        """Wait until the camera was last told to work, or to be lost."""
        await self.until(lambda: self.of(DeviceState) and self.of(DeviceState)[-1].working is working)
        return self.of(DeviceState)[-1]


WAITED_OUT_S = 2.0  # for a test in which a wait runs out, and no other may: a busy machine stands still for a second


def lane_camera(reader: Any = None, announces_presence: bool = True, **settings: Any) -> LaneCamera:
    """The lane's camera called `rear`, quick to try again."""
    config = CAMERA.validate_python({"name": "rear", "frames_per_second": 30, "stall_s": 10} | settings)
    return LaneCamera(config, Eye(config, reader or MarkReader(), kept, announces_presence), CLOCKS, Backoff(0.02, 15.0, bytes))


def kept(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


@asynccontextmanager
async def running(camera: LaneCamera) -> AsyncIterator[Heard]:
    """The camera at work; it must end when cancelled."""
    heard = Heard()
    task = asyncio.create_task(camera.run(heard.emit))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        assert task.cancelled()


def simulated(traffic: Traffic, login: tuple[str, str] | None = None) -> CameraServer:
    return CameraServer(traffic.picture_of, frames_per_second=50, login=login)
