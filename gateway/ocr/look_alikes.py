"""Which characters a recogniser takes for which, on steel and on plates.

`STRONG` pairs are told apart only by where they stand (a letter's place or a digit's): reading one where only the other
may stand is as good as reading the other. `WEAK` pairs are real mistakes, seen on worn or small lettering.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, cast

import numpy as np

from gateway.ocr.glyphs import ALPHABET, BOXED, DIGITS, INDEX, LETTERS, Floats

STRONG: Final[dict[str, str]] = {
    "0": "ODQ", "1": "ILTJ", "2": "Z", "3": "BJ", "4": "A", "5": "S", "6": "GC", "7": "TZY", "8": "B", "9": "PG",
    "O": "0", "Q": "0", "D": "0", "U": "0", "C": "06", "I": "1", "L": "1", "J": "1", "T": "71", "Z": "27", "B": "83",
    "S": "58", "G": "69", "A": "4", "Y": "4", "P": "9", "E": "68", "F": "7",
}  # fmt: skip
WEAK: Final[dict[str, str]] = {
    "0": "8693", "1": "74", "2": "73", "3": "8592", "4": "19", "5": "639", "6": "8503", "7": "12", "8": "6903", "9": "8035",
    "A": "RHN", "B": "ERDP", "C": "GOE", "D": "OBPQ", "E": "FBCL", "F": "PET", "G": "CQOE", "H": "MNKWRU", "I": "LTJ",
    "J": "UIL", "K": "XRHY", "L": "IUEC", "M": "NWH", "N": "MHWR", "O": "DQCGU", "P": "FRD", "Q": "OGD", "R": "KPABN",
    "S": "BZ", "T": "IYF", "U": "VJOLHD", "V": "YUW", "W": "MNVH", "X": "KY", "Y": "VTX", "Z": "2S",
}  # fmt: skip
ABSENT_WEIGHT: Final = 0.5
BOXED_WEIGHT: Final = 0.06  # a framed something is some digit
CHARACTERS: Final = DIGITS + LETTERS


@dataclass(frozen=True, slots=True)
class Doubts:
    """How much of a character's probability its look-alikes get. `floor`: any character may be any other. `absent`
    characters never stand there, so that reading one always means a look-alike."""

    same: float
    strong: float
    weak: float
    floor: float
    absent: str = ""


# On steel the place decides between letter and digit, and the check digit watches over the rest. A plate's groups may mix
# letters and digits, so what was seen counts for more; its lettering is also cleaner.
STEEL: Final = Doubts(same=0.98, strong=0.35, weak=0.003, floor=0.0005)
PLATE: Final = Doubts(same=0.99, strong=0.015, weak=0.001, floor=0.0001, absent="IO")


@cache
def _table(doubts: Doubts) -> Floats:
    """Rows: the symbol seen; columns: the character that stands there."""
    table = np.full((len(ALPHABET), len(CHARACTERS)), doubts.floor, dtype=np.float32)
    for seen in CHARACTERS:
        strong = ABSENT_WEIGHT if seen in doubts.absent else doubts.strong
        for weight, pairs in ((doubts.weak, WEAK), (strong, STRONG)):
            for truth in pairs.get(seen, ""):
                table[INDEX[seen], INDEX[truth]] = weight
        table[INDEX[seen], INDEX[seen]] = doubts.same
    table[INDEX[BOXED], : len(DIGITS)] = BOXED_WEIGHT
    return table


def support(weights: Floats, doubts: Doubts) -> Floats:
    """How well each character of `CHARACTERS` explains what was seen. `weights`: glyphs × symbols of `ALPHABET`."""
    return cast(Floats, weights @ _table(doubts))
