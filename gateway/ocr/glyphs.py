"""Glyphs: what a recogniser saw at each place of a line, with every character it considered.

A connectionist (CTC) recogniser gives, for each narrow column of a line, a probability for every character and for
"nothing here". A glyph gathers the columns of one character. Nothing is thrown away that could matter later: the runner-up
characters stay, and so do places where "nothing" won narrowly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HYPHEN: Final = "-"
BOXED: Final = "□"  # a frame with something in it: the boxed check digit, seen as 回, 团, 日 …
OTHER: Final = "?"  # any other character of the recogniser
ALPHABET: Final = DIGITS + LETTERS + HYPHEN + BOXED + OTHER
INDEX: Final[dict[str, int]] = {character: i for i, character in enumerate(ALPHABET)}

WELL_SEEN: Final = 0.25  # a reading whose least certain character was seen worse than this weighs less
WEAK_PRESENCE: Final = 0.15  # below this a place is certainly empty; between this and one half it is kept as a weak glyph

_BOX_SHAPES: Final = "□口囗囚四囝回团园困図固国圆圈團己巳日曰田目因囡圃囿圄圉圊"
_HYPHEN_SHAPES: Final = "-‐‑–—−·•.・:：_ー"
_BAR_SHAPES: Final = "|lıｌ丨｜"


def symbol_of(character: str) -> str:
    """The alphabet's symbol for a character of any recogniser; `OTHER` for what numbers and plates never hold."""
    upper = character.upper()
    if len(upper) == 1 and upper in INDEX and upper != OTHER:
        return upper
    if character in _HYPHEN_SHAPES:
        return HYPHEN
    if character in _BOX_SHAPES:
        return BOXED
    if character in _BAR_SHAPES:
        return "I"
    circled = ord(character) - ord("①") + 1 if len(character) == 1 else 0
    return str(circled) if 1 <= circled <= 9 else OTHER


@dataclass(frozen=True, eq=False, slots=True)
class Glyph:
    """One character's place. `at` is where along the line (0 left end, 1 right end), `presence` how surely something is
    there (0 to 1), `weights` the probability of each symbol of `ALPHABET`, given that something is there."""

    at: float
    presence: float
    weights: Floats

    @property
    def best(self) -> str:
        return ALPHABET[int(self.weights.argmax())]

    def probability(self, symbol: str) -> float:
        return float(self.weights[INDEX[symbol]])


Glyphs = tuple[Glyph, ...]


def text_of(glyphs: Sequence[Glyph]) -> str:
    """The likeliest reading, weak places left out."""
    return "".join(glyph.best for glyph in glyphs if glyph.presence >= 0.5)


def _glyph(columns: Floats, first: int, last: int, total: float) -> Glyph:
    """One glyph from the columns first..last (inclusive); the last of the columns' values is "nothing here"."""
    run = columns[first : last + 1]
    filled = 1.0 - run[:, -1]
    weights = (run[:, :-1] * filled[:, None]).sum(axis=0)
    weights /= max(float(weights.sum()), 1e-9)
    centre = float((np.arange(first, last + 1) * filled).sum() / max(float(filled.sum()), 1e-9))
    return Glyph((centre + 0.5) / total, float(filled.max()), weights.astype(np.float32))


def glyphs_from_columns(columns: Floats, used: float) -> Glyphs:
    """Gather columns into glyphs.

    `columns` has one row per narrow column of the line: the probability of each symbol of `ALPHABET`, then of nothing.
    `used` is how many rows belong to the line; those after it are padding.
    """
    end = min(len(columns), int(np.ceil(used)) + 1)
    best = columns[:end].argmax(axis=1)
    nothing = len(ALPHABET)
    found: list[Glyph] = []
    place = 0
    while place < end:
        if best[place] != nothing:
            last = place
            while last + 1 < end and best[last + 1] == best[place]:
                last += 1
            found.append(_glyph(columns, place, last, used))
            place = last + 1
            continue
        filled = 1.0 - float(columns[place, -1])
        beside = {best[place - 1] if place else nothing, best[place + 1] if place + 1 < end else nothing}
        if filled >= WEAK_PRESENCE and int(columns[place, :-1].argmax()) not in beside:
            found.append(_glyph(columns, place, place, used))
        place += 1
    return tuple(found)


def glyphs_from_text(text: str, certainty: float) -> Glyphs:
    """Glyphs from a recogniser that gives only text and one certainty for the whole line."""
    share = max(0.0, min(1.0, certainty))
    spread = (1.0 - share) / (len(ALPHABET) - 1)
    found = []
    marks = [symbol_of(character) for character in text if not character.isspace()]
    for place, symbol in enumerate(marks):
        weights = np.full(len(ALPHABET), spread, dtype=np.float32)
        weights[INDEX[symbol]] = share
        found.append(Glyph((place + 0.5) / len(marks), 1.0, weights))
    return tuple(found)
