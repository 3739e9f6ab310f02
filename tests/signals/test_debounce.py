"""Contacts bounce; a lane must see one change, dated when it began."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.signals.debounce import Debouncer, InputChange

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def _changes(debouncer: Debouncer, samples: list[tuple[int, bool]]) -> list[InputChange]:
    """Samples are (milliseconds, raw value)."""
    taken = [debouncer.sample("loop", on, ms / 1000, START + timedelta(milliseconds=ms)) for ms, on in samples]
    return [change for change in taken if change is not None]


def test_a_change_counts_once_it_has_stayed_and_is_dated_when_it_began() -> None:
    samples = [(0, False), (40, False), (100, True), (120, True), (140, True), (160, True)]
    assert _changes(Debouncer(0.035), samples) == [
        InputChange("loop", False, START),
        InputChange("loop", True, START + timedelta(milliseconds=100)),
    ]


def test_bouncing_is_not_seen() -> None:
    samples = [(0, False), (40, False), *((50 + 10 * i, i % 2 == 0) for i in range(20)), (260, False), (300, False)]
    assert [change.on for change in _changes(Debouncer(0.035), samples)] == [False]


def test_after_a_gap_the_state_is_told_again() -> None:
    debouncer = Debouncer(0.0)
    assert _changes(debouncer, [(0, True), (10, True)]) == [InputChange("loop", True, START)]
    debouncer.forget()
    assert [change.on for change in _changes(debouncer, [(20, True)])] == [True]


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=200))
def test_changes_alternate_and_each_had_stayed_long_enough(steps: list[tuple[int, bool]]) -> None:
    samples, now = [], 0
    for gap, on in steps:
        now += gap
        samples.append((now, on))
    changes = _changes(Debouncer(0.035), samples)
    assert all(a.on is not b.on for a, b in pairwise(changes))
    for change in changes:
        began = (change.at - START) // timedelta(milliseconds=1)
        during = [(ms, on) for ms, on in samples if began <= ms <= began + 35]
        assert all(on is change.on for _, on in during)
