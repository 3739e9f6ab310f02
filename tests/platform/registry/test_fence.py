"""Fences: simple rings, however they are turned and wherever they begin; everything else is refused in words."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.platform.registry.fence import Fence, crosses_itself
from gateway.platform.registry.kinds import KINDS

SQUARE = [[120.0, 22.0], [120.1, 22.0], [120.1, 22.1], [120.0, 22.1], [120.0, 22.0]]


def fence(ring: object) -> Fence:
    return Fence.model_validate({"type": "Polygon", "coordinates": [ring]})


def test_a_fence_is_read_from_text_and_turned_counterclockwise() -> None:
    read = Fence.model_validate(json.dumps({"type": "Polygon", "coordinates": [SQUARE[::-1]]}))
    (ring,) = read.coordinates
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0
    assert {tuple(one) for one in SQUARE} == set(read.corners)
    assert fence(SQUARE) == Fence.model_validate_json(fence(SQUARE).model_dump_json())


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], "crosses"),  # a bow tie
        ([[0, 0], [2, 0], [1, 0], [1, 1], [0, 0]], "crosses"),  # goes back on itself
        ([[0, 0], [1, 0], [2, 0], [0, 0]], "crosses"),  # no area
        ([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4], [0, 0]], "crosses"),  # a corner on another side
        ([[0, 0], [0, 0], [1, 0], [1, 1], [0, 0]], "crosses"),  # a corner twice
        ([[0, 0], [1, 0], [1, 1]], "three corners"),
        ([[0, 0], [1, 0], [1, 1], [0, 1]], "not closed"),
        ([[0, 0], [181, 0], [1, 1], [0, 0]], "less than or equal to 180"),
        ([[0, 0], [math.nan, 0], [1, 1], [0, 0]], "finite"),
        ([[i / 100, i * i / 1e4] for i in range(300)] + [[0, 0]], "too many corners"),
    ],
)
def test_what_is_no_simple_ring_is_refused(ring: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        fence(ring)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "null", '{"type":"Point","coordinates":[1,2]}', '{"type":"Polygon","coordinates":[]}']
)
def test_text_that_is_no_polygon_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Fence.model_validate(text)


@given(st.lists(st.integers(1, 1000), min_size=3, max_size=40), st.integers(0, 39), st.booleans())
def test_a_star_around_a_point_never_crosses_itself(radii: list[int], start: int, backwards: bool) -> None:
    turn = 2 * math.pi / len(radii)
    ring = [(round(r * 1e5 * math.cos(i * turn)), round(r * 1e5 * math.sin(i * turn))) for i, r in enumerate(radii)]
    start %= len(ring)
    ring = ring[start:] + ring[:start]
    assert not crosses_itself(ring[::-1] if backwards else ring)


@given(st.integers(4, 30), st.data())
def test_two_corners_of_a_circle_exchanged_make_it_cross(count: int, data: st.DataObject) -> None:
    turn = 2 * math.pi / count
    ring = [(round(1e7 * math.cos(i * turn)), round(1e7 * math.sin(i * turn))) for i in range(count)]
    first = data.draw(st.integers(0, count - 2))
    ring[first], ring[first + 1] = ring[first + 1], ring[first]
    assert crosses_itself(ring)


def test_the_fence_of_a_place_is_kept_by_its_register() -> None:
    place = KINDS["place"].model.model_validate(KINDS["place"].example)
    assert len(place.fence.corners) == 4  # type: ignore[attr-defined]  # a Place
