"""`gateway camera-check`, as a site engineer uses it at the lane: a live camera, a recording, a verdict, a page with pictures."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.ocr.reader import Reader
from gateway.simulator.camera_server import CameraServer
from gateway.simulator.scene import Light, Scene, View
from tests.clip import truck
from tests.ocr.mounting.seen import KnowingReader
from tests.ocr.street import jpeg

TRUCK = truck()
NUMBER = TRUCK.boxes[0].number
FRAME = Scene(View.SIDE, Light.DAY, (1280, 720), 1).frame(TRUCK, 0.5, 1)
CAMERA_RATE = 8
LANE_RATE = 30


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(threads=2)


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch, reader: Reader) -> None:
    monkeypatch.setattr(Reader, "load", lambda *_: reader)


@pytest.fixture(scope="module")
def stream_url() -> Iterator[str]:
    """A camera that shows a standing truck, eight pictures a second, served by another thread's loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    picture = jpeg(FRAME)
    server = CameraServer(lambda name: picture if name == "side" else None, frames_per_second=CAMERA_RATE)
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(60)
    yield server.stream_url("side")
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def site(tmp_path: Path, stream_url: str) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        f"""
name: test
title: {{zh_TW: 測試, en: Test}}
store: {{folder: store}}
lanes:
  - name: lane
    title: {{zh_TW: 第一車道, en: Lane one}}
    rules: {{opened_by: camera, require_pass: false, require_seals: false}}
    cameras:
      - {{name: side, type: mjpeg, url: "{stream_url}", reads: [containers], frames_per_second: {LANE_RATE}}}
      - {{name: gone, type: mjpeg, url: "{stream_url.replace("side", "gone")}"}}
""",
        encoding="utf-8",
    )
    return path


def run(site: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["camera-check", "--site", str(site), "--lane", "lane", *map(str, arguments)])


def criteria(result: Result) -> dict[str, dict[str, Any]]:
    return {item["criterion"]: item for item in json.loads(result.stdout)["criteria"]}


def picture(folder: Path, image: np.ndarray[Any, Any]) -> Path:
    folder.mkdir()
    cv2.imwrite(str(folder / "1.png"), image)
    return folder


def test_a_live_camera_that_sends_too_slowly_is_told_so(site: Path) -> None:
    result = run(site, "--json", "--seconds", "1", "side")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert (told["camera"], told["suffices"], told["failure"], told["picture_size"]) == ("side", False, None, [1280, 720])
    assert [number["number"] for number in told["numbers"]] == [NUMBER]
    rate = criteria(result)["frame_rate"]
    assert (rate["result"], rate["advice"], rate["needed"]) == ("fails", "raise_frame_rate", LANE_RATE / 2)
    assert 0 < rate["value"] <= 1.3 * CAMERA_RATE
    assert criteria(result)["character_height"]["result"] == "good"


def test_a_good_recording_suffices_and_its_page_shows_it(site: Path, tmp_path: Path) -> None:
    folder = picture(tmp_path / "pictures", FRAME)
    result = run(site, "--video", folder, "--report", tmp_path / "report", "side")
    assert result.exit_code == 0, result.output
    assert NUMBER in result.stdout
    assert "● 足夠" in result.stdout
    assert "■" not in result.stdout
    assert result.stdout.rstrip().endswith("此攝影機在此架設下足夠。")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "data:image/jpeg;base64," in page
    assert "第一車道" in page
    assert "polygon" in page


def test_what_is_wrong_is_named_in_either_language_with_what_to_do(site: Path, tmp_path: Path) -> None:
    far = cv2.resize(FRAME, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    folder = picture(tmp_path / "pictures", far)
    chinese, english = run(site, "--video", folder, "side"), run(site, "--video", folder, "--language", "en", "side")
    assert (chinese.exit_code, english.exit_code) == (1, 1)
    assert "■ 不足" in chinese.stdout
    assert "字元太小：請拉近鏡頭，或將攝影機移近。" in chinese.stdout
    (row,) = [line for line in english.stdout.splitlines() if "Character height" in line]
    assert row.startswith("■ Not enough")
    assert "≥ 20 px" in row
    assert "Zoom in, or mount the camera nearer" in english.stdout


def test_where_nothing_can_be_read_the_picture_is_judged(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "load", lambda *_: KnowingReader(None))
    folder = picture(tmp_path / "pictures", (FRAME * 0.05).astype(np.uint8))
    result = run(site, "--video", folder, "--report", tmp_path / "report", "side")
    assert result.exit_code == 1
    assert "未讀到任何號碼" in result.stdout
    (row,) = [line for line in result.stdout.splitlines() if "亮部亮度" in line]
    assert row.startswith("■ 不足")
    assert "<polygon" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody",), "lane lane has no camera 'nobody'; it has side, gone"),
        (("--lane", "nowhere", "side"), "no lane 'nowhere'"),
        (("--seconds", "1", "gone"), "camera gone: answers HTTP 404"),
        (("--video", "/does/not/exist.mp4", "side"), "does not exist"),
    ],
)
def test_what_was_asked_wrongly_or_does_not_answer_is_named(site: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(site, *arguments)
    assert result.exit_code in {1, 2}
    assert said in result.output
    assert result.stdout == ""


def test_a_recording_without_a_usable_picture_is_an_error(site: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    result = run(site, "--video", tmp_path / "a.jpg", "side")
    assert result.exit_code == 1
    assert "camera side: sends no usable picture" in result.output


def test_a_report_that_cannot_be_written_is_named(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "load", lambda *_: KnowingReader(None))
    (tmp_path / "file").write_text("in the way")
    result = run(site, "--video", picture(tmp_path / "pictures", FRAME), "--report", tmp_path / "file", "side")
    assert result.exit_code == 1
    assert "file" in result.output
