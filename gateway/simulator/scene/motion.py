"""How a truck moves through the lane: from `progress` (0 to 1) to its place, its heading and its speed.

It rolls in, stands at progress 0.5, and rolls out; along the way in or out it turns from the yard into the lane.
"""

from dataclasses import dataclass
from math import atan2
from typing import Final

from gateway.simulator.scene.looks import View

PASSAGE_S: Final = 14.0  # how long a passage takes from 0 to 1, for the motion blur alone
_EASE: Final = 1.7  # distance to the stop ~ (remaining progress) ** 1.7: brakes to a stand
_TURN: Final = 0.45  # the share of the way, at its far end, on which the truck turns


@dataclass(frozen=True, slots=True)
class Place:
    """Where the truck's reference point is (metres), its heading (radians, 0 straight ahead) and its speed (m/s)."""

    x: float
    z: float
    heading: float
    speed: float


@dataclass(frozen=True, slots=True)
class _Way:
    """One half of the passage: how far it reaches along the lane, and how far aside it begins or ends, metres."""

    reach: float
    aside: float


def _way(view: View, length: float, incoming: bool) -> _Way:
    """A camera sees a truck come from afar (front) or pass by it (rear, side); `length` is the rig's, metres."""
    if view is View.FRONT:
        return _Way(-34.0, 22.0) if incoming else _Way(length + 9.0, 0.0)
    if view is View.REAR:
        return _Way(-(length + 6.0), 0.0) if incoming else _Way(36.0, -26.0)
    return _Way(-(length + 7.0), 0.0) if incoming else _Way(8.5, 0.0)


def place(view: View, length: float, progress: float) -> Place:
    """The truck's place at a progress; values outside 0 to 1 count as the nearer end."""
    progress = min(max(progress, 0.0), 1.0)
    way = _way(view, length, progress < 0.5)
    share = abs(progress - 0.5) / 0.5
    distance = share**_EASE
    turned = max(0.0, distance - (1 - _TURN)) / _TURN
    per_share = abs(way.reach) * _EASE * share ** (_EASE - 1)
    slope = way.aside * 2 * turned / _TURN / way.reach
    return Place(way.aside * turned**2, way.reach * distance, atan2(slope, 1.0), per_share * 2 / PASSAGE_S)
