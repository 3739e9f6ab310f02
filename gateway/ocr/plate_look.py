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
ROOM_FAR: Final = 0.9  # more than one: what a finder cut short by a whole character
ROOM_ACROSS: Final = 0.06
DISAGREEMENT: Final = 0.6  # what is left of the certainty
LEAST_LOG: Final = -5.0
MOST: Final = 6  # plates looked at twice in one picture


def looked_at_twice(engine: TextEngine, image: Image, sightings: list[PlateSighting]) -> list[PlateSighting]:
    """The likeliest sightings under a second look, the others as they were."""
    promising = [sighting for sighting in sightings if sighting.reading.log >= LEAST_LOG][:MOST]
    near = _again(engine, image, promising, ROOM_ALONG)
    far = _again(engine, image, promising, ROOM_FAR)
    checked = [_longer(_settled(sighting, line), wide) for sighting, line, wide in zip(promising, near, far, strict=True)]
    return checked + [sighting for sighting in sightings if sighting not in promising]


def _again(engine: TextEngine, image: Image, sightings: list[PlateSighting], room: float) -> list[Line]:
    quads = [grown(sighting.chain.quad, room, ROOM_ACROSS) for sighting in sightings]
    read = engine.read([cut(image, quad) for quad in quads])
    return [Line(quad, glyphs) for quad, glyphs in zip(quads, read, strict=True)]


def _longer(sighting: PlateSighting, line: Line) -> PlateSighting:
    """The plate that a wider look shows, where the one seen so far is but a part of it."""
    wide = read_plate(line.glyphs)
    if wide is None or wide.number == sighting.reading.number or sighting.reading.number not in wide.number:
        return sighting
    return PlateSighting(wide, Chain((line,)))


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
