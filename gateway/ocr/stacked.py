"""Columns of stacked upright characters, laid side by side so that a recogniser of rows can read them.

On a box's side the number runs down, one character below the other. The column is straightened, cut where nothing is
painted, and its characters are put next to each other on the same ground.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.ocr.geometry import Image, size_of
from gateway.ocr.glyphs import Floats

WIDTH: Final = 48  # pixels to which a column is brought before it is cut
LONGEST: Final = 40 * WIDTH
MARGIN: Final = 0.14  # of the width, on each side: ground only
INK_SHARE: Final = 0.06  # of a row's pixels; a row with less is empty
SHORTEST: Final = 0.42  # of the usual character's height; shorter pieces are dirt or a broken stroke
TALLEST: Final = 1.55  # of the usual height; taller pieces are two characters that touch
STRIP_HEIGHT: Final = 48
CHARACTER_HEIGHT: Final = 36
SPACING: Final = 5  # pixels between characters
JOIN_GAP: Final = 2.6  # widest gap between pieces of one column, in widths
JOIN_ASIDE: Final = 0.55  # how far aside the next piece may begin, in widths

Runs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False, slots=True)
class Strip:
    """A column's characters side by side. `cuts`: where each stood along the column (0 top, 1 bottom)."""

    image: Image
    cuts: tuple[tuple[float, float], ...]


def _column_axis(quad: Floats) -> tuple[Floats, Floats]:
    return (quad[0] + quad[1]) / 2, (quad[3] + quad[2]) / 2


def _gap_down(upper: Floats, lower: Floats) -> float | None:
    """How far below `upper` the piece `lower` begins, in widths; None where it is not the same column."""
    width = (size_of(upper)[0] + size_of(lower)[0]) / 2
    if not 0.65 <= size_of(upper)[0] / max(size_of(lower)[0], 1e-6) <= 1.55:
        return None
    top, bottom = _column_axis(upper)
    start, end = _column_axis(lower)
    down = (
        (bottom - top) / max(float(np.linalg.norm(bottom - top)), 1e-6) if size_of(upper)[1] > size_of(lower)[1] else (end - start)
    )
    down = down / max(float(np.linalg.norm(down)), 1e-6)
    gap = float((start - bottom) @ down) / width
    aside = abs(float((start - bottom) @ np.array([-down[1], down[0]]))) / width
    return gap if -0.8 <= gap <= JOIN_GAP and aside <= JOIN_ASIDE + 0.1 * max(gap, 0.0) else None


def joined_columns(quads: Sequence[Floats]) -> list[Floats]:
    """Pieces of one column as one quad, from the top piece's upper to the bottom piece's lower edge."""
    waiting = sorted(quads, key=lambda quad: float(quad[:, 1].min()))
    found: list[Floats] = []
    while waiting:
        pieces = [waiting.pop(0)]
        while gaps := [(gap, i) for i, quad in enumerate(waiting) if (gap := _gap_down(pieces[-1], quad)) is not None]:
            pieces.append(waiting.pop(min(gaps)[1]))
        found.append(np.array([pieces[0][0], pieces[0][1], pieces[-1][2], pieces[-1][3]], dtype=np.float32))
    return found


def unstack(column: Image) -> Strip | None:
    """A straightened column's characters side by side; None where fewer than two can be told apart."""
    straight = _scaled(column)
    ink = _ink(straight)
    runs = _characters(ink)
    if len(runs) < 2:
        return None
    ground = np.median(np.concatenate([straight[:, :3], straight[:, -3:]], axis=1), axis=(0, 1))
    length = len(straight)
    return Strip(_side_by_side(straight, runs, ground), tuple((top / length, bottom / length) for top, bottom in runs))


def _scaled(crop: Image) -> Image:
    height = min(LONGEST, max(WIDTH, round(crop.shape[0] * WIDTH / crop.shape[1])))
    way = cv2.INTER_AREA if crop.shape[1] > WIDTH else cv2.INTER_CUBIC
    return cast(Image, cv2.resize(crop, (WIDTH, height), interpolation=way))


def _ink(straight: Image) -> Floats:
    """How much paint each pixel shows, 0 to 1: how far it is from the ground beside the characters, in its own surroundings."""
    blurred = cv2.GaussianBlur(straight, (3, 3), 0).astype(np.float32)
    edge = max(2, round(WIDTH * MARGIN / 2))
    ground = np.median(np.concatenate([blurred[:, :edge], blurred[:, -edge:]], axis=1), axis=1)
    ground = cv2.blur(ground.reshape(-1, 1, 3), (1, 2 * WIDTH + 1), borderType=cv2.BORDER_REPLICATE).reshape(-1, 1, 3)
    distance = np.linalg.norm(blurred - ground, axis=2)
    ceiling = cv2.blur(
        np.quantile(distance, 0.9, axis=1).reshape(-1, 1).astype(np.float32), (1, 3 * WIDTH + 1), borderType=cv2.BORDER_REPLICATE
    )
    return cast(Floats, np.clip(distance / np.maximum(ceiling.reshape(-1, 1) * 1.3, 12.0), 0, 1))


def _runs(filled: NDArray[np.bool_]) -> Runs:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], filled.astype(np.int8), [0]])))
    return [(int(edges[i]), int(edges[i + 1])) for i in range(0, len(edges), 2)]


def _characters(ink: Floats) -> Runs:
    """Where each character begins and ends along the column."""
    middle = ink[:, round(WIDTH * MARGIN) : round(WIDTH * (1 - MARGIN))]
    profile = cv2.GaussianBlur((middle > 0.5).mean(axis=1).astype(np.float32).reshape(-1, 1), (1, 3), 0).ravel()
    runs = [run for run in _runs(profile > INK_SHARE) if run[1] - run[0] >= 4]
    heights = sorted(bottom - top for top, bottom in runs if bottom - top >= WIDTH * 0.4)
    if not heights:
        return []
    usual = float(np.median([height for height in heights if height <= heights[len(heights) // 2] * TALLEST]))
    found: Runs = []
    for top, bottom in runs:
        if bottom - top > TALLEST * usual:
            found.extend(_parted(profile, top, bottom, usual))
        elif bottom - top >= SHORTEST * usual:
            found.append((top, bottom))
    return found


def _parted(profile: Floats, top: int, bottom: int, usual: float) -> Runs:
    """Touching characters, parted at the emptiest rows near even steps."""
    count = max(2, round((bottom - top) / (usual * 1.08)))
    step = (bottom - top) / count
    cuts = [top]
    for i in range(1, count):
        low, high = round(top + step * (i - 0.25)), round(top + step * (i + 0.25))
        cuts.append(low + int(profile[low : high + 1].argmin()))
    cuts.append(bottom)
    return [(cuts[i], cuts[i + 1]) for i in range(count)]


def _side_by_side(straight: Image, runs: Runs, ground: Floats) -> Image:
    pieces = []
    for top, bottom in runs:
        piece = straight[max(0, top - 2) : bottom + 2]
        across = max(8, round(WIDTH * CHARACTER_HEIGHT / len(piece)))
        pieces.append(cv2.resize(piece, (min(across, 2 * CHARACTER_HEIGHT), CHARACTER_HEIGHT), interpolation=cv2.INTER_LINEAR))
    width = sum(character.shape[1] + SPACING for character in pieces) + SPACING
    strip = np.empty((STRIP_HEIGHT, width, 3), dtype=np.uint8)
    strip[:] = ground.astype(np.uint8)
    at, above = SPACING, (STRIP_HEIGHT - CHARACTER_HEIGHT) // 2
    for character in pieces:
        strip[above : above + CHARACTER_HEIGHT, at : at + character.shape[1]] = character
        at += character.shape[1] + SPACING
    return strip
