"""The eye: reads when it matters, once per scene, in the lane's region, and keeps pictures of what it read."""

import hashlib
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from gateway.model.observation import ContainerRead, Presence, View
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.eye import Eye, Look
from gateway.ocr.frame import Frame, Image
from gateway.ocr.picture import decode_picture
from tests.ocr.street import NUMBER, START, MarkReader, street, with_truck


class Stage:
    """An eye, its reader, and the pictures that it kept."""

    def __init__(self, announces_presence: bool = False, **settings: Any) -> None:
        self.kept: dict[str, bytes] = {}
        self.reader = MarkReader()
        config = FileCamera.model_validate({"name": "rear", "path": "a.mp4", "looks_at": "side"} | settings)
        self.eye = Eye(config, self.reader, self.keep, announces_presence)
        self.index = 0

    def keep(self, jpeg: bytes) -> str:
        sha256 = hashlib.sha256(jpeg).hexdigest()
        self.kept[sha256] = jpeg
        return sha256

    def look(self, image: Image, attentive: bool = False, step_s: float = 0.2) -> Look:
        frame = Frame(image, START + timedelta(seconds=self.index * step_s), self.index)
        self.index += 1
        return self.eye.look(frame, attentive)

    def settle(self) -> None:
        """See the empty lane for a second."""
        for seed in range(5):
            self.look(street(4, seed))


def reads_of(look: Look) -> list[ContainerRead]:
    return [seen for seen in look.observations if isinstance(seen, ContainerRead)]


def of_kind(looks: list[Look], kind: type) -> list[Any]:
    return [seen for look in looks for seen in look.observations if isinstance(seen, kind)]


def test_an_empty_lane_is_not_read() -> None:
    stage = Stage(announces_presence=True)
    looks = [stage.look(street(4, seed)) for seed in range(10)]
    assert [look.read for look in looks] == [True] + [False] * 9  # the first: a truck may stand there already
    assert all(look.observations == () for look in looks)
    assert stage.kept == {}


def test_with_a_loop_what_moves_is_not_read_until_the_loop_says_so() -> None:
    stage = Stage()
    stage.settle()
    look = stage.look(with_truck(street(4, 9), 300))
    assert look.moved
    assert not look.read
    assert stage.look(with_truck(street(4, 10), 300), attentive=True).read


def test_a_passing_truck_is_read_and_its_pictures_are_kept() -> None:
    stage = Stage()
    stage.settle()
    look = stage.look(with_truck(street(4, 9), 300), attentive=True)
    (read,) = reads_of(look)
    assert look.moved
    assert look.motion > 0.1
    assert look.read
    assert (read.device, read.number, read.at) == ("rear", NUMBER, START + timedelta(seconds=1))
    assert read.frame_size == (640, 360)
    assert decode_picture(stage.kept[read.picture]).shape == (360, 640, 3)
    crop = decode_picture(stage.kept[read.crop])
    assert crop.shape[0] == pytest.approx(34, abs=4)  # the mark's 20 pixels and a margin
    assert crop[:, :, 2].max() > 200
    assert set(stage.kept) == {read.picture, read.crop}


def test_boxes_are_pixels_of_the_whole_frame_and_the_region_bounds_what_is_seen() -> None:
    right = Stage(region={"x": 0.5, "y": 0.2, "width": 0.5, "height": 0.7})
    left = Stage(region={"width": 0.5})
    for stage in (right, left):
        stage.settle()
    image = with_truck(street(4, 9), 400)
    (read,) = reads_of(right.look(image, attentive=True))
    assert np.allclose(read.box, ((410, 100), (450, 100), (450, 120), (410, 120)))
    assert right.reader.asked[-1][0] == (252, 320, 3)
    passing_by = left.look(image, attentive=True)
    assert not passing_by.moved
    assert passing_by.observations == ()


def test_a_waiting_truck_is_read_once_until_it_moves_or_a_passage_opens() -> None:
    stage = Stage(announces_presence=True)
    stage.settle()
    waiting = [stage.look(with_truck(street(4, seed), 300)) for seed in range(6)]
    assert [look.read for look in waiting] == [True] + [False] * 5
    assert all(look.moved for look in waiting)
    attended = [stage.look(with_truck(street(4, seed), 300), attentive=True) for seed in range(8)]
    # Five frames a second: at once, and then once a second, because the noise differs.
    assert [look.read for look in attended] == [True, False, False, False, False, True, False, False]
    assert stage.look(with_truck(street(4, 3), 292), attentive=True).read


def test_while_a_passage_is_open_frames_are_read_though_nothing_moves() -> None:
    stage = Stage()
    for seed in range(3):
        stage.look(with_truck(street(4, seed), 300))  # was there when the camera was switched on: part of the scene
    look = stage.look(with_truck(street(4, 5), 300), attentive=True)
    assert not look.moved
    assert [read.number for read in reads_of(look)] == [NUMBER]


@pytest.mark.parametrize(
    ("kinds", "only"), [(["plates"], "plates"), (["containers"], "containers"), (["plates", "containers"], None)]
)
def test_only_what_the_camera_is_for_is_asked_of_the_reader(kinds: list[str], only: str | None) -> None:
    stage = Stage(reads=kinds)
    stage.look(street(), attentive=True)
    assert stage.reader.asked[0][1] == only


def test_a_lane_without_a_loop_hears_of_presence_once_a_second() -> None:
    stage = Stage(announces_presence=True)
    stage.settle()
    looks = [stage.look(with_truck(street(4, step), 600 - 20 * step)) for step in range(15)]  # three seconds
    told = of_kind(looks, Presence)
    assert [(seen.at - START) / timedelta(seconds=1) for seen in told] == pytest.approx([1.0, 2.0, 3.0])
    assert all(seen.occupied for seen in told)
    assert of_kind([stage.look(street(4, 30), step_s=1.0) for _ in range(3)], Presence) == []


def test_a_lane_with_a_loop_hears_nothing_of_presence() -> None:
    stage = Stage()
    stage.settle()
    assert of_kind([stage.look(with_truck(street(4, 9), 300))], Presence) == []


def test_rear_doors_are_kept_now_and_then_while_a_passage_is_open() -> None:
    stage = Stage(looks_at="rear", reads=["plates"])
    stage.settle()
    before = [stage.look(with_truck(street(4, 5), 500))]
    during = [stage.look(with_truck(street(4, step), 500 - 10 * step), attentive=True) for step in range(25)]  # five seconds
    views: list[View] = of_kind(during, View)
    assert of_kind(before, View) == []
    assert [(view.at - views[0].at) / timedelta(seconds=1) for view in views] == pytest.approx([0.0, 2.0, 4.0])
    assert all(view.frame_size == (640, 360) and view.picture in stage.kept for view in views)
    again = [stage.look(with_truck(street(4, 40), 200), attentive) for attentive in (False, True)]
    assert len(of_kind(again, View)) == 1  # the next passage begins with one of its own


def test_a_view_and_a_read_of_one_frame_share_one_picture() -> None:
    stage = Stage(looks_at="rear")
    stage.settle()
    look = stage.look(with_truck(street(4, 9), 300), attentive=True)
    (view,) = of_kind([look], View)
    assert view.picture == reads_of(look)[0].picture
    assert len(stage.kept) == 2


def test_a_read_survives_a_store_that_cannot_keep_its_picture() -> None:
    stage = Stage()
    eye = Eye(FileCamera.model_validate({"name": "rear", "path": "a.mp4"}), stage.reader, lambda _: "")
    (read,) = reads_of(eye.look(Frame(with_truck(street(), 300), START, 0), attentive=True))
    assert (read.number, read.picture, read.crop) == (NUMBER, "", "")


def test_frames_that_change_their_size_are_read_on() -> None:
    stage = Stage()
    stage.settle()
    stage.look(with_truck(street(4, 6), 300))
    smaller: Image = np.asarray(cv2.resize(with_truck(street(4, 7), 300), (480, 270)), np.uint8)
    (read,) = reads_of(stage.look(smaller, attentive=True))
    assert read.frame_size == (480, 270)
    assert np.allclose(read.box, ((232, 75), (262, 75), (262, 90), (232, 90)), atol=2)


def test_a_clock_set_back_does_not_stop_the_eye() -> None:
    stage = Stage(announces_presence=True)
    stage.settle()
    stage.look(with_truck(street(4, 9), 300))
    stage.index = -10_000
    look = stage.look(with_truck(street(4, 10), 260))
    assert reads_of(look)
    assert of_kind([look], Presence)


def test_a_second_look_is_for_vehicles_that_stand() -> None:
    stage = Stage()
    stage.settle()
    for step in range(3):
        stage.look(with_truck(street(4, step), 400 - 30 * step), attentive=True)
    stage.look(with_truck(street(4, 9), 340), attentive=True)
    assert stage.reader.patience == [False, False, False]  # moving; and then the same scene was read already
    for seed in range(6):
        stage.look(with_truck(street(4, seed), 340), attentive=True)
    assert stage.reader.patience[-1]
