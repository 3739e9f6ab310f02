"""Which lane a tag belongs to, when the antennas of two lanes see it: the one that sees it strongest while occupied. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.model.device import TagSighting
from gateway.model.lane_rules import LaneRules, OpenedBy

MAX_TAGS: Final = 5000  # far more than stand in all lanes at once; beyond it the ones seen longest ago are forgotten

TagKey = tuple[str, str]  # technology and uid


@dataclass(slots=True)
class _Seen:
    """How one lane saw one tag: most strongly, and last."""

    peak_dbm: float
    at: datetime


class TagLanes:
    """Told of every vehicle and asked about every tag. Times are those of the observations."""

    def __init__(self, rules: Mapping[str, LaneRules]) -> None:
        self._lookback = {lane: timedelta(seconds=its.lookback_s) for lane, its in rules.items()}
        self._quiet = {
            lane: timedelta(seconds=its.quiet_s) if its.opened_by is OpenedBy.CAMERA else None for lane, its in rules.items()
        }
        self._since: dict[str, datetime] = {}  # occupied lanes, and since when
        self._last: dict[str, datetime] = {}  # when each was last said to be occupied
        self._tags: dict[TagKey, dict[str, _Seen]] = {}

    def vehicle(self, lane: str, occupied: bool, at: datetime) -> None:
        """A vehicle is in the lane, or is gone."""
        if not occupied:
            self._since.pop(lane, None)
            return
        if not self._is_occupied(lane, at):
            self._since[lane] = at
        self._last[lane] = at

    def note(self, lane: str, tag: TagSighting) -> None:
        """An antenna of the lane has seen the tag. A reader that tells no strength saw it more weakly than one that does."""
        key = tag.technology, tag.uid
        lanes = self._tags.pop(key, {})  # put back at the end: the first one is the one seen longest ago
        self._tags[key] = lanes
        strength = -math.inf if tag.rssi is None else tag.rssi
        before = lanes.get(lane)
        if before is not None and self._is_of_this_vehicle(lane, before.at, tag.at):
            strength = max(strength, before.peak_dbm)
        lanes[lane] = _Seen(strength, tag.at)
        if len(self._tags) > MAX_TAGS:
            del self._tags[next(iter(self._tags))]

    def contested(self, lane: str, at: datetime) -> bool:
        """Whether a vehicle stands in another lane, too: then the first antenna to see a tag may not be the right one."""
        return any(other != lane and self._is_occupied(other, at) for other in self._since)

    def owns(self, lane: str, tag: TagSighting) -> bool:
        """Whether the tag, as noted so far, belongs to the lane: no other lane with a vehicle has seen it more strongly.

        An empty lane keeps what it owns in mind for the vehicle that may be arriving; until then nobody is given it.
        """
        lanes = self._tags.get((tag.technology, tag.uid), {})
        if lane not in lanes:
            return False  # forgotten, among thousands
        if self._is_occupied(lane, tag.at) and not self._is_of_this_vehicle(lane, tag.at, tag.at):
            return False  # held back by its reader, and so old that it was the vehicle before
        rivals = (
            seen.peak_dbm
            for other, seen in lanes.items()
            if other != lane and self._is_occupied(other, tag.at) and self._is_of_this_vehicle(other, seen.at, tag.at)
        )
        return all(lanes[lane].peak_dbm >= peak for peak in rivals)

    def _is_occupied(self, lane: str, at: datetime) -> bool:
        """Cameras never say that a vehicle has gone; they say again and again that it is there."""
        quiet = self._quiet[lane]
        return lane in self._since and (quiet is None or at - self._last[lane] < quiet)

    def _is_of_this_vehicle(self, lane: str, seen: datetime, now: datetime) -> bool:
        """Whether what was seen then counts now: since the vehicle came, or shortly before it; in an empty lane lately."""
        begun = self._since[lane] if self._is_occupied(lane, now) else now
        return seen >= begun - self._lookback[lane]
