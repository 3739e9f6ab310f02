"""A second look at a plate: read again cut wider, closer and leaning, all in one batch.

Wider, because a finder cuts off a character at an end; closer and leaning, because a recogniser reads best what fills its view
and stands upright. Readings that agree make the plate surer; those that differ make it less sure.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
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
CLEAR: Final = 0.92  # probability from which a plate is not in doubt, unless an end was cut off
LEAST_LOG: Final = -5.0
MOST: Final = 6  # plates looked at twice in one picture


def looked_at_twice(engine: TextEngine, image: Image, sightings: Sequence[PlateSighting]) -> list[PlateSighting]:
    """The likeliest sightings under a second look, the others as they were. Of one that is clear already only the ends are
    looked at."""
    promising = [sighting for sighting in sightings if sighting.reading.log >= LEAST_LOG][:MOST]
    clear = [sighting for sighting in promising if sighting.reading.probability >= CLEAR]
    settled = {
        id(first): _settled([first, *views])
        for first, views in zip(clear, _seen(engine, image, clear, VIEWS[:1]), strict=True)
        if views and views[0].reading.number == first.reading.number
    }
    doubtful = [sighting for sighting in promising if id(sighting) not in settled]
    for first, views in zip(doubtful, _seen(engine, image, doubtful, VIEWS), strict=True):
        settled[id(first)] = _settled([first, *views])
    return [settled.get(id(sighting), sighting) for sighting in sightings]


def _seen(
    engine: TextEngine, image: Image, sightings: Sequence[PlateSighting], views: Sequence[View]
) -> Iterator[list[PlateSighting]]:
    """What the views show of each sighting, read in one batch."""
    quads = [view.of(sighting.chain.quad) for sighting in sightings for view in views]
    lines = [Line(quad, glyphs) for quad, glyphs in zip(quads, engine.read([cut(image, quad) for quad in quads]), strict=True)]
    for i in range(len(sightings)):
        yield _sightings(lines[i * len(views) : (i + 1) * len(views)])


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
