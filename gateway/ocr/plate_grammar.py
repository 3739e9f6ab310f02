"""Glyphs as a Taiwanese plate: every form of `gateway.model.plate`, the hyphen as evidence for where the groups part."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from typing import Final

from gateway.model.observation import Position
from gateway.model.plate import FORMS
from gateway.ocr.alignment import Fit, fit
from gateway.ocr.glyphs import DIGITS, HYPHEN, LETTERS, Glyph, Glyphs

PLATE_LETTERS: Final = "".join(letter for letter in LETTERS if letter not in "IO")
NO_FOUR: Final = "".join(digit for digit in DIGITS if digit != "4")

# How common a form is on the road, as a log weight (our estimate; only the order matters).
COMMON: Final = 0.0
RARE: Final = -2.0
RAREST: Final = -4.0
HYPHEN_RIGHT: Final = 0.0
HYPHEN_UNSEEN: Final = -1.2
HYPHEN_WRONG: Final = -4.0
LEAST_LOG: Final = -9.0
MAX_GLYPHS: Final = 12


@dataclass(frozen=True, eq=False, slots=True)
class PlateReading:
    """A plate that glyphs may spell. `worst`: how well the least certain character was seen (0 to 1)."""

    number: str
    text: str
    probability: float
    hyphen_seen: bool
    positions: tuple[Position, ...]
    worst: float
    log: float


def _prior(form: str) -> float:
    if form in ("LLL-DDDD", "LLL-DDD", "DDDD-LL", "LL-DDDD", "DDD-LLL"):
        return COMMON
    if len(form) <= 5:
        return RAREST if "X" in form else RARE
    return RARE


@cache
def _places(form: str) -> tuple[str, ...]:
    digits = NO_FOUR if form == "LLL-DDDD" else DIGITS
    kinds = {"L": PLATE_LETTERS, "D": digits, "X": PLATE_LETTERS + digits}
    return tuple(kinds[mark] for mark in form if mark != "-")


def _hyphen(found: Fit, glyphs: Glyphs, split: int) -> tuple[float, bool]:
    """The price of the hyphens seen, and whether one stands where the form wants it."""
    before, after = found.chosen[split - 1], found.chosen[split]
    seen = [i for i in range(found.chosen[0], found.chosen[-1]) if glyphs[i].probability(HYPHEN) * glyphs[i].presence > 0.3]
    right = any(before < i < after for i in seen)
    wrong = sum(not before < i < after for i in seen)
    return wrong * HYPHEN_WRONG + (HYPHEN_RIGHT if right else HYPHEN_UNSEEN), right


def read_plate(glyphs: Sequence[Glyph]) -> PlateReading | None:
    """The best plate in the glyphs, or None where they cannot be one."""
    if not 4 <= len(glyphs) <= MAX_GLYPHS:
        return None
    readings: dict[str, tuple[float, Fit, bool, str]] = {}
    for form in FORMS:
        found = fit(glyphs, _places(form))
        if found is None:
            continue
        split = form.index("-")
        price, right = _hyphen(found, tuple(glyphs), split)
        log = found.log + price + _prior(form)
        text = f"{found.text[:split]}-{found.text[split:]}"
        if text not in readings or log > readings[text][0]:
            readings[text] = (log, found, right, text)
    return _best(list(readings.values()))


def _best(readings: list[tuple[float, Fit, bool, str]]) -> PlateReading | None:
    if not readings:
        return None
    log, found, right, text = max(readings, key=lambda reading: (reading[0], reading[3]))
    if log < LEAST_LOG:
        return None
    number = text.replace("-", "")
    against = sum(exp(other - log) for other, _, _, shown in readings if shown.replace("-", "") != number)
    certain = 1.0
    for position in found.positions:
        certain *= position[0].probability
    return PlateReading(number, text, certain / (1.0 + against), right, found.positions, found.worst, log)
