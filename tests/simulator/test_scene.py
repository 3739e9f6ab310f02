"""A scene's frames: repeatable, with the truck in them when it should be, and lettering large enough to read."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.simulator.scene import BoxLook, FrameError, Light, Scene, TruckLook, View
from gateway.simulator.scene.compositor import Area
from gateway.simulator.scene.sensor import smear

BOX = BoxLook("TEMU9221353", "45R1", 40, (122, 50, 40), wear=0.3, company="TERRA")
TRUCK = TruckLook("KNA-2593", "HBA-1708", (BOX,), seals=("passive_e_seal", "vehicle_seal"), seed=5)
SMALL = (640, 360)
FULL = (1280, 720)
Frame = NDArray[np.uint8]


@lru_cache(maxsize=16)
def scene(view: View, light: Light = Light.DAY, size: tuple[int, int] = SMALL) -> Scene:
    return Scene(view, light, size, seed=3)


def share_changed(first: Frame, second: Frame) -> float:
    """The share of pixels that differ by more than noise does."""
    return float((np.abs(first.astype(int) - second).max(axis=2) > 40).mean())


def rows_changed(first: Frame, second: Frame) -> int:
    """Height of the part that differs strongly, pixels."""
    rows = np.flatnonzero((np.abs(first.astype(int) - second).max(axis=2) > 70).any(axis=1))
    return int(rows[-1] - rows[0] + 1) if rows.size else 0


def with_box(**changes: str) -> TruckLook:
    return replace(TRUCK, boxes=(replace(BOX, **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize("view", View)
def test_equal_inputs_give_equal_frames_and_another_noise_seed_another_frame(view: View) -> None:
    first = Scene(view, Light.DAY, SMALL, seed=3).frame(TRUCK, 0.4, noise_seed=7)
    assert np.array_equal(first, scene(view).frame(TRUCK, 0.4, noise_seed=7))
    assert not np.array_equal(first, scene(view).frame(TRUCK, 0.4, noise_seed=8))
    assert first.shape == (360, 640, 3)
    assert first.dtype == np.uint8


def test_another_process_draws_the_same_frame() -> None:
    program = (
        "import hashlib; from tests.simulator.test_scene import TRUCK, scene, View;"
        "print(hashlib.sha256(scene(View.REAR).frame(TRUCK, 0.5, 1).tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert other == hashlib.sha256(scene(View.REAR).frame(TRUCK, 0.5, 1).tobytes()).hexdigest()


@pytest.mark.parametrize("view", View)
def test_the_lane_is_empty_before_and_after_and_full_at_the_stop(view: View) -> None:
    empty = scene(view).frame(None, 0.5, 1)
    assert np.array_equal(empty, scene(view).frame(TRUCK, 0.0, 1))
    assert np.array_equal(empty, scene(view).frame(TRUCK, 1.0, 1))
    assert share_changed(empty, scene(view).frame(TRUCK, 0.01, 1)) < 0.02
    assert share_changed(empty, scene(view).frame(TRUCK, 0.99, 1)) < 0.02
    assert share_changed(empty, scene(view).frame(TRUCK, 0.5, 1)) > 0.2


@pytest.mark.parametrize("size", ["45", "22"])
def test_the_number_on_the_doors_is_at_least_30_pixels_high_at_the_stop(size: str) -> None:
    """The size and type is as high as the number: one letter of it changed shows how high."""
    one = scene(View.REAR, size=FULL).frame(with_box(size_type=size + "H1"), 0.5, 1)
    other = scene(View.REAR, size=FULL).frame(with_box(size_type=size + "J1"), 0.5, 1)
    assert 30 <= rows_changed(one, other) <= 45


def test_the_tractors_plate_is_at_least_25_pixels_high_at_the_stop() -> None:
    one = scene(View.FRONT, size=FULL).frame(TRUCK, 0.5, 1)
    other = scene(View.FRONT, size=FULL).frame(replace(TRUCK, tractor_plate="KNA-8888"), 0.5, 1)
    assert 25 <= rows_changed(one, other) <= 36


def test_two_boxes_front_and_rear_views_show_their_own() -> None:
    rear, front = (BoxLook(number, "22G1", 20) for number in ("TCNU6225360", "CMAU5110875"))
    truck = TruckLook("KNA-2593", "FJ-L2", (rear, front), seed=2)
    other_rear = replace(truck, boxes=(replace(rear, size_type="22T0"), front))
    other_front = replace(truck, boxes=(rear, replace(front, size_type="22T0")))
    end = np.s_[:, : round(0.7 * SMALL[0])]  # the long sides show to the right of it
    before, behind = scene(View.FRONT), scene(View.REAR)
    assert np.array_equal(before.frame(truck, 0.5, 1)[end], before.frame(other_rear, 0.5, 1)[end])
    assert not np.array_equal(before.frame(truck, 0.5, 1)[end], before.frame(other_front, 0.5, 1)[end])
    assert np.array_equal(behind.frame(truck, 0.5, 1)[end], behind.frame(other_front, 0.5, 1)[end])
    assert not np.array_equal(behind.frame(truck, 0.5, 1)[end], behind.frame(other_rear, 0.5, 1)[end])


def test_an_empty_chassis_and_a_lone_tractor_look_like_neither_a_box_nor_each_other() -> None:
    chassis, alone = replace(TRUCK, boxes=(), seals=()), replace(TRUCK, boxes=(), seals=(), trailer_plate=None)
    frames = [scene(View.REAR).frame(truck, 0.5, 1) for truck in (TRUCK, chassis, alone, None)]
    for index, frame in enumerate(frames):
        for other in frames[index + 1 :]:
            assert share_changed(frame, other) > 0.05


def test_seals_show_on_the_doors() -> None:
    bare = scene(View.REAR).frame(replace(TRUCK, seals=()), 0.5, 1)
    assert 0 < share_changed(bare, scene(View.REAR).frame(TRUCK, 0.5, 1)) < 0.02


def test_night_is_dark_but_for_the_lamps() -> None:
    day = scene(View.FRONT).frame(TRUCK, 0.4, 1)
    night = scene(View.FRONT, Light.NIGHT).frame(TRUCK, 0.4, 1)
    assert night.mean() < 0.5 * day.mean()
    assert night.max() > 240


def test_motion_blur_spreads_an_edge_along_the_movement_and_keeps_its_light() -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 40:] = 200
    frame = picture.copy()
    assert smear(frame, Area(0, 0, 80, 40), (8.0, 0.0))
    ramp = frame[20, :, 0]
    assert 6 <= int(((ramp > 10) & (ramp < 190)).sum()) <= 9
    assert abs(int(frame.mean()) - int(picture.mean())) <= 12
    assert not smear(frame, Area(0, 0, 80, 40), (0.2, 0.1))


def test_a_scene_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(FrameError, match="10×10"):
        Scene(View.REAR, Light.DAY, (10, 10))
