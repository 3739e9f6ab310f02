"""Watching a camera over a real socket, and a recording from disk: which frames are looked at, and what the stream tells."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.model.clock import utc_now
from gateway.ocr.cameras import CAMERA
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraEndedError, CameraSilentError, CameraUnreachableError
from gateway.ocr.frame import Frame
from gateway.ocr.mounting.watching import LiveWatch, RecordedWatch, Stream
from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_server import CameraServer
from tests.ocr.gate import CLOCKS, WAITED_OUT_S, Traffic, simulated, until
from tests.ocr.street import clip, drive_past, jpeg, street

Looks = list[tuple[Frame, float]]


def live(server: CameraServer, seconds: float, clocks: Clocks = CLOCKS, **settings: Any) -> LiveWatch:
    config = {"name": "rear", "type": "mjpeg", "url": server.stream_url("rear"), "frames_per_second": 30} | settings
    return LiveWatch(CAMERA.validate_python(config), clocks, seconds)


class Steps:
    """A clock that goes on by a long while when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def tick(self) -> None:
        self.now += 16.0


async def watched(watch: LiveWatch, on_frame: Callable[[], object] = lambda: None) -> Looks:
    """Everything that the watch gives, taken in a thread of its own; `on_frame` is called there."""

    def take() -> Looks:
        looks: Looks = []
        for look in watch.frames():
            looks.append(look)
            on_frame()
        return looks

    return await asyncio.to_thread(take)


async def test_a_live_camera_is_watched_for_its_time_at_the_lanes_rate() -> None:
    clock = Steps()
    async with simulated(Traffic()) as server:
        watch = live(server, 60.0, Clocks(utc_now, lambda: clock.now))
        looks = await watched(watch, clock.tick)
        await until(lambda: server.streams == 0)  # the camera is let go of
    assert [at_s for _, at_s in looks] == [0.0, 16.0, 32.0, 48.0]
    assert all(frame.size == (640, 360) for frame, _ in looks)
    stream = watch.stream
    assert stream.failure is None
    assert stream.timed
    assert len(stream.arrivals) >= stream.looked_at == len(looks)
    assert stream.arrivals == sorted(stream.arrivals)


async def test_the_lanes_rate_is_not_exceeded() -> None:
    async with simulated(Traffic()) as server:
        looks = await watched(live(server, 0.5, frames_per_second=5))
    assert len(looks) <= 3


async def test_a_camera_that_drops_its_connection_is_told_after_its_good_frames() -> None:
    async with simulated(Traffic()) as server:
        loop = asyncio.get_running_loop()
        watch = live(server, 60.0)
        looks = await watched(watch, lambda: loop.call_soon_threadsafe(server.set_fault, "rear", Fault.DROP))
    assert looks
    assert isinstance(watch.stream.failure, CameraEndedError)


async def test_a_camera_that_falls_silent_is_told() -> None:
    async with simulated(Traffic()) as server:
        loop = asyncio.get_running_loop()
        watch = live(server, 60.0, stall_s=WAITED_OUT_S)
        looks = await watched(watch, lambda: loop.call_soon_threadsafe(server.set_fault, "rear", Fault.MUTE))
    assert looks
    assert isinstance(watch.stream.failure, CameraSilentError)


async def test_a_camera_that_refuses_gives_no_frame_but_its_cause() -> None:
    async with simulated(Traffic()) as server:
        server.set_fault("rear", Fault.REFUSE)
        watch = live(server, 60.0)
        assert await watched(watch) == []
    assert isinstance(watch.stream.failure, CameraUnreachableError)


async def test_pictures_cut_short_are_counted() -> None:
    async with simulated(Traffic()) as server:
        server.set_fault("rear", Fault.TRUNCATE)
        watch = live(server, 0.3)
        assert await watched(watch) == []
    assert watch.stream.broken == watch.stream.looked_at > 0


def recorded(path: Path, seconds: float = 60.0, **settings: Any) -> tuple[Looks, Stream]:
    watch = RecordedWatch(FileCamera.model_validate({"name": "rear", "path": path, "realtime": False} | settings), CLOCKS, seconds)
    return list(watch.frames()), watch.stream


def test_a_video_is_looked_at_at_the_lanes_rate_and_every_picture_tells_of_the_pace(tmp_path: Path) -> None:
    looks, stream = recorded(clip(tmp_path / "a.mp4", drive_past(20), fps=10))
    assert [at_s for _, at_s in looks] == pytest.approx([index / 5 for index in range(10)])
    assert len(stream.arrivals) == 20
    assert stream.seconds == pytest.approx(1.9)
    assert stream.timed


def test_no_more_of_a_video_is_watched_than_asked_for(tmp_path: Path) -> None:
    looks, _ = recorded(clip(tmp_path / "a.mp4", drive_past(30), fps=10), seconds=1.0)
    assert looks[-1][1] == pytest.approx(1.0)


def test_a_video_cut_short_gives_its_good_frames_and_its_cause(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", drive_past(40), fps=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    looks, stream = recorded(path)
    assert looks
    assert stream.failure is not None


def test_single_pictures_tell_no_rate_and_damaged_ones_are_counted(tmp_path: Path) -> None:
    for name in ("a.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(jpeg(street()))
    (tmp_path / "b.jpg").write_bytes(jpeg(street())[:500])
    looks, stream = recorded(tmp_path)
    assert [frame.index for frame, _ in looks] == [0, 2]
    assert (stream.looked_at, stream.broken, stream.timed) == (3, 1, False)
