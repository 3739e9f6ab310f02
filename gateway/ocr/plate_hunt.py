"""Where a trailer's plate hangs, seen from its box number: below the doors, near the middle of the vehicle.

A box number's letters are 100 mm high (ISO 6346 clause 4.1), so its height in the picture tells the scale: doors are 2.4 m
wide, and the bumper is 2.3 to 3.2 m below the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np

from gateway.ocr.geometry import Image
from gateway.ocr.understanding import Sighting

LEFT: Final = 13.0  # all in heights of the number's quad, about 130 mm; the number is on the right door
RIGHT: Final = 5.0
NEAR: Final = 11.0
FAR: Final = 27.0
LEAST_PROBABILITY: Final = 0.3
MOST: Final = 2
LEAST_SIDE: Final = 48  # pixels
CLIP: Final = 3.0  # contrast limit; chassis and plate lie in the box's shadow
TILE: Final = 5.0  # side of the areas whose contrast is raised together, in units


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the picture, pixels. `unit`: the height of the box number's quad, which tells the scale."""

    left: int
    top: int
    right: int
    bottom: int
    unit: float

    def of(self, image: Image) -> Image:
        return image[self.top : self.bottom, self.left : self.right]


def places_below(boxes: Sequence[Sighting], width: int, height: int) -> list[Place]:
    """The places to look at more closely, those of the largest numbers first."""
    likely = [box for box in boxes if box.reading.probability >= LEAST_PROBABILITY and not box.chain.lines[0].column]
    found = []
    for box in sorted(likely, key=lambda box: -box.chain.height)[:MOST]:
        unit = box.chain.height
        x, y = (float(value) for value in box.chain.quad.mean(axis=0))
        left, right = max(0, round(x - LEFT * unit)), min(width, round(x + RIGHT * unit))
        top, bottom = max(0, round(y + NEAR * unit)), min(height, round(y + FAR * unit))
        if right - left >= LEAST_SIDE and bottom - top >= LEAST_SIDE:
            found.append(Place(left, top, right, bottom, unit))
    return found


def clearer(image: Image, unit: float) -> Image:
    """The picture with its local contrast raised (contrast limited adaptive histogram equalisation); `unit` as in `Place`."""
    tiles = (max(1, round(image.shape[1] / (TILE * unit))), max(1, round(image.shape[0] / (TILE * unit))))
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    lightness = cv2.createCLAHE(CLIP, tiles).apply(np.ascontiguousarray(lab[:, :, 0]))
    return cast(Image, cv2.cvtColor(np.dstack([lightness, lab[:, :, 1], lab[:, :, 2]]), cv2.COLOR_LAB2BGR))
