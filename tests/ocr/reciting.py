"""A stand-in engine: patches of one shade each are its lines, and it recites what a patch of that shade is to say."""

from collections.abc import Sequence

import cv2
import numpy as np

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.geometry import Image, is_upright_column
from gateway.ocr.glyphs import Floats, Glyphs, glyphs_from_text

Seen = tuple[str, float]  # text, and the certainty of each character
GROUND = 250


def quad(left: int, top: int, width: int = 200, height: int = 40) -> Floats:
    return np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], dtype=np.float32)


def painted(places: dict[int, Floats], width: int = 1600, height: int = 900) -> Image:
    """A picture with a patch of every shade."""
    picture = np.full((height, width, 3), GROUND, dtype=np.uint8)
    for shade, place in places.items():
        cv2.fillPoly(picture, [place.astype(np.int32)], (shade, shade, shade))
    return picture


class Reciting(TextEngine):
    """`says`: what each shade says at a first look; `closer`: what it says once the picture was looked at at more than 1000
    pixels. What is higher than wide is a column. `tight`: a crop that shows the ground is not read. `searched` counts the looks."""

    def __init__(
        self, places: dict[int, Floats], says: dict[int, Seen], closer: dict[int, Seen] | None = None, tight: bool = False
    ) -> None:
        self.searched = 0
        self._tight = tight
        self._places, self._says, self._closer = places, dict(says), closer or {}

    def find(self, image: Image, longest_side: int) -> list[Place]:
        self.searched += 1
        if longest_side > 1000:
            self._says |= self._closer
        return [Place(place, column=is_upright_column(place)) for place in self._places.values()]

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        shades = [GROUND if self._tight and int(crop.max()) == GROUND else int(np.median(crop)) for crop in crops]
        return [glyphs_from_text(*self._says[shade]) if shade in self._says else () for shade in shades]

    def read_columns(self, crops: Sequence[Image]) -> list[Glyphs]:
        return self.read(crops)
