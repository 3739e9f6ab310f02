"""The fence of a place: one ring around it, as a GeoJSON Polygon (RFC 7946 §3.1.6): longitude, then latitude, degrees (WGS 84)."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.look.i18n import _

MOST_CORNERS: Final = 200  # a port terminal with all its bends has some forty
_PER_DEGREE: Final = 10_000_000  # 1e-7 degrees are 11 mm: whole numbers, so that crossings are computed exactly

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Position = tuple[Longitude, Latitude]
_Point = tuple[int, int]


def _tuples(value: Any, levels: int) -> Any:
    return tuple(_tuples(one, levels - 1) for one in value) if levels and isinstance(value, list) else value


class Fence(BaseModel):
    """A simple polygon without holes. Its ring is kept counterclockwise, as RFC 7946 wants it; text of JSON is read, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["Polygon"] = "Polygon"
    coordinates: tuple[tuple[Position, ...]] = Field(
        description="One closed ring of [longitude, latitude]: the first position is also the last"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        try:
            read = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            raise ValueError(_("This is no GeoJSON.")) from None
        if not isinstance(read, dict) or "coordinates" not in read:
            return read
        return read | {"coordinates": _tuples(read["coordinates"], levels=3)}  # strictly, a list is none

    @field_validator("coordinates")
    @classmethod
    def _one_simple_ring(cls, rings: tuple[tuple[Position, ...]]) -> tuple[tuple[Position, ...]]:
        (ring,) = rings
        points = [_exact(position) for position in ring]
        if len(points) < 4:
            raise ValueError(_("A fence has at least three corners."))
        if points[0] != points[-1]:
            raise ValueError(_("The ring is not closed: its last position has to be its first."))
        if len(points) - 1 > MOST_CORNERS:
            raise ValueError(_("The fence has too many corners (at most 200)."))
        if crosses_itself(points[:-1]):
            raise ValueError(_("The fence crosses or touches itself."))
        kept = tuple((x / _PER_DEGREE, y / _PER_DEGREE) for x, y in points)
        return (kept if _doubled_area(points) > 0 else kept[::-1],)

    @property
    def corners(self) -> tuple[Position, ...]:
        """Each corner once."""
        return self.coordinates[0][:-1]


def _exact(position: Position) -> _Point:
    return round(position[0] * _PER_DEGREE), round(position[1] * _PER_DEGREE)


def _doubled_area(ring: Sequence[_Point]) -> int:
    """Twice the area of a closed ring; positive where it runs counterclockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def _turn(a: _Point, b: _Point, c: _Point) -> int:
    """Positive where a → b → c turns left, negative where right, 0 where the three are on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(a: _Point, b: _Point, c: _Point) -> bool:
    """Whether `c`, on the line through a and b, is between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Whether the sides a-b and c-d have any point in common."""
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if (turns[0] > 0) != (turns[1] > 0) and (turns[2] > 0) != (turns[3] > 0) and 0 not in turns:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _within(*three) for turn, three in zip(turns, ends, strict=True))


def _turns_back(a: _Point, b: _Point, c: _Point) -> bool:
    """Whether the way a → b → c stands still or goes back on itself."""
    return _turn(a, b, c) == 0 and (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) <= 0


def crosses_itself(corners: Sequence[_Point]) -> bool:
    """Whether two sides of the polygon have more in common than the corner between neighbours."""
    count = len(corners)
    sides = [(corners[i], corners[(i + 1) % count]) for i in range(count)]
    if any(_turns_back(sides[i][0], sides[i][1], sides[(i + 1) % count][1]) for i in range(count)):
        return True
    return any(_meet(*sides[i], *sides[j]) for i in range(count) for j in range(i + 2, count) if not (i == 0 and j == count - 1))
