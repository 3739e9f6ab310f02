"""Replays: frames of several recordings in order of time, none of them lost because another is damaged."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraEndedError, CameraError, CameraPictureError
from gateway.ocr.merged import merged
from tests.ocr.street import START, clip, drive_past, jpeg, street


def film(path: Path, name: str, rate: float) -> FileCamera:
    return FileCamera(name=name, path=path, frames_per_second=rate)


def test_frames_come_in_order_of_time_at_each_reading_rate(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", drive_past(30))
    seen = [(camera.name, frame.at - START) for camera, frame in merged([film(path, "rear", 5), film(path, "front", 2)], START)]
    assert [at for _, at in seen] == sorted(at for _, at in seen)
    rear = [at / timedelta(seconds=1) for name, at in seen if name == "rear"]
    front = [at / timedelta(seconds=1) for name, at in seen if name == "front"]
    assert rear == pytest.approx([index / 5 for index in range(15)], abs=0.002)
    assert front == pytest.approx([index / 2 for index in range(6)], abs=0.002)


def test_a_rate_above_the_recordings_gives_every_frame_once(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", drive_past(12))
    assert [frame.index for _, frame in merged([film(path, "rear", 30)], START)] == list(range(12))


def test_a_damaged_recording_does_not_cost_the_others_their_frames(tmp_path: Path) -> None:
    whole = clip(tmp_path / "whole.mp4", drive_past(30))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    names: list[str] = []
    frames = merged([film(cut, "rear", 10), film(whole, "front", 10), film(tmp_path / "none.mp4", "side", 10)], START)
    with pytest.raises(CameraError) as told:
        names.extend(camera.name for camera, _ in frames)
    assert names.count("front") == 30
    assert 8 <= names.count("rear") < 30
    causes = [str(told.value), *told.value.__notes__]
    assert any("camera rear: cut.mp4" in cause for cause in causes)
    assert any("camera side: cannot open" in cause for cause in causes)
    assert not isinstance(told.value, CameraEndedError)  # the missing one was found out first


def test_a_broken_picture_in_a_folder_is_passed_over_and_told_at_the_end(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture = jpeg(street())
        (tmp_path / name).write_bytes(picture[:900] if name == "b.jpg" else picture)
    indexes: list[int] = []
    with pytest.raises(CameraPictureError, match=r"camera rear: b\.jpg: the JPEG is cut short"):
        indexes.extend(frame.index for _, frame in merged([film(tmp_path, "rear", 5)], START))
    assert indexes == [0, 2]
