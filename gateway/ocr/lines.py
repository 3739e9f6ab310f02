"""Lines of text, and the ways in which neighbouring lines may belong to one number.

A container number is painted in one row, in a row that a door rod cuts in pieces, in two rows (owner above serial), in a
grid of three or four short rows, or down a column. So lines are chained: to the right along a row, then down to the next row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, cast

import numpy as np

from gateway.ocr.geometry import around, size_of, unit
from gateway.ocr.glyphs import HYPHEN, OTHER, Floats, Glyph, Glyphs, text_of

MAX_GAP: Final = 3.6  # widest gap between pieces of one row, in text heights: a door rod with its brackets
MAX_OVERLAP: Final = 0.8  # quads are drawn generously and may overlap by this many heights
MAX_TILT: Final = 0.45  # how far apart two pieces' middles may lie across the row, in heights
SIZE_RATIO: Final = 1.8  # pieces of one number are about equally tall
LEAST_DROP: Final = 0.5  # from the middle of a row to that of the next, in text heights
MAX_DROP: Final = 2.2
MAX_PIECES: Final = 5  # of one row
MAX_ROWS: Final = 5
MAX_CHARACTERS: Final = 16  # eleven, and dirt
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Line:
    """A line as it was read. `quad`: pixels, clockwise from the text's own top left. `column`: its characters are stacked."""

    quad: Floats
    glyphs: Glyphs
    column: bool = False

    @cached_property
    def height(self) -> float:
        """Height of a character with its margin, pixels; in a column its width, which is about the same."""
        return size_of(self.quad)[0 if self.column else 1]

    @cached_property
    def width(self) -> float:
        return size_of(self.quad)[0]

    @cached_property
    def text(self) -> str:
        return text_of(self.glyphs)

    @cached_property
    def characters(self) -> int:
        """Letters and digits that stand in it for certain."""
        return sum(glyph.presence >= 0.5 and glyph.best not in (OTHER, HYPHEN) for glyph in self.glyphs)

    @property
    def is_clear(self) -> bool:
        """Whether every one of its characters is likelier than all others together."""
        return all(glyph.weights.max() >= 0.5 for glyph in self.glyphs if glyph.presence >= 0.5)

    @cached_property
    def axes(self) -> tuple[Floats, Floats]:
        """Unit vectors along the text and down from it."""
        (x, y) = self.along
        return np.array([x, y], dtype=np.float32), np.array([-y, x], dtype=np.float32)

    @cached_property
    def along(self) -> Point:
        """Unit vector along the text."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self._corners
        return unit(bx - ax + cx - dx, by - ay + cy - dy)

    @cached_property
    def _corners(self) -> list[list[float]]:
        return cast(list[list[float]], self.quad.tolist())

    @cached_property
    def centre(self) -> Point:
        return sum(x for x, _ in self._corners) / 4, sum(y for _, y in self._corners) / 4

    @cached_property
    def left(self) -> Point:
        """The middle of the left end."""
        (ax, ay), _, _, (dx, dy) = self._corners
        return (ax + dx) / 2, (ay + dy) / 2

    @cached_property
    def right(self) -> Point:
        _, (bx, by), (cx, cy), _ = self._corners
        return (bx + cx) / 2, (by + cy) / 2

    @cached_property
    def ends(self) -> tuple[Point, Point]:
        """The upper corners."""
        return (self._corners[0][0], self._corners[0][1]), (self._corners[1][0], self._corners[1][1])


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """Lines that may be one number, in reading order."""

    lines: tuple[Line, ...]
    rows: int = 1

    @property
    def glyphs(self) -> tuple[Glyph, ...]:
        """All glyphs; `at` runs along the whole chain, so that the gap between pieces shows."""
        if len(self.lines) == 1:
            return self.lines[0].glyphs
        start = self.lines[0].quad[0]
        along, _ = self.lines[0].axes
        total = max(float((self.lines[-1].quad[1] - start) @ along), 1e-6)
        return tuple(
            replace(glyph, at=(float((line.quad[0] - start) @ along) + glyph.at * line.width) / total)
            for line in self.lines
            for glyph in line.glyphs
        )

    @property
    def characters(self) -> int:
        return sum(line.characters for line in self.lines)

    @property
    def quad(self) -> Floats:
        return around([line.quad for line in self.lines])

    @property
    def height(self) -> float:
        return float(np.median([line.height for line in self.lines]))


def _alike(one: Line, other: Line) -> bool:
    small, large = sorted((one.height, other.height))
    return not one.column and not other.column and large <= SIZE_RATIO * max(small, 1e-6)


def gap_to_right(line: Line, other: Line) -> float | None:
    """How far `other` begins right of `line`'s end, in heights; None where it is not the same row."""
    if other is line or not _alike(line, other):
        return None
    height = (line.height + other.height) / 2
    (x, y), (other_x, other_y) = line.along, other.along
    x, y = unit(x * line.width + other_x * other.width, y * line.width + other_y * other.width)
    step_x, step_y = other.left[0] - line.right[0], other.left[1] - line.right[1]
    gap = (step_x * x + step_y * y) / height
    across = abs(step_y * x - step_x * y) / height
    if not -MAX_OVERLAP <= gap <= MAX_GAP or across > MAX_TILT + 0.1 * max(gap, 0.0):
        return None
    if (other.centre[0] - line.centre[0]) * x + (other.centre[1] - line.centre[1]) * y <= 0:
        return None
    return gap


def drop_below(line: Line, other: Line) -> float | None:
    """How far `other`'s middle lies below `line`'s, in heights; None where it is not the next row below."""
    if other is line or not _alike(line, other):
        return None
    x, y = line.along
    height = (line.height + other.height) / 2
    drop = ((other.centre[1] - line.centre[1]) * x - (other.centre[0] - line.centre[0]) * y) / height
    if not LEAST_DROP <= drop <= MAX_DROP:
        return None
    (from_x, from_y), _ = line.ends
    start, end = ((corner_x - from_x) * x + (corner_y - from_y) * y for corner_x, corner_y in other.ends)
    beside = end < -0.5 * height or start > line.width + 0.5 * height
    return None if beside else drop


def _row_from(first: Line, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The row that begins with `first`: its nearest neighbour to the right, again and again."""
    row = [first]
    while len(row) < MAX_PIECES:
        gaps = [(gap, i) for i, line in enumerate(lines) if line not in row and (gap := gap_to_right(row[-1], line)) is not None]
        if not gaps:
            break
        row.append(lines[min(gaps)[1]])
    return tuple(row)


def _prefixes(row: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    for count in range(1, len(row) + 1):
        yield row[:count]


def rows(lines: Sequence[Line], most: int) -> Iterator[Chain]:
    """Every row of up to `most` neighbouring pieces."""
    for first in lines:
        yield from (Chain(pieces) for pieces in _prefixes(_row_from(first, lines)[:most]))


def _leftmost(lines: list[Line], above: Line) -> Line:
    x, y = above.along
    return min(lines, key=lambda line: line.centre[0] * x + line.centre[1] * y)


def _below(chain: Chain, lines: Sequence[Line]) -> Line | None:
    """The first piece of the row under a chain's last row."""
    last = chain.lines[-1]
    drops = [(drop, line) for line in lines if line not in chain.lines and (drop := drop_below(last, line)) is not None]
    if not drops:
        return None
    nearest = min(drop for drop, _ in drops)
    return _leftmost([line for drop, line in drops if drop <= nearest + 0.6], last)


def chains(lines: Sequence[Line]) -> Iterator[Chain]:
    """Every chain that may hold one whole number, at most `MAX_CHARACTERS` long."""
    row_of = {id(line): _row_from(line, lines) for line in lines}
    for first in lines:
        for pieces in _prefixes(row_of[id(first)]):
            chain = Chain(pieces)
            while chain.characters <= MAX_CHARACTERS:
                yield chain
                below = _below(chain, lines) if chain.rows < MAX_ROWS else None
                if below is None:
                    break
                taken = [line for line in row_of[id(below)] if line not in chain.lines]
                yield from (Chain((*chain.lines, *some), chain.rows + 1) for some in _prefixes(tuple(taken[:-1])) if some)
                chain = Chain((*chain.lines, *taken), chain.rows + 1)
