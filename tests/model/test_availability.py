"""A device that fails a hundred times is reported lost once."""

from gateway.model.availability import Availability, Backoff


def test_each_change_is_reported_once() -> None:
    told: list[tuple[bool, str]] = []
    availability = Availability(lambda working, detail: told.append((working, detail)))
    availability.lost("no answer")
    availability.lost("no answer")
    availability.working("answers")
    availability.working()
    availability.lost("cable")
    assert told == [(False, "no answer"), (True, "answers"), (False, "cable")]


def test_a_device_that_works_at_once_is_reported_too() -> None:
    told: list[bool] = []
    Availability(lambda working, _: told.append(working)).working()
    assert told == [True]


def test_waiting_doubles_up_to_the_longest_and_starts_again_after_success() -> None:
    backoff = Backoff(0.5, 2.0)
    assert [backoff.next_delay() for _ in range(4)] == [0.5, 1.0, 2.0, 2.0]
    backoff.reset()
    assert backoff.next_delay() == 0.5
