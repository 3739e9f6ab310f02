"""From our finder's maps to places. The maps show cores: what is left of the lettering's box when a share is cut off all round."""

from typing import Final

import cv2
import numpy as np

from gateway.ocr.engine import Place
from gateway.ocr.geometry import ordered
from gateway.ocr.glyphs import Floats

MAPS: Final = 3
ROW, COLUMN, NUMBER = range(MAPS)
SCALE: Final = 2  # pixels that were looked at per pixel of a map
CORE: Final = 0.6  # of the lettering's box across the line: what the maps show
PIXEL: Final = 0.3  # probability from which a pixel belongs to a core
SURE: Final = 0.45  # mean probability of a core
LEAST_SIDE: Final = 1.6  # pixels of the map
MOST: Final = 200  # a picture with more places than this is no gate
# How far the box with its margin reaches beyond the core on each side, in the core's thickness: what was cut off, and the
# margin with which the recogniser was trained.
ROOM: Final = {ROW: 0.3, COLUMN: 0.25}


def places_from_maps(maps: Floats, scale_x: float, scale_y: float) -> list[Place]:
    """Places in pixels of the picture. `maps`: 3 × height × width, 0 to 1, at half the size that was looked at; `scale_*`:
    pixels of the picture per pixel that was looked at."""
    scale = np.array([scale_x, scale_y], dtype=np.float32) * SCALE
    return [place for which in (ROW, COLUMN) for place in _places(maps[which], maps[NUMBER], which, scale)]


def _places(core: Floats, likeness: Floats, which: int, scale: Floats) -> list[Place]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats((core > PIXEL).astype(np.uint8), connectivity=8)
    largest = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))[:MOST]
    found = []
    for label in largest:
        left, top, width, height, _ = (int(value) for value in stats[label])
        zone = np.s_[top : top + height, left : left + width]
        mask = labels[zone] == label
        if float(core[zone][mask].mean()) < SURE:
            continue
        down, across = np.nonzero(mask)
        (x, y), size, angle = cv2.minAreaRect(np.stack([across, down], axis=1).astype(np.float32))
        sides = size[0] + 1.0, size[1] + 1.0  # from pixels' middles to their edges
        thick = min(sides)
        if thick < LEAST_SIDE:
            continue
        grow = 2 * ROOM[which] * thick
        corners = cv2.boxPoints(((x + left + 0.5, y + top + 0.5), (sides[0] + grow, sides[1] + grow), angle))
        quad = ordered(np.asarray(corners, dtype=np.float32)) * scale
        found.append(Place(quad, which == COLUMN, float(likeness[zone][mask].mean())))
    return found
