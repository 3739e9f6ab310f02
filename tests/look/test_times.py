"""Times as people at the gate read them."""

from datetime import UTC, datetime

import pytest

from gateway.look.i18n import speaking
from gateway.look.times import age, roc_date, scheme, taipei

AT = datetime(2022, 2, 21, 16, 30, 5, 123456, tzinfo=UTC)  # already the 22nd in Taipei


def test_times_are_taipei_times() -> None:
    assert taipei(AT) == "2022-02-22 00:30:05"
    assert (taipei(AT, "time"), taipei(AT, "minute"), taipei(AT, "millisecond")) == ("00:30:05", "00:30", "00:30:05.123")
    assert taipei(None) == "—"


def test_official_papers_carry_the_roc_year() -> None:
    assert roc_date(AT) == "民國 111 年 2 月 22 日"
    with speaking("en"):
        assert roc_date(AT) == "ROC 111-2-22"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "—"), (-3, "0 s"), (12.9, "12 s"), (60, "1 min"), (3599, "59 min"), (7300, "2 h"), (200000, "2 d")],
)
def test_ages_in_their_largest_unit(seconds: float | None, shown: str) -> None:
    with speaking("en"):
        assert age(seconds) == shown


@pytest.mark.parametrize(("hour_utc", "expected"), [(22, "day"), (9, "day"), (10, "night"), (21, "night")])
def test_bright_by_day_and_dark_at_night_by_the_clock_in_taipei(hour_utc: int, expected: str) -> None:
    assert scheme(datetime(2026, 11, 23, hour_utc, 0, tzinfo=UTC)) == expected
