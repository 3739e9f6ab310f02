"""How often a program may ask: token buckets. Each holds a minute's worth and fills up evenly; an empty one says how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.model.clock import Clock

MOST_BUCKETS: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


class Rates:
    """Buckets by name, in this process's memory: after a restart all are full."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, wanted: Iterable[tuple[str, int]]) -> float:
        """Take a token from each bucket (name, tokens a minute), or from none. Seconds to wait; 0.0 where they were taken."""
        now = self._clock()
        asked = [(self._filled(name, per_minute, now), per_minute) for name, per_minute in wanted]
        wait_s = max(max(0.0, (1 - bucket.tokens) * 60 / per_minute) for bucket, per_minute in asked)
        if wait_s == 0.0:
            for bucket, _ in asked:
                bucket.tokens -= 1
        return wait_s

    def _filled(self, name: str, per_minute: int, now: datetime) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[name] = _Bucket(per_minute, now)
        passed_s = max(0.0, (now - bucket.at).total_seconds())  # a clock that was set back gives nothing
        bucket.tokens = min(float(per_minute), bucket.tokens + passed_s * per_minute / 60)
        bucket.at = now
        return bucket

    def _make_room(self, now: datetime) -> None:
        """Whoever has not asked for a minute has a full bucket anyway."""
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets = {name: one for name, one in self._buckets.items() if (now - one.at).total_seconds() < 60}
