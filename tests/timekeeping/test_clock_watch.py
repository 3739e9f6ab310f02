"""The offset holds between two measurements, whoever sets the clock meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.timekeeping.clock_watch import NTP, PLATFORM, ClockWatch

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Gate:
    """A gate's clock, which drifts and is set, and its monotonic one."""

    def __init__(self) -> None:
        self.wall, self.steady = START, 0.0
        self.watch = ClockWatch(lambda: self.wall, lambda: self.steady, limit_s=1.0)

    def live(self, seconds: float, drift_s: float = 0.0) -> None:
        self.steady += seconds
        self.wall += timedelta(seconds=seconds + drift_s)


def test_nothing_is_claimed_before_something_was_measured() -> None:
    assert (Gate().watch.offsets(), Gate().watch.fault()) == ({}, "")


def test_a_second_is_allowed_and_more_is_named_with_its_reference() -> None:
    gate = Gate()
    gate.watch.measured(NTP, 0.99)
    gate.watch.measured(PLATFORM, -1.0)
    assert gate.watch.fault() == ""
    gate.watch.measured(PLATFORM, -3.24)
    assert gate.watch.fault() == "platform -3.2 s"
    gate.watch.measured(NTP, 2.0)
    assert gate.watch.fault() == "NTP +2.0 s; platform -3.2 s"
    gate.watch.measured(PLATFORM, 0.0)
    gate.watch.measured(NTP, 0.0)
    assert gate.watch.fault() == ""


def test_a_clock_that_is_set_is_noticed_at_once_with_nobody_to_ask() -> None:
    gate = Gate()
    gate.watch.measured(NTP, 0.0)
    gate.live(30.0)
    assert gate.watch.fault() == ""
    gate.wall -= timedelta(hours=1)
    assert gate.watch.fault() == "NTP -3600.0 s"
    gate.wall += timedelta(hours=1)
    assert gate.watch.fault() == ""


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-100, 100)), max_size=20), st.floats(-100, 100))
def test_the_offset_is_the_last_measured_one_and_what_was_set_since(lived: list[tuple[float, float]], ahead: float) -> None:
    gate = Gate()
    gate.watch.measured(NTP, ahead)
    for seconds, set_by in lived:
        gate.live(seconds, set_by)
    assert gate.watch.offsets()[NTP] == pytest.approx(ahead + sum(set_by for _, set_by in lived), abs=1e-3)
