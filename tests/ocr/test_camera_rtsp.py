"""RTSP cameras over real sockets: TCP and UDP, login, lost packets, silence, loss and return."""

import logging
import re
import socket
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.model.observation import ContainerRead, DeviceState
from gateway.simulator.camera_faults import Fault
from gateway.simulator.camera_login import CameraLogin
from gateway.simulator.rtsp_server import RtspServer
from tests.ocr.gate import WAITED_OUT_S, NoisyTraffic, Traffic, lane_camera, running, until
from tests.ocr.street import NUMBER, street

TRANSPORTS = ["tcp", "udp"]
WAITS = {Fault.MUTE, Fault.TRUNCATE}  # found out by waiting for a picture that can be used


def rtsp(fps: float = 50, **settings: Any) -> RtspServer:
    return RtspServer(Traffic().picture_of, fps, key_every=5, **settings)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_truck_is_read_over_either_transport(transport: str) -> None:
    async with rtsp() as server:
        camera = lane_camera(type="rtsp", url=server.url("rear"), transport=transport)
        async with running(camera) as heard:
            await heard.until(lambda: len(heard.of(ContainerRead)) >= 3)
    assert server.transports == [transport]
    assert {(read.number, read.frame_size) for read in heard.of(ContainerRead)} == {(NUMBER, (640, 360))}
    assert heard.of(DeviceState) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.MUTE, "no (picture for|answer within) 2 s"),
        (Fault.DROP, "ended its stream|broke off its stream|cannot be opened|reset|Invalid data|End of file"),
        (Fault.REFUSE, "ended its stream|broke off its stream|503|5XX"),
        (Fault.TRUNCATE, "sends no whole picture: parts get lost over (tcp|udp)|no picture for 2 s"),
    ],
)
async def test_loss_and_return_are_told_once_each(transport: str, fault: Fault, why: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    async with rtsp() as server:
        camera = lane_camera(
            type="rtsp", url=server.url("rear"), transport=transport, stall_s=WAITED_OUT_S if fault in WAITS else 10
        )
        async with running(camera) as heard:
            await heard.until(lambda: heard.of(ContainerRead))
            server.set_fault("rear", fault)
            lost = await heard.state(working=False)
            assert re.search(why, lost.detail), lost.detail
            server.set_fault("rear", Fault.NONE)
            await heard.state(working=True)
            reads = len(heard.of(ContainerRead))
            await heard.until(lambda: len(heard.of(ContainerRead)) > reads)
    assert [state.working for state in heard.of(DeviceState)] == [False, True]
    assert [record.levelname for record in caplog.records if record.name.startswith("gateway")] == ["WARNING", "INFO"]


async def test_check_says_what_it_is() -> None:
    async with rtsp(fps=25) as server:
        report = await lane_camera(type="rtsp", url=server.url("rear")).check()
    assert (report.answers, report.identity, report.detail) == (True, "h264 640×360", "25 frames/s")


async def test_check_of_a_camera_that_never_answers_says_so() -> None:
    async with rtsp() as server:
        server.set_fault("rear", Fault.MUTE)
        report = await lane_camera(type="rtsp", url=server.url("rear"), stall_s=0.5).check()
    assert (report.answers, report.detail) == (False, "no answer within 0.5 s")


async def test_a_port_that_nobody_serves_is_refused() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"rtsp://127.0.0.1:{reserved.getsockname()[1]}/live"
        report = await lane_camera(type="rtsp", url=url).check()
    assert report.detail == f"{url}: Connection refused"


async def test_a_stream_that_the_camera_does_not_have_is_named() -> None:
    async with rtsp() as server:
        report = await lane_camera(type="rtsp", url=server.url("nobody")).check()
    assert report.detail == f"{server.url('nobody')}: Server returned 404 Not Found"


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize(("password", "detail"), [("hunter2/@:", "25 frames/s"), ("hunter3", "refuses the login")])
async def test_the_password_opens_the_stream_and_is_never_logged(
    scheme: Literal["basic", "digest"],
    password: str,
    detail: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "password").write_text(password)
    (tmp_path / "password").chmod(0o600)
    login = CameraLogin("gate", "hunter2/@:", scheme)
    async with rtsp(fps=25, login=login) as server:
        camera = lane_camera(type="rtsp", url=server.url("rear"), username="gate", password_file=tmp_path / "password")
        report = await camera.check()
        async with running(camera) as heard:
            await heard.until(lambda: heard.all)
    assert report.detail == detail
    for told in (caplog.text, *capfd.readouterr(), report.model_dump_json(), *(seen.model_dump_json() for seen in heard.all)):
        assert "hunter" not in told
    if scheme == "digest":
        assert login.shown == 0  # a camera that asks for a digest is never sent the password itself


async def test_a_stream_that_wants_a_login_says_so() -> None:
    async with rtsp(login=CameraLogin("gate", "hunter2")) as server:
        report = await lane_camera(type="rtsp", url=server.url("rear")).check()
    assert report.detail == "asks for a login: give username, and password_file or password_env"


async def test_a_busy_lane_drops_frames_not_the_stream() -> None:
    async with rtsp() as server:
        camera = lane_camera(type="rtsp", url=server.url("rear"), frames_per_second=5)
        camera.attend(True)
        async with running(camera):
            await until(lambda: camera.counts.looked_at >= 3)
    assert camera.counts.dropped > camera.counts.looked_at


async def test_a_camera_whose_sensor_hangs_is_frozen_and_is_back_with_the_first_new_picture() -> None:
    async with RtspServer(NoisyTraffic().picture_of, 25, key_every=5) as server:
        camera = lane_camera(type="rtsp", url=server.url("rear"), frozen_s=0.7)
        async with running(camera) as heard:
            await heard.until(lambda: heard.of(ContainerRead))
            server.set_fault("rear", Fault.FREEZE)
            lost = await heard.state(working=False)
            reads = len(heard.of(ContainerRead))
            received = camera.counts.received
            await until(lambda: camera.counts.received > received + 20)  # connected again, and nothing new
            assert len(heard.of(ContainerRead)) == reads  # nothing old is read for the next vehicle
            server.set_fault("rear", Fault.NONE)
            await heard.state(working=True)
            await heard.until(lambda: len(heard.of(ContainerRead)) > reads)
    assert lost.detail == "shows nothing new: the same picture for 0.7 s"
    assert [state.working for state in heard.of(DeviceState)] == [False, True]


async def test_while_nothing_happens_only_key_frames_are_decoded_and_a_passage_gets_all() -> None:
    traffic = Traffic()
    traffic.show(*[street(2, seed) for seed in range(20)])
    async with RtspServer(traffic.picture_of, 50, key_every=25) as server:
        camera = lane_camera(type="rtsp", url=server.url("rear"))
        async with running(camera):
            await until(lambda: camera.counts.received >= 60)  # two key frames tell how often they come; then only they count
            idle_received, shown = camera.counts.received, traffic.taken
            await until(lambda: traffic.taken > shown + 100)
            idle = camera.counts.received - idle_received
            camera.attend(True)
            attended, shown = camera.counts.received, traffic.taken
            await until(lambda: traffic.taken > shown + 50)
            wanted = camera.counts.received - attended
    assert idle <= 6
    assert wanted >= 30
