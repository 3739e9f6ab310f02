"""Pictures of a live stream: none is torn, and none is decoded for nobody."""

import asyncio
import io
import random
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import av
import numpy as np
import pytest

from gateway.ocr.cameras.live_decoding import LiveDecoding
from gateway.ocr.cameras.recording import developed
from gateway.ocr.cameras.rtsp import RtspCamera
from gateway.ocr.errors import CameraSilentError
from gateway.ocr.frame import Image
from gateway.ocr.picture import encode_jpeg
from gateway.simulator.camera_faults import Fault
from gateway.simulator.h264 import H264Stream
from gateway.simulator.rtsp_server import RtspServer
from tests.ocr.gate import CLOCKS, WAITED_OUT_S, until

WIDTH, HEIGHT = 640, 368
BANDS = range(0, HEIGHT, 46)
BITS = 8
GROUND = np.random.default_rng(1).integers(60, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def marked(number: int) -> Image:
    """A picture that says its number (0 to 255) in eight bands, with something moving behind them."""
    image = GROUND.copy()
    left = number * 9 % 500
    image[100:250, left : left + 120] = np.random.default_rng(number // 3).integers(0, 255, (150, 120, 3), dtype=np.uint8)
    for top in BANDS:
        for bit in range(BITS):
            image[top : top + 24, 40 + 60 * bit : 80 + 60 * bit] = 230 if number >> bit & 1 else 20
    return image


def numbers(image: Image) -> set[int]:
    """The numbers that a picture shows: one, unless it is torn."""
    found = set()
    for top in BANDS:
        bits = [image[top + 4 : top + 20, 44 + 60 * bit : 76 + 60 * bit].mean() > 125 for bit in range(BITS)]
        found.add(sum(int(on) << bit for bit, on in enumerate(bits)))
    return found


class Show:
    """A camera's view: the next number with each picture."""

    def __init__(self) -> None:
        self._pictures = [encode_jpeg(marked(number)) for number in range(256)]
        self.shown = 0

    def picture_of(self, _: str) -> bytes:
        self.shown += 1
        return self._pictures[self.shown % 256]


async def test_a_picture_torn_by_lost_packets_is_never_shown() -> None:
    def seen(url: str) -> list[set[int]]:
        source = RtspCamera(name="rear", url=url, transport="udp").source(CLOCKS)
        with closing(source.shots()) as shots:
            return [numbers(next(shots).develop()) for _ in range(60)]

    show = Show()
    async with RtspServer(show.picture_of, 50, key_every=10, chance=random.Random(4)) as server:
        server.loss = 0.01
        pictures = await asyncio.to_thread(seen, server.url("rear"))
    assert server.lost > 3
    assert {len(each) for each in pictures} == {1}, "a picture shows parts of several"


async def test_a_picture_from_before_a_silence_is_not_shown_after_it() -> None:
    """The library holds each picture until the next one begins, and would hand the last one out when its wait has run out."""
    seen: list[set[int]] = []

    def watch(url: str) -> None:
        with closing(RtspCamera(name="rear", url=url, stall_s=WAITED_OUT_S).source(CLOCKS).shots()) as shots:
            seen.extend(numbers(shot.develop()) for shot in shots)

    show = Show()
    async with RtspServer(show.picture_of, 25, key_every=10) as server:
        watching = asyncio.create_task(asyncio.to_thread(watch, server.url("rear")))
        await until(lambda: len(seen) > 10)
        server.set_fault("rear", Fault.MUTE)
        with pytest.raises(CameraSilentError, match=r"no picture for 2 s"):
            await watching
    assert show.shown - max(seen[-1]) >= 2  # the last one asked for was not sent any more, the one before it is held


def stream(count: int, key_every: int, fps: int = 25, leave_out: tuple[int, ...] = ()) -> Iterator[Any]:
    """The packets of a live stream of marked pictures, some of which never arrive."""
    file = io.BytesIO()
    encoder = H264Stream(fps, key_every)
    coded = [b"".join(b"\0\0\0\1" + unit for unit in encoder.units(marked(number))) for number in range(count)]
    with av.open(file, "w", format="mpegts") as out:
        track = out.add_stream("libx264", rate=fps, options={})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, data in enumerate(coded):
            if number not in leave_out:
                packet: Any = av.Packet(data)
                packet.stream, packet.pts, packet.dts, packet.time_base = track, number, number, 1 / track.codec_context.framerate
                packet.is_keyframe = number % key_every == 0
                out.mux(packet)
    file.seek(0)
    with av.open(file, "r") as container:
        video = container.streams.video[0]
        video.thread_type = "SLICE"
        video.codec_context.thread_count = 1
        yield from (received for received in container.demux(video) if received.size)


def shown(frames: Iterator[Any]) -> list[int]:
    found = [numbers(developed(frame)) for frame in frames]
    assert all(len(each) == 1 for each in found), found
    return [number for each in found for number in each]


def run(packets: Iterator[Any], attentive: range, patience_s: float = 5.0) -> list[tuple[int, list[int]]]:
    """What each packet gave; `attentive` says during which of them somebody wants every picture."""
    decoding = LiveDecoding(patience_s)
    return [(number, shown(decoding.frames(packet, number in attentive))) for number, packet in enumerate(packets)]


def test_while_nobody_wants_more_only_key_frames_are_decoded_once_they_are_known_to_come_often() -> None:
    course = run(stream(100, key_every=25), attentive=range(0))
    assert [picture for _, pictures in course for picture in pictures] == [*range(26), 50, 75]


def test_who_wants_all_pictures_gets_the_present_one_at_once_and_whole() -> None:
    """The packets since the last key frame were kept: without them it would be torn, or the next key frame awaited."""
    course = dict(run(stream(100, key_every=25), attentive=range(60, 70)))
    assert [course[number] for number in (50, 59, 60, 61, 69, 70, 75)] == [[50], [], [60], [61], [69], [], [75]]


@pytest.mark.parametrize(("key_every", "patience_s"), [(40, 5.0), (25, 2.0)])
def test_a_stream_with_rare_key_frames_is_decoded_whole(key_every: int, patience_s: float) -> None:
    """Rare: a vehicle would be noticed late, or the camera taken for silent between them."""
    course = run(stream(100, key_every), attentive=range(0), patience_s=patience_s)
    assert all(pictures == [number] for number, pictures in course)


def test_after_a_picture_that_never_came_the_next_key_frame_is_awaited() -> None:
    course = run(stream(60, key_every=20, leave_out=(5,)), attentive=range(100))
    assert [picture for _, pictures in course for picture in pictures] == [*range(5), *range(20, 60)]
