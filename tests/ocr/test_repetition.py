"""A camera that shows nothing new is told from a quiet lane."""

from math import inf

import cv2
import numpy as np
import pytest

from gateway.ocr.frame import Image
from gateway.ocr.picture import decode_picture
from gateway.ocr.repetition import ASK_AGAIN_S, CONVINCING, Repetition
from tests.ocr.street import jpeg, street, with_truck

PERIOD_S = 0.2


def watched(repetition: Repetition, images: list[Image], since: float = 0.0) -> list[bool]:
    return [repetition.see(image, since + PERIOD_S * turn) for turn, image in enumerate(images)]


@pytest.mark.parametrize("noise", [1, 4])
def test_a_quiet_lane_is_never_the_same_twice(noise: float) -> None:
    repetition = Repetition(5)
    assert not any(watched(repetition, [decode_picture(jpeg(street(noise, seed))) for seed in range(60)]))


def test_the_same_picture_for_too_long_is_frozen_and_only_a_new_one_ends_that() -> None:
    repetition = Repetition(5)
    same = street(4, 1)
    assert watched(repetition, [same] * 30).index(True) == 26  # the first that comes later than 5 s after it was new
    assert repetition.frozen
    repetition.begin(100)
    assert not any(watched(repetition, [same] * 30, since=100))  # a new connection shows it still: watched, not given up
    assert repetition.frozen
    assert repetition.see(same, 100 + ASK_AGAIN_S + 1)
    assert not repetition.see(with_truck(same, 200), 200)
    assert repetition.frozen  # one new picture may be the encoder's doing
    assert not any(watched(repetition, [with_truck(same, 190 - 10 * step) for step in range(CONVINCING)], since=201))
    assert not repetition.frozen


def test_a_stream_that_repeats_itself_with_every_key_frame_is_frozen() -> None:
    pictures = [np.clip(street(4, 1).astype(int) + step, 0, 255).astype(np.uint8) for step in range(20)]
    assert any(watched(Repetition(5), pictures * 4))


def test_time_without_a_camera_is_no_repetition() -> None:
    repetition = Repetition(5)
    same = street(4, 1)
    assert not repetition.see(same, 0)
    repetition.begin(1000)
    assert not repetition.see(same, 1001)


def test_a_recording_may_be_one_picture() -> None:
    repetition = Repetition(inf)
    assert not any(watched(repetition, [street(4, 1)] * 1000))
    assert not repetition.frozen


def test_another_size_of_picture_is_new() -> None:
    repetition = Repetition(5)
    image = street(4, 1)
    watched(repetition, [image] * 30)
    assert not repetition.see(cv2.resize(image, None, fx=0.5, fy=0.5).astype(np.uint8), 10)


def test_a_repeated_picture_is_as_old_as_its_first_showing() -> None:
    repetition = Repetition(5)
    same = street(4, 1)
    ages = []
    for turn, image in enumerate([same, same, street(4, 2), same, street(4, 3)]):
        repetition.see(image, PERIOD_S * turn)
        ages.append(repetition.repeats_after_s)
    assert ages == pytest.approx([0, PERIOD_S, 0, 3 * PERIOD_S, 0])
