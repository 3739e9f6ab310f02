"""Lines are straightened before they are read: a plate seen aslant is read as well as one seen from the front."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ocr.geometry import Image, grey_of, size_of
from gateway.ocr.glyphs import Floats, text_of
from gateway.ocr.lettering import Lettering
from gateway.ocr.looking import look
from gateway.simulator.scene.faces import text_mask
from tests.ocr.painted import steel

TEXT = "NKA-8352"


@pytest.fixture(scope="module")
def engine() -> Lettering:
    return Lettering(threads=2)


def sheet() -> Image:
    """A plate from the front, 120 pixels high with capitals of 62."""
    mask = text_mask(TEXT, "semi_condensed", 62, 0.12)
    room = np.pad(mask, ((29, 120 - 29 - mask.shape[0]), (30, 30)))[:, :, None]
    return np.asarray(room * 25 + (1 - room) * 235, dtype=np.uint8).repeat(3, axis=2)


def seen(corners: list[tuple[int, int]]) -> Image:
    """The plate on a dark wall, its corners where they are said to be."""
    plate, wall = sheet(), steel(640, 480, (70, 60, 55))
    height, width = plate.shape[:2]
    front = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    there = cv2.getPerspectiveTransform(front, np.array(corners, dtype=np.float32))
    cv2.warpPerspective(plate, there, (640, 480), dst=wall, borderMode=cv2.BORDER_TRANSPARENT, flags=cv2.INTER_LINEAR)
    return wall


FRONT = [(160, 180), (440, 180), (440, 285), (160, 285)]


@pytest.mark.parametrize(
    "corners",
    [
        FRONT,
        [(170, 250), (420, 110), (440, 225), (190, 370)],  # hanging
        [(170, 140), (420, 230), (420, 345), (170, 255)],  # from the side and above
        [(160, 150), (420, 200), (420, 280), (160, 275)],  # from close by
        [(220, 180), (470, 160), (410, 270), (150, 290)],  # leaning
    ],
)
def test_a_plate_is_read_from_wherever_it_is_seen(engine: Lettering, corners: list[tuple[int, int]]) -> None:
    assert TEXT in [text_of(line.glyphs) for line in look(engine, seen(corners), 640)]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-200, 840), st.floats(-200, 680)), min_size=4, max_size=4))
def test_whatever_was_found_stays_a_quad(engine: Lettering, corners: list[tuple[float, float]]) -> None:
    quad: Floats = np.array(corners, dtype=np.float32)
    (straight,) = engine.rectified(grey_of(seen(FRONT)), [quad], [True])
    assert straight.shape == (4, 2)
    assert np.isfinite(straight).all()
    assert all(side >= 0 for side in size_of(straight))
