"""Every kind of reader and camera in the operators' manual is a right entry of a lane file, and `gateway check` opens it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.model.clock import utc_now
from gateway.ocr.picture import encode_jpeg
from gateway.simulator.camera_login import CameraLogin
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.readers import fake_reader
from gateway.simulator.rtsp_server import RtspServer
from gateway.site.checks import check_site
from gateway.site.lane_file import SiteConfig, load_site
from tests.ocr.street import clip, drive_past

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


def blocks_of_the_manual(chapter: str) -> list[Any]:
    section = MANUAL.split(f"### {chapter}")[1].split("\n### ")[0]
    blocks = [block.split("```")[0] for block in section.split("```yaml\n")[1:]]
    return [YAML(typ="safe").load(block) for block in blocks]


def readers_of_the_manual() -> list[dict[str, Any]]:
    parsed = blocks_of_the_manual("Readers of port passes")
    return [*parsed[1]["readers"], *(reader for block in parsed[2:] for reader in block)]


def cameras_of_the_manual() -> list[dict[str, Any]]:
    parsed = blocks_of_the_manual("Cameras")
    return [*parsed[0]["cameras"], *(camera for block in parsed[1:] for camera in block)]


def site_with(readers: list[dict[str, Any]]) -> SiteConfig:
    """A whole site, of which only the readers are there to be checked."""
    site = load_site(ROOT / "lane_config" / "kaohsiung-ct4-b116.yaml")
    right = SiteConfig.model_validate(site.model_dump() | {"readers": readers})
    return right.model_copy(update={"io_modules": (), "lanes": (), "seals": None, "platform": None, "desk": None})


async def test_each_reader_of_the_manual_is_opened_and_says_what_it_is() -> None:
    entries = readers_of_the_manual()
    configs = site_with(entries).readers
    fakes = [fake_reader(config, utc_now) for config in configs]
    for fake in fakes:
        await fake.start()
    moved = [config.model_dump() | fake.reachable for config, fake in zip(configs, fakes, strict=True)]
    reports = await check_site(site_with(moved), utc_now)
    assert [(report.device, report.type, report.answers) for report in reports] == [
        ("uhf", "llrp", True),
        ("uhf-gatehouse", "uhfreader18", True),
        ("desk-reader", "lines", True),
        ("cards", "wiegand", True),
    ]
    for fake in fakes:
        await fake.stop()
    silent = await check_site(site_with(moved), utc_now)
    assert [(report.answers, report.detail.split(" to ")[0]) for report in silent] == [
        (False, f"reader {report.device}: no connection") for report in reports
    ]


def site_with_cameras(cameras: list[dict[str, Any]]) -> SiteConfig:
    """A whole site, of which only one lane's cameras are there to be checked."""
    site = load_site(ROOT / "lane_config" / "kaohsiung-ct4-b116.yaml")
    lane = site.lanes[0].model_dump() | {"cameras": cameras}
    right = SiteConfig.model_validate(site.model_dump() | {"lanes": [lane], "readers": [], "seals": None})
    return right.model_copy(update={"io_modules": (), "platform": None, "desk": None})


class Devices:
    """A server for every protocol, with and without login."""

    def __init__(self, folder: Path) -> None:
        pictures = [encode_jpeg(image) for image in drive_past(20)]
        shown = count()

        def picture_of(_: str) -> bytes:
            return pictures[next(shown) % len(pictures)]

        self.rtsp = {
            True: RtspServer(picture_of, 25, login=CameraLogin("gate", "hunter2", "digest")),
            False: RtspServer(picture_of, 25),
        }
        self.http = {True: CameraServer(picture_of, 25, login=("gate", "hunter2")), False: CameraServer(picture_of, 25)}
        self.password = folder / "camera.password"
        self.password.write_text("hunter2")
        self.password.chmod(0o600)
        self.recording = clip(folder / "rear.mp4", drive_past(20), fps=25)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.rtsp[True], self.rtsp[False], self.http[True], self.http[False]:
            yield

    def reachable(self, camera: dict[str, Any]) -> dict[str, Any]:
        """The manual's entry, with the address of the device here."""
        guarded, name = "username" in camera, camera["name"]
        here: dict[str, Any] = {"password_file": self.password} if "password_file" in camera else {}
        match camera["type"]:
            case "rtsp":
                here["url"] = self.rtsp[guarded].url(name)
            case "mjpeg":
                here["url"] = self.http[guarded].stream_url(name)
            case "snapshot":
                here["url"] = self.http[guarded].snapshot_url(name)
            case "file":
                here["path"] = self.recording
        return camera | here


async def test_each_camera_of_the_manual_is_opened_and_says_what_it_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", "hunter2")
    entries = cameras_of_the_manual()
    site_with_cameras(entries)  # right as they stand, too
    devices = Devices(tmp_path)
    async with devices.running():
        site = site_with_cameras([devices.reachable(camera) for camera in entries])
        reports = await check_site(site, utc_now)
    assert [(report.device, report.type, report.answers, report.identity) for report in reports] == [
        ("b116-1-rear", "rtsp", True, "h264 640×360"),
        ("b116-1-front", "rtsp", True, "h264 640×360"),
        ("b116-1-side", "mjpeg", True, "mjpeg 640×360"),
        ("b116-1-top", "snapshot", True, "jpeg 640×360"),
        ("b116-1-recorded", "file", True, "mpeg4 640×360"),
    ]
    assert all("frames/s" in report.detail for report in reports)
    silent = await check_site(site, utc_now)
    assert [report.answers for report in silent] == [False, False, False, False, True]
    assert all(report.detail.endswith("Connection refused") for report in silent[:4])
