"""Whatever comes as a picture is read as it looks to a person, or refused in words: as a file, from a recording, from a camera."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.model.observation import ContainerRead
from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import PictureError
from gateway.ocr.photographs import load_picture
from gateway.ocr.picture import decode_picture
from gateway.ocr.reader import Reader
from tests.ocr.bad_pictures import BROKEN, HEIGHT, RAMP, WHOLE, WIDTH
from tests.ocr.gate import CLOCKS, WAITED_OUT_S, Traffic, lane_camera, running, simulated
from tests.ocr.mounting.seen import KnowingReader
from tests.ocr.street import jpeg, street, with_truck

JPEG_NOISE = 6  # grey levels


@pytest.mark.parametrize("name", WHOLE)
def test_every_kind_of_picture_comes_out_as_bright_as_it_is(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WHOLE[name](path)
    picture = load_picture(path)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(np.int16) - RAMP[..., None]).max() <= JPEG_NOISE


@pytest.mark.parametrize("name", [name for name in WHOLE if name.endswith((".png", ".jpg"))])
def test_a_camera_may_send_any_kind_of_jpeg_or_png(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WHOLE[name](path)
    assert np.array_equal(decode_picture(path.read_bytes()), load_picture(path))


def test_a_black_picture_of_many_bits_stays_black(tmp_path: Path) -> None:
    path = tmp_path / "black.png"
    cv2.imwrite(str(path), np.zeros((HEIGHT, WIDTH), np.uint16))
    assert load_picture(path).max() == 0


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_refused_in_words(name: str, tmp_path: Path) -> None:
    make, why = BROKEN[name]
    path = tmp_path / name
    make(path)
    with pytest.raises(PictureError, match=why):
        load_picture(path)


def test_gateway_read_goes_through_a_folder_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reader, "load", lambda *_: KnowingReader(None))
    for name, make in WHOLE.items():
        make(tmp_path / name)
    for name, (spoil, _) in BROKEN.items():
        spoil(tmp_path / name)
    result = CliRunner().invoke(main, ["read", "--json", str(tmp_path)])
    items = {Path(item["file"]).name: item for item in map(json.loads, result.stdout.splitlines())}
    assert result.exit_code == 1
    assert {name for name, item in items.items() if "error" in item} == set(BROKEN)
    assert set(items) == set(BROKEN) | {name for name in WHOLE if not name.endswith(".gif")}  # a gif must be named itself


def test_a_recording_of_pictures_goes_on_after_bad_ones(tmp_path: Path) -> None:
    for name, (spoil, _) in BROKEN.items():
        spoil(tmp_path / f"2 {name}")
    for name in ("1.jpg", "3.jpg"):
        (tmp_path / name).write_bytes(jpeg(street()))
    camera = FileCamera(name="rear", path=tmp_path, realtime=False)
    good, bad = [], []
    for shot in camera.source(Clocks(CLOCKS.now)).shots():
        try:
            good.append(shot.frame().size)
        except PictureError as error:
            bad.append(str(error))
    assert good == [(640, 360), (640, 360)]
    assert len(bad) == sum(name.endswith((".jpg", ".png")) for name in BROKEN)


@pytest.mark.parametrize("name", [name for name in BROKEN if name.endswith((".jpg", ".png"))])
async def test_a_camera_that_sends_bad_pictures_between_good_ones_is_read_on(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    BROKEN[name][0](path)
    traffic = Traffic()
    traffic.pictures = [picture for good in traffic.pictures for picture in (good, path.read_bytes())]
    async with simulated(traffic) as server:
        camera = lane_camera(type="snapshot", url=server.snapshot_url("rear"))
        async with running(camera) as heard:
            await heard.until(lambda: len(heard.of(ContainerRead)) >= 2 and camera.counts.broken)
    assert camera.working


async def test_a_camera_that_sends_nothing_but_dots_is_lost_by_its_cause() -> None:
    traffic = Traffic()
    traffic.show(street(width=1, height=1))
    async with simulated(traffic) as server:
        camera = lane_camera(type="mjpeg", url=server.stream_url("rear"), stall_s=WAITED_OUT_S)
        async with running(camera) as heard:
            lost = await heard.state(working=False)
    assert lost.detail == "sends no usable picture: the picture is too small: 1×1 pixels"


async def test_a_stream_whose_frames_change_size_and_shape_is_read_on() -> None:
    traffic = Traffic()
    sizes = [(640, 360), (1280, 720), (360, 640), (8, 8), (641, 359), (2000, 320)]
    traffic.pictures = [jpeg(with_truck(street(4, index, *size), 100)) for index, size in enumerate(sizes)]
    async with simulated(traffic) as server:
        camera = lane_camera(type="mjpeg", url=server.stream_url("rear"))
        camera.attend(True)  # every change begins a new scene, in which nothing has moved yet
        async with running(camera) as heard:
            await heard.until(lambda: {(1280, 720), (2000, 320)} <= {read.frame_size for read in heard.of(ContainerRead)})
    assert camera.counts.broken == 0
    assert camera.working
