"""Straightens a found line before it is read: where exactly the four corners of its lettering are, seen from any side.

A finder gives a rectangle around what it found. Seen aslant, lettering is no rectangle, and the finder's is a little too high, too
short or askew. A small network looks at the rectangle with room around it and says where the corners of the capitals are: a
spatial transformer (Jaderberg et al. 2015), but taught with corners that are known, because the lettering was rendered.
"""

from typing import Final, cast

import cv2
import numpy as np

from gateway.ocr.brightness import LEAST_SPREAD, normalised
from gateway.ocr.geometry import Image, cut, grown, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.network import Network

VIEW_HEIGHT: Final = 64  # pixels that the network looks at
VIEW_WIDTH: Final = 192
ROOM_ALONG: Final = 0.6  # around the finder's quad, in its heights
ROOM_ACROSS: Final = 0.25
MARGIN_ALONG: Final = 0.3  # around the capitals, in their heights: what the recogniser likes best
MARGIN_ACROSS: Final = 0.2
LONGEST: Final = 7.0  # times its height; a longer line is straight enough as it was found
TIMES: Final = 2  # a second look sees better what the first has straightened
VIEW: Final = np.array([[0, 0], [VIEW_WIDTH, 0], [VIEW_WIDTH, VIEW_HEIGHT], [0, VIEW_HEIGHT]], dtype=np.float32)


class Rectifier:
    """May be called from several threads at once."""

    def __init__(self, network: Network) -> None:
        """`network`: N × 1 × VIEW_HEIGHT × VIEW_WIDTH, normalised → N × 4 × 2, in view heights."""
        self._network = network

    def __call__(self, image: Image, quad: Floats) -> Floats:
        """The quad that a line is to be read from: around its capitals with a little room. `quad`: as it was found; it stays
        where no lettering is seen in it."""
        found = quad
        for _ in range(TIMES):
            width, height = size_of(found)
            if width > LONGEST * height:
                return found
            looked_at = room_around(found)
            seen = normalised(view_of(image, looked_at), LEAST_SPREAD)[None, None]
            corners = self._network(seen)[0] * VIEW_HEIGHT
            if not _is_a_line(corners):
                return found
            found = grown(_in_picture(corners, looked_at), MARGIN_ALONG, MARGIN_ACROSS)
        return found


def room_around(quad: Floats) -> Floats:
    """What the network looks at to straighten a quad."""
    return grown(quad, ROOM_ALONG, ROOM_ACROSS)


def view_of(image: Image, looked_at: Floats) -> Image:
    """Grey, VIEW_HEIGHT × VIEW_WIDTH."""
    crop = cv2.cvtColor(cut(image, looked_at), cv2.COLOR_BGR2GRAY)
    way = cv2.INTER_AREA if crop.shape[0] > VIEW_HEIGHT else cv2.INTER_LINEAR
    return cast(Image, cv2.resize(crop, (VIEW_WIDTH, VIEW_HEIGHT), interpolation=way))


def _in_picture(corners: Floats, looked_at: Floats) -> Floats:
    back = cv2.getPerspectiveTransform(VIEW, looked_at.astype(np.float32))
    return cast(Floats, cv2.perspectiveTransform(corners[None].astype(np.float32), back)[0])


def _is_a_line(corners: Floats) -> bool:
    """Whether the corners go round clockwise, in the order of a line that reads from left to right."""
    edges = np.roll(corners, -1, axis=0) - corners
    turns = edges[:, 0] * np.roll(edges, -1, axis=0)[:, 1] - edges[:, 1] * np.roll(edges, -1, axis=0)[:, 0]
    width, height = size_of(corners)
    return bool((turns > 0).all() and edges[0, 0] > 0 and edges[1, 1] > 0 and width > height / 2 and height > VIEW_HEIGHT / 10)
