"""When the reader looks again, and whom it asks: looks are dear, and a lane waits for them."""

import pytest

from gateway.ocr.glyphs import glyphs_from_text
from gateway.ocr.lines import Chain, Line
from gateway.ocr.plate_grammar import read_plate
from gateway.ocr.reader import Reader, _together
from gateway.ocr.reads import ImageReads
from gateway.ocr.understanding import PlateSighting
from tests.ocr.reciting import Reciting, painted, quad

BOX, OTHER_BOX, PLATE = 60, 90, 120
PLACES = {BOX: quad(300, 200, 400), OTHER_BOX: quad(900, 600, 400), PLATE: quad(300, 700)}


def accepted(reads: ImageReads) -> list[str]:
    boxes = [box.number for box in reads.containers if box.accepted]
    return boxes + [plate.number for plate in reads.plates if plate.accepted]


def test_a_sure_first_engine_is_the_only_one_asked() -> None:
    first = Reciting(PLACES, {BOX: ("TEMU9221353", 0.99)})
    second = Reciting(PLACES, {})
    assert accepted(Reader(first, second).read(painted(PLACES))) == ["TEMU9221353"]
    assert second.searched == 0


@pytest.mark.parametrize(
    ("shade", "unsure", "sure"), [(BOX, ("TEMU9221353", 0.7), "TEMU9221353"), (PLATE, ("KLA-1235", 0.8), "KLA1235")]
)
def test_a_second_engine_reads_what_the_first_found_and_need_not_search(shade: int, unsure: tuple[str, float], sure: str) -> None:
    first = Reciting(PLACES, {shade: unsure})
    second = Reciting(PLACES, {shade: (unsure[0], 0.995)})
    picture = painted(PLACES)
    assert accepted(Reader(first).read(picture)) == []
    assert accepted(Reader(first, second).read(picture)) == [sure]
    assert second.searched == 0


def test_where_two_engines_disagree_nothing_is_promised() -> None:
    first = Reciting(PLACES, {BOX: ("TEMU9221353", 0.7)})
    second = Reciting(PLACES, {BOX: ("TEMU9221369", 0.99)})  # as valid
    assert accepted(Reader(first, second).read(painted(PLACES))) == []


def test_an_impatient_look_asks_nobody_else() -> None:
    second = Reciting(PLACES, {PLATE: ("KLA-1235", 0.995)})
    first = Reciting(PLACES, {PLATE: ("KLA-1235", 0.8)})
    assert accepted(Reader(first, second).read(painted(PLACES), patient=False)) == []


def test_a_second_box_beside_a_sure_one_is_looked_at_more_closely() -> None:
    """A truck may carry two 20-foot boxes: the first sure number must not end the search."""
    says = {BOX: ("TEMU9221353", 0.99), OTHER_BOX: ("MSKU9070323", 0.75)}
    engine = Reciting(PLACES, says, closer={OTHER_BOX: ("MSKU9070323", 0.99)})
    assert set(accepted(Reader(engine).read(painted(PLACES), "containers"))) == {"TEMU9221353", "MSKU9070323"}


def test_a_column_that_runs_on_above_its_number_is_searched_for_it() -> None:
    column = {BOX: quad(300, 50, 40, 700)}
    engine = Reciting(column, {BOX: ("TNULLITEMU9221353", 0.99)}, tight=True)
    assert accepted(Reader(engine).read(painted(column))) == ["TEMU9221353"]


def test_a_piece_of_a_box_number_is_no_plate() -> None:
    """On the next lane's box, seen from afar: letters and digits that a plate of an old series might show."""
    says = {BOX: ("WSAU4160620", 0.65), PLATE: ("SAU-416", 0.995)}
    reads = Reader(Reciting(PLACES, says)).read(painted(PLACES))
    assert [box.number for box in reads.containers] == ["WSAU4160620"]
    assert reads.plates == ()
    assert accepted(Reader(Reciting(PLACES, {PLATE: says[PLATE]})).read(painted(PLACES))) == ["SAU416"]


def plate_at(left: int, certainty: float) -> PlateSighting:
    line = Line(quad(left, 300), glyphs_from_text("KLA-1235", certainty))
    reading = read_plate(line.glyphs)
    assert reading is not None
    return PlateSighting(reading, Chain((line,)))


def test_an_engine_has_one_voice_at_a_place_however_often_it_saw_something_there() -> None:
    height = plate_at(300, 0.97).chain.height
    first, aside = plate_at(300, 0.97), round(0.8 * height)
    second, second_again = plate_at(300 - aside, 0.95), plate_at(300 + aside, 0.95)
    (once,) = _together([[first], [second]])
    (twice,) = _together([[first], [second, second_again]])
    assert twice.reading.probability == once.reading.probability > first.reading.probability
