#!/usr/bin/env python3
"""Whether a camera's memory stays bounded: rendered frames over a real MJPEG stream, through motion gate and reader, as live.

    .venv/bin/python bench/memory.py [--frames 10000] [--width 480] [--rate 150] [--engine NAME] [--threads N]

Trucks pass the simulated camera, which another process serves; this one receives every picture, looks at the newest 30 times a
second, reads where something moves, and keeps the evidence on disk. Prints resident memory over time; status 1 if it grew.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import Manager, get_context
from pathlib import Path
from queue import Queue
from random import Random
from threading import Event
from typing import Final

from gateway.model.backoff import Backoff
from gateway.model.clock import utc_now
from gateway.model.observation import Observation
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.engine import DEFAULT_ENGINE
from gateway.ocr.eye import Eye
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.picture import decode_picture, encode_jpeg
from gateway.ocr.reader import Reader
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.scene import Light, Scene, View, random_truck
from gateway.store.pictures import PictureFolder

# Of 10,000 pictures, a leak of 2 kB a received one or of 40 kB a read one then shows between the second quarter and the last.
ALLOWED_MIB: Final = 8.0
SAMPLES: Final = 100
TRUCKS: Final = 3
FRAMES_A_TRUCK: Final = 40


def passing(width: int) -> list[bytes]:
    """Pictures of a few trucks that come, stand and leave, with the empty lane between them."""
    scene = Scene(View.REAR, Light.DAY, (width, width * 9 // 16), 1)
    rng = Random(1)
    pictures = []
    for truck in (random_truck(rng, boxes=1) for _ in range(TRUCKS)):
        pictures += [encode_jpeg(scene.frame(truck, step / FRAMES_A_TRUCK, step)) for step in range(FRAMES_A_TRUCK)]
        pictures += [encode_jpeg(scene.frame(None, 0.0, step)) for step in range(FRAMES_A_TRUCK // 2)]
    return pictures


def serve(pictures: list[bytes], rate: float, address: "Queue[str]", done: Event) -> None:
    """The camera, in a process of its own: what it needs is not counted."""
    asyncio.run(_serve(pictures, rate, address, done))


async def _serve(pictures: list[bytes], rate: float, address: "Queue[str]", done: Event) -> None:
    shown = count()
    async with CameraServer(lambda name: pictures[next(shown) // 10 % len(pictures)], frames_per_second=rate) as server:
        address.put(server.stream_url("rear"))
        await asyncio.to_thread(done.wait)


@dataclass(slots=True)
class Sample:
    frames: int
    read: int
    resident_mib: float


@dataclass(slots=True)
class Course:
    """Resident memory from the first frame to the last."""

    samples: list[Sample] = field(default_factory=list)

    def grown_mib(self) -> float:
        """From the second quarter to the last, medians."""
        last = self.samples[-1].frames
        second = [sample.resident_mib for sample in self.samples if 0.25 * last <= sample.frames < 0.5 * last]
        fourth = [sample.resident_mib for sample in self.samples if sample.frames >= 0.75 * last]
        return statistics.median(fourth) - statistics.median(second)


def resident_mib() -> float:
    """VmRSS of this process, proc(5)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


async def watch(camera: LaneCamera, frames: int) -> Course:
    """Run the camera until it has received so many frames, and note down memory on the way."""
    heard = 0

    def emit(_: Observation) -> None:
        nonlocal heard
        heard += 1

    course = Course()
    running = asyncio.create_task(camera.run(emit))
    try:
        for due in range(0, frames + 1, max(frames // SAMPLES, 1)):
            while camera.counts.received < due:
                await asyncio.sleep(0.02)
                if running.done():
                    running.result()
            course.samples.append(Sample(camera.counts.received, camera.counts.read, resident_mib()))
            if len(course.samples) % 10 == 1:
                print(_line(camera, course.samples[-1], heard), flush=True)
    finally:
        running.cancel()
        await asyncio.wait({running})
    return course


def _line(camera: LaneCamera, sample: Sample, heard: int) -> str:
    counts = camera.counts
    bar = "#" * round(sample.resident_mib / 20)
    return (
        f"{sample.frames:7d} received {counts.looked_at:6d} looked at {sample.read:5d} read {heard:6d} observations "
        f"{sample.resident_mib:7.1f} MiB {bar}"
    )


def urls(pictures: list[bytes], rate: float) -> Iterator[str]:
    """The served camera's address; the camera is gone when the iterator ends."""
    with Manager() as manager, ProcessPoolExecutor(1, get_context("spawn")) as pool:
        address, done = manager.Queue(), manager.Event()
        serving = pool.submit(serve, pictures, rate, address, done)
        try:
            yield address.get(timeout=120)
        finally:
            done.set()
            serving.result(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=480, help="of the rendered pictures, pixels")
    parser.add_argument("--rate", type=float, default=150.0, help="pictures a second")
    parser.add_argument("--engine", default=DEFAULT_ENGINE)
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    reader = Reader.load(args.engine, args.threads)
    pictures = passing(args.width)
    for picture in pictures:  # what the reader makes once, for every shape of text that it meets, is not growth
        reader.read(decode_picture(picture))
    with tempfile.TemporaryDirectory() as folder:
        keep = PictureFolder(Path(folder)).keep
        for url in urls(pictures, args.rate):
            config = CAMERA.validate_python({"name": "rear", "type": "mjpeg", "url": url, "frames_per_second": 30, "stall_s": 30})
            eye = Eye(config, reader, keep, announces_presence=True)
            camera = LaneCamera(config, eye, Clocks(utc_now), Backoff(0.5, 15.0, bytes))
            course = asyncio.run(watch(camera, args.frames))
    grown = course.grown_mib()
    print(f"{camera.counts.dropped} never looked at because a newer one was there")
    print(f"resident memory grew by {grown:.1f} MiB from the second quarter to the last; {ALLOWED_MIB:g} are allowed")
    sys.exit(0 if grown <= ALLOWED_MIB else 1)


if __name__ == "__main__":
    main()
