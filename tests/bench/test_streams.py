"""Cameras on a stage: which frame a verdict needed, and how long after it the verdict came."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bench.reading_measure.films import FRAMES_PER_SECOND, LASTS_S, OFF_LOOP_S, ON_LOOP_S, Film, Shown, progress
from bench.reading_measure.streams import Stage, in_time
from gateway.model.observation import ContainerRead
from gateway.ocr.cameras.camera import Clocks
from gateway.simulator.scene import View
from gateway.simulator.traffic import APPROACH_S
from gateway.simulator.visits import Visit, visits

BEGAN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
BOTH = (View.FRONT, View.REAR)
FRAMES = round(LASTS_S * FRAMES_PER_SECOND)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.s = 100.0

    @property
    def clocks(self) -> Clocks:
        return Clocks(lambda: BEGAN + timedelta(seconds=self.s - 100.0), lambda: self.s)


@pytest.fixture
def visit() -> Visit:
    return next(visits(1, BEGAN))


@pytest.fixture
def stage(visit: Visit) -> Callable[[Time], Stage]:
    film = Film(
        visit,
        {view: tuple(b"%s %d" % (view.value.encode(), index) for index in range(FRAMES)) for view in BOTH},
        dict.fromkeys(BOTH, (b"empty 0", b"empty 1")),
    )
    return lambda time: Stage(Shown(film, {View.FRONT: 10, View.REAR: 15}), BOTH, [5.0, 30.0], time.clocks)


def test_a_truck_comes_stands_and_leaves() -> None:
    assert progress(0) == 0
    assert progress(APPROACH_S) == progress(APPROACH_S + 1) == 0.5
    assert progress(LASTS_S) == 1
    assert 0 < ON_LOOP_S < APPROACH_S < OFF_LOOP_S < LASTS_S


def test_a_camera_sees_the_empty_lane_and_then_the_film(stage: Callable[[Time], Stage]) -> None:
    time = Time()
    lane = stage(time)
    assert [lane.picture(View.REAR, count) for count in range(3)] == [b"empty 0", b"empty 1", b"empty 0"]
    time.s += 5.0
    assert lane.picture(View.REAR, 3) == b"rear 0"
    time.s += 2.05
    assert (lane.picture(View.REAR, 4), lane.picture(View.FRONT, 4)) == (b"rear 10", b"front 10")
    time.s += LASTS_S
    assert lane.picture(View.REAR, 6) == b"empty 0"


def test_latency_runs_from_the_last_frame_that_was_needed(stage: Callable[[Time], Stage]) -> None:
    time = Time()
    lane = stage(time)
    for second, view in ((7.1, View.FRONT), (7.3, View.FRONT), (8.0, View.REAR)):
        time.s = 100 + second
        lane.picture(view, 0)
    lane.read[0, View.FRONT] = 7.6
    lane.passed[0] = 9.5
    ((cameras, verdict),) = lane.latencies(until=20.0)
    assert cameras == [pytest.approx(0.5), None]
    assert verdict == pytest.approx(1.5)
    assert len(list(lane.latencies(until=60.0))) == 2


def test_a_truck_belongs_to_the_moment_of_the_frame(stage: Callable[[Time], Stage]) -> None:
    lane = stage(Time())
    assert [lane.truck_at(BEGAN + timedelta(seconds=second)) for second in (0, 5.5, 29.9, 30.1)] == [-1, 0, 0, 1]


def test_only_the_right_number_and_only_accepted_is_what_the_verdict_needs(visit: Visit, stage: Callable[[Time], Stage]) -> None:
    film = stage(Time()).shown.film
    seen = ContainerRead(
        device="rear", at=BEGAN, number=visit.truck.boxes[0].number, confidence=0.99, accepted=True, characters=(),
        box=((0, 0), (1, 0), (1, 1), (0, 1)), frame_size=(10, 10), check_digit_valid=True, check_digit_seen=True, size_type=None,
    )  # fmt: skip
    assert film.gives(View.REAR, seen)
    assert not film.gives(View.FRONT, seen)
    assert not film.gives(View.REAR, seen.model_copy(update={"accepted": False}))
    assert not film.gives(View.REAR, seen.model_copy(update={"number": "TEMU9221353"}))


def test_what_never_came_was_not_in_time() -> None:
    assert in_time([0.2, 1.0, 1.01, None]) == 0.5
    assert in_time([]) == 0
