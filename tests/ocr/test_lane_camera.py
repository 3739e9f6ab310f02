"""A live camera over real sockets: it reads, it is lost and comes back, each told once, and it leaves nothing behind."""

import asyncio
import logging
import re
import socket
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.model.clock import utc_now
from gateway.model.observation import ContainerRead, DeviceState, Presence
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.frame import Image
from gateway.ocr.lane_camera import LaneCamera
from gateway.ocr.reads import ImageReads
from gateway.ocr.reception import IDLE_PER_SECOND
from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_server import CameraServer
from tests.ocr.gate import PATIENCE_S, WAITED_OUT_S, Heard, NoisyTraffic, Traffic, lane_camera, running, simulated, until
from tests.ocr.street import NUMBER, MarkReader, clip, drive_past, jpeg, street, with_truck

Kind = Literal["mjpeg", "snapshot"]
KINDS: list[Kind] = ["mjpeg", "snapshot"]
WAITS = {Fault.MUTE, Fault.TRUNCATE}  # found out by waiting for a picture that can be used


def url(server: CameraServer, kind: Kind) -> str:
    return server.stream_url("rear") if kind == "mjpeg" else server.snapshot_url("rear")


def received_beyond(camera: LaneCamera, count: int) -> bool:
    return camera.counts.received > count


def camera_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "rear" in thread.name]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_passing_truck_is_read(kind: Kind) -> None:
    async with simulated(Traffic()) as server:
        camera = lane_camera(type=kind, url=url(server, kind))
        async with running(camera) as heard:
            await heard.until(lambda: len(heard.of(ContainerRead)) >= 3)
        read = heard.of(ContainerRead)[0]
        assert (read.device, read.number, read.frame_size) == ("rear", NUMBER, (640, 360))
        assert heard.of(Presence)
        assert heard.of(DeviceState) == []  # it worked from the beginning: nothing to tell
        assert camera.working
        assert camera.counts.received >= camera.counts.looked_at >= camera.counts.read >= 3
        assert camera.last_read_ms > 0
        assert camera.last_latency_ms > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.MUTE, "no picture for 2 s|no answer within 2 s"),
        (Fault.DROP, "dropped the connection"),
        (Fault.REFUSE, "HTTP 503|ended its stream"),
        (Fault.TRUNCATE, "no usable picture: the JPEG is cut short"),
    ],
)
async def test_loss_and_return_are_told_once_each(kind: Kind, fault: Fault, why: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    async with simulated(Traffic()) as server:
        camera = lane_camera(type=kind, url=url(server, kind), stall_s=WAITED_OUT_S if fault in WAITS else 10)
        async with running(camera) as heard:
            await heard.until(lambda: heard.of(ContainerRead))
            server.set_fault("rear", fault)
            lost = await heard.state(working=False)
            assert re.search(why, lost.detail), lost.detail
            assert not camera.working
            server.set_fault("rear", Fault.NONE)
            await heard.state(working=True)
            reads = len(heard.of(ContainerRead))
            await heard.until(lambda: len(heard.of(ContainerRead)) > reads)
            assert camera.detail == ""
    assert [state.working for state in heard.of(DeviceState)] == [False, True]
    assert [record.levelname for record in caplog.records if record.name.startswith("gateway")] == ["WARNING", "INFO"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_frozen_picture_is_a_loss_until_something_new_is_shown(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    async with simulated(NoisyTraffic()) as server:
        camera = lane_camera(type=kind, url=url(server, kind), frozen_s=0.7)
        camera.attend(True)
        async with running(camera) as heard:
            await heard.until(lambda: heard.of(ContainerRead))
            server.set_fault("rear", Fault.FREEZE)
            lost = await heard.state(working=False)
            assert lost.detail == "shows nothing new: the same picture for 0.7 s"
            reads, received = len(heard.of(ContainerRead)), camera.counts.received
            await until(partial(received_beyond, camera, received + 20))  # connected again: the same picture as before
            assert len(heard.of(ContainerRead)) == reads  # nothing old is read for the next vehicle
            server.set_fault("rear", Fault.NONE)
            await heard.state(working=True)
            await heard.until(lambda: len(heard.of(ContainerRead)) > reads)
    assert [state.working for state in heard.of(DeviceState)] == [False, True]
    assert [record.levelname for record in caplog.records if record.name.startswith("gateway")] == ["WARNING", "INFO"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_frozen_camera_shows_to_the_next_vehicle_is_told_as_old_as_it_is(kind: Kind) -> None:
    async with simulated(NoisyTraffic()) as server:
        camera = lane_camera(type=kind, url=url(server, kind), frozen_s=600, announces_presence=False)
        async with running(camera) as heard:
            camera.attend(True)
            await heard.until(lambda: heard.of(ContainerRead))
            server.set_fault("rear", Fault.FREEZE)
            camera.attend(False)
            looked_at = camera.counts.looked_at
            await until(lambda: camera.counts.looked_at > looked_at + 2)  # the last one it had on its way, and the frozen one
            next_vehicle, reads = utc_now(), len(heard.of(ContainerRead))
            camera.attend(True)
            await heard.until(lambda: len(heard.of(ContainerRead)) > reads)
        assert heard.of(ContainerRead)[-1].number == NUMBER
        assert heard.of(ContainerRead)[-1].at < next_vehicle


async def test_a_camera_that_is_off_at_first_is_told_once_however_often_it_is_tried() -> None:
    async with simulated(Traffic()) as server:
        server.set_fault("rear", Fault.REFUSE)
        camera = lane_camera(type="snapshot", url=server.snapshot_url("rear"))
        async with running(camera) as heard:
            await heard.state(working=False)
            server.set_fault("rear", Fault.DROP)  # tried again: another cause, the same loss
            await until(lambda: "dropped" in camera.detail)
            assert len(heard.of(DeviceState)) == 1


async def test_a_camera_that_nobody_serves_is_lost_by_name() -> None:
    with socket.socket() as reserved:  # bound, but nobody listens
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}/x"
        async with running(lane_camera(type="mjpeg", url=address)) as heard:
            lost = await heard.state(working=False)
    assert lost.detail == f"{address}: Connection refused"


class SlowReader(MarkReader):
    """Holds its first read until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = threading.Event()
        self.release = threading.Event()
        self.marks: list[float] = []

    def read(
        self,
        image: Image,
        only: Literal["containers", "plates"] | None = None,
        offset: tuple[float, float] = (0.0, 0.0),
        patient: bool = True,
    ) -> ImageReads:
        self.reading.set()
        assert self.release.wait(PATIENCE_S)
        reads = super().read(image, only, offset)
        self.marks += [found.box[0][0] for found in reads.containers]
        return reads


async def test_while_the_reader_is_busy_the_newest_frame_wins() -> None:
    traffic = Traffic()
    traffic.show(with_truck(street(), 400))
    reader = SlowReader()
    async with simulated(traffic) as server:
        camera = lane_camera(reader, type="mjpeg", url=server.stream_url("rear"))
        async with running(camera) as heard:
            assert await asyncio.to_thread(reader.reading.wait, PATIENCE_S)
            for left in (300, 200):
                traffic.show(with_truck(street(), left))
                await until(partial(received_beyond, camera, camera.counts.received + 2))
            reader.release.set()
            await heard.until(lambda: len(heard.of(ContainerRead)) >= 2)
    assert reader.marks[:2] == pytest.approx([410, 210], abs=2)  # the truck at 300 was never read
    assert camera.counts.dropped >= 3


async def test_attention_makes_a_still_picture_worth_reading() -> None:
    traffic = Traffic()
    traffic.show(*[street(2, seed) for seed in range(8)])
    reader = MarkReader()
    async with simulated(traffic) as server:
        camera = lane_camera(reader, type="mjpeg", url=server.stream_url("rear"))
        async with running(camera):
            await until(lambda: camera.counts.looked_at >= 5)
            assert len(reader.asked) == 1
            camera.attend(True)
            await until(lambda: len(reader.asked) == 2)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_idle_lane_is_looked_at_seldom_and_a_passage_at_the_reading_rate(kind: Kind) -> None:
    traffic = Traffic()
    traffic.show(*[street(2, seed) for seed in range(8)])
    async with simulated(traffic) as server:
        camera = lane_camera(type=kind, url=url(server, kind))
        async with running(camera):
            await until(partial(received_beyond, camera, 10))
            assert await looks_a_second(camera) <= IDLE_PER_SECOND
            camera.attend(True)
            async with asyncio.timeout(PATIENCE_S):  # a busy machine has slow moments
                while await looks_a_second(camera) <= 2 * IDLE_PER_SECOND:
                    pass


async def looks_a_second(camera: LaneCamera) -> float:
    """While fifty pictures come, by the clock and not by the pictures: those come as the machine can. Never too many."""
    begun, looked_at = time.monotonic(), camera.counts.looked_at
    await until(partial(received_beyond, camera, camera.counts.received + 50))
    looks = camera.counts.looked_at - looked_at
    return (looks - 2) / (time.monotonic() - begun)  # n looks have n - 1 pauses between them, and the first may have begun before


async def test_a_stream_that_changes_its_size_is_read_on() -> None:
    traffic = Traffic()
    async with simulated(traffic) as server, running(lane_camera(type="mjpeg", url=server.stream_url("rear"))) as heard:
        await heard.until(lambda: heard.of(ContainerRead))
        traffic.show(*[with_truck(street(4, seed, width=800, height=450), 400 - 20 * seed) for seed in range(8)])
        await heard.until(lambda: any(read.frame_size == (800, 450) for read in heard.of(ContainerRead)))
    assert heard.of(DeviceState) == []


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.MUTE, Fault.REFUSE])
@pytest.mark.parametrize("kind", KINDS)
async def test_no_thread_is_left_when_the_lane_is_closed(kind: Kind, fault: Fault) -> None:
    async with simulated(Traffic()) as server:
        server.set_fault("rear", fault)
        camera = lane_camera(type=kind, url=url(server, kind), stall_s=60)  # longer than this test's patience
        async with running(camera):
            await until(camera_threads)
        assert camera_threads() == []


async def test_what_the_reader_raises_is_not_swallowed() -> None:
    class BrokenReader(MarkReader):
        def read(self, *_: Any, **__: Any) -> ImageReads:
            raise EngineLoadError("no weights")

    async with simulated(Traffic()) as server:
        camera = lane_camera(BrokenReader(), type="mjpeg", url=server.stream_url("rear"))
        with pytest.raises(EngineLoadError):
            await asyncio.wait_for(camera.run(Heard().emit), PATIENCE_S)
    assert camera_threads() == []


async def test_a_recording_is_played_to_its_end(tmp_path: Path) -> None:
    heard = Heard()
    camera = lane_camera(type="file", path=clip(tmp_path / "a.mp4", drive_past(8), fps=20))
    await asyncio.wait_for(camera.run(heard.emit), PATIENCE_S)
    assert {read.number for read in heard.of(ContainerRead)} == {NUMBER}
    assert heard.of(DeviceState) == []


async def test_a_recording_cut_short_is_read_as_far_as_it_goes_and_then_lost(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", drive_past(20), fps=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    heard = Heard()
    await asyncio.wait_for(lane_camera(type="file", path=path).run(heard.emit), PATIENCE_S)
    assert heard.of(ContainerRead)
    (lost,) = heard.of(DeviceState)
    assert "a.mp4 is" in lost.detail


async def test_a_picture_on_a_desk_is_shown_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(with_truck(street(), 200)))
    camera = lane_camera(type="file", path=path, loop=True)
    async with running(camera) as heard:
        await until(lambda: camera.counts.received >= 5)
    assert len(heard.of(ContainerRead)) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("password", ["hunter2", "wrong-hunter3"])
async def test_the_password_opens_the_camera_and_is_never_logged(
    kind: Kind, password: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    async with simulated(Traffic(), login=("gate", "hunter2")) as server:
        camera = lane_camera(type=kind, url=url(server, kind), username="gate", password_file=secret)
        report = await camera.check()
        async with running(camera) as heard:
            await heard.until(lambda: heard.all)
    if password == "hunter2":
        assert report.answers
        assert heard.of(ContainerRead)
    else:
        assert report.detail == "refuses the login (HTTP 401)"
        assert heard.of(DeviceState)[0].detail == "refuses the login (HTTP 401)"
    for told in (caplog.text, report.model_dump_json(), *(seen.model_dump_json() for seen in heard.all)):
        assert "hunter" not in told


async def test_a_camera_that_wants_a_login_says_so() -> None:
    async with simulated(Traffic(), login=("gate", "hunter2")) as server:
        report = await lane_camera(type="snapshot", url=server.snapshot_url("rear")).check()
    assert report.detail == "asks for a login: give username, and password_file or password_env (HTTP 401)"
