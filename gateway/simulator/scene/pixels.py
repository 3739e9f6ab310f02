"""Pictures as arrays: their types, and the few operations on them that every painter uses.

A `Picture` is 8 bit, blue-green-red; a `Grain` is one float a pixel, mostly 0 to 1. All sizes are pixels unless a name says metres.
"""

import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.simulator.scene.looks import Colour

Picture = NDArray[np.uint8]
Grain = NDArray[np.float32]


def seeded(*parts: object) -> np.random.Generator:
    """A generator that depends on the parts' text alone: the same in every process."""
    return np.random.default_rng([zlib.crc32(repr(part).encode()) for part in parts])


def bgr(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = colour
    return blue, green, red


def as_picture(array: Any) -> Picture:
    return np.asarray(array, dtype=np.uint8)


def as_grain(array: Any) -> Grain:
    return np.asarray(array, dtype=np.float32)


def plain(height: int, width: int, colour: Colour) -> Picture:
    return np.full((height, width, 3), bgr(colour), dtype=np.uint8)


def cover(picture: Picture, colour: Colour, mask: Grain) -> None:
    """Lay a colour over the picture, in place, as far as the mask (0 to 1) says."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return
    area = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    weight = np.ascontiguousarray(mask[area])
    part = picture[area]
    flat = np.full_like(part, bgr(colour))
    part[:] = cv2.blendLinear(np.ascontiguousarray(part), flat, 1 - weight, weight)


def cover_at(picture: Picture, colour: Colour, mask: Grain, left: int, top: int) -> None:
    """Lay a colour over the picture through a smaller mask whose corner is at (left, top); what lies outside is cut off."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(picture.shape[1], left + mask.shape[1]), min(picture.shape[0], top + mask.shape[0])
    if x0 < x1 and y0 < y1:
        cover(picture[y0:y1, x0:x1], colour, mask[y0 - top : y1 - top, x0 - left : x1 - left])


def shade(picture: Picture, factor: Grain) -> Picture:
    """Multiply by a light factor: one value a pixel, a row (1, width) or a column (height, 1)."""
    full = np.broadcast_to(factor, picture.shape[:2])
    return as_picture(cv2.multiply(picture, cv2.merge([full, full, full]), dtype=cv2.CV_8U))


def muted(picture: Picture, share: float) -> Picture:
    """Colours drawn towards grey, as lenses, dust and daylight leave them. `share`: 0 as painted, 1 grey."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return as_picture(cv2.addWeighted(picture, 1 - share, cv2.merge([grey, grey, grey]), share, 0))


def resized(grain: Grain, width: int, height: int) -> Grain:
    return as_grain(cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC))


def fractal(rng: np.random.Generator, height: int, width: int, cell: float, octaves: int = 3, *, stretch: float = 1.0) -> Grain:
    """Cloudy noise, 0 to 1, mean one half. `cell`: pixels of its largest blotch; `stretch` > 1 draws it out downwards."""
    total = np.zeros((height, width), dtype=np.float32)
    weight, norm = 1.0, 0.0
    for _ in range(octaves):
        grid = rng.random((max(2, round(height / (cell * stretch)) + 2), max(2, round(width / cell) + 2)), dtype=np.float32)
        total += weight * resized(grid, width, height)
        norm += weight
        weight, cell = weight / 2, max(1.0, cell / 2)
    return as_grain(np.clip(total / norm, 0, 1))


def beyond(grain: Grain, threshold: float, softness: float = 0.05) -> Grain:
    """0 below the threshold, 1 above it, with a soft edge."""
    return as_grain(np.clip((grain - threshold) / softness + 0.5, 0, 1))
