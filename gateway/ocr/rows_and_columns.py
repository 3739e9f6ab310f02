"""Which quads are rows and which are pieces of a column, for finders that do not say."""

from collections.abc import Sequence
from typing import Final

from gateway.ocr.engine import Place
from gateway.ocr.geometry import size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.stacked import joined_columns

SINGLE_TALL: Final = 1.25  # from this times its width a piece may be part of a column
SINGLE_WIDE: Final = 0.6  # down to this a piece may be a column's single character, when it fits below one
COLUMN_LENGTH: Final = 2.6  # times its width: two characters


def parted(quads: Sequence[Floats]) -> list[Place]:
    """Quads as rows and as whole columns. A single character may be both: a row of its own, and a column's last one."""
    rows, pieces = [], []
    for quad in quads:
        width, height = size_of(quad)
        if height < 2 * SINGLE_TALL * width:
            rows.append(quad)
        if height >= SINGLE_WIDE * width:
            pieces.append(quad)
    columns = [column for column in joined_columns(pieces) if _is_long(column)]
    return [*(Place(row) for row in rows), *(Place(column, column=True) for column in columns)]


def _is_long(column: Floats) -> bool:
    width, height = size_of(column)
    return height >= COLUMN_LENGTH * width
