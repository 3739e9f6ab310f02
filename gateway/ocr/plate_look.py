"""A second look at a plate: read again with a little room around it, so that a character cut off at an end is not missed.

Two readings that agree make the plate surer; two that differ make it less sure than either.
"""

from dataclasses import replace
from typing import Final

from gateway.ocr.engine import TextEngine
from gateway.ocr.geometry import Image, cut, grown
from gateway.ocr.lines import Chain, Line
from gateway.ocr.plate_grammar import PlateReading, read_plate
from gateway.ocr.understanding import PlateSighting

ROOM_ALONG: Final = 0.55  # text heights at each end: one character
ROOM_ACROSS: Final = 0.06
DISAGREEMENT: Final = 0.6  # what is left of the certainty
LEAST_LOG: Final = -5.0
MOST: Final = 6  # plates looked at twice in one picture


def looked_at_twice(engine: TextEngine, image: Image, sightings: list[PlateSighting]) -> list[PlateSighting]:
    """The likeliest sightings under a second look, the others as they were."""
    promising = [sighting for sighting in sightings if sighting.reading.log >= LEAST_LOG][:MOST]
    quads = [grown(sighting.chain.quad, ROOM_ALONG, ROOM_ACROSS) for sighting in promising]
    again = engine.read([cut(image, quad) for quad in quads])
    checked = [_settled(sighting, Line(quad, glyphs)) for sighting, quad, glyphs in zip(promising, quads, again, strict=True)]
    return checked + [sighting for sighting in sightings if sighting not in promising]


def _settled(first: PlateSighting, line: Line) -> PlateSighting:
    second = read_plate(line.glyphs)
    if second is None:
        return replace(first, reading=_doubted(first.reading))
    if second.number == first.reading.number:
        surer = max(first.reading, second, key=lambda reading: reading.probability)
        return replace(first, reading=replace(surer, hyphen_seen=first.reading.hyphen_seen or second.hyphen_seen))
    if first.reading.number in second.number:
        return PlateSighting(second, Chain((line,)))
    if second.number in first.reading.number:
        return first
    better, other = (second, first.reading) if second.log > first.reading.log else (first.reading, second)
    chain = Chain((line,)) if better is second else first.chain
    return PlateSighting(better if other.log < better.log - 3 else _doubted(better), chain)


def _doubted(reading: PlateReading) -> PlateReading:
    return replace(reading, probability=reading.probability * DISAGREEMENT)
