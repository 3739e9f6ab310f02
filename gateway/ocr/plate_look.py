"""A second look at a plate: read again cut wider, closer and leaning, all in one batch.

Wider, because a finder cuts off a character at an end; closer and leaning, because a recogniser reads best what fills its view
and stands upright. Readings that agree make the plate surer; those that differ make it less sure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, grown, leant
from gateway.ocr.glyphs import Floats
from gateway.ocr.lines import Chain, Line
from gateway.ocr.plate_grammar import read_plate
from gateway.ocr.understanding import PlateSighting, settled


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
PROMISING: Final = 0.5  # probability from which a plate may turn out clear when only its ends are looked at
CLEAR: Final = 0.95  # probability from which no more views are needed, where every one so far shows the same
MOST: Final = 6  # plates looked at twice in one picture


def looked_at_twice(engine: TextEngine, image: Image, sightings: Sequence[PlateSighting]) -> list[PlateSighting]:
    """The first sightings under a second look, the others as they were. One that is clear once its ends were looked at is not
    looked at further."""
    seen: dict[int, PlateSighting] = {}
    promising = [sighting for sighting in sightings[:MOST] if sighting.reading.probability >= PROMISING]
    for first, views in zip(promising, _seen(engine, image, promising, VIEWS[:1]), strict=True):
        together = _agreed(first, [first, *views])
        same = all(view.reading.number == first.reading.number for view in views)
        if views and same and together.reading.probability >= CLEAR:
            seen[id(first)] = together
    doubtful = [sighting for sighting in sightings[:MOST] if id(sighting) not in seen]
    for first, views in zip(doubtful, _seen(engine, image, doubtful, VIEWS), strict=True):
        seen[id(first)] = _agreed(first, [first, *views])
    return [seen.get(id(sighting), sighting) for sighting in sightings]


def read_anew(engine: TextEngine, image: Image, sightings: Sequence[PlateSighting]) -> list[PlateSighting]:
    """What an engine reads where another one found plates, whatever that one read."""
    anew = zip(sightings, _seen(engine, image, sightings[:MOST], VIEWS), strict=False)
    return [_agreed(sighting, views) for sighting, views in anew if views]


def _seen(
    engine: TextEngine, image: Image, sightings: Sequence[PlateSighting], views: Sequence[View]
) -> Iterator[list[PlateSighting]]:
    """What the views show of each sighting, read in one batch, by all the eyes that the engine has."""
    quads = [view.of(sighting.chain.quad) for sighting in sightings for view in views]
    crops = [cut(image, quad) for quad in quads]
    readings = [reading for reading in (engine.read(crops), engine.read_again(crops)) if reading]
    for i in range(len(sightings)):
        own = slice(i * len(views), (i + 1) * len(views))
        yield _sightings([Line(quad, glyphs) for read in readings for quad, glyphs in zip(quads[own], read[own], strict=True)])


def _sightings(lines: Sequence[Line]) -> list[PlateSighting]:
    readings = [(line, read_plate(line.glyphs)) for line in lines]
    return [PlateSighting(reading, Chain((line,))) for line, reading in readings if reading is not None]


def _agreed(found: PlateSighting, views: Sequence[PlateSighting]) -> PlateSighting:
    """What the views say together. The plate stands where it was found, unless a view shows more of it; the hyphen that any of
    them showed was seen."""
    together = settled(views)
    own = [view.reading for view in views if view.reading.number == together.reading.number]
    chain = found.chain if len(together.reading.number) <= len(found.reading.number) else together.chain
    reading = replace(together.reading, hyphen_seen=any(reading.hyphen_seen for reading in own))
    return PlateSighting(reading, chain, together.looks)
