"""Times and ids on the wire: aware UTC, RFC 3339, and UUIDv7 (RFC 9562 §5.7)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime

TAIPEI = ZoneInfo("Asia/Taipei")

Clock = Callable[[], datetime]
RandomBytes = Callable[[int], bytes]


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # 0001-01-01T00:00:00+14:00 lies before the first year
        raise ValueError("outside the years 1 to 9999 in UTC") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]


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
