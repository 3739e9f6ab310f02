"""Size and type codes (ISO 6346:1995 annex D and E): length, height and width, then two characters for the type."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from gateway.ocr.alignment import Alignment
from gateway.ocr.glyphs import DIGITS, Glyph

LENGTHS: Final = "1234ABCDEFGHKLMNP"
HEIGHTS: Final = "024568CDEFLMNP"  # also the widths over 2438 mm
TYPES: Final = "GVBSRHUPTAK"
LEAST_LOG: Final = -3.0
KNOWN_DETAIL: Final[dict[str, str]] = {
    "G": "0123", "V": "024", "B": "013456", "S": "012", "R": "0123", "H": "01256", "U": "0123456", "P": "012345", "T": "0123456789",
    "A": "0", "K": "012345678",
}  # fmt: skip


def is_size_type(code: str) -> bool:
    """Whether a code of four characters names a size and a type that ISO 6346 knows."""
    return (
        len(code) == 4
        and code[0] in LENGTHS
        and code[1] in HEIGHTS
        and code[2] in KNOWN_DETAIL
        and code[3] in KNOWN_DETAIL[code[2]]
    )


def read_size_type(glyphs: Sequence[Glyph]) -> tuple[str, float] | None:
    """The size and type code that the glyphs spell, and its log likelihood; None where they spell none."""
    if not 4 <= len(glyphs) <= 6:
        return None
    found = Alignment(glyphs).fit((LENGTHS, HEIGHTS, TYPES, DIGITS))
    if found is None or found.log < LEAST_LOG or not is_size_type(found.text) or not _neighbours(found.chosen):
        return None
    return found.text, found.log


def _neighbours(chosen: tuple[int, ...]) -> bool:
    return all(after - before == 1 for before, after in pairwise(chosen))
