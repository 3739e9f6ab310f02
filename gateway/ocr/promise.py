"""The promise `accepted`: a lane lets a truck out on it.

A number is accepted when its characters and its check digit leave no doubt, and when it is on the vehicle in the foreground:
what is written much smaller than the largest number in the picture is further away, in the next lane, or on the truck behind.
"""

from collections.abc import Sequence
from typing import Final

from gateway.ocr.geometry import Image, as_quad
from gateway.ocr.plate_ground import stands_out
from gateway.ocr.reads import FoundContainer, FoundPlate
from gateway.ocr.understanding import PlateSighting, Sighting

CONTAINER_SURE: Final = 0.97
CONTAINER_WORST: Final = 0.2  # how well even the least certain character must have been seen
PLATE_SURE: Final = 0.75
PLATE_WORST: Final = 0.2
SHORT_PLATE: Final = 5  # characters; so few are on every wall: they must stand on a plate, their hyphen be seen
SHORT_PLATE_SURE: Final = 0.85
FOREGROUND: Final = 0.45  # of the height of the largest number's characters
LISTED: Final = 0.15  # less probable readings are noise

Offset = tuple[float, float]


def _is_sure(sighting: Sighting) -> bool:
    reading = sighting.reading
    return (
        reading.probability >= CONTAINER_SURE
        and reading.worst >= CONTAINER_WORST
        and reading.check_digit_seen
        and reading.check_digit_valid
    )


def _is_sure_plate(image: Image, sighting: PlateSighting) -> bool:
    reading = sighting.reading
    if reading.worst < PLATE_WORST:
        return False
    if len(reading.number) > SHORT_PLATE:
        return reading.probability >= PLATE_SURE
    return reading.hyphen_seen and reading.probability >= SHORT_PLATE_SURE and stands_out(image, sighting.chain.quad)


def promised_containers(sightings: Sequence[Sighting], offset: Offset) -> tuple[FoundContainer, ...]:
    """The sightings as results, surest first."""
    sure = [sighting for sighting in sightings if _is_sure(sighting)]
    tallest = max((sighting.chain.height for sighting in sure), default=0.0)
    return tuple(
        _container(sighting, sighting in sure and sighting.chain.height >= FOREGROUND * tallest, offset)
        for sighting in sorted(sightings, key=lambda sighting: (sighting not in sure, -sighting.reading.probability))
        if sighting.reading.probability >= LISTED
    )


def promised_plates(image: Image, sightings: Sequence[PlateSighting], offset: Offset) -> tuple[FoundPlate, ...]:
    """The sightings as results, surest first."""
    sure = [sighting for sighting in sightings if _is_sure_plate(image, sighting)]
    tallest = max((sighting.chain.height for sighting in sure), default=0.0)
    return tuple(
        _plate(sighting, sighting in sure and sighting.chain.height >= FOREGROUND * tallest, offset)
        for sighting in sorted(sightings, key=lambda sighting: (sighting not in sure, -sighting.reading.probability))
        if sighting.reading.probability >= LISTED
    )


def _container(sighting: Sighting, accepted: bool, offset: Offset) -> FoundContainer:
    reading = sighting.reading
    return FoundContainer(
        number=reading.number,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=accepted,
        check_digit_valid=reading.check_digit_valid,
        check_digit_seen=reading.check_digit_seen,
        size_type=sighting.size_type,
        characters=reading.positions,
        box=as_quad(sighting.chain.quad, offset),
    )


def _plate(sighting: PlateSighting, accepted: bool, offset: Offset) -> FoundPlate:
    reading = sighting.reading
    return FoundPlate(
        number=reading.number,
        text=reading.text,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=accepted,
        characters=reading.positions,
        box=as_quad(sighting.chain.quad, offset),
    )
