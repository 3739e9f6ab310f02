"""Looking at a picture: the places that an engine finds become lines that have been read."""

from collections.abc import Sequence
from typing import Final

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.geometry import Image, cut, size_of
from gateway.ocr.lines import Line

MIN_HEIGHT: Final = 7.0  # pixels; smaller text cannot be read
MAX_LENGTH: Final = 30.0  # times the height; longer lines are edges and lettering strips
MOST_LINES: Final = 60  # a picture with more text than this is no gate


def look(engine: TextEngine, image: Image, longest_side: int) -> list[Line]:
    """Find and read all lines of a picture at one size."""
    return read_places(engine, image, engine.find(image, longest_side))


def read_places(engine: TextEngine, image: Image, places: Sequence[Place]) -> list[Line]:
    worth = sorted((place for place in places if _can_be_read(place)), key=lambda place: -place.likeness)[:MOST_LINES]
    rows = [place for place in worth if not place.column]
    columns = [place for place in worth if place.column]
    glyphs = engine.read([cut(image, row.quad) for row in rows]) + engine.read_columns(
        [cut(image, column.quad) for column in columns]
    )
    lines = [Line(place.quad, seen, place.column) for place, seen in zip([*rows, *columns], glyphs, strict=True)]
    return [line for line in lines if line.glyphs]


def _can_be_read(place: Place) -> bool:
    narrow, wide = sorted(size_of(place.quad))
    return narrow >= MIN_HEIGHT and wide <= MAX_LENGTH * narrow
