"""From a text detector's probability map to quads: differentiable binarisation, Liao et al. 2020, section 3.4."""

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.ocr.geometry import ordered
from gateway.ocr.glyphs import Floats

PIXEL_THRESHOLD: Final = 0.3
BOX_THRESHOLD: Final = 0.45  # mean probability inside a box
UNCLIP_RATIO: Final = 1.6  # the map shows shrunken text; PP-OCR's own value
Contour = NDArray[Any]  # n × 1 × 2, whole pixels

MIN_SIDE: Final = 3.0  # pixels of the map
MAX_BOXES: Final = 300  # a picture with more text than this is no gate


def _score(probabilities: Floats, contour: Contour) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(mask, [contour - np.array([[left, top]])], 1)
    return float(cv2.mean(probabilities[top : top + height, left : left + width], mask)[0])


def _unclipped(rectangle: tuple[Sequence[float], Sequence[float], float]) -> Floats:
    """A rotated rectangle grown by area × ratio / perimeter on every side."""
    (x, y), (width, height), angle = rectangle
    distance = width * height * UNCLIP_RATIO / max(2 * (width + height), 1e-6)
    corners = cv2.boxPoints(((x, y), (width + 2 * distance, height + 2 * distance), angle))
    return ordered(np.asarray(corners, dtype=np.float32))


def quads_from_map(probabilities: Floats, scale_x: float, scale_y: float) -> list[Floats]:
    """Quads in pixels of the picture; `scale_*` is picture pixels per map pixel. Largest text first when there is too much."""
    mask = (probabilities > PIXEL_THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted(contours, key=cv2.contourArea, reverse=True)[:MAX_BOXES]
    found = []
    for contour in contours:
        rectangle = cv2.minAreaRect(contour)
        if min(rectangle[1]) < MIN_SIDE or _score(probabilities, contour) < BOX_THRESHOLD:
            continue
        found.append(_unclipped(rectangle) * np.array([scale_x, scale_y], dtype=np.float32))
    return found
