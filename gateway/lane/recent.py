"""Short memories of a lane: what came just before a vehicle was noticed, and what only repeats itself."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from gateway.model.observation import (
    LAMPS,
    DeviceState,
    ManualOpening,
    Observation,
    PassiveSealRead,
    PassRead,
    Presence,
    SealRejected,
    VehicleSealHeard,
)

RadioKey = tuple[str, str, str]  # kind of observation, and whom it is about

MAX_RECENT: Final = 500  # 200 seals at 10 Hz are collapsed to one a second each before they come here
REPEAT_AFTER: Final = timedelta(seconds=1)  # an unchanged tag or seal is worth one line a second


class Recent:
    """What the radio heard in the last moments while nobody is there: a pass held out early, seals of an approaching truck.

    What cameras saw then is left out: it may well be the vehicle before, and the next one will be read again. Device states
    are kept however old: they still hold.
    """

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._seen: deque[Observation] = deque(maxlen=MAX_RECENT)
        self._devices: dict[str, DeviceState] = {}
        self._of_the_last: frozenset[RadioKey] = frozenset()

    def note(self, seen: Observation) -> None:
        """Device states are noted whatever the lane is doing."""
        if isinstance(seen, DeviceState) and seen.device != LAMPS:
            self._devices[seen.device] = seen

    def add(self, seen: Observation) -> Observation:
        """Remember it if it is of a kind that counts; returns it."""
        key = key_of(seen)
        if isinstance(seen, Presence | ManualOpening) or (key is not None and key not in self._of_the_last):
            self._seen.append(seen)
        return seen

    def clock_shows(self, now: datetime) -> None:
        """What is dated later than now was seen before the clock was put back, nobody knows how long ago."""
        while self._seen and self._seen[-1].at > now:
            self._seen.pop()

    def take(self, at: datetime) -> list[Observation]:
        """Lost devices first, then what was seen within the span before `at`, in order of arrival."""
        lost = [state for _, state in sorted(self._devices.items()) if not state.working]
        return [*lost, *(seen for seen in self._seen if seen.at >= at - self._span)]

    def vehicle_left(self, heard: frozenset[RadioKey]) -> None:
        """What was seen belonged to the vehicle that has just gone, and so does what is still heard of its pass and seals."""
        self._seen.clear()
        self._of_the_last = heard


class Repeats:
    """Tells when a tag or a seal says nothing new: same state, within a second. Seals at 10 Hz would fill every record."""

    def __init__(self) -> None:
        self._last: dict[RadioKey, tuple[tuple[object, ...], datetime, float]] = {}

    def is_repeat(self, seen: Observation) -> bool:
        gist = _gist(seen)
        if gist is None:
            return False
        key, state, rssi = gist
        before = self._last.get(key)
        if before and before[0] == state and seen.at - before[1] < REPEAT_AFTER and rssi <= before[2]:
            return True
        self._last[key] = (state, seen.at, rssi)
        return False

    def heard(self) -> frozenset[RadioKey]:
        """All passes and seals heard since the last `clear`."""
        return frozenset(self._last)

    def clear(self) -> None:
        self._last.clear()


def key_of(seen: Observation) -> RadioKey | None:
    """Whom a pass, a chip or a seal's frame is about; None for everything else."""
    gist = _gist(seen)
    return gist[0] if gist else None


def _gist(seen: Observation) -> tuple[RadioKey, tuple[object, ...], float] | None:
    """Whom an observation is about, its state, and its strength; a stronger signal is news."""
    match seen:
        case PassRead():
            return (seen.kind, seen.technology, seen.uid), (seen.driving_licence,), seen.rssi or 0.0
        case PassiveSealRead():
            return (seen.kind, "", seen.epc), (seen.number,), seen.rssi or 0.0
        case VehicleSealHeard():
            state = seen.model_dump(exclude={"device", "at", "rssi", "elsewhere_rssi", "counter", "battery_percent"})
            return (seen.kind, "", seen.number), tuple(state.values()), seen.rssi
        case SealRejected():
            return (seen.kind, seen.address, seen.number or ""), (seen.why,), 0.0
        case _:
            return None
