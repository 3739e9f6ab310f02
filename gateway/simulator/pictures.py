"""What the cameras of a simulated site show: rendered scenes that the gate's own reader reads, or placards."""

import asyncio
from typing import Final, Protocol

import cv2

from gateway.simulator.placards import placard
from gateway.simulator.scene import Light, Scene, TruckLook, View

FRAME_SIZE: Final = (1280, 720)
JPEG_QUALITY: Final = 88


class Pictures(Protocol):
    """Where a simulated site takes its pictures from."""

    frames_per_second: float

    async def prepare(self, camera: str, view: View, light: Light, truck: TruckLook) -> None:
        """A truck is coming: have ready what takes long."""

    async def draw(self, camera: str, view: View, light: Light, truck: TruckLook | None, progress: float, shown: int) -> bytes:
        """A JPEG of the lane, empty where `truck` is None. `progress` runs from 0 to 1; `shown` counts the frames, and no two
        of them are the same: a camera that repeats itself is a broken one."""


class RenderedScenes:
    """Trucks as they look, in any light, with the noise of a real camera."""

    def __init__(self, seed: int, frames_per_second: float = 8.0) -> None:
        self.frames_per_second = frames_per_second
        self._seed = seed
        self._scenes: dict[tuple[str, Light], Scene] = {}

    async def prepare(self, camera: str, view: View, light: Light, truck: TruckLook) -> None:
        await asyncio.to_thread(self._scene(camera, view, light).prepare, truck)  # painting a truck takes a second

    async def draw(self, camera: str, view: View, light: Light, truck: TruckLook | None, progress: float, shown: int) -> bytes:
        return await asyncio.to_thread(_jpeg, self._scene(camera, view, light), truck, progress, shown)

    def _scene(self, camera: str, view: View, light: Light) -> Scene:
        key = (camera, light)
        if key not in self._scenes:
            self._scenes[key] = Scene(view, light, FRAME_SIZE, self._seed)
        return self._scenes[key]


class Placards:
    """Trucks as `gateway.simulator.placards` has them."""

    def __init__(self, frames_per_second: float = 8.0) -> None:
        self.frames_per_second = frames_per_second

    async def prepare(self, camera: str, view: View, light: Light, truck: TruckLook) -> None:
        """A placard is drawn in a moment."""

    async def draw(self, camera: str, view: View, light: Light, truck: TruckLook | None, progress: float, shown: int) -> bytes:
        return placard(view, truck, shown)


def _jpeg(scene: Scene, truck: TruckLook | None, progress: float, noise_seed: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", scene.frame(truck, progress, noise_seed), (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return bytes(encoded)
