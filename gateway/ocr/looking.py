"""Looking at a picture: the places that an engine finds become lines that have been read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.geometry import Image, cut, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.lines import Line

MIN_HEIGHT: Final = 7.0  # pixels; smaller text cannot be read
MAX_LENGTH: Final = 30.0  # times the height; longer lines are edges and lettering strips
MOST_LINES: Final = 60  # a picture with more text than this is no gate


def look(engine: TextEngine, image: Image, longest_side: int) -> list[Line]:
    """Find and read all lines of a picture at one size."""
    return read_places(engine, image, engine.find(image, longest_side))


def look_turned(engine: TextEngine, image: Image, longest_side: int) -> list[Line]:
    """Find and read the rows of a picture that lies on its side, either way."""
    height, width = image.shape[:2]
    places = []
    for quarters in (1, 3):
        back = _unturned(quarters, width, height)
        for place in engine.find(np.ascontiguousarray(np.rot90(image, quarters)), longest_side):
            if not place.column:
                places.append(replace(place, quad=cv2.transform(place.quad[None], back)[0]))
    return read_places(engine, image, places)


def _unturned(quarters: int, width: int, height: int) -> Floats:
    """From a picture turned left by one or three quarters to the picture, which is `width` × `height`."""
    matrix = [[0, -1, width], [1, 0, 0]] if quarters == 1 else [[0, 1, 0], [-1, 0, height]]
    return np.array(matrix, dtype=np.float32)


def read_places(engine: TextEngine, image: Image, places: Sequence[Place]) -> list[Line]:
    worth = sorted((place for place in places if _can_be_read(place)), key=lambda place: -place.likeness)[:MOST_LINES]
    return [line for line in read_lines(engine, image, worth) if line.glyphs]


def read_lines(engine: TextEngine, image: Image, places: Sequence[Place | Line]) -> list[Line]:
    """What stands in each place, or anew in each line, in the order given."""
    rows = iter(engine.read([cut(image, place.quad) for place in places if not place.column]))
    columns = iter(engine.read_columns([cut(image, place.quad) for place in places if place.column]))
    return [Line(place.quad, next(columns if place.column else rows), place.column) for place in places]


def _can_be_read(place: Place) -> bool:
    narrow, wide = sorted(size_of(place.quad))
    return narrow >= MIN_HEIGHT and wide <= MAX_LENGTH * narrow
