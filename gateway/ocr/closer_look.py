"""Where to look more closely: around lines that may be a piece of a container number, and along unfinished columns.

A whole picture at twice the size costs four times the first look; the neighbourhood of a piece costs a fraction of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image
from gateway.ocr.lines import Line
from gateway.ocr.looking import read_places
from gateway.ocr.markings import is_marking

ROW_REACH: Final = (13.0, 4.0)  # left and right, above and below a row's middle, in text heights: a whole number fits
COLUMN_ASIDE: Final = 2.5  # left and right of a column, in widths
NUMBER_LENGTH: Final = 14  # characters with the gaps between the groups
LONG_COLUMN: Final = 7  # characters; few other things are lettered downwards so long
WANTED_HEIGHT: Final = 44.0  # pixels to which text is enlarged, margins included
LARGEST: Final = 3.0  # times
MOST_PLACES: Final = 3
LONGEST_SIDE: Final = 1280  # pixels of an enlarged place

_CERTAIN_PIECE: Final = re.compile(r"[A-Z]{3}U\d*|[A-Z]{0,3}\d{6,7}|[A-Z0-9]{0,3}U\d{6,7}")
_PIECE: Final = re.compile(_CERTAIN_PIECE.pattern + r"|[A-Z0-9]{2,3}[UV0OJZ]\d{0,6}|[A-Z]{4}\d*|\d{5,8}|[A-Z]{2,4}U.*")


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A part of the picture, pixels, and how many times it should be enlarged."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float

    def holds(self, other: "Neighbourhood") -> bool:
        x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def neighbourhoods(lines: Sequence[Line], width: int, height: int) -> list[Neighbourhood]:
    """At most `MOST_PLACES` places, those of the largest text first."""
    seeds = [line for line in lines if _may_be_a_piece(line)]
    found: list[Neighbourhood] = []
    for line in sorted(seeds, key=lambda line: (-line.characters, -line.height)):
        place = _around(line, width, height)
        if not any(other.holds(place) for other in found):
            found.append(place)
    return found[:MOST_PLACES]


def has_trace(lines: Sequence[Line]) -> bool:
    """Whether a container number may stand here at all: a long column, or a piece that is hardly anything else."""
    return any(line.column and line.characters >= LONG_COLUMN for line in lines) or bool(certain_pieces(lines, 0.0))


def certain_pieces(lines: Sequence[Line], least_height: float) -> list[Line]:
    """Lines, at least so many pixels high, that are hardly anything but an owner's code or a serial number."""
    return [line for line in lines if line.height >= least_height and _CERTAIN_PIECE.fullmatch(line.text)]


def _may_be_a_piece(line: Line) -> bool:
    if line.column:
        return line.characters >= 3
    text = re.sub(r"[^A-Z0-9]", "", line.text)
    return _PIECE.fullmatch(text) is not None and not is_marking(line.text)


def _around(line: Line, width: int, height: int) -> Neighbourhood:
    low, high = line.quad.min(axis=0), line.quad.max(axis=0)
    if line.column:
        pitch = float(high[1] - low[1]) / max(line.characters, 1)
        rest = max(2, NUMBER_LENGTH - line.characters) * pitch
        across, up = COLUMN_ASIDE * line.height, rest
    else:
        middle = (low + high) / 2
        across = ROW_REACH[0] * line.height - float(high[0] - middle[0])
        up = ROW_REACH[1] * line.height - float(high[1] - middle[1])
    across, up = max(across, line.height), max(up, line.height)
    left, right = max(0, int(low[0] - across)), min(width, int(high[0] + across) + 1)
    top, bottom = max(0, int(low[1] - up)), min(height, int(high[1] + up) + 1)
    scale = min(LARGEST, max(1.0, WANTED_HEIGHT / line.height), LONGEST_SIDE / max(right - left, bottom - top, 1))
    return Neighbourhood(left, top, right, bottom, scale)


def look_closer(engine: TextEngine, image: Image, lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines of each neighbourhood, read anew, one neighbourhood at a time."""
    for place in neighbourhoods(lines, image.shape[1], image.shape[0]):
        part = image[place.top : place.bottom, place.left : place.right]
        found = engine.find(part, round(place.scale * max(part.shape[:2])))
        shift = np.array([place.left, place.top], dtype=np.float32)
        yield read_places(engine, image, [seen.moved(shift) for seen in found])
