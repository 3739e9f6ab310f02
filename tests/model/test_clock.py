"""Times on the wire, and ids that sort by time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.model.clock import UtcTime, uuid7

TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)


def test_times_become_utc() -> None:
    assert TIME.validate_json('"2026-11-23T12:00:00+08:00"') == datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        '"2026-11-23T12:00:00"',
        '"soon"',
        '"0001-01-01T00:00:00+14:00"',
        '"9999-12-31T23:59:59-14:00"',
        '"9999-12-31T23:59:59Z"',  # in Taipei a year that no clock knows
        '"0999-12-31T00:00:00Z"',  # a year of three digits, which would not sort as text
    ],
)
def test_what_is_no_aware_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_json(text)


def test_ids_are_version_7_and_sort_by_time() -> None:
    now = datetime(2026, 11, 23, 4, tzinfo=UTC)
    first, second = uuid7(now, bytes), uuid7(now + timedelta(milliseconds=1), bytes)
    assert UUID(first).version == 7
    assert UUID(first).variant == "specified in RFC 4122"
    assert first < second
    assert uuid7(now, lambda n: b"\xff" * n) != first
