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
    return [line for line in read_lines(engine, image, worth) if line.glyphs]


def read_lines(engine: TextEngine, image: Image, places: Sequence[Place | Line]) -> list[Line]:
    """What stands in each place, or anew in each line, in the order given."""
    rows = iter(engine.read([cut(image, place.quad) for place in places if not place.column]))
    columns = iter(engine.read_columns([cut(image, place.quad) for place in places if place.column]))
    return [Line(place.quad, next(columns if place.column else rows), place.column) for place in places]


def _can_be_read(place: Place) -> bool:
    narrow, wide = sorted(size_of(place.quad))
    return narrow >= MIN_HEIGHT and wide <= MAX_LENGTH * narrow
