"""Whether a confidence is what it says: of the numbers read with 0.9, nine in ten should be right.

A number is right when the picture is labelled with it. Of pictures whose label lists only some of what is there, numbers beyond
the label are left out: nobody knows whether they are right.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from bench.reading_measure.corpus import Picture, bare
from bench.reading_measure.counting import numbers_in
from bench.reading_measure.records import Record

# Finer where it matters: a lane relies on what is nearly certain.
EDGES: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
NORMAL_95: Final = 1.96  # standard deviations to either side that hold 95 %


@dataclass(frozen=True, slots=True)
class Read:
    """One number that was read: how sure the engine was, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Reads of about the same confidence (from `low`, below `high`; the last bin holds 1 too). Shares run from 0 to 1."""

    low: float
    high: float
    count: int
    right: int
    said: float  # mean confidence; the bin's middle where it is empty

    @property
    def share(self) -> float | None:
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95 % certainty (Wilson 1927)."""
        if not self.count:
            return 0.0, 1.0
        spread = NORMAL_95**2 / self.count
        middle = (self.right / self.count + spread / 2) / (1 + spread)
        half = NORMAL_95 / (1 + spread) * sqrt(self.right * (self.count - self.right) / self.count**3 + spread / (4 * self.count))
        return max(middle - half, 0.0), min(middle + half, 1.0)


def reads(pictures: Iterable[Picture], records: Mapping[Path, Record]) -> list[Read]:
    """Every number read in these pictures, accepted or not."""
    found = []
    for picture in pictures:
        record = records.get(picture.path)
        for number in numbers_in(record, picture.kind) if record else ():
            right = bare(number.number) in picture.numbers
            if right or not picture.partial:
                found.append(Read(number.confidence, right))
    return found


def bins(found: Sequence[Read]) -> list[Bin]:
    made = []
    for low, high in pairwise(EDGES):
        inside = [read for read in found if low <= read.confidence < high or read.confidence == high == EDGES[-1]]
        said = sum(read.confidence for read in inside) / len(inside) if inside else (low + high) / 2
        made.append(Bin(low, high, len(inside), sum(read.right for read in inside), said))
    return made


def error(found: Sequence[Bin]) -> float:
    """How far confidence and truth are apart, weighed by how many reads it concerns (expected calibration error, 0 to 1)."""
    total = sum(made.count for made in found)
    return sum(abs(made.right - made.said * made.count) for made in found) / max(total, 1)


# The plot --------------------------------------------------------------------------------------------------------------

_WIDTH: Final = 760
_LEFT: Final = 64
_TOP: Final = 46
_PLOT: Final = 200  # height of the bars' field, pixels
_PANEL: Final = _TOP + _PLOT + 74
_BAR: Final = 0.62  # of a column's width


def plot(panels: Mapping[str, Sequence[Bin]]) -> str:
    """A reliability plot as SVG, one panel a kind: bars are what was right, marks what was said, whiskers 95 % intervals."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_PANEL * len(panels)}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#1a1f24">',
        f'<rect width="{_WIDTH}" height="{_PANEL * len(panels)}" fill="#ffffff"/>',
    ]
    for row, (title, found) in enumerate(panels.items()):
        parts += [f'<g transform="translate(0 {row * _PANEL})">', *_panel(title, found), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, found: Sequence[Bin]) -> list[str]:
    total, step = sum(made.count for made in found), (_WIDTH - _LEFT - 16) / len(found)
    heading = f"{title}: {total} numbers read; said and right differ by {error(found) * 100:.1f} % on average"
    parts = [f'<text x="{_LEFT}" y="22" font-size="14" font-weight="600">{escape(heading)}</text>']
    for tenth in range(0, 11, 2):
        y = _height(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dde2e6"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#5a646d">{tenth * 10} %</text>')
    for column, made in enumerate(found):
        parts += _column(made, _LEFT + column * step, step)
    low = _TOP + _PLOT
    parts.append(f'<text x="{_LEFT - 8}" y="{low + 18}" text-anchor="end" fill="#5a646d">said</text>')
    parts.append(f'<text x="{_LEFT - 8}" y="{low + 36}" text-anchor="end" fill="#5a646d">reads</text>')
    parts.append(
        f'<text x="{_LEFT}" y="{low + 56}" fill="#5a646d">bar: share that was right, with its 95 % interval · '
        "diamond: what was said on average</text>"
    )
    return parts


def _column(made: Bin, left: float, step: float) -> list[str]:
    middle, width, low = left + step / 2, step * _BAR, _TOP + _PLOT
    label = f"{made.low:g}–{made.high:g}"
    parts = [
        f'<text x="{middle:.1f}" y="{low + 18}" text-anchor="middle">{label}</text>',
        f'<text x="{middle:.1f}" y="{low + 36}" text-anchor="middle" fill="#5a646d">{made.count}</text>',
    ]
    if made.share is None:
        return parts
    top, (least, most) = _height(made.share), (_height(value) for value in made.interval)
    said = _height(made.said)
    return [
        f'<rect x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{low - top:.1f}" fill="#7fa7c9"/>',
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{most:.1f}" y2="{least:.1f}" stroke="#27455e" stroke-width="1.5"/>',
        f'<path d="M{middle:.1f} {said - 6:.1f}l6 6l-6 6l-6 -6z" fill="#c2410c" stroke="#ffffff"/>',
        *parts,
    ]


def _height(share: float) -> float:
    """From a share to pixels from the panel's top."""
    return _TOP + _PLOT * (1 - share)
