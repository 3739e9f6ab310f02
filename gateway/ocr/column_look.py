"""A second look at columns: narrower, because the ribs beside them look like strokes; wider, because a wide-angle lens bends them;
and longer, because finders lose their ends."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from gateway.ocr.container_grammar import NumberReading, read_number
from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, size_of
from gateway.ocr.glyphs import Floats, Glyphs
from gateway.ocr.lines import Chain, Line
from gateway.ocr.size_type import read_size_type
from gateway.ocr.understanding import Sighting

WIDTHS: Final = (-0.25, -0.15, -0.05, 0.05, 0.15)  # how much wider a column is cut, on each side; ribs beside it read as I
NUMBER_LENGTH: Final = 13.5  # characters with the gaps between the groups
LEAST_CHARACTERS: Final = 5
MOST_COLUMNS: Final = 3
WINDOWS: Final = (11, 12, 10)  # glyphs: a whole number, one with dirt, one without its check digit


def look_at_columns(engine: TextEngine, image: Image, lines: Sequence[Line]) -> list[Sighting]:
    """Numbers in columns that a first look read only in part. Columns that hold a size and type code are left out."""
    columns = [line for line in lines if line.column and line.characters >= LEAST_CHARACTERS]
    columns = [line for line in columns if read_size_type(line.glyphs) is None]
    columns = sorted(columns, key=lambda line: (-line.characters, -line.height))[:MOST_COLUMNS]
    quads = [quad for line in columns for quad in _variants(line, image.shape[0])]
    read = engine.read_columns([cut(image, quad) for quad in quads])
    known = [(line.quad, line.glyphs) for line in columns if line.characters > NUMBER_LENGTH]  # shorter ones were read as they are
    found = [_sighting(quad, glyphs) for quad, glyphs in (*known, *zip(quads, read, strict=True))]
    return [sighting for sighting in found if sighting is not None]


def _variants(line: Line, picture_height: int) -> list[Floats]:
    missing = max(0.0, NUMBER_LENGTH - line.characters)
    pitch = size_of(line.quad)[1] / max(line.characters, 1)
    longer = _stretched(line.quad, missing * pitch, picture_height) if missing > 3 else None
    quads = [line.quad] if longer is None else [line.quad, longer]
    return [_widened(quad, share) for quad in quads for share in WIDTHS]


def _widened(column: Floats, share: float) -> Floats:
    aside = (column[1] - column[0] + column[2] - column[3]) / 2 * share
    return np.array([column[0] - aside, column[1] + aside, column[2] + aside, column[3] - aside], dtype=np.float32)


def _stretched(column: Floats, by: float, picture_height: int) -> Floats:
    """Longer by `by` pixels at both ends, as far as the picture goes."""
    down = (column[3] - column[0] + column[2] - column[1]) / 2
    length = max(float(np.linalg.norm(down)), 1e-6)
    up = min(by, max(0.0, float(column[:2, 1].min())))
    below = min(by, max(0.0, picture_height - float(column[2:, 1].max())))
    step = down / length
    return np.array(
        [column[0] - step * up, column[1] - step * up, column[2] + step * below, column[3] + step * below], dtype=np.float32
    )


def _sighting(quad: Floats, glyphs: Glyphs) -> Sighting | None:
    """The best number in any stretch of the glyphs: a longer column also holds what is painted above and below."""
    best: tuple[NumberReading, Glyphs] | None = None
    for length in WINDOWS:
        for start in range(max(0, len(glyphs) - length) + 1):
            window = glyphs[start : start + length]
            reading = read_number(window)
            if reading is not None and (best is None or reading.log > best[0].log):
                best = (reading, window)
    if best is None:
        return None
    return Sighting(best[0], Chain((Line(quad, best[1], column=True),)))
