"""What years at sea do to paint: fading, dirt that runs down, rust that breaks out at edges and bleeds, scratches."""

from typing import Final

import cv2
import numpy as np

from gateway.simulator.scene.looks import Colour
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, as_picture, beyond, cover, fractal, resized, shade

RUST: Final[tuple[Colour, ...]] = ((98, 50, 34), (82, 42, 30), (116, 66, 44))
_COARSE: Final = 3  # clouds are drawn at a third of the size: nobody sees the difference, and it is nine times faster


def clouds(rng: np.random.Generator, picture: Picture, cell: float, octaves: int = 3, stretch: float = 1.0) -> Grain:
    """Fractal noise as large as the picture. `cell` in pixels of the picture."""
    height, width = picture.shape[:2]
    small = fractal(rng, height // _COARSE + 1, width // _COARSE + 1, max(1.0, cell / _COARSE), octaves, stretch=stretch)
    return resized(small, width, height)


def chipped(mask: Grain, rng: np.random.Generator, wear: float, ppm: float) -> Grain:
    """Letters as wear leaves them: thinner paint in blotches, and chips out of it."""
    height, width = mask.shape
    blotches = fractal(rng, height, width, 0.09 * ppm, 3)
    chips = fractal(rng, height, width, 0.012 * ppm, 2)
    thin = 1 - wear * 0.55 * blotches
    gone = beyond(chips, 0.97 - 0.27 * wear, 0.08)
    return as_grain(mask * thin * (1 - gone))


def fade(picture: Picture, rng: np.random.Generator, wear: float) -> Picture:
    """Paint turns chalky in large clouds."""
    weight = (0.04 + 0.22 * wear) * clouds(rng, picture, picture.shape[0] / 2.5)
    cover(picture, (196, 190, 184), as_grain(weight))
    return picture


def dirt(picture: Picture, rng: np.random.Generator, wear: float, ppm: float) -> Picture:
    """Streaks that run down, and a darker foot where the road splashes."""
    streaks = clouds(rng, picture, 0.05 * ppm, 2, stretch=40.0)
    patches = clouds(rng, picture, 0.6 * ppm, 3)
    foot = np.linspace(0, 1, picture.shape[0], dtype=np.float32)[:, None] ** 5
    return shade(picture, as_grain(1.02 - (0.06 + 0.30 * wear) * beyond(streaks, 0.55, 0.5) * patches - 0.22 * foot * (0.4 + wear)))


def rust(picture: Picture, rng: np.random.Generator, wear: float, ppm: float, edges: Grain | None = None) -> Picture:
    """Spots that break out (more where `edges` is high) and the brown that bleeds down from them."""
    spots = clouds(rng, picture, 0.05 * ppm, 4)
    regions = clouds(rng, picture, 0.9 * ppm, 2)
    spots = as_grain(spots + 0.60 * (regions - 0.66))
    if edges is not None:
        spots = as_grain(spots + 0.17 * edges)
    core = beyond(spots, 0.86 - 0.16 * wear, 0.10)
    length = max(3, int(0.35 * ppm))
    bleeding = cv2.blur(core, (3, length), anchor=(1, length - 1)) * 1.6
    cover(picture, RUST[2], as_grain(np.clip(bleeding, 0, 1) * (0.25 + 0.3 * wear)))
    grain = clouds(rng, picture, 0.02 * ppm, 2)
    cover(picture, RUST[0], as_grain(core * (0.55 + 0.4 * grain)))
    cover(picture, RUST[1], as_grain(core * beyond(grain, 0.56, 0.2) * 0.8))
    return picture


def scratches(picture: Picture, rng: np.random.Generator, wear: float, ppm: float) -> Picture:
    """Thin scrapes, some to the primer, mostly along the way that boxes are shoved."""
    height, width = picture.shape[:2]
    marks = np.zeros((height, width), dtype=np.uint8)
    for _ in range(int(wear * 14 * (width / ppm))):
        x, y = rng.integers(width), rng.integers(height)
        reach, drop = rng.normal(0, 0.22 * ppm), rng.normal(0, 0.05 * ppm)
        cv2.line(marks, (int(x), int(y)), (int(x + reach), int(y + drop)), int(rng.integers(60, 190)), 1, cv2.LINE_AA)
    cover(picture, (205, 196, 186) if rng.random() < 0.6 else (70, 58, 52), as_grain(marks) / np.float32(255))
    return picture


def dents(picture: Picture, rng: np.random.Generator, wear: float, ppm: float) -> Picture:
    """Broad, soft changes of the light where the steel is not true."""
    bumps = clouds(rng, picture, 0.7 * ppm, 2)
    return shade(picture, as_grain(1 + (0.05 + 0.14 * wear) * (bumps - 0.5) * 2))


def weathered(picture: Picture, rng: np.random.Generator, wear: float, ppm: float, edges: Grain | None = None) -> Picture:
    """All of it, in the order in which it happens."""
    worn = fade(picture, rng, wear)
    worn = rust(worn, rng, wear, ppm, edges)
    worn = scratches(worn, rng, wear, ppm)
    worn = dirt(worn, rng, wear, ppm)
    return as_picture(dents(worn, rng, wear, ppm))
