"""Straightens a found line before it is read: where exactly the four corners of its lettering are, seen from any side.

A finder gives a rectangle around what it found. Seen aslant, lettering is no rectangle, and the finder's is a little too high, too
short or askew. A small network looks at the rectangle with room around it and says where the corners of the capitals are: a
spatial transformer (Jaderberg et al. 2015), but taught with corners that are known, because the lettering was rendered.
"""

from collections.abc import Iterator, Sequence
from typing import Final, cast

import cv2
import numpy as np

from gateway.ocr.brightness import LEAST_SPREAD, normalised
from gateway.ocr.geometry import Grey, cut, grown, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.network import COUNTS, Network, canvas_count

VIEW_HEIGHT: Final = 64  # pixels that the network looks at
VIEW_WIDTH: Final = 192
ROOM_ALONG: Final = 0.6  # around the finder's quad, in its heights
ROOM_ACROSS: Final = 0.25
MARGIN_ALONG: Final = 0.3  # around the capitals, in their heights: what the recogniser likes best
MARGIN_ACROSS: Final = 0.2
LONGEST: Final = 7.0  # times its height; a longer line is straight enough as it was found
BATCH: Final = COUNTS[-1]
VIEW: Final = np.array([[0, 0], [VIEW_WIDTH, 0], [VIEW_WIDTH, VIEW_HEIGHT], [0, VIEW_HEIGHT]], dtype=np.float32)


class Rectifier:
    """May be called from several threads at once."""

    def __init__(self, network: Network) -> None:
        """`network`: N × 1 × VIEW_HEIGHT × VIEW_WIDTH, normalised → N × 4 × 2, in view heights."""
        self._network = network

    def __call__(self, grey: Grey, quads: Sequence[Floats], worth_two: Sequence[bool]) -> list[Floats]:
        """The quads that lines are to be read from: around their capitals with a little room. `quads`: as they were found; one
        stays where no lettering is seen in it. `worth_two`: of each, whether it is worth a second look, which sees better what
        the first has straightened."""
        once = self._straightened(grey, quads, range(len(quads)))
        return self._straightened(grey, once, [i for i, worth in enumerate(worth_two) if worth])

    def _straightened(self, grey: Grey, quads: Sequence[Floats], which: Sequence[int]) -> list[Floats]:
        found = list(quads)
        short = [i for i in which if _is_short(quads[i])]
        rooms = [room_around(quads[i]) for i in short]
        corners = self._corners([view_of(grey, room) for room in rooms])
        for i, room, seen in zip(short, rooms, corners, strict=True):
            if _is_a_line(seen):
                found[i] = grown(_in_picture(seen, room), MARGIN_ALONG, MARGIN_ACROSS)
        return found

    def _corners(self, views: Sequence[Grey]) -> Iterator[Floats]:
        """Of the capitals in each view, 4 × 2, pixels of the view."""
        for first in range(0, len(views), BATCH):
            some = views[first : first + BATCH]
            batch = np.zeros((canvas_count(len(some)), 1, VIEW_HEIGHT, VIEW_WIDTH), dtype=np.float32)
            for place, view in enumerate(some):
                batch[place, 0] = normalised(view, LEAST_SPREAD)
            yield from self._network(batch)[: len(some)] * VIEW_HEIGHT


def room_around(quad: Floats) -> Floats:
    """What the network looks at to straighten a quad."""
    return grown(quad, ROOM_ALONG, ROOM_ACROSS)


def without_room(looked_at: Floats) -> Floats:
    """The quad around which the network looks at `looked_at`."""
    _, height = size_of(looked_at)
    inside = height / (1 + 2 * ROOM_ACROSS)
    return grown(looked_at, -ROOM_ALONG * inside / height, -ROOM_ACROSS * inside / height)


def view_of(grey: Grey, looked_at: Floats) -> Grey:
    """VIEW_HEIGHT × VIEW_WIDTH."""
    crop = cut(grey, looked_at)
    way = cv2.INTER_AREA if crop.shape[0] > VIEW_HEIGHT else cv2.INTER_LINEAR
    return cast(Grey, cv2.resize(crop, (VIEW_WIDTH, VIEW_HEIGHT), interpolation=way))


def _in_picture(corners: Floats, looked_at: Floats) -> Floats:
    back = cv2.getPerspectiveTransform(VIEW, looked_at.astype(np.float32))
    return cast(Floats, cv2.perspectiveTransform(corners[None].astype(np.float32), back)[0])


def _is_short(quad: Floats) -> bool:
    width, height = size_of(quad)
    return width <= LONGEST * height


def _is_a_line(corners: Floats) -> bool:
    """Whether the corners go round clockwise, in the order of a line that reads from left to right."""
    points = corners.tolist()
    edges = [(x - from_x, y - from_y) for (from_x, from_y), (x, y) in zip(points, points[1:] + points[:1], strict=True)]
    turns = [x * next_y - y * next_x for (x, y), (next_x, next_y) in zip(edges, edges[1:] + edges[:1], strict=True)]
    width, height = size_of(corners)
    reads = min(turns) > 0 and edges[0][0] > 0 and edges[1][1] > 0
    return reads and width > height / 2 and height > VIEW_HEIGHT / 10
