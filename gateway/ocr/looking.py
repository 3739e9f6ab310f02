"""Looking at a picture: an engine's quads and glyphs become lines, rows as they are and columns laid side by side."""

from collections.abc import Sequence
from typing import Final

from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.lines import Line
from gateway.ocr.stacked import joined_columns, unstack

MIN_HEIGHT: Final = 7.0  # pixels; smaller text cannot be read
MAX_LENGTH: Final = 30.0  # times the height; longer lines are edges and lettering strips
SINGLE_TALL: Final = 1.25  # from this times its width a piece may be part of a column
SINGLE_WIDE: Final = 0.6  # down to this a piece may be a column's single character, when it fits below one
COLUMN_LENGTH: Final = 2.6  # times its width: two characters


def look(engine: TextEngine, image: Image, longest_side: int) -> list[Line]:
    """Find and read all lines of a picture at one size."""
    return read_quads(engine, image, engine.find(image, longest_side))


def read_quads(engine: TextEngine, image: Image, quads: Sequence[Floats]) -> list[Line]:
    rows, columns = parted(quads)
    strips = [(column, strip) for column in columns if (strip := unstack(image, column)) is not None]
    pictures = [cut(image, row) for row in rows] + [strip.image for _, strip in strips]
    places = [*rows, *(column for column, _ in strips)]
    glyphs = engine.read(pictures)
    return [Line(quad, seen, column=i >= len(rows)) for i, (quad, seen) in enumerate(zip(places, glyphs, strict=True))]


def parted(quads: Sequence[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Quads as rows and as whole columns. A single character may be both: a row of its own, and a column's last one."""
    rows, pieces = [], []
    for quad in quads:
        width, height = size_of(quad)
        if min(width, height) < MIN_HEIGHT or max(width, height) > MAX_LENGTH * min(width, height):
            continue
        if height < 2 * SINGLE_TALL * width:
            rows.append(quad)
        if height >= SINGLE_WIDE * width:
            pieces.append(quad)
    columns = [column for column in joined_columns(pieces) if _is_long(column)]
    return rows, columns


def _is_long(column: Floats) -> bool:
    width, height = size_of(column)
    return height >= COLUMN_LENGTH * width
