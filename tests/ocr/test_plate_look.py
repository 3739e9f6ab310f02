"""A second look at a plate: what its views say together. The engine here says in turn what each view is to show."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.geometry import Image, leant, size_of
from gateway.ocr.glyphs import Floats, Glyphs, glyphs_from_text
from gateway.ocr.lines import Chain, Line
from gateway.ocr.plate_grammar import read_plate
from gateway.ocr.plate_look import VIEWS, looked_at_twice
from gateway.ocr.promise import PLATE_SURE
from gateway.ocr.understanding import PlateSighting
from gateway.ocr.understanding import settled as agreed

Seen = tuple[str, float]  # text and certainty of each character
WALL = np.full((200, 400, 3), 128, dtype=np.uint8)
QUAD: Floats = np.array([[100, 80], [300, 80], [300, 120], [100, 120]], dtype=np.float32)


class ReadingInTurn(TextEngine):
    def __init__(self, views: Sequence[Seen]) -> None:
        self.batches: list[int] = []
        self._views = cycle(views)

    def find(self, image: Image, longest_side: int) -> list[Place]:
        return []

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        if crops:
            self.batches.append(len(crops))
        return [glyphs_from_text(*next(self._views)) for _ in crops]


def settled(first: Seen, views: Sequence[Seen]) -> tuple[str, float]:
    line = Line(QUAD, glyphs_from_text(*first))
    reading = read_plate(line.glyphs)
    assert reading is not None
    (result,) = looked_at_twice(ReadingInTurn(views), WALL, [PlateSighting(reading, Chain((line,)))])
    return result.reading.number, result.reading.probability


def test_views_that_agree_make_a_plate_surer() -> None:
    first = ("KLA-1235", 0.97)
    alone = read_plate(glyphs_from_text(*first))
    assert alone is not None
    assert settled(first, [first] * len(VIEWS)) > ("KLA1235", alone.probability)


def look(text: str, certain: float) -> PlateSighting:
    line = Line(QUAD, glyphs_from_text(text, certain))
    reading = read_plate(line.glyphs)
    assert reading is not None
    return PlateSighting(reading, Chain((line,)))


def test_a_rival_that_one_look_was_sure_of_is_not_forgotten_when_the_next_looks_agree() -> None:
    """M8-9155, once taken for MB-9155 at two sizes: the first size was of two minds, and the second hid it."""
    first_size = agreed([look("MB-9155", 0.99), look("M8-9155", 0.995), look("MB-9155", 0.96)])
    second_size = agreed([look("MB-9155", 0.99), look("MB-9155", 0.995)])
    assert second_size.reading.probability > PLATE_SURE
    together = agreed([second_size, first_size])
    assert together.reading.number == "MB9155"
    assert together.reading.probability < PLATE_SURE


def test_a_rival_that_no_look_was_sure_of_is_outvoted() -> None:
    first_size = agreed([look("MB-9155", 0.99), look("M8-9155", 0.97), look("MB-9155", 0.96)])
    second_size = agreed([look("MB-9155", 0.99), look("MB-9155", 0.995)])
    assert agreed([second_size, first_size]).reading.probability > PLATE_SURE


def test_a_character_cut_off_at_an_end_is_put_back() -> None:
    number, probability = settled(("LA-1235", 0.95), [("KLA-1235", 0.99), ("KLA-1235", 0.99), *[("LA-1235", 0.99)] * 3])
    assert number == "KLA1235"
    assert probability > 0.95


@pytest.mark.parametrize("against", [1, 2])
def test_most_views_win_and_the_others_leave_a_doubt(against: int) -> None:
    number, probability = settled(("KLA-1235", 0.99), [("KLA-1285", 0.99)] * against + [("KLA-1235", 0.99)] * (5 - against))
    assert number == "KLA1235"
    assert probability < 0.9


@pytest.mark.parametrize(("presence", "together"), [(0.75, "305RT"), (1.0, "7305RT")])
def test_the_edge_of_a_plate_is_no_character_unless_it_is_seen_like_the_others(presence: float, together: str) -> None:
    """A bright bumper beside a plate that leans looks like a 7 to some views; a character that was cut off is seen clearly."""
    first, *rest = glyphs_from_text("7305-RT", 0.995)
    longer = (replace(first, presence=presence), *rest)
    looks = [sighting(glyphs_from_text("305-RT", 0.995))] * 6 + [sighting(longer)] * 4
    assert agreed(looks).reading.number == together


def sighting(glyphs: Glyphs) -> PlateSighting:
    reading = read_plate(glyphs)
    assert reading is not None
    return PlateSighting(reading, Chain((Line(QUAD, glyphs),)))


def test_views_that_show_nothing_take_nothing_away() -> None:
    assert settled(("KLA-1235", 0.99), [("", 1.0)] * len(VIEWS)) == settled(("KLA-1235", 0.99), [("KLA", 0.9)] * len(VIEWS))


@given(
    st.lists(st.tuples(st.sampled_from(["KLA-1235", "KLA-1285", "LA-1235", "", "7"]), st.floats(0.3, 1.0)), min_size=5, max_size=5)
)
def test_whatever_the_views_say_the_answer_is_a_plate_that_was_read_and_a_probability(views: list[Seen]) -> None:
    number, probability = settled(("KLA-1235", 0.9), views)
    assert number in {"KLA1235", "KLA1285", "LA1235"}
    assert 0 < probability <= 1


def many(certainty: float, views: Sequence[Seen]) -> ReadingInTurn:
    """Nine plates were looked at."""
    line = Line(QUAD, glyphs_from_text("KLA-1235", certainty))
    reading = read_plate(line.glyphs)
    assert reading is not None
    engine = ReadingInTurn(views)
    looked_at_twice(engine, WALL, [PlateSighting(reading, Chain((line,))) for _ in range(9)])
    return engine


def test_all_views_of_doubtful_plates_are_read_in_one_batch() -> None:
    assert many(0.95, [("KLA-1285", 0.9)]).batches == [6, 6 * len(VIEWS)]


def test_of_clear_plates_only_the_ends_are_looked_at() -> None:
    assert many(0.99, [("KLA-1235", 0.99)]).batches == [6]


def test_of_unlikely_plates_all_views_are_read_at_once() -> None:
    assert many(0.75, [("KLA-1235", 0.99)]).batches == [6 * len(VIEWS)]


def test_a_view_that_leans_keeps_its_height() -> None:
    assert size_of(leant(QUAD, 0.25))[0] == pytest.approx(size_of(QUAD)[0])
    assert leant(QUAD, 0.25)[0, 0] == pytest.approx(105)
    assert leant(QUAD, 0.25)[3, 0] == pytest.approx(95)


def test_a_plate_stands_where_it_was_found_however_wide_it_was_looked_at() -> None:
    line = Line(QUAD, glyphs_from_text("KLA-1235", 0.9))
    reading = read_plate(line.glyphs)
    assert reading is not None
    (result,) = looked_at_twice(ReadingInTurn([("KLA-1235", 0.99)]), WALL, [PlateSighting(reading, Chain((line,)))])
    assert np.array_equal(result.chain.quad, QUAD)
