"""The face of the paper, embedded: a reader without Chinese fonts shows it the same. Beside it, a face that the reader has to have.

`NotoSansTC-Regular.ttf.xz` (SIL Open Font License 1.1, beside it; made by `supply/paper_font.py`) has all of Big5 and the
ideographs of Hong Kong's supplement, which names use. What is beyond is written in a face that the reader's machine has, or by
its code point.
"""

import lzma
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from gateway.look.hostile_text import shown

FACE: Final = "NotoSansTC"
BEYOND: Final = "MSung-Light"  # in every reader that has Adobe's pack for Traditional Chinese
_LAST_OF_CID: Final = 0xFFFF
_BRACKETS: Final = str.maketrans("⟨⟩", "〈〉")  # the face has only the ones of Chinese


@cache
def _known() -> frozenset[int]:
    """Registers both faces; the code points that the embedded one has."""
    packed = files("gateway.platform.orders.paper").joinpath("NotoSansTC-Regular.ttf.xz").read_bytes()
    face = TTFont(FACE, BytesIO(lzma.decompress(packed)))
    pdfmetrics.registerFont(face)
    pdfmetrics.registerFont(UnicodeCIDFont(BEYOND))
    return frozenset(face.face.charToGlyph)


def runs(text: str) -> list[tuple[str, str]]:
    """`text`, everything in it visible, as (face, characters)."""
    faced = _faced(shown(text).translate(_BRACKETS))
    return [(face, "".join(part for _, part in group)) for face, group in groupby(faced, key=lambda one: one[0])]


def _faced(text: str) -> Iterator[tuple[str, str]]:
    known = _known()
    for character in text:
        if ord(character) in known:
            yield FACE, character
        elif ord(character) <= _LAST_OF_CID:
            yield BEYOND, character
        else:
            yield FACE, f"〈U+{ord(character):04X}〉"


def width(text: str, size: float) -> float:
    """In points."""
    return sum(float(pdfmetrics.stringWidth(part, face, size)) for face, part in runs(text))
