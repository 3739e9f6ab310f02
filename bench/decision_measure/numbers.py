"""Numbers as they are met at a port: drawn at random, with valid check digits, and such as differ from another by little."""

import json
from importlib.resources import files
from random import Random
from typing import Final

from gateway.model.container_number import RESIDUE_CLASSES, check_digit

OWNERS: Final = tuple(
    sorted(json.loads(files("gateway.model").joinpath("data/owner_codes.json").read_text(encoding="utf-8"))["owners"])
)
PLATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # never I or O
PLATE_DIGITS: Final = "012356789"  # never 4 in the series since 2012


def checked(prefix: str) -> str:
    """Ten characters with their check digit."""
    return prefix + str(check_digit(prefix))


def container(rng: Random) -> str:
    return checked(f"{rng.choice(OWNERS)}U{rng.randrange(1_000_000):06d}")


def sister(rng: Random, number: str) -> str:
    """Another box of the same owner whose serial number differs in one digit: boxes are bought by the hundred."""
    place = rng.randrange(4, 10)
    digit = rng.choice([digit for digit in "0123456789" if digit != number[place]])
    return checked(number[:place] + digit + number[place + 1 : 10])


def twin(rng: Random, number: str) -> str:
    """A number that differs in one letter, and that the check digit cannot tell from this one; a sister where there is none."""
    changed = [
        number[:place] + other + number[place + 1 :]
        for place in range(3)
        for letters in RESIDUE_CLASSES
        if number[place] in letters
        for other in letters
        if other != number[place]
    ]
    known = [text for text in changed if text[:3] in OWNERS]
    return rng.choice(known or changed) if changed else sister(rng, number)


def _plate(rng: Random, first: str, second: str) -> str:
    return first + rng.choice(second) + rng.choice(PLATE_LETTERS) + "-" + "".join(rng.choice(PLATE_DIGITS) for _ in range(4))


def tractor(rng: Random) -> str:
    return _plate(rng, "K", "LMNR")


def trailer(rng: Random) -> str:
    return _plate(rng, "H", "BCD")


def near_plate(rng: Random, plate: str) -> str:
    """A plate that differs in one digit."""
    place = rng.randrange(4, 8)
    return plate[:place] + rng.choice([digit for digit in PLATE_DIGITS if digit != plate[place]]) + plate[place + 1 :]
