"""A second look at a plate: read again cut wider, closer and leaning, all in one batch.

Wider, because a finder cuts off a character at an end; closer and leaning, because a recogniser reads best what fills its view
and stands upright. Readings that agree make the plate surer; those that differ make it less sure.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, grown, leant
from gateway.ocr.glyphs import Floats
from gateway.ocr.lines import Chain, Line
from gateway.ocr.plate_grammar import PlateReading, read_plate
from gateway.ocr.understanding import PlateSighting


@dataclass(frozen=True, slots=True)
class View:
    """How a plate is cut out: room at each end, and above and below, in text heights; `lean`: how far the top stands right of
    the bottom, in text heights."""

    along: float
    across: float
    lean: float = 0.0

    def of(self, quad: Floats) -> Floats:
        return leant(grown(quad, self.along, self.across), self.lean)


VIEWS: Final = (
    View(0.55, 0.06),  # one character at each end
    View(0.9, 0.06),  # more than one: what a finder cut short by a whole character
    View(0.4, -0.1),
    View(0.4, -0.05, 0.25),
    View(0.4, -0.05, -0.25),
)
AGREEMENT: Final = 0.5  # what another view of the same picture that agrees is worth
AGREEING: Final = 2  # at most so many more views make a plate surer
CLEARLY_LONGER: Final = 0.15  # votes with which a longer number takes over those of its part
LEAST_LOG: Final = -5.0
MOST: Final = 6  # plates looked at twice in one picture


def looked_at_twice(engine: TextEngine, image: Image, sightings: Sequence[PlateSighting]) -> list[PlateSighting]:
    """The likeliest sightings under a second look, the others as they were."""
    promising = [sighting for sighting in sightings if sighting.reading.log >= LEAST_LOG][:MOST]
    quads = [view.of(sighting.chain.quad) for sighting in promising for view in VIEWS]
    read = engine.read([cut(image, quad) for quad in quads])
    lines = [Line(quad, glyphs) for quad, glyphs in zip(quads, read, strict=True)]
    checked = [_settled([first, *_sightings(lines[i * len(VIEWS) : (i + 1) * len(VIEWS)])]) for i, first in enumerate(promising)]
    return checked + [sighting for sighting in sightings if sighting not in promising]


def _sightings(lines: Sequence[Line]) -> list[PlateSighting]:
    readings = [(line, read_plate(line.glyphs)) for line in lines]
    return [PlateSighting(reading, Chain((line,))) for line, reading in readings if reading is not None]


def _settled(views: Sequence[PlateSighting]) -> PlateSighting:
    """The number that the views show together, where the surest of them shows it."""
    votes = _votes([view.reading for view in views])
    number = max(votes, key=lambda number: (votes[number], number))
    own = sorted((view for view in views if view.reading.number == number), key=lambda view: -view.reading.probability)
    unsure = 1 - own[0].reading.probability
    for view in own[1 : 1 + AGREEING]:
        unsure *= 1 - AGREEMENT * view.reading.probability
    probability = (1 - unsure) * votes[number] / sum(votes.values())
    seen = any(view.reading.hyphen_seen for view in own)
    return replace(own[0], reading=replace(own[0].reading, probability=probability, hyphen_seen=seen))


def _votes(readings: Sequence[PlateReading]) -> dict[str, float]:
    """How much speaks for each number; a number that is but a part of another one speaks for that."""
    votes: defaultdict[str, float] = defaultdict(float)
    for reading in readings:
        votes[reading.number] += reading.probability**2
    for number in sorted(votes, key=len):
        longer = [other for other in votes if number != other and number in other and votes[other] > CLEARLY_LONGER]
        if longer:
            votes[max(longer, key=lambda other: (votes[other], other))] += votes.pop(number)
    return votes
