"""Joining lines into numbers: rows, pieces of a row, rows below each other, and what must stay apart."""

import numpy as np

from gateway.ocr.glyphs import glyphs_from_text
from gateway.ocr.lines import Line
from gateway.ocr.understanding import container_numbers, plates


def line(text: str, left: float, top: float, width: float | None = None, height: float = 40, tilt: float = 0.0) -> Line:
    wide = width if width is not None else len(text) * 0.6 * height
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    corners = np.array([[0, 0], [wide, 0], [wide, height], [0, height]]) @ turn + [left, top]
    return Line(corners.astype(np.float32), glyphs_from_text(text, 0.999))


def numbers(*lines: Line) -> list[str]:
    return [sighting.reading.number for sighting in container_numbers(lines)]


def test_three_pieces_of_a_row() -> None:
    assert numbers(line("TEMU", 100, 100), line("922", 260, 102), line("1353", 350, 98)) == ["TEMU9221353"]


def test_the_order_of_lines_does_not_matter() -> None:
    assert numbers(line("1353", 350, 98), line("TEMU", 100, 100), line("922", 260, 102)) == ["TEMU9221353"]


def test_owner_above_serial_above_size_code() -> None:
    (found,) = container_numbers([line("TEMU", 100, 100), line("9221353", 100, 148), line("45R1", 100, 196)])
    assert (found.reading.number, found.size_type) == ("TEMU9221353", "45R1")


def test_a_grid_of_short_rows() -> None:
    rows = [line(text, 100, 100 + 46 * i) for i, text in enumerate(("TEMU", "922", "135", "3"))]
    assert numbers(*rows) == ["TEMU9221353"]


def test_tilted_pieces() -> None:
    tilt = -0.3
    right, up = np.cos(tilt) * 190, np.sin(tilt) * 190
    assert numbers(line("TEMU", 100, 300, tilt=tilt), line("9221353", 100 + right, 300 + up, tilt=tilt)) == ["TEMU9221353"]


def test_pieces_far_apart_or_of_other_sizes_are_not_joined() -> None:
    assert numbers(line("TEMU", 100, 100), line("9221353", 700, 100)) == []
    assert numbers(line("TEMU", 100, 100), line("9221353", 260, 100, height=110)) == []


def test_a_line_serves_one_number_only() -> None:
    assert numbers(line("TEMU", 100, 100), line("9221353", 210, 100), line("9221353", 210, 148)) == ["TEMU9221353"]


def test_a_plate_found_in_two_pieces() -> None:
    (best, *_) = plates([line("HA", 100, 100), line("76", 175, 100)])
    assert (best.reading.text, best.reading.hyphen_seen) == ("HA-76", True)


def test_a_size_code_and_markings_are_no_plates() -> None:
    assert plates([line("45G1", 100, 100), line("TARE", 100, 200), line("2230KG", 260, 200)]) == []


def test_a_size_code_behind_a_rod_is_no_plate() -> None:
    assert plates([line("145G1", 100, 100)]) == []
