"""Decoding glyphs as container numbers, plates and size codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.container_number import check_digit
from gateway.model.owner_codes import known_owner
from gateway.ocr.container_grammar import read_number
from gateway.ocr.glyphs import (
    ALPHABET,
    BOXED,
    DIGITS,
    INDEX,
    LETTERS,
    OTHER,
    Glyph,
    glyphs_from_columns,
    glyphs_from_text,
    symbol_of,
    text_of,
)
from gateway.ocr.markings import is_marking
from gateway.ocr.plate_grammar import PLATE_LETTERS, read_plate
from gateway.ocr.size_type import is_size_type, read_size_type


def glyphs(text: str) -> tuple[Glyph, ...]:
    return glyphs_from_text(text, 0.999)


def with_doubt(text: str, place: int, other: str, share: float) -> tuple[Glyph, ...]:
    """`text`, at one place of which `other` is seen with probability `share`."""
    seen = list(glyphs(text))
    weights = np.zeros(len(ALPHABET), dtype=np.float32)
    weights[INDEX[text[place]]], weights[INDEX[other]] = 1 - share, share
    seen[place] = Glyph(seen[place].at, 1.0, weights)
    return tuple(seen)


numbers = st.builds(
    lambda owner, serial: owner + "U" + serial,
    st.text(LETTERS, min_size=3, max_size=3) | st.sampled_from(["MSK", "TGH", "EIT", "YML", "CMA", "WHL"]),
    st.text(DIGITS, min_size=6, max_size=6),
).map(lambda prefix: prefix + str(check_digit(prefix)))


@settings(deadline=None, max_examples=50)
@given(numbers)
def test_every_clear_number_is_read_and_sure(number: str) -> None:
    reading = read_number(glyphs(number))
    assert reading is not None
    assert (reading.number, reading.check_digit_seen, reading.check_digit_valid) == (number, True, True)
    assert reading.probability > (0.95 if known_owner(number[:3]) else 0.9)  # look-alikes of an unknown owner may be known


@settings(deadline=None, max_examples=50)
@given(numbers)
def test_without_its_check_digit_a_number_is_not_sure(number: str) -> None:
    reading = read_number(glyphs(number[:10]))
    assert reading is not None
    assert reading.number == number
    assert not reading.check_digit_seen
    assert reading.probability < 0.95


@settings(deadline=None, max_examples=50)
@given(numbers, st.integers(1, 9))
def test_a_check_digit_that_fails_is_never_sure(number: str, shift: int) -> None:
    reading = read_number(glyphs(number[:10] + str((int(number[10]) + shift) % 10)))
    assert reading is None or reading.probability < 0.95


def test_letters_in_the_digits_zone_are_put_right() -> None:
    reading = read_number(glyphs("TEMU922I3S3"))
    assert reading is not None
    assert reading.number == "TEMU9221353"


def test_the_check_digit_settles_a_doubt() -> None:
    reading = read_number(with_doubt("TEMU9221853", 8, "3", 0.4))
    assert reading is not None
    assert reading.number == "TEMU9221353"
    assert {candidate.character for candidate in reading.positions[8]} >= {"3", "8"}


def test_a_frame_around_the_check_digit_is_no_digit_seen() -> None:
    reading = read_number(glyphs("TEMU922135" + BOXED))
    assert reading is not None
    assert (reading.number, reading.check_digit_seen) == ("TEMU9221353", False)


def test_dirt_between_the_characters_is_left_out() -> None:
    reading = read_number(glyphs("TEMU-922" + OTHER + "1353"))
    assert reading is not None
    assert reading.number == "TEMU9221353"


@pytest.mark.parametrize("text", ["", "MAXGROSS", "30480KGS", "CAUTION96HIGH", "0123456789012345678901234567890"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert read_number(glyphs(text)) is None


@settings(deadline=None, max_examples=50)
@given(st.text("".join(dict.fromkeys(ALPHABET)), max_size=30))
def test_any_text_is_survived(text: str) -> None:
    for read in (read_number, read_plate, read_size_type):
        read(glyphs(text))


@settings(deadline=None, max_examples=50)
@given(st.text(PLATE_LETTERS, min_size=3, max_size=3), st.text("01235678", min_size=4, max_size=4))
def test_every_clear_plate_of_today_is_read(letters: str, digits: str) -> None:
    reading = read_plate(glyphs(f"{letters}-{digits}"))
    assert reading is not None
    assert reading.text == f"{letters}-{digits}"
    assert reading.probability > 0.9
    assert reading.hyphen_seen


@pytest.mark.parametrize(
    "text", ["123-HQ", "HQ-123", "5333-JP", "ZQ-4762", "A8-8202", "7955-G9", "220-GVD", "7HL-506", "FJ-L2", "HA-76"]
)
def test_older_forms(text: str) -> None:
    reading = read_plate(glyphs(text))
    assert reading is not None
    assert (reading.text, reading.hyphen_seen) == (text, True)


def test_letters_that_no_plate_has_are_read_as_digits() -> None:
    reading = read_plate(glyphs("KLA-I2O5"))
    assert reading is not None
    assert reading.text == "KLA-1205"


def test_the_gap_stands_for_a_hyphen_too_small_to_see() -> None:
    near = [Glyph(at, 1.0, glyph.weights) for at, glyph in zip((0.1, 0.25, 0.7, 0.85), glyphs("FJL2"), strict=True)]
    even = [Glyph(at, 1.0, glyph.weights) for at, glyph in zip((0.1, 0.35, 0.6, 0.85), glyphs("FJL2"), strict=True)]
    apart, together = read_plate(near), read_plate(even)
    assert apart is not None
    assert together is not None
    assert (apart.hyphen_seen, together.hyphen_seen) == (True, False)


@pytest.mark.parametrize("code", ["22G1", "42G1", "45G1", "L5G1", "45R1", "22U1", "22T0"])
def test_size_and_type_codes(code: str) -> None:
    assert is_size_type(code)
    seen = read_size_type(glyphs(code))
    assert seen is not None
    assert seen[0] == code


@pytest.mark.parametrize("code", ["22G9", "2211", "ABCD", "45", "45G11", "99G1"])
def test_what_is_no_size_and_type_code(code: str) -> None:
    assert not is_size_type(code)


@pytest.mark.parametrize("text", ["MAX GROSS", "TARE WT", "30480 KGS", "67200LBS", "PAYLOAD", "CU.CAP.", "2.390 KG"])
def test_markings(text: str) -> None:
    assert is_marking(text)


@pytest.mark.parametrize("text", ["TEMU", "MAXU", "922135 3", "KLA-1234", "22G1", "5369-FT", "120-KG"])
def test_what_is_no_marking(text: str) -> None:
    assert not is_marking(text)


def test_characters_of_other_scripts_fold_into_the_alphabet() -> None:
    assert [symbol_of(character) for character in "a⑧回－·|櫃"] == ["A", "8", BOXED, OTHER, "-", "I", OTHER]


def test_columns_become_glyphs_and_a_narrow_nothing_is_kept() -> None:
    columns = np.zeros((6, len(ALPHABET) + 1), dtype=np.float32)
    columns[:, -1] = 1.0
    for place, (symbol, share) in {1: ("T", 0.9), 2: ("T", 0.8), 4: ("7", 0.3)}.items():
        columns[place, INDEX[symbol]], columns[place, -1] = share, 1 - share
    found = glyphs_from_columns(columns, 6.0)
    assert [glyph.best for glyph in found] == ["T", "7"]
    assert text_of(found) == "T"
    assert found[0].at < found[1].at


def test_a_hole_within_a_group_is_a_character_that_was_not_seen() -> None:
    whole = glyphs("BJ-8226")
    holed = [Glyph(seen.at if i < 5 else seen.at + 0.2, seen.presence, seen.weights) for i, seen in enumerate(whole)]
    even, uneven = read_plate(whole), read_plate(holed)
    assert even is not None
    assert uneven is None or uneven.log < even.log - 3


def test_a_door_rod_that_reads_as_a_one_makes_two_numbers_possible_and_neither_sure() -> None:
    """DACU 253299 7 behind a rod: without its last digit, DACU 125329 9 has a right check digit too."""
    reading = read_number(glyphs("DACU12532997"))
    assert reading is not None
    assert reading.probability < 0.9
    sure = read_number(glyphs("DACU2532997"))
    assert sure is not None
    assert sure.probability > 0.95
