"""Lose each kind of camera again and again: how long until the gate notices, how long until it is back, and what was lost.

`python bench/camera_loss.py [REPETITIONS] [STALL_S FROZEN_S]`. Three losses: the camera hangs up (and is there again at once after
it was missed), it falls silent with its connection open, its picture freezes. Silence and a frozen picture are noticed when the
patience that the lane file allows is over (`stall_s` and `frozen_s`, 5 and 15 s unless it says otherwise; here 2 and 4 s, to be
done sooner): what counts is what comes on top. While the camera is away a vehicle comes and stands before it; it must be read once
the camera is back. All kinds run at the same time.
"""

import asyncio
import logging
import secrets
import sys
from typing import Any, Final

import numpy as np
from loss import HEADING, REPETITIONS, Gate, Loss, repeat

from gateway.model.backoff import Backoff
from gateway.model.clock import utc_now
from gateway.model.observation import Candidate, DeviceState, Observation, PlateRead
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Image
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.picture import decode_picture, encode_jpeg
from gateway.ocr.reads import FoundPlate, ImageReads
from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.rtsp_server import RtspServer
from gateway.simulator.scene import Light, Scene, View
from gateway.site.composition import CAMERA_FIRST_RETRY_S, CAMERA_LONGEST_RETRY_S

FRAMES_PER_SECOND = 10
STALL_S, FROZEN_S = 2.0, 4.0
SIZE: Final = (640, 360)
SQUARE: Final = 48  # pixels; a vehicle's number stands in a row of squares, which survive any encoder: white, its bits, black
BITS: Final = 10
LOSSES = {"hangs up": Fault.DROP, "silent": Fault.MUTE, "frozen": Fault.FREEZE}
Server = CameraServer | RtspServer


def painted(picture: Image, number: int) -> Image:
    """A vehicle of this number in the lane."""
    bits = [True, *(bool(number >> place & 1) for place in range(BITS)), False]
    row = np.repeat(np.array(bits, np.uint8) * 255, SQUARE)[:, np.newaxis]
    picture[SQUARE : 3 * SQUARE, SQUARE // 2 : SQUARE // 2 + row.shape[0]] = row
    return picture


class Numbers:
    """A reader of those numbers only: this is about cameras."""

    def read(self, image: Image, *_: object, **__: object) -> ImageReads:
        middles = image[2 * SQUARE, SQUARE : SQUARE + SQUARE * (BITS + 2) : SQUARE, 1].astype(int)
        if middles[0] < 200 or middles[-1] > 50 or any(50 < middle < 200 for middle in middles):
            return ImageReads()
        number = str(sum(1 << place for place in range(BITS) if middles[1 + place] > 127))
        characters = tuple((Candidate(character=digit, probability=1.0),) for digit in number)
        return ImageReads((), (FoundPlate(number, number, 1.0, True, characters, ((0, 0), (1, 0), (1, 1), (0, 1))),))


class Yard:
    """A lane with its noise: empty, or with a vehicle."""

    def __init__(self) -> None:
        scene = Scene(View.REAR, Light.DAY, SIZE, 1)
        self._pictures = [encode_jpeg(scene.frame(None, 0.0, step)) for step in range(200)]
        self._shown = 0
        self.vehicle: int | None = None

    def picture_of(self, _: str) -> bytes:
        self._shown += 1
        picture = self._pictures[self._shown % len(self._pictures)]
        return picture if self.vehicle is None else encode_jpeg(painted(decode_picture(picture), self.vehicle))


class Lane:
    """One camera at work, and the vehicles before it."""

    def __init__(self, settings: dict[str, Any], yard: Yard, server: Server) -> None:
        config = CAMERA.validate_python({"name": "rear"} | settings)
        self.gate = Gate()
        self._back_off = Backoff(CAMERA_FIRST_RETRY_S, CAMERA_LONGEST_RETRY_S, secrets.token_bytes)
        self.camera = LaneCamera(config, Eye(config, Numbers(), lambda _: ""), Clocks(utc_now), self._back_off)
        self._yard, self._server = yard, server

    def emit(self, seen: Observation) -> None:
        if isinstance(seen, DeviceState):
            self.gate.on_state(seen.working)
        elif isinstance(seen, PlateRead):
            self.gate.tell(seen.number)
            self._yard.vehicle = None
            self.camera.attend(False)

    async def lose(self, fault: Fault) -> None:
        self._server.set_fault("rear", fault)

    async def mend(self) -> None:
        self._back_off.reset()  # as of a camera that has worked for more than 10 s
        self._server.set_fault("rear", Fault.NONE)

    def arrives(self, number: int) -> tuple[str, ...]:
        self._yard.vehicle = number
        self.camera.attend(True)
        return (str(number),)


async def measure(kind: str, how: str, repetitions: int, patience: dict[str, float]) -> str:
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
    lane = Lane(settings | patience, yard, server)
    running = asyncio.create_task(lane.camera.run(lane.emit))
    while not lane.camera.working:  # noqa: ASYNC110 - that it works from the beginning is not told
        await asyncio.sleep(0.01)
    line = await repeat(Loss(kind, how, lambda: lane.lose(LOSSES[how]), lane.mend, lane.arrives), lane.gate, repetitions)
    running.cancel()
    await asyncio.wait({running})
    await server.stop()
    return line


async def main(repetitions: int, stall_s: float, frozen_s: float) -> None:
    print(f"stall_s {stall_s:g}, frozen_s {frozen_s:g}\n{HEADING}", flush=True)
    patience = {"stall_s": stall_s, "frozen_s": frozen_s}
    kinds = ("rtsp tcp", "rtsp udp", "mjpeg", "snapshot")
    for how in LOSSES:
        for line in await asyncio.gather(*(measure(kind, how, repetitions, patience) for kind in kinds)):
            print(line, flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # the losses are counted here
    given = [float(number) for number in sys.argv[1:]]
    asyncio.run(main(int(given[0]) if given else REPETITIONS, *(given[1:3] if len(given) > 2 else (STALL_S, FROZEN_S))))
