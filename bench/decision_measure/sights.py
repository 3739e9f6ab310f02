"""What a camera makes of a number that it sees: glyphs with the recogniser's usual doubts, read by the reader's own grammars.

A truck stands before the camera for several frames. What spoils all of them (dirt, a bad angle) is drawn once for each camera
and number; noise is drawn for each frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

import numpy as np

from gateway.ocr.container_grammar import NumberReading, read_number
from gateway.ocr.glyphs import ALPHABET, INDEX, Glyph
from gateway.ocr.lines import Chain
from gateway.ocr.look_alikes import STRONG, WEAK
from gateway.ocr.plate_grammar import PlateReading, read_plate
from gateway.ocr.promise import LISTED, PLATE_SURE, PLATE_WORST, is_sure
from gateway.ocr.reads import FoundContainer, FoundPlate
from gateway.ocr.understanding import Sighting

Found = TypeVar("Found", FoundContainer, FoundPlate)

QUAD: Final = ((100.0, 100.0), (400.0, 100.0), (400.0, 150.0), (100.0, 150.0))

# Rates, each of one camera and one number unless said otherwise.
MISSED: Final = 0.03  # the camera never finds the number
QUALITY: Final = ((0.72, 120.0, 0.6), (0.20, 25.0, 0.9), (0.08, 6.0, 1.5))  # share, and the certainty's beta distribution
CONFUSED: Final = (0.001, 0.01, 0.05)  # of a character in a frame, by quality: a look-alike is seen instead
DIRTY: Final = 0.04  # one character looks like another in every frame
COVERED: Final = 0.01  # one character is not there to be seen (number) or hangs in shadow
NO_CHECK_DIGIT: Final = 0.05  # the boxed check digit is not found
LOOK_ALIKES_SHARE: Final = 0.8  # of the doubt goes to look-alikes, the rest to any character
FRAMES: Final = 4  # different ones; a truck that stands gives the last one again
HELD_BACK: Final = 0.01  # a sure number is not accepted: something larger was in the picture


@dataclass(frozen=True, slots=True)
class Spoiled:
    """What is wrong with one number before one camera, in every frame."""

    missed: bool
    quality: int
    dirty: tuple[int, str, float] | None  # place, what it looks like, how surely
    covered: int | None
    without_check_digit: bool
    held_back: bool


def spoiled(rng: Random, text: str) -> Spoiled:
    """Draw the lot of a number before a camera."""
    draw, quality = rng.random(), 0
    while draw >= QUALITY[quality][0] and quality < len(QUALITY) - 1:
        draw -= QUALITY[quality][0]
        quality += 1
    place = rng.randrange(len(text))
    dirty = (place, _look_alike(rng, text[place]), rng.uniform(0.5, 0.98)) if rng.random() < DIRTY and text[place] != "-" else None
    return Spoiled(
        missed=rng.random() < MISSED,
        quality=quality,
        dirty=dirty,
        covered=rng.randrange(len(text)) if rng.random() < COVERED else None,
        without_check_digit=rng.random() < NO_CHECK_DIGIT,
        held_back=rng.random() < HELD_BACK,
    )


def _look_alike(rng: Random, character: str) -> str:
    return rng.choice(STRONG.get(character, "") + WEAK.get(character, "") or "8")


def _glyph(rng: Random, character: str, place: float, lot: Spoiled, index: int) -> Glyph:
    _, alpha, beta = QUALITY[lot.quality]
    sure = rng.betavariate(alpha, beta)
    shown = character
    if lot.dirty and lot.dirty[0] == index:
        shown, sure = lot.dirty[1], lot.dirty[2] * (0.97 + 0.03 * rng.random())
    elif character != "-" and rng.random() < CONFUSED[lot.quality]:
        shown, sure = _look_alike(rng, character), 0.4 + 0.58 * sure
    rest = 1.0 - sure
    weights = np.full(len(ALPHABET), rest * (1 - LOOK_ALIKES_SHARE) / len(ALPHABET), dtype=np.float32)
    others = list(dict.fromkeys((character if shown != character else "", *STRONG.get(shown, ""), *WEAK.get(shown, ""))))
    shares = [rng.random() * (4.0 if other == character else 1.0) for other in others if other]
    for other, share in zip([other for other in others if other], shares, strict=True):
        weights[INDEX[other]] += rest * LOOK_ALIKES_SHARE * share / (sum(shares) or 1.0)
    weights[INDEX[shown]] += sure
    return Glyph(place, min(1.0, 0.9 + 0.1 * rng.random()), weights / weights.sum())


def _glyphs(rng: Random, text: str, lot: Spoiled) -> tuple[Glyph, ...]:
    found = [
        _glyph(rng, character, (index + 0.5) / len(text), lot, index)
        for index, character in enumerate(text)
        if index != lot.covered
    ]
    return tuple(found)


def container_frames(rng: Random, number: str, size_type: str) -> list[FoundContainer | None]:
    """What the frames show of a box's number, in their order; None where nothing likely."""
    lot = spoiled(rng, number)
    text = number[:10] if lot.without_check_digit else number
    return _frames(lot, lambda: _container(read_number(_glyphs(rng, text, lot)), lot, size_type if rng.random() < 0.8 else None))


def plate_frames(rng: Random, text: str) -> list[FoundPlate | None]:
    lot = spoiled(rng, text)
    return _frames(lot, lambda: _plate(read_plate(_glyphs(rng, text, lot)), lot))


def _frames(lot: Spoiled, look: Callable[[], Found | None]) -> list[Found | None]:
    return [] if lot.missed else [look() for _ in range(FRAMES)]


def _container(reading: NumberReading | None, lot: Spoiled, size_type: str | None) -> FoundContainer | None:
    if reading is None or reading.probability < LISTED:
        return None
    return FoundContainer(
        number=reading.number,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=is_sure(Sighting(reading, Chain(()))) and not lot.held_back,
        check_digit_valid=reading.check_digit_valid,
        check_digit_seen=reading.check_digit_seen,
        size_type=size_type,
        characters=reading.positions,
        box=QUAD,
    )


def _plate(reading: PlateReading | None, lot: Spoiled) -> FoundPlate | None:
    if reading is None or reading.probability < LISTED:
        return None
    sure = reading.worst >= PLATE_WORST and reading.probability >= PLATE_SURE and reading.hyphen_seen
    return FoundPlate(
        number=reading.number,
        text=reading.text,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=sure and not lot.held_back,
        characters=reading.positions,
        box=QUAD,
    )
