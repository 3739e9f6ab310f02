"""The pictures that the recogniser and the finder learn from: what they show is what they say they show."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from gateway.model.plate import Plate
from gateway.ocr.glyphs import ALPHABET
from gateway.ocr.lettering import ALONG_WIDE, HEIGHT
from gateway.ocr.places import COLUMN, NUMBER, ROW
from training.detector import scenes
from training.lettering import phrases, rendering
from training.lettering.plate_font import STROKES, PlateFace

seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_a_line_is_as_high_as_the_recogniser_wants_and_follows_from_its_seed(seed: int) -> None:
    sample = rendering.render(default_rng(seed))
    assert sample.picture.shape[0] == HEIGHT
    assert sample.picture.dtype == np.uint8
    assert set(sample.text) <= set(ALPHABET)
    assert not sample.text or sample.picture.std() > 4
    again = rendering.render(default_rng(seed))
    assert (again.text, again.picture.tobytes()) == (sample.text, sample.picture.tobytes())


@settings(deadline=None, max_examples=30)
@given(seeds)
def test_the_recogniser_of_plates_may_be_shown_plates_only(seed: int) -> None:
    assert Plate.parse(rendering.render(default_rng(seed), ALONG_WIDE, plates=1.0).text)


@given(st.integers(20, 480), st.floats(12, 44), st.floats(1.0, 2.0))
def test_a_line_that_is_stretched_later_has_no_more_pixels_in_the_camera(width: int, detail: float, stretch: float) -> None:
    across, down = rendering.seen_size(round(width * stretch), stretch, detail)
    assert (across, down) == pytest.approx(rendering.seen_size(width, 1.0, detail), abs=2)


@settings(deadline=None, max_examples=60)
@given(seeds)
def test_plates_are_plates(seed: int) -> None:
    text = phrases.plate(default_rng(seed))
    assert Plate.parse(text).text.replace("-", "") == text.replace("-", "")


def test_the_plate_face_draws_every_character_differently() -> None:
    drawn = {}
    for character in STROKES:
        mask = PlateFace(default_rng(1), 40).mask(character)
        assert mask.shape[0] == 40
        assert mask.max() == 255
        drawn[character] = mask
    for one in STROKES:
        for other in STROKES:
            same = drawn[one].shape == drawn[other].shape and np.array_equal(drawn[one], drawn[other])
            assert same == (one == other or {one, other} == {"0", "O"}), (one, other)  # the Highway Bureau issues no O


@settings(deadline=None, max_examples=15)
@given(seeds)
def test_a_scene_marks_lettering_and_only_lettering_as_a_number(seed: int) -> None:
    scene = scenes.render(default_rng(seed))
    assert scene.picture.shape == (scenes.SIDE, scenes.SIDE)
    near = cv2.dilate(np.maximum(scene.maps[ROW], scene.maps[COLUMN]), np.ones((5, 5), np.uint8))  # edges are drawn soft
    asked = np.abs(scene.maps[NUMBER].astype(int) - 128) > 100
    assert near[asked].min(initial=255) > 0  # whether it is a number is asked only where there is lettering


@pytest.mark.parametrize("text", ["TEMU 922135 [3", "KLA-1234", "45R1"])
def test_what_is_drawn_is_what_is_said(text: str) -> None:
    mask, label = rendering.Lettering(default_rng(3), "row").draw(text, pressed="-" in text)
    assert label == text.replace(" ", "").replace("[", "")
    assert mask.max() == 1.0
    assert mask.shape[0] == 2 * rendering.CAP
