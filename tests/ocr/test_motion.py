"""Motion: a vehicle is noticed, noise and light are not."""

import numpy as np
import pytest

from gateway.ocr.frame import Image
from gateway.ocr.motion import ABSORB_S, Scene, thumbnail
from tests.ocr.street import WIDTH, street, with_truck

MOTION_AREA = 0.01  # the cameras' default


def levels(images: list[Image], step_s: float = 0.2) -> list[float]:
    scene = Scene()
    return [scene.see(thumbnail(image), step_s) for image in images]


def lit(image: Image, gain: float, offset: float) -> Image:
    return np.clip(image.astype(float) * gain + offset, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0, 4, 12, 25])
def test_an_empty_lane_stays_quiet_whatever_the_noise(noise: float) -> None:
    assert max(levels([street(noise, seed) for seed in range(40)])) < MOTION_AREA


@pytest.mark.parametrize("noise", [0, 4, 12])
def test_a_truck_is_noticed_as_soon_as_it_shows(noise: float) -> None:
    empty = [street(noise, seed) for seed in range(10)]
    coming = [with_truck(street(noise, 10 + step), WIDTH - 30 * step) for step in range(1, 10)]
    seen = levels(empty + coming)
    assert all(level >= MOTION_AREA for level in seen[11:])


def test_clouds_exposure_and_lamps_are_not_motion() -> None:
    clouds = [lit(street(4, seed), 1 + 0.02 * seed, 0) for seed in range(20)]
    lamps = [street(4, 20), lit(street(4, 21), 0.6, 10), lit(street(4, 22), 0.6, 10), street(4, 23), lit(street(4, 24), 1, 40)]
    assert max(levels(clouds + lamps)) < MOTION_AREA


def test_a_truck_is_noticed_while_the_light_changes() -> None:
    empty = [street(4, seed) for seed in range(5)]
    assert levels([*empty, lit(with_truck(street(4, 6), 300), 1.3, 0)])[-1] >= MOTION_AREA


def test_a_truck_that_waits_is_still_there_and_the_lane_is_empty_when_it_left() -> None:
    empty = [street(4, seed) for seed in range(5)]
    waiting = [with_truck(street(4, 5 + seed), 200) for seed in range(40)]
    seen = levels([*empty, *waiting, street(4, 50)], step_s=1.0)
    assert all(level >= MOTION_AREA for level in seen[5:45])
    assert seen[-1] < MOTION_AREA


def test_what_is_left_standing_becomes_part_of_the_scene() -> None:
    empty = [street(4, seed) for seed in range(5)]
    parked = [with_truck(street(4, 5 + seed), 200) for seed in range(int(ABSORB_S) + 3)]
    assert levels(empty + parked, step_s=1.0)[-1] < MOTION_AREA


def test_another_size_of_frame_begins_afresh() -> None:
    assert levels([street(4, 0), street(4, 1, width=320, height=240), street(4, 2, width=320, height=240)]) == [0.0, 0.0, 0.0]


def test_the_same_scene_is_the_same_under_noise_and_another_after_a_small_move() -> None:
    scene = Scene()
    frames = [thumbnail(with_truck(street(6, seed), 200)) for seed in range(5)]
    for frame in frames:
        scene.see(frame, 0.2)
    assert scene.same(frames[0], frames[4])
    assert not scene.same(frames[0], thumbnail(with_truck(street(6, 9), 190)))
    assert not scene.same(frames[0], frames[0][:-1])
