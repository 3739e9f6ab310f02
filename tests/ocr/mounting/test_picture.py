"""The whole picture: what compression, darkness, glare and a lens out of focus leave in it."""

import cv2
import numpy as np
import pytest

from gateway.ocr.frame import Image
from gateway.ocr.mounting.limits import LIMITS, Criterion, Result
from gateway.ocr.mounting.picture import measure_picture
from gateway.simulator.scene import Light, Scene, View

LANE: Image = Scene(View.SIDE, Light.DAY, (640, 360), 1).frame(None, 0.0, 1)


def result(criterion: Criterion, value: float | None) -> Result:
    return LIMITS[criterion].judge(value)


def compressed(quality: int) -> Image:
    jpeg = cv2.imencode(".jpg", LANE, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def test_a_good_picture_suffices() -> None:
    look = measure_picture(LANE)
    assert result(Criterion.COMPRESSION, look.blockiness) is Result.GOOD
    assert result(Criterion.BRIGHTNESS, look.brightness) is Result.GOOD
    assert result(Criterion.GLARE, look.glare) is Result.GOOD
    assert result(Criterion.FOCUS, look.focus) is Result.GOOD


@pytest.mark.parametrize("offset", [0, 3])
def test_blocks_show_wherever_the_region_begins(offset: int) -> None:
    mild, hard = measure_picture(compressed(80)[offset:, offset:]), measure_picture(compressed(4)[offset:, offset:])
    assert result(Criterion.COMPRESSION, mild.blockiness) is Result.GOOD
    assert result(Criterion.COMPRESSION, hard.blockiness) is Result.FAILS


def test_a_lens_out_of_focus_leaves_no_sharp_edge() -> None:
    assert result(Criterion.FOCUS, measure_picture(np.asarray(cv2.GaussianBlur(LANE, (0, 0), 4), np.uint8)).focus) is Result.FAILS


def test_darkness_and_glare() -> None:
    assert result(Criterion.BRIGHTNESS, measure_picture((LANE * 0.1).astype(np.uint8)).brightness) is Result.FAILS
    bright = np.clip(LANE.astype(np.int16) * 5, 0, 255).astype(np.uint8)
    assert result(Criterion.GLARE, measure_picture(bright).glare) is Result.FAILS


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 400, 3), (400, 1, 3), (63, 64, 3), (200, 200, 3)])
def test_a_picture_with_nothing_in_it_has_no_focus(shape: tuple[int, int, int]) -> None:
    look = measure_picture(np.full(shape, 90, np.uint8))
    assert look.focus is None
    assert result(Criterion.COMPRESSION, look.blockiness) is Result.GOOD
