"""Tells every lane when the gate's clock is off, so that each record made meanwhile says so, and the screen too."""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.model.availability import Availability
from gateway.model.clock import Clock
from gateway.model.device import Emit, StateChanged
from gateway.model.observation import CLOCK, DeviceState
from gateway.timekeeping.clock_watch import ClockWatch

WORTH_TELLING_S: Final = 0.5  # an offset that moved by less says nothing new


class ClockReport:
    """`on_state` hears once of a clock that is off and once of one that is right again; `lanes` also how it moves meanwhile."""

    def __init__(self, watch: ClockWatch, clock: Clock, on_state: StateChanged, lanes: Sequence[Emit]) -> None:
        self._watch, self._clock, self._lanes, self._on_state = watch, clock, lanes, on_state
        self._availability = Availability(self._changed)
        self._offsets: Mapping[str, float] = {}
        self._told: Mapping[str, float] | None = None

    def look(self) -> Mapping[str, float]:
        """Once a second or so. Gives the offsets by reference, for the screen."""
        offsets, fault = self._watch.offsets(), self._watch.fault()
        self._offsets = offsets
        if fault:
            if self._told is not None and _moved(self._told, offsets):
                self._tell_lanes(False, fault)
                self._told = offsets
            elif self._told is None:
                self._availability.lost(fault)
                self._told = offsets
        elif offsets:
            self._availability.working(", ".join(f"{name} {ahead:+.3f} s" for name, ahead in offsets.items()))
            self._told = None
        return offsets

    def _changed(self, working: bool, detail: str) -> None:
        self._on_state(working, detail)
        self._tell_lanes(working, detail)

    def _tell_lanes(self, working: bool, detail: str) -> None:
        """The records' own word, with the number that a lane judges by."""
        worst = max(self._offsets.values(), key=abs)
        for emit in self._lanes:
            emit(DeviceState(device=CLOCK, at=self._clock(), working=working, detail=detail, offset_s=worst))


def _moved(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    return before.keys() != now.keys() or any(abs(now[name] - before[name]) > WORTH_TELLING_S for name in now)
