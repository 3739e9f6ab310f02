"""Cameras in a lane file: what is wrong is named, and a secret never shows."""

from math import inf
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.ocr.cameras.drivers import CAMERA
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.cameras.mjpeg import MjpegCamera
from gateway.ocr.cameras.network_camera import NetworkCamera
from gateway.ocr.cameras.rtsp import RtspCamera
from gateway.ocr.cameras.snapshot import SnapshotCamera
from gateway.ocr.errors import CameraLoginError


def camera(**settings: Any) -> Any:
    return CAMERA.validate_python({"type": "mjpeg", "name": "rear", "url": "http://10.0.0.5/stream"} | settings)


def test_the_type_chooses_the_driver() -> None:
    assert isinstance(CAMERA.validate_python({"type": "file", "name": "rear", "path": "a.mp4"}), FileCamera)
    assert isinstance(camera(), MjpegCamera)
    assert isinstance(camera(type="snapshot"), SnapshotCamera)
    assert isinstance(camera(type="rtsp", url="rtsp://10.0.0.5/1"), RtspCamera)


def test_a_region_is_given_in_pixels_of_any_frame() -> None:
    region = camera(region={"x": 0.5, "y": 0.25, "width": 0.5, "height": 0.75}).region
    assert region.pixels(1280, 720) == (640, 180, 1280, 720)
    assert region.pixels(1, 1) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("settings", "where", "why"),
    [
        ({"region": {"x": 0.7, "width": 0.4}}, "region", "reaches beyond the frame"),
        ({"region": {"y": 0.5}}, "region", "reaches beyond the frame"),
        ({"region": {"x": -0.1}}, "region.x", "greater than or equal to 0"),
        ({"region": {"wide": 1}}, "region.wide", "not permitted"),
        ({"fps": 5}, "fps", "not permitted"),
        ({"frames_per_second": 0}, "frames_per_second", "greater than 0"),
        ({"stall_s": float("nan")}, "stall_s", ""),
        ({"frozen_s": -1}, "frozen_s", "greater than or equal to 0"),
        ({"reads": []}, "reads", "at least 1"),
        ({"looks_at": "behind"}, "looks_at", "front"),
        ({"name": "../etc"}, "name", "pattern"),
        ({"url": "ftp://10.0.0.5/x"}, "url", "http://"),
        ({"url": "http:///x"}, "url", "host"),
        ({"url": "http://10.0.0.5:99999/x"}, "url", "not a URL"),
        ({"url": "http://10.0.0.5/a\r\nX: y"}, "url", "control character"),
        ({"username": "gate"}, "", "password_file or password_env is missing"),
        ({"password_env": "SECRET"}, "", "username is missing"),
        ({"username": "gate", "password_env": "A", "password_file": "b"}, "", "not both"),
        ({"type": "file", "path": "a.mp4", "loop": True, "realtime": False}, "", "loop needs realtime"),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], where: str, why: str) -> None:
    given = {"type": "mjpeg", "name": "rear"} | ({} if settings.get("type") == "file" else {"url": "http://10.0.0.5/s"}) | settings
    with pytest.raises(ValidationError) as refused:
        CAMERA.validate_python(given)
    found = [(".".join(str(part) for part in error["loc"][1:]), error["msg"]) for error in refused.value.errors()]
    assert any(place == where and why in message for place, message in found), found


@pytest.mark.parametrize(
    "url",
    ["http://gate:hunter2@10.0.0.5/stream", "http://hunter2@10.0.0.5/", "http://10.0.0.5/s?user=gate&pwd=hunter2"],
)
def test_a_url_with_a_secret_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError, match="give username, and password_file or password_env") as refused:
        camera(url=url)
    assert "hunter2" not in str(refused.value)


def test_a_camera_may_repeat_itself_for_a_while_and_a_recording_for_ever() -> None:
    assert camera().may_repeat_s == 15
    assert camera(frozen_s=40).may_repeat_s == 40
    assert camera(frozen_s=0).may_repeat_s == inf
    assert CAMERA.validate_python({"type": "file", "name": "rear", "path": "a.jpg"}).may_repeat_s == inf


def test_the_address_leaves_out_the_query() -> None:
    assert camera(url="http://10.0.0.5:8080/s?session=abc").address == "http://10.0.0.5:8080/s"


def test_the_password_is_read_from_its_file_or_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2\nsecond line\n")
    secret.chmod(0o640)
    monkeypatch.setenv("CAMERA_PASSWORD", "hunter3")
    login = camera(username="gate", password_file=secret).login()
    assert login == ("gate", "hunter2")
    assert "hunter2" not in repr(login)
    assert camera(username="gate", password_env="CAMERA_PASSWORD").login() == ("gate", "hunter3")
    assert camera().login() is None


def test_a_missing_secret_names_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMERA_PASSWORD", raising=False)
    with pytest.raises(CameraLoginError, match="camera rear: no password in the environment variable CAMERA_PASSWORD"):
        camera(username="gate", password_env="CAMERA_PASSWORD").login()
    with pytest.raises(CameraLoginError, match=r"cannot read the password file .*nowhere"):
        camera(username="gate", password_file=tmp_path / "nowhere").login()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\n")
    (tmp_path / "binary").chmod(0o600)
    with pytest.raises(CameraLoginError, match="not UTF-8"):
        camera(username="gate", password_file=tmp_path / "binary").login()


def test_a_password_file_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    secret.chmod(0o644)
    with pytest.raises(CameraLoginError, match="readable by everyone on this machine; chmod o-r it") as refused:
        camera(username="gate", password_file=secret).login()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("kind", [FileCamera, MjpegCamera, SnapshotCamera, RtspCamera])
def test_every_setting_is_described(kind: type[NetworkCamera]) -> None:
    assert [name for name, field in kind.model_fields.items() if not field.description] == []
