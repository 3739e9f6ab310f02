"""Placards: what a simulated camera shows cheaply, read back from the JPEG that travels."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.errors import PictureError
from gateway.ocr.motion import SAME_CONTRAST
from gateway.ocr.picture import decode_picture
from gateway.ocr.reads import ImageReads
from gateway.ocr.repetition import Repetition
from gateway.simulator.placards import HEIGHT, WIDTH, PlacardReader, placard
from gateway.simulator.scene import TruckLook, View, random_truck

READER = PlacardReader()


@given(st.integers(0, 10_000), st.integers(0, 2))
def test_every_camera_shows_what_it_would_see_of_a_truck(seed: int, boxes: int) -> None:
    truck = random_truck(random.Random(seed), boxes=boxes)
    front, rear, side = (READER.read(decode_picture(placard(view, truck, seed))) for view in (View.FRONT, View.REAR, View.SIDE))
    numbers = [box.number for box in truck.boxes]
    assert [found.number for found in rear.containers] == [found.number for found in side.containers] == numbers
    assert [found.text.replace("-", "") for found in front.plates] == [(truck.tractor_plate or "").replace("-", "")]
    assert len(rear.plates) == 1
    assert not front.containers
    assert not side.plates


@pytest.mark.parametrize("view", list(View))
def test_an_empty_lane_shows_nothing(view: View) -> None:
    assert READER.read(decode_picture(placard(view, None, 1))) == ImageReads()


def test_half_a_picture_is_never_half_read() -> None:
    whole = placard(View.REAR, random_truck(random.Random(1), boxes=2), 1)
    for length in range(0, len(whole), 97):
        try:
            reads = READER.read(decode_picture(whole[:length]))
        except PictureError:
            continue
        assert reads in (ImageReads(), READER.read(decode_picture(whole)))


@given(st.binary(min_size=64, max_size=64), st.sampled_from([(HEIGHT, WIDTH), (10, 10), (720, 1280)]))
def test_other_pictures_say_nothing(noise: bytes, size: tuple[int, int]) -> None:
    grey = np.resize(np.frombuffer(noise, np.uint8), size)
    assert READER.read(np.dstack([grey] * 3)) == ImageReads()


@pytest.mark.parametrize("truck", [None, random_truck(random.Random(1), boxes=2)])
def test_a_camera_that_works_is_not_taken_for_a_frozen_one(truck: TruckLook | None) -> None:
    repetition = Repetition(longest_s=15)
    pictures = [decode_picture(placard(View.REAR, truck, shown)) for shown in range(100)]
    assert not any(repetition.see(picture, 0.2 * number) for number, picture in enumerate(pictures))
    assert not repetition.frozen
    levels = np.array([picture[HEIGHT // 2, 8] for picture in pictures], dtype=float)
    assert np.ptp(levels) < SAME_CONTRAST  # and nothing seems to move
