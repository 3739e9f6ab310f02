"""Recordings: whole ones give every frame, damaged ones their good frames and then a reason, hostile ones nothing but a reason."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.ocr.cameras.recording import Recording
from gateway.ocr.errors import CameraEndedError, CameraError, CameraPictureError, CameraUnreachableError
from tests.ocr.street import clip, drive_past, jpeg, street, with_truck

SPACING_S = 0.2
FRAMES = 30  # at 10 frames a second


def read(path: Path) -> tuple[list[float], CameraError | None]:
    """Positions of all pictures that could be developed, and what was raised at the end."""
    positions = []
    try:
        for still in Recording("rear", path, SPACING_S).stills():
            assert still.develop().shape[2] == 3
            positions.append(still.position_s)
    except CameraError as error:
        return positions, error
    return positions, None


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.avi", "mjpeg")])
def test_a_clip_gives_every_frame_at_its_time(tmp_path: Path, name: str, codec: str) -> None:
    images = drive_past(FRAMES)
    positions, error = read(clip(tmp_path / name, images, codec=codec))
    assert error is None
    assert positions == pytest.approx([index / 10 for index in range(FRAMES)], abs=0.002)


def test_frames_look_like_what_was_recorded(tmp_path: Path) -> None:
    images = drive_past(5)
    recording = Recording("rear", clip(tmp_path / "a.mp4", images), SPACING_S)
    for image, still in zip(images, recording.stills(), strict=True):
        assert np.abs(still.develop().astype(int) - image).mean() < 6
    assert recording.identity.codec == "mpeg4"
    assert recording.identity.frames_per_second == pytest.approx(10)
    assert recording.length_s == pytest.approx(0.5)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.avi", "mjpeg")])
def test_a_clip_cut_short_gives_its_good_frames_and_then_says_so(tmp_path: Path, name: str, codec: str) -> None:
    path = clip(tmp_path / name, drive_past(FRAMES), codec=codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    positions, error = read(path)
    assert 8 <= len(positions) < FRAMES
    assert isinstance(error, CameraEndedError)
    assert error.camera == "rear"
    assert name in error.cause


def test_a_clip_without_its_index_cannot_be_opened(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mov", drive_past(5))  # a camera writes the index last
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert isinstance(read(path)[1], CameraPictureError)


@pytest.mark.parametrize(
    "content", [b"", b"not a video" * 500, b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", b"ffconcat version 1.0\nfile a\n"]
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    positions, error = read(path)
    assert positions == []
    assert isinstance(error, CameraPictureError)
    assert "a.mp4 is no video" in error.cause


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    _, error = read(tmp_path / "nowhere.mp4")
    assert isinstance(error, CameraUnreachableError)
    assert "nowhere.mp4: No such file" in error.cause


def test_a_name_that_no_file_can_have_is_named(tmp_path: Path) -> None:
    stills, error = read(tmp_path / ("x" * 300 + ".mp4"))
    assert (stills, isinstance(error, CameraUnreachableError)) == ([], True)


def test_a_clip_with_a_title_in_big5_is_read_all_the_same(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", drive_past(4))
    named = path.read_bytes()
    assert b"Lavf" in named
    path.write_bytes(named.replace(b"Lavf", "門口".encode("big5")))
    stills, error = read(path)
    assert (len(stills), error) == (4, None)


def test_a_folder_is_taken_in_order_of_name(tmp_path: Path) -> None:
    for name, left in (("2.jpg", 200), ("10.JPG", 100), ("3.png", 300)):
        cv2.imwrite(str(tmp_path / name), with_truck(street(), left))
    (tmp_path / "labels.csv").write_text("not a picture")
    recording = Recording("rear", tmp_path, SPACING_S)
    stills = list(recording.stills())
    assert [still.position_s for still in stills] == pytest.approx([0.0, 0.2, 0.4])
    marks = [int((still.develop()[110, :, 2] > 200).argmax()) for still in stills]
    assert marks == pytest.approx([110, 210, 310], abs=2)
    assert recording.length_s == pytest.approx(0.6)


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    _, error = read(tmp_path)
    assert isinstance(error, CameraUnreachableError)
    assert str(tmp_path) in error.cause


def test_one_picture_is_a_recording_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.jpeg"
    path.write_bytes(jpeg(street()))
    assert read(path) == ([0.0], None)


def test_a_film_turned_by_the_telephone_stands_upright() -> None:
    film = Path(__file__).parents[3] / "shared" / "video" / "tw_car_koukya_1.mp4"
    if not film.exists():
        pytest.skip("needs the recorded clips, which are not part of the project")
    still = next(Recording("phone", film, SPACING_S).stills())
    height, width = still.develop().shape[:2]
    assert height > width
