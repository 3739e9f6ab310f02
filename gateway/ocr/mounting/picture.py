"""Measuring a whole picture: how hard it was compressed, and, where no number could be read in it, its light and its focus."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.ocr.frame import Image
from gateway.ocr.mounting.lettering import CLIPPED, EDGE, Grey, grey_of

BLOCK: Final = 8  # pixels: the transform of JPEG and of most film
PLAIN_STEP: Final = 24  # grey levels: greater steps are things in the picture, not the coder's
TILE: Final = 64  # pixels: one thing with an edge
TILE_CONTRAST: Final = 40  # grey levels: less is texture and noise
SHARPEST: Final = 10  # per cent of the tiles: something in view is at the right distance


@dataclass(frozen=True, slots=True)
class PictureLook:
    """One picture of the lane's region. Brightness in grey levels, shares from 0 to 1."""

    blockiness: float  # steps at block borders by steps elsewhere; 1 is none
    brightness: float  # of the brightest twentieth
    glare: float  # share at full white
    focus: float | None  # 10–90 % width of the sharpest edges, pixels; None where nothing has an edge


def measure_picture(image: Image) -> PictureLook:
    """Measure the region that belongs to the lane (height × width × 3)."""
    grey = grey_of(image)
    return PictureLook(
        blockiness=_blockiness(grey),
        brightness=float(np.percentile(grey, 95)),
        glare=float((grey >= CLIPPED).mean()),
        focus=_focus(grey),
    )


def _blockiness(grey: Grey) -> float:
    """By the phase at which steps are greatest: a region need not begin where a block does."""
    if min(grey.shape) <= BLOCK:
        return 1.0
    ratios = []
    for plane in (grey, grey.T):
        steps = np.minimum(cv2.absdiff(plane[:, 1:], plane[:, :-1]), PLAIN_STEP).mean(axis=0)
        whole = len(steps) // BLOCK * BLOCK
        phases = steps[:whole].reshape(-1, BLOCK).mean(axis=0)
        border = int(phases.argmax())
        ratios.append(phases[border] / max(float(np.delete(phases, border).mean()), 1e-3))
    return round(float(np.mean(ratios)), 2)


def _focus(grey: Grey) -> float | None:
    """By tiles, so that every edge is held against the contrast of its own surroundings."""
    if min(grey.shape) <= TILE:
        return None
    across = np.abs(np.diff(cv2.blur(grey, (1, 3)).astype(np.float32), axis=1))[:-1]
    down = np.abs(np.diff(cv2.blur(grey, (3, 1)).astype(np.float32), axis=0))[:, :-1]
    steepest = _tiles(np.maximum(across, down)).max(axis=1)
    low, high = np.percentile(_tiles(grey[:-1, :-1])[:, ::4], (2, 98), axis=1)  # a quarter of the pixels says enough
    clear = (high - low >= TILE_CONTRAST) & (steepest > 0)
    if not clear.any():
        return None
    return round(float(np.percentile(EDGE * (high - low)[clear] / steepest[clear], SHARPEST)), 1)


def _tiles(plane: NDArray[Any]) -> NDArray[Any]:
    """One row a tile; what is left over at the right and below is left out."""
    rows, columns = (length // TILE for length in plane.shape)
    whole = plane[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    return whole.swapaxes(1, 2).reshape(rows * columns, TILE * TILE)
