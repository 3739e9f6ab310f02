"""Our engine: lines of any number and length are read, each for itself."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image, cut
from gateway.ocr.glyphs import text_of
from gateway.ocr.lettering import APART, COLUMN, LONGEST, STRIP, Lettering, _laid_out
from gateway.ocr.network import SIDES, STRIDE, canvas_side, looked_at
from gateway.simulator.scene.faces import text_mask
from tests.ocr.painted import plate, steel


@pytest.fixture(scope="module")
def engine() -> Lettering:
    return Lettering(threads=2)


@given(st.lists(st.integers(1, LONGEST), max_size=40))
def test_lines_never_share_a_place_on_a_strip(widths: list[int]) -> None:
    taken: dict[int, list[tuple[int, int]]] = {}
    for width, (strip, left) in zip(widths, _laid_out(widths), strict=True):
        assert left % COLUMN == 0
        assert left + width <= STRIP
        assert all(left >= end + APART - COLUMN or left + width <= start for start, end in taken.get(strip, []))
        taken.setdefault(strip, []).append((left, left + width))


def line_of(text: str) -> Image:
    """White lettering on red steel, in a face that boxes carry."""
    mask = np.pad(text_mask(text, "semi_condensed", 40, 0.12), ((8, 0), (16, 16)))[:, :, None]
    return np.asarray(mask * 230 + (1 - mask) * np.array([60, 50, 130]), dtype=np.uint8)


def test_lines_keep_their_order_and_do_not_disturb_each_other(engine: Lettering) -> None:
    texts = ["TEMU 922135 3", "45R1", "MSKU 907032", "22G1", "HDMU", "680487 8"]
    alone = [text_of(engine.read([line_of(text)])[0]) for text in texts]
    together = [text_of(glyphs) for glyphs in engine.read([line_of(text) for text in texts])]
    assert together == alone
    assert [text.replace("-", "") for text in together] == [text.replace(" ", "") for text in texts]


def test_no_lines_and_no_lettering(engine: Lettering) -> None:
    assert engine.read([]) == []
    assert engine.read_columns([]) == []
    assert engine.find(np.full((300, 400, 3), 90, dtype=np.uint8), 640) == []


def test_a_plate_is_found_at_any_size(engine: Lettering) -> None:
    picture = steel()
    plate(picture, "KLA-1234", 300, 200)
    for scale in (0.5, 1.0, 2.0):
        seen = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        assert engine.find(np.asarray(seen, dtype=np.uint8), max(seen.shape))


def test_weights_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.ocr.lettering.FINDER", "no_such")
    with pytest.raises(EngineLoadError, match=r"no_such\.onnx"):
        Lettering(threads=1)


def test_a_cut_out_plate_is_read_without_being_looked_for(engine: Lettering) -> None:
    wall = steel()
    plate(wall, "KLA-1234", 300, 200)
    (found,) = [place for place in engine.find(wall, 640) if place.likeness > 0.5]
    (left, top), (right, bottom) = found.quad.min(axis=0).astype(int), found.quad.max(axis=0).astype(int)
    (place,) = engine.filling(wall[top:bottom, left:right])
    assert [text_of(glyphs) for glyphs in engine.read([cut(wall[top:bottom, left:right], place.quad)])] == ["KLA-1234"]


@given(st.integers(1, 5000))
def test_canvases_hold_what_is_laid_on_them_and_are_few(length: int) -> None:
    assert length <= canvas_side(length) <= length * 1.5 + STRIDE
    assert canvas_side(length) % STRIDE == 0
    assert len({canvas_side(side) for side in range(1, SIDES[-1])}) == len(SIDES)


@given(st.integers(1, 4000), st.integers(1, 4000), st.sampled_from([32, 640, 960, 1440]))
def test_a_finder_looks_at_a_picture_that_keeps_its_shape(width: int, height: int, longest_side: int) -> None:
    seen = looked_at(np.zeros((height, width, 3), dtype=np.uint8), longest_side)
    for side, whole in zip(seen.shape[:2], (height, width), strict=True):
        assert side % STRIDE == 0
        assert abs(side - whole * longest_side / max(height, width)) <= STRIDE
