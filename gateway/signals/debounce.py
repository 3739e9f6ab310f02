"""Debouncing: an input counts once it has stayed the same long enough. Pure; time is an argument."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input settled on a value. `at` is when that value was first seen, not when it had stayed long enough."""

    name: str
    on: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class _Candidate:
    on: bool
    since: float
    at: datetime


class Debouncer:
    """All inputs of one module. `hold_s` is how long, in seconds, a value must stay before it counts."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._settled: dict[str, bool] = {}
        self._candidates: dict[str, _Candidate] = {}

    def sample(self, name: str, on: bool, monotonic: float, at: datetime) -> InputChange | None:
        """Take one reading. Gives a change when the input has settled on a new value (its first one included)."""
        if self._settled.get(name) is on:
            self._candidates.pop(name, None)
            return None
        candidate = self._candidates.get(name)
        if candidate is None or candidate.on is not on:
            candidate = self._candidates[name] = _Candidate(on, monotonic, at)
        if monotonic - candidate.since < self._hold_s:
            return None
        self._settled[name] = on
        del self._candidates[name]
        return InputChange(name, on, candidate.at)

    def forget(self) -> None:
        """After a gap nothing is known any more: every input settles, and is reported, anew."""
        self._settled.clear()
        self._candidates.clear()
