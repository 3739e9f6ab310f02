"""Times and ids on the wire: aware UTC, RFC 3339, and UUIDv7 (RFC 9562 §5.7)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

TAIPEI = ZoneInfo("Asia/Taipei")

Clock = Callable[[], datetime]
RandomBytes = Callable[[int], bytes]


# Four digits, and a year on either side: told in any zone, such a time is still a time.
YEARS: Final = range(1001, 9999)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]", re.ASCII)


def _written_out(value: object) -> object:
    """A bare number is no time on the wire, though pydantic would read seconds, or milliseconds, since 1970 from it."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _DATE.match(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("wants a time like 2026-11-23T03:43:46Z")


def _to_utc(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"outside the years {YEARS.start} to {YEARS.stop - 1}")
    return value.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_to_utc)]


def utc_now() -> datetime:
    """The one place that reads the wall clock; everything else takes a `Clock`."""
    return datetime.now(UTC)


def uuid7(now: datetime, random_bytes: RandomBytes) -> str:
    """A UUIDv7: 48 bits of Unix milliseconds, then random. Time and randomness are passed in."""
    milliseconds = int(now.timestamp() * 1000)
    raw = bytearray(milliseconds.to_bytes(6, "big") + random_bytes(10))
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return str(UUID(bytes=bytes(raw)))
