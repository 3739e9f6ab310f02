"""From the finder's maps to places: where a core lies, the lettering's box lies around it."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.geometry import size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.places import COLUMN, NUMBER, ROOM, ROW, places_from_maps


def maps() -> Floats:
    return np.zeros((3, 120, 200), dtype=np.float32)


def painted(which: int, box: tuple[float, float, float, float], angle: float = 0.0, likeness: float = 0.9) -> Floats:
    """Maps with one core: middle x and y, width and height, in pixels of the map."""
    x, y, width, height = box
    drawn = maps()
    corners = cv2.boxPoints(((x, y), (width, height), angle)).round().astype(np.int32)
    cv2.fillPoly(drawn[which], [corners], 1.0)
    cv2.fillPoly(drawn[NUMBER], [corners], likeness)
    return drawn


def test_an_empty_scene_holds_nothing() -> None:
    assert places_from_maps(maps(), 1.0, 1.0) == []


def test_a_row_is_as_wide_as_its_core_and_a_margin_and_stands_in_the_pictures_pixels() -> None:
    (place,) = places_from_maps(painted(ROW, (100, 60, 80, 6)), 1.5, 1.5)
    width, height = size_of(place.quad)
    thick = 7 * 3  # seven pixels of the map, three of the picture each
    assert not place.column
    assert abs(place.likeness - 0.9) < 0.01
    assert abs(height - thick * (1 + 2 * ROOM[ROW])) < 3
    assert abs(width - (81 * 3 + thick * 2 * ROOM[ROW])) < 3
    assert np.abs(place.quad.mean(axis=0) - [301.5, 181.5]).max() < 3
    assert place.quad[0].sum() == place.quad.sum(axis=1).min()


def test_a_column_says_that_it_is_one() -> None:
    (place,) = places_from_maps(painted(COLUMN, (50, 60, 6, 90)), 1.0, 1.0)
    width, height = size_of(place.quad)
    assert place.column
    assert height > 4 * width


def test_specks_and_doubtful_cores_are_left_out() -> None:
    speck = maps()
    speck[ROW, 10, 10:14] = 1.0
    assert places_from_maps(speck, 1.0, 1.0) == []
    assert places_from_maps(painted(ROW, (100, 60, 80, 6)) * 0.4, 1.0, 1.0) == []


@given(st.floats(-30, 30), st.floats(60, 140), st.floats(40, 80), st.floats(40, 90), st.floats(5, 14))
def test_a_tilted_row_is_found_where_it_lies(angle: float, x: float, y: float, width: float, height: float) -> None:
    (place,) = places_from_maps(painted(ROW, (x, y, width, height), angle), 1.0, 1.0)
    middle = place.quad.mean(axis=0) / 2
    assert np.abs(middle - [x + 0.5, y + 0.5]).max() < 1.6
    along = place.quad[1] - place.quad[0]
    assert abs(np.degrees(np.arctan2(along[1], along[0])) - angle) < 6
