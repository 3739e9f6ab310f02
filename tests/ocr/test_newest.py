"""The place between the two threads of a camera: one shot, the newest; and an end that both sides see."""

import threading

import numpy as np

from gateway.ocr.frame import Shot
from gateway.ocr.newest import Newest
from tests.ocr.street import START

PATIENCE_S = 30.0


def shot(index: int) -> Shot:
    return Shot(START, index, 0.0, lambda: np.zeros((1, 1, 3), np.uint8))


def test_the_newest_shot_takes_the_place_of_the_one_before() -> None:
    newest = Newest()
    assert [newest.put(shot(index)) for index in range(3)] == [False, True, True]
    taken = newest.take(0)
    assert taken is not None
    assert taken.index == 2
    assert newest.take(0) is None
    assert not newest.ended


def test_the_last_shot_can_still_be_taken_after_the_end() -> None:
    newest = Newest()
    newest.put(shot(7))
    newest.end()
    assert not newest.ended
    assert newest.take(PATIENCE_S) is not None
    assert newest.take(PATIENCE_S) is None
    assert newest.ended


def test_who_waits_is_woken_by_a_shot_and_by_the_end() -> None:
    newest = Newest()
    taken: list[Shot | None] = []
    first = threading.Event()

    def take_two() -> None:
        taken.append(newest.take(PATIENCE_S))
        first.set()
        taken.append(newest.take(PATIENCE_S))

    waiting = threading.Thread(target=take_two)
    waiting.start()
    newest.put(shot(1))
    assert first.wait(PATIENCE_S)
    newest.end()
    waiting.join(PATIENCE_S)
    assert [each.index if each else None for each in taken] == [1, None]
