"""What waits for a person at all gates now, as gates report it. Kept in memory: without its gate it means nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.model.remote_desk import WaitingLane

SILENT_AFTER: Final = timedelta(seconds=60)  # gates report at least every half minute
FORGOTTEN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle that waits, and whether its gate is still heard: a silent gate gets no ruling in time."""

    gate: str
    lane: WaitingLane
    heard: bool


class WaitingRoom:
    """The latest report of every gate."""

    def __init__(self) -> None:
        self._reports: dict[str, tuple[datetime, tuple[WaitingLane, ...]]] = {}

    def report(self, gate: str, lanes: tuple[WaitingLane, ...], now: datetime) -> bool:
        """Take a gate's report; whether anything waits otherwise than before, or the gate is heard again."""
        before = self._reports.get(gate)
        self._reports[gate] = (now, lanes)
        if before is None:
            return bool(lanes)
        return before[1] != lanes or (bool(lanes) and now - before[0] > SILENT_AFTER)

    def all(self, now: datetime) -> tuple[Waiting, ...]:
        """Who has waited longest comes first."""
        self._reports = {gate: told for gate, told in self._reports.items() if now - told[0] <= FORGOTTEN_AFTER}
        waiting = [Waiting(gate, lane, now - at <= SILENT_AFTER) for gate, (at, lanes) in self._reports.items() for lane in lanes]
        return tuple(sorted(waiting, key=lambda one: (one.lane.since, one.gate, one.lane.lane)))

    def find(self, gate: str, passage_id: str, now: datetime) -> Waiting | None:
        return next((one for one in self.all(now) if one.gate == gate and one.lane.passage_id == passage_id), None)
