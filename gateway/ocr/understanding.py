"""From lines of text to container numbers and plates: chaining, decoding, and settling who may use which line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Final, TypeVar

import numpy as np

from gateway.ocr.container_grammar import NumberReading, read_number
from gateway.ocr.geometry import centre_of
from gateway.ocr.lines import Chain, Line, chains, gap_to_right, rows
from gateway.ocr.markings import is_marking
from gateway.ocr.plate_grammar import PlateReading, read_plate
from gateway.ocr.size_type import is_size_type, read_size_type

CODE_REACH: Final = 7.0  # how far from the number its size and type code stands, in text heights
MAX_EXTRA: Final = 1.0  # log likelihood a longer chain must win by, for each line more
AGREEMENT: Final = 0.5  # what another look at the same picture that agrees is worth
AGREEING: Final = 2  # at most so many more looks make a number surer
MOST_CERTAIN: Final = 0.99  # no engine's word alone outweighs every doubt of another
CLEARLY_SEEN: Final = 0.85  # how well every character must be seen of a longer number that takes over the votes of its part
CLEARLY_LONGER: Final = 0.35  # of the part's votes, which it must have from such looks: the edge of a plate is easily taken for a 7
SURE_OF_ANOTHER: Final = 0.9  # probability from which one look's other number is a rival that further looks do not silence
PLATE_PIECES: Final = 3
PLATE_GAP: Final = 1.0  # between pieces of one plate, in text heights


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """A container number where it stands in the picture."""

    reading: NumberReading
    chain: Chain
    size_type: str | None = None
    looks: tuple["Sighting", ...] = ()  # that were settled to this one; none where it is a look itself


@dataclass(frozen=True, eq=False, slots=True)
class PlateSighting:
    """A plate where it stands in the picture."""

    reading: PlateReading
    chain: Chain
    looks: tuple["PlateSighting", ...] = ()  # as in `Sighting`


Seen = TypeVar("Seen", Sighting, PlateSighting)


def settled(looks: Sequence[Seen]) -> Seen:
    """The number that several looks at one place show together, where the surest of them shows it. Looks that agree make it
    surer, up to a point: they share most of their mistakes. Those that differ make it less sure, also where they were outvoted
    among looks that were settled before."""
    votes = _votes(looks)
    number = max(votes, key=lambda number: (votes[number], number))
    own = sorted((look for look in looks if look.reading.number == number), key=lambda look: -look.reading.probability)
    unsure = 1.0
    for weight, look in zip((1.0, *[AGREEMENT] * AGREEING), own, strict=False):
        unsure *= 1 - weight * look.reading.probability
    every = tuple(each for look in looks for each in look.looks or (look,))
    probability = min((1 - unsure) * votes[number] / sum(votes.values()), _undisputed(number, every))
    worst = max(look.reading.worst for look in own)
    return replace(own[0], reading=replace(own[0].reading, probability=probability, worst=worst), looks=every)


def _undisputed(number: str, looks: Sequence[Seen]) -> float:
    """The share of what speaks for a number in what speaks for it or, in a look that was sure of it, for another one as long. A
    longer or a shorter one is no rival but a piece, or the number with the plate's edge: of those `_votes` judges."""
    own = sum(look.reading.trust**2 for look in looks if look.reading.number == number)
    sure = [look.reading for look in looks if look.reading.probability >= SURE_OF_ANOTHER]
    against = sum(other.trust**2 for other in sure if other.number != number and len(other.number) == len(number))
    return own / (own + against) if against else 1.0


def reconciled(opinions: Sequence[Seen]) -> Seen:
    """What engines that know nothing of each other say together of one place: their doubts multiply where they agree, and
    where they differ each one's certainty is the other's doubt."""
    if len(opinions) == 1:
        return opinions[0]
    certain = [min(opinion.reading.trust, MOST_CERTAIN) for opinion in opinions]
    weights = {
        number: prod(p if opinion.reading.number == number else 1 - p for opinion, p in zip(opinions, certain, strict=True))
        for number in {opinion.reading.number for opinion in opinions}
    }
    number = max(weights, key=lambda number: (weights[number], number))
    probability = weights[number] / (sum(weights.values()) + prod(1 - p for p in certain))
    own = [opinion for opinion in opinions if opinion.reading.number == number]
    best = max(own, key=lambda opinion: opinion.reading.probability)
    worst = max(opinion.reading.worst for opinion in own)
    return replace(best, reading=replace(best.reading, probability=probability, worst=worst))


def _votes(looks: Sequence[Seen]) -> dict[str, float]:
    """How much speaks for each number; a number that is but a part of another one, clearly seen, speaks for that."""
    votes: defaultdict[str, float] = defaultdict(float)
    clear: defaultdict[str, float] = defaultdict(float)
    for look in looks:
        votes[look.reading.number] += look.reading.trust**2
        if look.reading.worst >= CLEARLY_SEEN:
            clear[look.reading.number] += look.reading.trust**2
    for number in sorted(votes, key=len):
        longer = [other for other in votes if number != other and number in other and clear[other] > CLEARLY_LONGER * votes[number]]
        if longer:
            votes[max(longer, key=lambda other: (votes[other], other))] += votes.pop(number)
    return votes


def doubted(sighting: Sighting, against: float) -> Sighting:
    """The sighting, less sure: what follows it makes it another number with probability `against`."""
    probability = sighting.reading.probability
    return replace(sighting, reading=replace(sighting.reading, probability=probability**2 / (probability + against)))


def _rank(sighting: Sighting) -> tuple[float, int, str]:
    log = sighting.reading.log + 4.0 * sighting.reading.probability - MAX_EXTRA * len(sighting.chain.lines)
    return (log, -len(sighting.chain.lines), sighting.reading.number)


def container_numbers(lines: Sequence[Line]) -> list[Sighting]:
    """Container numbers, likeliest first. A line is used by one number only."""
    found = []
    for chain in chains([line for line in lines if not is_marking(line.text)]):
        if chain.characters >= 9 and (reading := read_number(chain.glyphs)) is not None:
            found.append(Sighting(reading, chain))
    kept: list[Sighting] = []
    used: set[int] = set()
    for sighting in sorted(found, key=_rank, reverse=True):
        members = {id(line) for line in sighting.chain.lines}
        if not members & used:
            used |= members
            kept.append(Sighting(sighting.reading, sighting.chain, _size_type_near(sighting.chain, lines)))
    return kept


def _size_type_near(chain: Chain, lines: Sequence[Line]) -> str | None:
    """The size and type code nearest to a number, weighed by how clearly it reads."""
    best: tuple[float, str] | None = None
    for line in lines:
        if line in chain.lines or (code := read_size_type(line.glyphs)) is None:
            continue
        middle = centre_of(line.quad)
        reach = min(float(np.linalg.norm(middle - centre_of(part.quad))) - part.width / 2 for part in chain.lines)
        if reach <= CODE_REACH * chain.height:
            score = code[1] - reach / chain.height / 4
            best = max(best, (score, code[0])) if best else (score, code[0])
    return best[1] if best else None


def _ends_in_a_size_type(reading: PlateReading) -> bool:
    """A size and type code with a rod or a rib before it, which reads as a 1, looks like an old plate without its hyphen."""
    return len(reading.number) == 5 and not reading.hyphen_seen and is_size_type(reading.number[1:])


def plates(lines: Sequence[Line]) -> list[PlateSighting]:
    """Plates, likeliest first. Small plates are often found in two pieces."""
    free = [line for line in lines if not line.column and not is_marking(line.text) and read_size_type(line.glyphs) is None]
    found = []
    for chain in rows(free, PLATE_PIECES):
        close = all((gap_to_right(one, other) or 0.0) <= PLATE_GAP for one, other in pairwise(chain.lines))
        glyphs = chain.glyphs
        if not close or not any(glyph.best.isdigit() for glyph in glyphs):
            continue
        reading = read_plate(glyphs)
        if reading is not None and not _ends_in_a_size_type(reading):
            found.append(PlateSighting(reading, chain))
    return sorted(found, key=lambda sighting: (-sighting.reading.log, sighting.reading.number))
