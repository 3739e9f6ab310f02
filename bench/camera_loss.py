"""Lose each kind of camera again and again: how long until the gate notices, and how long until it is back.

`python bench/camera_loss.py [REPETITIONS] [STALL_S FROZEN_S]`. Three losses: the camera hangs up (and is there again at once after
it was missed), it falls silent with its connection open, its picture freezes. Silence and a frozen picture are noticed when the
patience that the lane file allows is over (`stall_s` and `frozen_s`, 5 and 15 s unless it says otherwise; here 2 and 4 s, to be
done sooner): what counts is what comes on top. All kinds run at the same time.
"""

import asyncio
import logging
import secrets
import statistics
import sys
from dataclasses import dataclass
from random import Random
from typing import Any

from gateway.model.backoff import Backoff
from gateway.model.clock import utc_now
from gateway.model.observation import DeviceState, Observation
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Image
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.picture import encode_jpeg
from gateway.ocr.reads import ImageReads
from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.rtsp_server import RtspServer
from gateway.simulator.scene import Light, Scene, View
from gateway.site.composition import CAMERA_FIRST_RETRY_S, CAMERA_LONGEST_RETRY_S

FRAMES_PER_SECOND = 10
LOSSES = {"hangs up": Fault.DROP, "silent": Fault.MUTE, "frozen": Fault.FREEZE}
Server = CameraServer | RtspServer


class Blind:
    """A reader that finds nothing: this is about cameras."""

    def read(self, image: Image, *_: object, **__: object) -> ImageReads:
        return ImageReads()


class Yard:
    """An empty lane with its noise."""

    def __init__(self) -> None:
        scene = Scene(View.REAR, Light.DAY, (640, 360), 1)
        self._pictures = [encode_jpeg(scene.frame(None, 0.0, step)) for step in range(200)]
        self._shown = 0

    def picture_of(self, _: str) -> bytes:
        self._shown += 1
        return self._pictures[self._shown % len(self._pictures)]


@dataclass(slots=True)
class Figures:
    noticed_s: list[float]
    back_s: list[float]
    told_once: bool


class Gate:
    """One camera at work, and what the lane was told of it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        config = CAMERA.validate_python({"name": "rear"} | settings)
        self.back_off = Backoff(CAMERA_FIRST_RETRY_S, CAMERA_LONGEST_RETRY_S, secrets.token_bytes)
        self.camera = LaneCamera(config, Eye(config, Blind(), lambda _: ""), Clocks(utc_now), self.back_off)
        self.states: list[bool] = []
        self._changed = asyncio.Event()

    def emit(self, seen: Observation) -> None:
        if isinstance(seen, DeviceState):
            self.states.append(seen.working)
            self._changed.set()

    async def until(self, working: bool) -> None:
        while not self.states or self.states[-1] is not working:
            self._changed.clear()
            await self._changed.wait()


async def lose(server: Server, settings: dict[str, Any], fault: Fault, repetitions: int) -> Figures:
    now = asyncio.get_running_loop().time
    gate = Gate(settings)
    figures = Figures([], [], told_once=False)
    running = asyncio.create_task(gate.camera.run(gate.emit))
    chance = Random(1)
    for _ in range(repetitions):
        while not gate.camera.working:  # noqa: ASYNC110 - that it works from the beginning is not told
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.uniform(0.5, 1.0))  # not in step with the frames
        begun = now()
        server.set_fault("rear", fault)
        await gate.until(working=False)
        figures.noticed_s.append(now() - begun)
        gate.back_off.reset()  # as of a camera that has worked for more than 10 s
        begun = now()
        server.set_fault("rear", Fault.NONE)
        await gate.until(working=True)
        figures.back_s.append(now() - begun)
    figures.told_once = gate.states == [False, True] * repetitions
    running.cancel()
    await asyncio.wait({running})
    return figures


async def measure(kind: str, loss: str, repetitions: int, patience: dict[str, float]) -> str:
    yard = Yard()
    server: Server
    if kind.startswith("rtsp"):
        server = RtspServer(yard.picture_of, FRAMES_PER_SECOND, key_every=FRAMES_PER_SECOND // 2)
        await server.start()
        settings = {"type": "rtsp", "url": server.url("rear"), "transport": kind.split()[1]}
    else:
        server = CameraServer(yard.picture_of, FRAMES_PER_SECOND)
        await server.start()
        settings = {"type": kind, "url": server.stream_url("rear") if kind == "mjpeg" else server.snapshot_url("rear")}
    figures = await lose(server, settings | patience, LOSSES[loss], repetitions)
    await server.stop()
    columns = " ".join(f"{statistics.median(s):6.2f} {max(s):6.2f}" for s in (figures.noticed_s, figures.back_s))
    return f"{kind:10} {loss:10} {columns} {'yes' if figures.told_once else 'NO':>6}"


async def main(repetitions: int, stall_s: float, frozen_s: float) -> None:
    print(f"{repetitions} repetitions, stall_s {stall_s:g}, frozen_s {frozen_s:g}")
    print(f"{'':21} {'noticed, s':>13} {'back, s':>13} {'told':>6}")
    print(f"{'':21} median    max median    max {'once':>6}")
    patience = {"stall_s": stall_s, "frozen_s": frozen_s}
    kinds = ("rtsp tcp", "rtsp udp", "mjpeg", "snapshot")
    for loss in LOSSES:
        for line in await asyncio.gather(*(measure(kind, loss, repetitions, patience) for kind in kinds)):
            print(line, flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # the losses are counted here
    given = [float(number) for number in sys.argv[1:]]
    asyncio.run(main(int(given[0]) if given else 50, *(given[1:3] if len(given) > 2 else (2.0, 4.0))))
