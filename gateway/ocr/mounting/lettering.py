"""Measuring a number's lettering where it was read: how high, how straight, how sharp, how well lit its characters are.

A reader's quad only says roughly where a number lies. So its characters are looked for in it as patches of ink of about one
height, in either polarity, and everything else is measured on them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.model.observation import Quad
from gateway.ocr.frame import Image
from gateway.ocr.geometry import cut, grown, is_upright_column
from gateway.ocr.glyphs import Floats

Grey = NDArray[np.uint8]  # height × width, 0 to 255
Mask = NDArray[np.bool_]

MARGIN: Final = 0.1  # of the quad's height; some quads cut through their characters
WORKING_SIDE: Final = 128  # pixels of the crop's smaller side: below it neighbouring characters grow together
MOST_ENLARGED: Final = 4.0
SOFTENING: Final = 0.6  # pixels of the picture: noise of one pixel is no ink
BLOCKS: Final = (0.35, 0.7)  # of the crop's smaller side: what a local threshold takes for the neighbourhood
LEAST_CHARACTERS: Final = 4  # fewer patches of one height may be anything
LOWEST: Final = 0.12  # of the crop's smaller side: three lines, or a column
ALIKE: Final = 1.16  # characters of one number differ in height by less than this
CLIPPED: Final = 250  # grey level from which a pixel holds no more detail; JPEG seldom keeps an exact 255
STEEP: Final = 40.0  # degrees off the upright up to which an edge counts as a stem's
EDGE: Final = 2.56 / math.sqrt(2 * math.pi)  # 10–90 % width of a Gaussian edge: 2.56 σ, and its steepest step is contrast / (σ √2π)


@dataclass(frozen=True, slots=True)
class Lettering:
    """What was measured on one number in one picture. Lengths are pixels of the frame, angles degrees."""

    rotation: float  # of its line (a column's: off the upright), clockwise positive
    clipped: float  # share of the number's pixels at full white, 0 to 1
    height: float | None = None  # of its characters; like everything below, None where they cannot be told apart
    slant: float | None = None  # of its uprights against its line, leaning right positive
    slimness: float | None = None  # a character's width by its height, its slant taken out
    edge_along: float | None = None  # 10–90 % width of edges, met walking along the line
    edge_across: float | None = None
    ink: float | None = None  # grey levels 0 to 255
    ground: float | None = None

    @property
    def edge(self) -> float | None:
        """The wider of the two edge widths."""
        if self.edge_along is None or self.edge_across is None:
            return None
        return max(self.edge_along, self.edge_across)

    @property
    def contrast(self) -> float | None:
        """Between ink and ground, grey levels."""
        return None if self.ink is None or self.ground is None else abs(self.ink - self.ground)


class _Characters(NamedTuple):
    """Patches of ink of about one height: rows of left, top, width, height in pixels of the crop; and their ink."""

    boxes: Floats
    ink: Mask


def measure(image: Image, quad: Quad, count: int) -> Lettering:
    """Measure the number in a frame. `quad`: where the reader found it; `count`: how many characters it has."""
    corners = np.array(quad, dtype=np.float32)
    column = is_upright_column(corners)
    grey = grey_of(cut(image, grown(corners, MARGIN, MARGIN)))
    rotation = _rotation(corners, column)
    clipped = float((grey >= CLIPPED).mean())
    characters = _characters(grey, count)
    if characters is None:
        return Lettering(rotation, clipped)
    width, height = (float(side) for side in np.median(characters.boxes[:, 2:], axis=0))
    ink, ground = _levels(grey, characters)
    along, across = _edges(grey, characters, abs(ink - ground), height)
    lean = _lean(grey, characters)
    return Lettering(
        rotation=rotation,
        clipped=clipped,
        height=round(height, 1),
        slant=round(_in_frame(lean, corners), 1),
        slimness=round(max(width / height - abs(math.tan(math.radians(lean))), 0.0), 2),
        edge_along=across if column else along,
        edge_across=along if column else across,
        ink=ink,
        ground=ground,
    )


def grey_of(image: Image) -> Grey:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _rotation(corners: Floats, column: bool) -> float:
    """How far the line is turned, from -45 to 45 degrees for a row."""
    x, y = corners[3] - corners[0] + corners[2] - corners[1] if column else corners[1] - corners[0] + corners[2] - corners[3]
    return round(float(np.degrees(np.arctan2(-x, y) if column else np.arctan2(y, x))), 1)


def _characters(grey: Grey, count: int) -> _Characters | None:
    """The best of several thresholds: the one that gives as many patches of one height as the number has characters."""
    scale = float(np.clip(WORKING_SIDE / min(grey.shape), 1.0, MOST_ENLARGED))
    enlarged = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    soft = np.asarray(cv2.GaussianBlur(enlarged, (0, 0), SOFTENING * scale), np.uint8)
    found = [patches for ink in _thresholded(soft) if (patches := _patches(ink)) is not None]
    if not found:
        return None
    boxes, ink = max(found, key=lambda patches: _fit(len(patches.boxes), count))
    if len(boxes) < LEAST_CHARACTERS:
        return None
    shrunk = cv2.resize(ink.astype(np.uint8), (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_AREA)
    return _Characters(cast(Floats, boxes / scale), shrunk > 0)


def _fit(patches: int, count: int) -> int:
    """Too many speaks against a threshold twice as much as too few: characters do grow together, but do not multiply."""
    return patches - 2 * max(0, patches - count)


def _thresholded(soft: Grey) -> Iterator[Grey]:
    """Where ink may be: light on dark and dark on light, by one threshold for all and by local ones."""
    for picture in (soft, 255 - soft):
        yield np.asarray(cv2.threshold(picture, 0, 255, cv2.THRESH_OTSU)[1], np.uint8)
        for share in BLOCKS:
            block = max(int(min(soft.shape) * share) | 1, 3)
            local = cv2.adaptiveThreshold(picture, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, block, -6)
            yield np.asarray(local, np.uint8)


def _patches(ink: Grey) -> _Characters | None:
    """The most numerous patches of one height that are shaped like characters."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, width, height, area = stats[1:].T.astype(np.float32)
    fill = area / (width * height)
    shaped = (height >= max(LOWEST * min(ink.shape), 6)) & (height < 0.98 * ink.shape[0])
    shaped &= (width >= 0.08 * height) & (width <= 1.3 * height) & (fill >= 0.12) & (fill <= 0.95)
    if shaped.sum() < LEAST_CHARACTERS:
        return None
    tall = height[shaped]
    alike = (tall[:, None] <= ALIKE * tall) & (tall <= ALIKE * tall[:, None])
    like = tall[int(alike.sum(axis=1).argmax())]
    chosen = shaped & (height <= ALIKE * like) & (like <= ALIKE * height)
    boxes = np.stack([left, top, width, height], axis=1)[chosen]
    return _Characters(boxes, np.isin(labels, 1 + np.flatnonzero(chosen)))


def _near(characters: _Characters, shape: tuple[int, ...]) -> Mask:
    """The characters' own rectangles, a little widened: nothing else in the crop is lettering."""
    near = np.zeros(shape, dtype=np.bool_)
    for left, top, width, height in characters.boxes:
        rim = 0.1 * height
        near[max(int(top - rim), 0) : int(top + height + rim) + 1, max(int(left - rim), 0) : int(left + width + rim) + 1] = True
    return near


def _levels(grey: Grey, characters: _Characters) -> tuple[float, float]:
    """Grey of the ink and of the ground between it; the rims, which are neither, weigh little in a median."""
    near = _near(characters, grey.shape)
    ink, ground = grey[near & characters.ink], grey[near & ~characters.ink]
    return float(np.median(ink)), float(np.median(ground)) if ground.size else float(np.median(ink))


def _edges(grey: Grey, characters: _Characters, contrast: float, height: float) -> tuple[float | None, float | None]:
    """10–90 % widths of edges crossed in x and in y, from the steepest steps. Smoothed along the edges only, against noise."""
    run = max(int(height / 8), 1)
    steps = (
        np.abs(np.diff(cv2.blur(grey, (1, run)).astype(np.float32), axis=1))[:-1],
        np.abs(np.diff(cv2.blur(grey, (run, 1)).astype(np.float32), axis=0))[:, :-1],
    )
    near = _near(characters, grey.shape)[:-1, :-1]
    steepest = [float(np.percentile(step[near], 97)) for step in steps]
    if contrast < 1 or min(steepest) <= 0:
        return None, None
    return round(float(EDGE * contrast / steepest[0]), 1), round(float(EDGE * contrast / steepest[1]), 1)


def _lean(grey: Grey, characters: _Characters) -> float:
    """How most stems lean in the crop, degrees: the commonest direction among edges that are nearly upright."""
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    x = cv2.Sobel(soft, cv2.CV_32F, 1, 0)
    y = cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    lean = np.degrees(np.arctan2(y * np.sign(x), np.abs(x)))
    edges = _near(characters, grey.shape) & (np.abs(lean) <= STEEP)
    weights, ends = np.histogram(lean[edges], bins=np.arange(-STEEP, STEEP + 1), weights=np.abs(x[edges]))
    smooth = np.convolve(weights, (1, 2, 3, 2, 1), mode="same")
    return float(ends[int(smooth.argmax())] + 0.5)


def _in_frame(lean: float, corners: Floats) -> float:
    """A lean in the straightened crop as a lean in the frame: straightening took the quad's own out of it."""
    right = corners[1] - corners[0] + corners[2] - corners[3]
    up = corners[0] - corners[3] + corners[1] - corners[2]
    right, up = right / np.linalg.norm(right), up / np.linalg.norm(up)
    stem = up + np.tan(np.radians(lean)) * right
    along, across = float(stem @ right), float(stem @ np.array([right[1], -right[0]]))
    return float(np.degrees(np.arctan2(along, across)))
