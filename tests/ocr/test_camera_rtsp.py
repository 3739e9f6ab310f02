"""RTSP cameras over real sockets: TCP and UDP, login, silence, loss and return."""

import logging
import socket
from pathlib import Path

import pytest

from gateway.model.observation import ContainerRead, DeviceState
from tests.ocr.gate import lane_camera, running, until
from tests.ocr.rtsp_camera import RtspCamera
from tests.ocr.street import NUMBER, street, with_truck

TRAFFIC = [with_truck(street(), 400 - 10 * step) for step in range(20)]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_truck_is_read_over_either_transport(transport: str) -> None:
    async with RtspCamera(TRAFFIC) as device:
        camera = lane_camera(type="rtsp", url=device.url, transport=transport)
        async with running(camera) as heard:
            await heard.until(lambda: len(heard.of(ContainerRead)) >= 3)
    assert device.transports == [transport]
    assert {(read.number, read.frame_size) for read in heard.of(ContainerRead)} == {(NUMBER, (640, 360))}
    assert heard.of(DeviceState) == []


async def test_a_cut_stream_is_lost_and_comes_back() -> None:
    async with RtspCamera(TRAFFIC) as device, running(lane_camera(type="rtsp", url=device.url)) as heard:
        await heard.until(lambda: heard.of(ContainerRead))
        device.cut()
        lost = await heard.state(working=False)
        await heard.state(working=True)
    assert lost.detail.startswith(("ended its stream", "broke off its stream"))
    assert [state.working for state in heard.of(DeviceState)] == [False, True]


async def test_a_stream_that_falls_silent_is_lost_and_comes_back() -> None:
    async with RtspCamera(TRAFFIC) as device, running(lane_camera(type="rtsp", url=device.url, stall_s=0.5)) as heard:
        await heard.until(lambda: heard.of(ContainerRead))
        device.talking.clear()
        lost = await heard.state(working=False)
        device.talking.set()
        await heard.state(working=True)
    assert lost.detail == "no picture for 0.5 s"


async def test_check_says_what_it_is() -> None:
    async with RtspCamera(TRAFFIC, fps=25) as device:
        report = await lane_camera(type="rtsp", url=device.url).check()
    assert (report.answers, report.identity, report.detail) == (True, "h264 640×360", "25 frames/s")


async def test_check_of_a_camera_that_never_answers_says_so() -> None:
    async with RtspCamera(TRAFFIC[:1]) as device:
        device.talking.clear()
        report = await lane_camera(type="rtsp", url=device.url, stall_s=0.5).check()
    assert (report.answers, report.detail) == (False, "no answer within 0.5 s")


async def test_a_port_that_nobody_serves_is_refused() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"rtsp://127.0.0.1:{reserved.getsockname()[1]}/live"
        report = await lane_camera(type="rtsp", url=url).check()
    assert report.detail == f"{url}: Connection refused"


@pytest.mark.parametrize(("password", "detail"), [("hunter2/@:", "25 frames/s"), ("hunter3", "refuses the login")])
async def test_the_password_opens_the_stream_and_is_never_logged(
    password: str, detail: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "password").write_text(password)
    async with RtspCamera(TRAFFIC, fps=25, login=("gate", "hunter2/@:")) as device:
        camera = lane_camera(type="rtsp", url=device.url, username="gate", password_file=tmp_path / "password")
        report = await camera.check()
        async with running(camera) as heard:
            await heard.until(lambda: heard.all)
    assert report.detail == detail
    for told in (caplog.text, *capfd.readouterr(), report.model_dump_json(), *(seen.model_dump_json() for seen in heard.all)):
        assert "hunter" not in told


async def test_a_stream_that_wants_a_login_says_so() -> None:
    async with RtspCamera(TRAFFIC[:1], login=("gate", "hunter2")) as device:
        report = await lane_camera(type="rtsp", url=device.url).check()
    assert report.detail == "asks for a login: give username and a password by reference"


async def test_a_busy_lane_drops_frames_not_the_stream() -> None:
    async with RtspCamera(TRAFFIC, fps=50) as device:
        camera = lane_camera(type="rtsp", url=device.url, frames_per_second=5)
        async with running(camera):
            await until(lambda: camera.counts.looked_at >= 3)
    assert camera.counts.dropped > camera.counts.looked_at
