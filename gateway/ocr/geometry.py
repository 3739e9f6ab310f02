"""Quads and crops: where a line of text lies, and the straightened picture of it."""

from math import hypot
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.model.observation import Quad
from gateway.ocr.glyphs import Floats

Image = NDArray[np.uint8]  # height × width × 3, blue green red
Grey = NDArray[np.uint8]  # height × width

UPRIGHT_RATIO: Final = 1.5  # taller than this times its width: a column rather than a row
MAX_CROP_WIDTH: Final = 2400  # pixels; a longer crop is a stripe, not a line of text


def grey_of(image: Image) -> Grey:
    return cast(Grey, cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2GRAY))


def ordered(points: Floats) -> Floats:
    """Corners clockwise from the top left. A leaning column's top left is still the corner nearest the picture's."""
    first = int(points.sum(axis=1).argmin())
    middle = points.mean(axis=0)
    turns = np.argsort(np.arctan2(points[:, 1] - middle[1], points[:, 0] - middle[0]), kind="stable")
    start = int(np.flatnonzero(turns == first)[0])
    return cast(Floats, points[np.roll(turns, -start)].astype(np.float32))


def size_of(quad: Floats) -> tuple[float, float]:
    """Width along the text and height across it, pixels."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad.tolist()
    width = (hypot(bx - ax, by - ay) + hypot(cx - dx, cy - dy)) / 2
    height = (hypot(dx - ax, dy - ay) + hypot(cx - bx, cy - by)) / 2
    return width, height


def centre_of(quad: Floats) -> Floats:
    return cast(Floats, quad.mean(axis=0))


def is_upright_column(quad: Floats) -> bool:
    width, height = size_of(quad)
    return height >= UPRIGHT_RATIO * width


def grown(quad: Floats, along: float, across: float) -> Floats:
    """The quad widened by shares of its height: `along` at each end, `across` above and below."""
    _, height = size_of(quad)
    (right_x, right_y), (down_x, down_y) = _axes(quad)
    x, y = right_x * height * along, right_y * height * along
    u, v = down_x * height * across, down_y * height * across
    return quad.astype(np.float32) + np.array([[-x - u, -y - v], [x - u, y - v], [x + u, y + v], [u - x, v - y]], np.float32)


def leant(quad: Floats, share: float) -> Floats:
    """The quad with its top moved along by half a share of its height, and its bottom as far back."""
    _, height = size_of(quad)
    (right_x, right_y), _ = _axes(quad)
    x, y = right_x * height * share / 2, right_y * height * share / 2
    return quad.astype(np.float32) + np.array([[x, y], [x, y], [-x, -y], [-x, -y]], np.float32)


def _axes(quad: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit vectors along the text and down from it."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad.tolist()
    return unit(bx - ax + cx - dx, by - ay + cy - dy), unit(dx - ax + cx - bx, dy - ay + cy - by)


def unit(x: float, y: float) -> tuple[float, float]:
    """The vector at length 1."""
    length = max(hypot(x, y), 1e-6)
    return x / length, y / length


def part(quad: Floats, start: float, end: float) -> Floats:
    """The piece of a quad between two places along it (0 left end, 1 right end)."""
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return np.array(
        [quad[0] + top * start, quad[0] + top * end, quad[3] + bottom * end, quad[3] + bottom * start], dtype=np.float32
    )


def around(quads: list[Floats]) -> Floats:
    """One quad around several, turned as the first one is."""
    if len(quads) == 1:
        return quads[0]
    axis = quads[0][1] - quads[0][0]
    axis = axis / max(float(np.linalg.norm(axis)), 1e-6)
    frame = np.array([axis, [-axis[1], axis[0]]], dtype=np.float32)
    placed = np.concatenate(quads) @ frame.T
    low, high = placed.min(axis=0), placed.max(axis=0)
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]], dtype=np.float32)
    return cast(Floats, (corners @ frame).astype(np.float32))


def cut(image: Image, quad: Floats) -> Image:
    """The straightened picture of a quad, at the size that it has in the image."""
    width, height = size_of(quad)
    across = int(min(max(round(width), 2), MAX_CROP_WIDTH))
    down = int(min(max(round(height), 2), MAX_CROP_WIDTH))
    target = np.array([[0, 0], [across, 0], [across, down], [0, down]], dtype=np.float32)
    transform = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return cast(
        Image, cv2.warpPerspective(image, transform, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def as_quad(quad: Floats, offset: tuple[float, float] = (0.0, 0.0)) -> Quad:
    """As the model writes it, moved by `offset` (the region's corner in the whole frame), to a tenth of a pixel."""
    points = [(round(float(x) + offset[0], 1), round(float(y) + offset[1], 1)) for x, y in quad]
    return (points[0], points[1], points[2], points[3])
