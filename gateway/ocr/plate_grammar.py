"""Glyphs as a Taiwanese plate: every form of `gateway.model.plate`, the hyphen as evidence for where the groups part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import exp
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.model.observation import Position
from gateway.model.plate import FORMS
from gateway.ocr.alignment import Alignment, Fit
from gateway.ocr.glyphs import DIGITS, HYPHEN, LETTERS, WELL_SEEN, Floats, Glyph, Glyphs
from gateway.ocr.look_alikes import PLATE

PLATE_LETTERS: Final = "".join(letter for letter in LETTERS if letter not in "IO")
NO_FOUR: Final = "".join(digit for digit in DIGITS if digit != "4")

# How common a form is on the road, as a log weight (our estimate; only the order matters).
COMMON: Final = 0.0
MIXED: Final = -0.4  # groups that mix letters and digits
SHORT: Final = -1.5  # four and five characters: old trailers and official vehicles
HYPHEN_UNSEEN: Final = -1.0
HYPHEN_WRONG: Final = -4.0
HOLE: Final = -4.0
HOLE_GAP: Final = 1.7  # a step this many times the usual one, within a group, passes over a character that was not seen
WIDE_GAP: Final = 1.25  # the gap where the hyphen stands is wider than those between characters by this
LEAST_LOG: Final = -7.0
NO_RIVAL: Final = -9.0  # log of the share of the best reading's likelihood below which another one does not count against it
MAX_GLYPHS: Final = 12
MAX_DIRT: Final = 5  # glyphs more than the form has places


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

    @property
    def trust(self) -> float:
        """How much the reading weighs against another one: less where a character was hardly seen."""
        return self.probability * min(1.0, self.worst / WELL_SEEN)


def _expanded(form: str) -> tuple[str, ...]:
    """A form with every X a letter or a digit; a group of digits only would be no plate's."""
    spelled = ["".join(marks) for marks in product(*("LD" if mark == "X" else mark for mark in form))]
    return tuple(text for text in spelled if "L" in text)


EXPANDED: Final = tuple(dict.fromkeys(text for form in FORMS for text in _expanded(form)))


def _is_mixed(form: str) -> bool:
    return any("L" in group and "D" in group for group in form.split("-"))


def _prior(form: str) -> float:
    if len(form) <= 6:
        return SHORT + (MIXED if form not in FORMS else COMMON)
    return MIXED if _is_mixed(form) else COMMON


KINDS: Final = (PLATE_LETTERS, DIGITS, NO_FOUR)


def _kinds(form: str) -> list[int]:
    """Which of `KINDS` each place of a form may hold."""
    digit = 2 if form == "LLL-DDDD" else 1
    return [0 if mark == "L" else digit for mark in form if mark != "-"]


@dataclass(frozen=True, eq=False, slots=True)
class _Forms:
    """All forms of one length. `kinds`: forms × places; `priors`: log weights."""

    texts: tuple[str, ...]
    kinds: NDArray[np.intp]
    priors: Floats


def _of_length(places: int) -> _Forms:
    texts = tuple(form for form in EXPANDED if len(_kinds(form)) == places)
    return _Forms(texts, np.array([_kinds(form) for form in texts]), np.array([_prior(form) for form in texts], dtype=np.float32))


BY_LENGTH: Final = {places: _of_length(places) for places in sorted({len(_kinds(form)) for form in EXPANDED})}


def _hyphen(found: Fit, glyphs: Glyphs, split: int) -> tuple[float, bool]:
    """The price of the hyphens seen, and whether one, or the gap it leaves, is where the form wants it."""
    before, after = found.chosen[split - 1], found.chosen[split]
    seen = [i for i in range(found.chosen[0], found.chosen[-1]) if glyphs[i].probability(HYPHEN) * glyphs[i].presence > 0.3]
    right = any(before < i < after for i in seen) or _gap_at(found, glyphs, split)
    wrong = sum(not before < i < after for i in seen)
    return wrong * HYPHEN_WRONG + (0.0 if right else HYPHEN_UNSEEN), right


def _gap_at(found: Fit, glyphs: Glyphs, split: int) -> bool:
    """Whether the groups stand apart: small plates show the gap, but no hyphen."""
    at = [glyphs[i].at for i in found.chosen]
    steps = [after - before for before, after in pairwise(at)]
    others = sorted(steps[: split - 1] + steps[split:])
    return bool(others) and steps[split - 1] > WIDE_GAP * others[-1]


def _hole(found: Fit, glyphs: Glyphs, split: int) -> float:
    """The price of a gap within a group: two equal characters side by side are easily read as one."""
    steps = [glyphs[after].at - glyphs[before].at for before, after in pairwise(found.chosen)]
    within = steps[: split - 1] + steps[split:]
    return HOLE if max(within) > HOLE_GAP * median(within) else 0.0


def read_plate(glyphs: Sequence[Glyph]) -> PlateReading | None:
    """The best plate in the glyphs, or None where they cannot be one."""
    if not 4 <= len(glyphs) <= MAX_GLYPHS:
        return None
    glyphs = tuple(glyphs)
    readings: dict[str, tuple[float, Fit, bool, str]] = {}
    alignment = Alignment(glyphs, PLATE)
    least = LEAST_LOG
    for bound, form in sorted(_bounds(alignment, len(glyphs)), reverse=True):
        if bound < least:
            break
        found = alignment.fit([KINDS[kind] for kind in _kinds(form)])
        if found is None or found.log < LEAST_LOG:
            continue
        split = form.index("-")
        price, right = _hyphen(found, glyphs, split)
        log = found.log + price + _hole(found, glyphs, split) + _prior(form)
        least = max(least, log + NO_RIVAL)
        text = f"{found.text[:split]}-{found.text[split:]}"
        if text not in readings or log > readings[text][0]:
            readings[text] = (log, found, right, text)
    return _best(list(readings.values()))


def _bounds(alignment: Alignment, glyphs: int) -> Iterator[tuple[float, str]]:
    """The forms that so many glyphs may fill, each with a log likelihood that no reading of it exceeds."""
    for places, forms in BY_LENGTH.items():
        if 0 <= glyphs - places <= MAX_DIRT:
            yield from zip((alignment.bounds(KINDS, forms.kinds) + forms.priors).tolist(), forms.texts, strict=True)


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
