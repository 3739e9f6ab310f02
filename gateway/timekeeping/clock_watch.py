"""Keeps how far the gate's clock is from others, between two measurements too. Pure; the clocks are passed in.

A measurement holds for one moment. From then on the gate's clock is watched against the monotonic one, which nobody sets:
whoever puts the clock forward or back changes the offset by as much, at once, with no server to be asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.model.clock import Clock

PLATFORM: Final = "platform"
NTP: Final = "NTP"


@dataclass(frozen=True, slots=True)
class _Mark:
    ahead_s: float
    at: datetime
    monotonic: float


class ClockWatch:
    """All offsets are seconds by which the gate's clock is ahead of the other one; negative where it is behind."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float], limit_s: float) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._limit_s = limit_s
        self._marks: dict[str, _Mark] = {}

    def measured(self, reference: str, ahead_s: float) -> None:
        """The gate's clock was this far ahead of `reference` just now."""
        self._marks[reference] = _Mark(ahead_s, self._clock(), self._monotonic())

    def offsets(self) -> Mapping[str, float]:
        """By every reference that has been measured."""
        now, monotonic = self._clock(), self._monotonic()
        return {
            name: mark.ahead_s + (now - mark.at).total_seconds() - (monotonic - mark.monotonic)
            for name, mark in self._marks.items()
        }

    def fault(self) -> str:
        """Against whom the clock is off by more than the limit, as `NTP +2.4 s`; empty while it is not."""
        off = [f"{name} {ahead:+.1f} s" for name, ahead in self.offsets().items() if abs(ahead) > self._limit_s]
        return "; ".join(off)
