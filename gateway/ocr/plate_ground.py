"""Whether a text stands on a plate: on a ground of its own, set off from what is around it.

A marking is painted on the same steel that surrounds it, an emblem sits on the same paint. It takes a colour difference,
never a colour: plates of every colour count.
"""

from typing import Final

import cv2
import numpy as np

from gateway.ocr.geometry import Image, cut, part, size_of
from gateway.ocr.glyphs import Floats

ROWS: Final = 60  # pixels to which the text and its surroundings are brought: three text heights
OUTSIDE: Final = 9  # rows at the top and the bottom that lie outside any plate
LEAST_DIFFERENCE: Final = 14.0  # in Lab units; below it two surfaces look the same


def ground_difference(image: Image, quad: Floats) -> float | None:
    """How far the text's ground is from the surroundings above and below, in Lab units (CIE 1976, 8-bit scale), the lesser
    of the two; None where the picture ends before the surroundings begin."""
    _, height = size_of(quad)
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    zone = np.array([quad[0] - down, quad[1] - down, quad[2] + down, quad[3] + down], dtype=np.float32)
    tall, wide = image.shape[:2]
    if height < 4 or zone[:, 1].min() < 0 or zone[:, 1].max() > tall or zone[:, 0].min() < 0 or zone[:, 0].max() > wide:
        return None
    small = cv2.resize(cut(image, part(zone, 0.08, 0.92)), (ROWS, ROWS), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    third = ROWS // 3
    inside = np.median(np.concatenate([lab[third + 1 : third + 4], lab[2 * third - 4 : 2 * third - 1]]), axis=(0, 1))
    above, below = np.median(lab[:OUTSIDE], axis=(0, 1)), np.median(lab[-OUTSIDE:], axis=(0, 1))
    return min(float(np.linalg.norm(inside - above)), float(np.linalg.norm(inside - below)))
