"""Times as people at the gate read them: Asia/Taipei, 24 hours; official papers also carry the ROC year."""

from datetime import datetime
from typing import Final, Literal

from gateway.look.i18n import gettext
from gateway.model.clock import TAIPEI

TimeForm = Literal["datetime", "date", "time", "minute", "millisecond"]
_FORMS: Final[dict[str, str]] = {
    "datetime": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
    "minute": "%H:%M",
    "millisecond": "%H:%M:%S.%f",
}
_ROC_ERA: Final = 1911  # 民國 1 is 1912
_DAY_STARTS, _DAY_ENDS = 6, 18  # hours in Taipei; the sun rises there between 05:03 and 06:43 and sets between 17:05 and 18:48


def taipei(value: datetime | None, form: TimeForm = "datetime") -> str:
    """`2026-11-23 14:03:22` in Taipei; a dash for a time that is not known."""
    if value is None:
        return "—"
    text = value.astimezone(TAIPEI).strftime(_FORMS[form])
    return text[:-3] if form == "millisecond" else text


def roc_date(value: datetime | None) -> str:
    """The date with the ROC year: 民國 111 年 2 月 22 日 for 2022-02-22."""
    if value is None:
        return "—"
    local = value.astimezone(TAIPEI)
    return gettext("ROC %(year)s-%(month)s-%(day)s") % {"year": local.year - _ROC_ERA, "month": local.month, "day": local.day}


def age(seconds: float | None) -> str:
    """A span of time in its largest whole unit: `12 s`, `3 min`, `2 h`, `4 d`."""
    if seconds is None:
        return "—"
    whole = max(0, int(seconds))
    for size, unit in ((86400, gettext("%(n)s d")), (3600, gettext("%(n)s h")), (60, gettext("%(n)s min"))):
        if whole >= size:
            return unit % {"n": whole // size}
    return gettext("%(n)s s") % {"n": whole}


def scheme(now: datetime) -> Literal["day", "night"]:
    """Bright by day, dark at night, by the clock in Taipei."""
    return "day" if _DAY_STARTS <= now.astimezone(TAIPEI).hour < _DAY_ENDS else "night"
