"""The promise `accepted`: a lane lets a truck out on it.

A number is accepted when its characters and its check digit leave no doubt, and when it is on the vehicle in the foreground:
what is written much smaller than the largest number in the picture is further away, in the next lane, or on the truck behind.
"""

from collections.abc import Sequence
from typing import Final

from gateway.model.owner_codes import known_owner
from gateway.ocr.geometry import Image, as_quad, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.plate_ground import LEAST_DIFFERENCE, ground_difference
from gateway.ocr.reads import FoundContainer, FoundPlate
from gateway.ocr.understanding import PlateSighting, Sighting

CONTAINER_SURE: Final = 0.95
STRANGER_SURE: Final = 0.995  # where the owner is on no list: a first letter cut off makes one owner another
CONTAINER_WORST: Final = 0.25  # how well even the least certain character must have been seen
NOT_FREIGHT_WORST: Final = 0.6  # categories J and Z are so rare that a look-alike will not do
PLATE_SURE: Final = 0.94
PLATE_WORST: Final = 0.5
SHORT_PLATE: Final = 4  # characters; so few are on every wall: they must stand on a plate, and their hyphen be seen
SHORT_PLATE_SURE: Final = 0.95
OVERHANG: Final = 0.12  # of a quad's height: half the room that a straightened line leaves at each end of its lettering
CUT_OUT: Final = 360  # pixels; a picture as small as this may be a cut-out that its lettering fills
LIKELY: Final = 0.5  # what is as likely as this counts for what the foreground is
FOREGROUND: Final = 0.6  # of the height of the largest number's characters
LISTED: Final = 0.15  # less probable readings are noise

Offset = tuple[float, float]


def is_sure(sighting: Sighting) -> bool:
    """Whether a container number leaves no doubt, wherever it stands."""
    reading = sighting.reading
    return (
        reading.probability >= (CONTAINER_SURE if known_owner(reading.number[:3]) else STRANGER_SURE)
        and reading.worst >= (CONTAINER_WORST if reading.number[3] == "U" else NOT_FREIGHT_WORST)
        and reading.check_digit_seen
        and reading.check_digit_valid
    )


def _is_sure_plate(image: Image, sighting: PlateSighting) -> bool:
    reading = sighting.reading
    if reading.worst < PLATE_WORST or reading.probability < PLATE_SURE or _goes_on_outside(image, sighting.chain.quad):
        return False
    difference = ground_difference(image, sighting.chain.quad)
    on_plate = difference is not None and difference >= LEAST_DIFFERENCE
    if len(reading.number) <= SHORT_PLATE:
        return reading.hyphen_seen and reading.probability >= SHORT_PLATE_SURE and on_plate
    return reading.hyphen_seen or difference is None or on_plate


def _goes_on_outside(image: Image, quad: Floats) -> bool:
    """Whether the picture ends before the lettering does: what is seen may be a piece of it."""
    wide, reach = image.shape[1], OVERHANG * size_of(quad)[1]
    return max(image.shape[:2]) > CUT_OUT and bool(quad[:, 0].min() < -reach or quad[:, 0].max() > wide + reach)


def promised_containers(sightings: Sequence[Sighting], offset: Offset, tallest_piece: float = 0.0) -> tuple[FoundContainer, ...]:
    """The sightings as results, surest first. `tallest_piece`: pixels; the height of the largest piece of a container number that
    the picture cuts off: the box in the foreground may reach out of it."""
    sure = [sighting for sighting in sightings if is_sure(sighting)]
    tallest = max([tallest_piece, *(sighting.chain.height for sighting in sightings if sighting.reading.probability > LIKELY)])
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
