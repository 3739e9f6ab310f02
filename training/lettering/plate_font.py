"""A type face for plates, drawn by us after the shapes of the Highway Bureau's series: strokes of one weight in narrow cells.

Every character is a few strokes given as centre lines in a unit cell (x right, y down); corners are rounded when drawn, and
weight, width and roundness vary from picture to picture, so that the recogniser learns the shape and not one face.
"""

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Points = tuple[tuple[float, float], ...]

# A point that is given twice stays a sharp corner.
_ROUND: Final[Points] = ((0, 0.5), (0, 0), (1, 0), (1, 1), (0, 1), (0, 0.5))
STROKES: Final[dict[str, tuple[Points, ...]]] = {
    "0": (_ROUND,),
    "1": (((0.55, 1), (0.55, 0), (0.55, 0), (0.2, 0.16)),),
    "2": (((0, 0.25), (0, 0), (1, 0), (1, 0.42), (0, 1), (0, 1), (1, 1)),),
    "3": (((0, 0.2), (0, 0), (1, 0), (1, 0.46), (0.4, 0.46)), ((0.4, 0.46), (1, 0.46), (1, 1), (0, 1), (0, 0.8))),
    "4": (((0.7, 1), (0.7, 0), (0.7, 0), (0, 0.72), (0, 0.72), (1, 0.72)),),
    "5": (((0.95, 0), (0.08, 0), (0.08, 0), (0.04, 0.44), (0.04, 0.44), (1, 0.38), (1, 1), (0, 1), (0, 0.8)),),
    "6": (((0.95, 0.16), (0.95, 0), (0, 0), (0, 1), (1, 1), (1, 0.42), (0, 0.42), (0, 0.7)),),
    "7": (((0, 0), (1, 0), (1, 0), (0.35, 1)),),
    "8": (((0.5, 0.46), (0.04, 0.46), (0.04, 0), (0.96, 0), (0.96, 0.46), (0.5, 0.46)),
          ((0.5, 0.46), (0, 0.46), (0, 1), (1, 1), (1, 0.46), (0.5, 0.46))),
    "9": (((0.05, 0.84), (0.05, 1), (1, 1), (1, 0), (0, 0), (0, 0.58), (1, 0.58), (1, 0.3)),),
    "A": (((0, 1), (0.5, 0), (0.5, 0), (1, 1)), ((0.2, 0.66), (0.8, 0.66))),
    "B": (((0, 0.47), (0, 0), (0, 0), (0.93, 0), (0.93, 0.47), (0, 0.47)),
          ((0, 0.47), (1, 0.47), (1, 1), (0, 1), (0, 1), (0, 0.47))),
    "C": (((1, 0.24), (1, 0), (0, 0), (0, 1), (1, 1), (1, 0.76)),),
    "D": (((0, 0.5), (0, 0), (0, 0), (1, 0), (1, 1), (0, 1), (0, 1), (0, 0.5)),),
    "E": (((1, 0), (0, 0), (0, 0), (0, 1), (0, 1), (1, 1)), ((0, 0.47), (0.85, 0.47))),
    "F": (((1, 0), (0, 0), (0, 0), (0, 1)), ((0, 0.48), (0.85, 0.48))),
    "G": (((1, 0.24), (1, 0), (0, 0), (0, 1), (1, 1), (1, 0.55), (1, 0.55), (0.55, 0.55)),),
    "H": (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0.48), (1, 0.48))),
    "I": (((0.5, 0), (0.5, 1)), ((0.15, 0), (0.85, 0)), ((0.15, 1), (0.85, 1))),
    "J": (((0.95, 0), (0.95, 1), (0, 1), (0, 0.74)),),
    "K": (((0, 0), (0, 1)), ((1, 0), (0.02, 0.58)), ((0.3, 0.42), (1, 1))),
    "L": (((0, 0), (0, 1), (0, 1), (1, 1)),),
    "M": (((0, 1), (0, 0), (0, 0), (0.5, 0.62), (0.5, 0.62), (1, 0), (1, 0), (1, 1)),),
    "N": (((0, 1), (0, 0), (0, 0), (1, 1), (1, 1), (1, 0)),),
    "O": (_ROUND,),
    "P": (((0, 1), (0, 0), (0, 0), (1, 0), (1, 0.54), (0, 0.54)),),
    "Q": (_ROUND, ((0.55, 0.72), (1.05, 1.05))),
    "R": (((0, 1), (0, 0), (0, 0), (1, 0), (1, 0.5), (0, 0.5)), ((0.5, 0.5), (1, 1))),
    "S": (((1, 0.22), (1, 0), (0, 0), (0, 0.42), (1, 0.56), (1, 1), (0, 1), (0, 0.78)),),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "U": (((0, 0), (0, 1), (1, 1), (1, 0)),),
    "V": (((0, 0), (0.5, 1), (0.5, 1), (1, 0)),),
    "W": (((0, 0), (0.22, 1), (0.22, 1), (0.5, 0.3), (0.5, 0.3), (0.78, 1), (0.78, 1), (1, 0)),),
    "X": (((0, 0), (1, 1)), ((1, 0), (0, 1))),
    "Y": (((0, 0), (0.5, 0.5), (0.5, 0.5), (1, 0)), ((0.5, 0.5), (0.5, 1))),
    "Z": (((0, 0), (1, 0), (1, 0), (0, 1), (0, 1), (1, 1)),),
}  # fmt: skip


# The series differ in some characters: legs of 6 and 9 that run straight, a 3 with a flat top, a 4 that is open, a J with a
# serif, a Q whose stroke stays inside. Either way of drawing is as likely as the other.
OTHERWISE: Final[dict[str, tuple[Points, ...]]] = {
    "3": (((0, 0), (1, 0), (1, 0), (0.42, 0.4), (0.42, 0.4), (0.6, 0.4), (1, 0.46), (1, 1), (0, 1), (0, 0.78)),),
    "4": (((0.62, 0), (0, 0.76), (0, 0.76), (1, 0.76)), ((0.72, 0.42), (0.72, 1))),
    "6": (((0.82, 0), (0.0, 0.6), (0, 1), (1, 1), (1, 0.42), (0.35, 0.42), (0.08, 0.55)),),
    "9": (((0.18, 1), (1, 0.4), (1, 0), (0, 0), (0, 0.58), (0.65, 0.58), (0.92, 0.45)),),
    "J": (((0.35, 0), (0.9, 0), (0.9, 0), (0.9, 1), (0, 1), (0, 0.74)),),
    "S": (((0.95, 0.2), (0.95, 0), (0, 0), (0, 0.4), (0.2, 0.46), (0.8, 0.56), (1, 0.62), (1, 1), (0, 1), (0, 0.8)),),
    "5": (((0.95, 0), (0.02, 0), (0.02, 0), (0.02, 0.42), (1, 0.42), (1, 1), (0, 1), (0, 0.82)),),
    "Q": (_ROUND, ((0.5, 0.6), (0.98, 0.98))),
    "G": (((1, 0.22), (1, 0), (0, 0), (0, 1), (1, 1), (1, 1), (1, 0.52), (1, 0.52), (0.5, 0.52)),),
    "W": (((0, 0), (0, 0.55), (0.22, 1), (0.22, 1), (0.5, 0.3), (0.5, 0.3), (0.78, 1), (0.78, 1), (1, 0.55), (1, 0)),),
}  # fmt: skip


def _rounded(points: Points, scale: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """The stroke in pixels with every corner that is given once cut round."""
    corners = np.array(points, dtype=np.float64) * scale
    found = [corners[0]]
    for before, here, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        back, ahead = before - here, after - here
        long_back, long_ahead = float(np.hypot(*back)), float(np.hypot(*ahead))
        if long_back < 1e-6 or long_ahead < 1e-6:
            found.append(here)
            continue
        cut = min(radius, long_back / 2, long_ahead / 2)
        start, end = here + back / long_back * cut, here + ahead / long_ahead * cut
        found += [(1 - t) ** 2 * start + 2 * t * (1 - t) * here + t * t * end for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    found.append(corners[-1])
    return np.array(found)


class PlateFace:
    """One drawing of the face: its weight, width and roundness are drawn from `rng`. Masks are `cap` pixels high."""

    def __init__(self, rng: Generator, cap: int) -> None:
        self._cap = cap
        self._width = cap * rng.uniform(0.34, 0.56)
        self._weight = max(2, round(min(cap * rng.uniform(0.09, 0.19), 0.32 * self._width)))  # heavier strokes would close a B
        self._radius = cap * rng.uniform(0.14, 0.3)  # below that a 2 is a Z
        self._broad = rng.uniform(0.95, 1.25)  # M and W against the other letters
        self._middle = rng.uniform(0.45, 0.95)  # how far the middle of M comes down
        self._apex = rng.uniform(0.0, 0.5)  # how high the middle of W goes
        self._tail = rng.uniform(-0.18, 0.04)  # how far the Q's stroke reaches
        self._otherwise = {character for character in OTHERWISE if rng.random() < 0.5}
        self._flag = rng.random() < 0.5  # the 1's

    def mask(self, character: str) -> NDArray[np.uint8]:
        """0 to 255, `cap` high and as wide as the character."""
        weight = max(2, round(self._weight * (0.82 if character in "MNW" else 1.0)))
        inner = np.array([self._width * (self._broad if character in "MW" else 1.0) - weight, self._cap - weight], dtype=np.float64)
        strokes = OTHERWISE[character] if character in self._otherwise else STROKES[character]
        if character == "1" and not self._flag:
            strokes = (((0.5, 0), (0.5, 1)),)
        elif character == "M":
            strokes = (tuple((x, self._middle if y == 0.62 else y) for x, y in strokes[0]),)
        elif character == "W":
            strokes = (tuple((x, self._apex if y == 0.3 else y) for x, y in strokes[0]),)
        elif character == "Q":
            strokes = (strokes[0], tuple((x + self._tail, y + self._tail) for x, y in strokes[1]))
        shift = 4
        lines = [
            np.round((_rounded(stroke, inner, self._radius) + weight / 2) * 2**shift).astype(np.int32).reshape(-1, 1, 2)
            for stroke in strokes
        ]
        picture = np.zeros((self._cap, int(inner[0] + weight) + 1), dtype=np.uint8)
        cv2.polylines(picture, lines, False, 255, weight, cv2.LINE_AA, shift)
        if character == "1":
            filled = np.flatnonzero(picture.max(axis=0))
            picture = picture[:, filled[0] : filled[-1] + 1]
        return picture
