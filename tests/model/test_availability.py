"""A device that fails a hundred times is reported lost once."""

from gateway.model.availability import Availability


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
