"""Glyphs as a container number: three owner letters, a category, six digits, a check digit (ISO 6346 clause 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

from gateway.model.container_number import CATEGORIES, ContainerNumber
from gateway.model.number_evidence import likeliest
from gateway.model.observation import Candidate, Position
from gateway.ocr.alignment import Alignment, Fit, skip_price
from gateway.ocr.glyphs import BOXED, DIGITS, LETTERS, WELL_SEEN, Glyph

WITHOUT_CHECK: Final = (LETTERS, LETTERS, LETTERS, CATEGORIES, *[DIGITS] * 6)
WITH_CHECK: Final = (*WITHOUT_CHECK, DIGITS)
MISSING_CHECK: Final = -2.0  # log likelihood of not seeing a check digit at all
LEAST_LOG: Final = -9.0  # below this the glyphs are no container number
MAX_GLYPHS: Final = 22
UNCHECKED: Final = 0.5  # what a number without its check digit weighs
CLEAR: Final = 0.5  # presence of a glyph that is more than a shadow
NO_RIVAL: Final = -7.0  # log of the share of the best one's likelihood below which another number is no rival
NOT_FREIGHT: Final = -3.0  # log likelihood of J or Z, before anything is seen
CATEGORY_SHARE: Final = {"U": 1.0, "J": 0.02, "Z": 0.02}  # J and Z are not for freight containers


@dataclass(frozen=True, eq=False, slots=True)
class NumberReading:
    """A container number that glyphs may spell. `worst` is how well the least certain character was seen (0 to 1)."""

    number: str
    probability: float
    check_digit_seen: bool
    positions: tuple[Position, ...]
    worst: float
    log: float

    @property
    def trust(self) -> float:
        """How much the reading weighs against another one: less where a character was hardly seen, or the check digit not."""
        return self.probability * min(1.0, self.worst / WELL_SEEN) * (1.0 if self.check_digit_seen else UNCHECKED)

    @property
    def check_digit_valid(self) -> bool:
        return ContainerNumber(self.number).check_digit_valid


def read_number(glyphs: Sequence[Glyph]) -> NumberReading | None:
    """The best container number in the glyphs, or None where they cannot be one."""
    if not len(WITHOUT_CHECK) <= len(glyphs) <= MAX_GLYPHS:
        return None
    alignment = Alignment(glyphs)
    fits = [found for form in (WITH_CHECK, WITHOUT_CHECK) if (found := alignment.fit(form)) is not None]
    best = max(fits, key=_log, default=None)
    if best is None or _log(best) < LEAST_LOG:
        return None
    reading = _reading(best, glyphs)
    return reading and replace(reading, probability=reading.probability / (1.0 + _rivals(best, glyphs, reading.number)))


def _rivals(best: Fit, glyphs: Sequence[Glyph], number: str) -> float:
    """How likely other numbers are, against the best one, when what it counts as dirt is a character and one of its own is
    dirt: the shadow of a door rod reads as a 1, and the check digit may then fall off the end."""
    clear = sum(glyph.presence >= CLEAR for glyph in glyphs)
    if clear <= len(best.chosen):
        return 0.0
    against: dict[str, float] = {}
    for left_out in best.chosen:
        rest = [glyph for place, glyph in enumerate(glyphs) if place != left_out]
        other = Alignment(rest).fit(WITH_CHECK)
        behind = (_log(other) + skip_price(glyphs[left_out]) - _log(best)) if other else NO_RIVAL
        if other is None or behind <= NO_RIVAL:
            continue
        reading = _reading(other, rest)
        if reading and reading.number != number:
            against[reading.number] = max(against.get(reading.number, 0.0), exp(behind) * reading.probability)
    return sum(against.values())


def _log(found: Fit) -> float:
    return found.log + (MISSING_CHECK if len(found.chosen) < len(WITH_CHECK) else 0.0)


def _reading(found: Fit, glyphs: Sequence[Glyph]) -> NumberReading | None:
    check_seen = len(found.chosen) == len(WITH_CHECK) and glyphs[found.chosen[-1]].best != BOXED
    positions = (*found.positions[:3], _category(found.positions[3]), *found.positions[4:])
    if not check_seen:
        positions = positions[: len(WITHOUT_CHECK)]  # a frame says that a digit is there, not which
    ranked = likeliest(positions, 1)
    if not ranked:
        return None
    number, probability = ranked[0]
    log = _log(found) + (NOT_FREIGHT if number[3] != "U" else 0.0)
    if log < LEAST_LOG:
        return None
    return NumberReading(number, probability, check_seen, _led_by(positions, number), found.worst, log)


def _category(position: Position) -> Position:
    """U is all but certain beforehand."""
    weights = {candidate.character: candidate.probability * CATEGORY_SHARE[candidate.character] for candidate in position}
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Candidate(character=character, probability=round(weight / total, 6)) for character, weight in ranked)


def _led_by(positions: tuple[Position, ...], number: str) -> tuple[Position, ...]:
    """One position per character of `number`; a check digit that was not seen gets all digits, the computed one first."""
    if len(positions) < len(number):
        rest = [Candidate(character=digit, probability=0.1) for digit in DIGITS if digit != number[-1]]
        positions = (*positions, (Candidate(character=number[-1], probability=0.1), *rest))
    return positions
