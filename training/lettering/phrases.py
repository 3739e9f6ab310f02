"""What is written: container numbers and pieces of them, plates of every series, and the other markings of a box."""

from typing import Final

import numpy as np
from numpy.random import Generator

from gateway.model.container_number import check_digit
from gateway.model.plate import FORMS

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
PLATE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
WORDS: Final = (
    "MAX.GROSS", "MAX.GR.", "MAX.WT.", "TARE", "NET", "PAYLOAD", "CU.CAP.", "CUBE", "KG", "KGS", "LB", "LBS", "CU.M", "CU.FT",
    "CAUTION", "HIGH", "CONTAINER", "SHIPPING", "LINE", "LOGISTICS", "CARGO", "MARINE", "OCEAN", "GROUP", "SEA", "EXPRESS",
    "FORKLIFT", "PROHIBITED", "REEFER", "TRAILER", "DOORS", "SIDE", "WEIGHT", "HEAVY", "STACKING", "TEST", "GLOBAL", "STAR",
    "PACIFIC", "ASIA",
)  # fmt: skip
SIZE_TYPES: Final = (
    "22G1", "42G1", "45G1", "45R1", "22R1", "22T6", "25G1", "L5G1", "22U1", "42U1", "45G0", "22G0", "42P3", "22K2", "2210", "4310",
)  # fmt: skip
COMMON: Final = ("LLL-DDDD", "DDD-LLL", "LL-DDDD", "DDDD-LL", "LLL-DDD")  # the forms most met on the road
BOX: Final = "["  # opens a frame around the next character
GAP: Final = " "


def _some(rng: Generator, symbols: str, count: int) -> str:
    return "".join(symbols[i] for i in rng.integers(0, len(symbols), count))


def container_row(rng: Generator) -> str:
    """A whole number or a piece of one. `[` stands before a boxed check digit."""
    owner = _some(rng, LETTERS, 3) + ("U" if rng.random() < 0.96 else "JZ"[int(rng.integers(2))])
    serial = _some(rng, DIGITS, 6)
    digit = str(check_digit(owner + serial)) if rng.random() < 0.5 else _some(rng, DIGITS, 1)
    check = (BOX if rng.random() < 0.75 else "") + digit
    if rng.random() < 0.45:
        return f"{owner} {serial} {check}" if rng.random() < 0.8 else f"{owner}{serial}{GAP if rng.random() < 0.6 else ''}{check}"
    pieces = (
        (10, f"{owner} {serial}"), (10, owner), (13, f"{serial} {check}"), (4, f"{serial[:3]} {serial[3:]} {check}"),
        (2, f"{serial[:3]} {serial[3:]}"), (4, serial), (4, f"{owner[:3]} {owner[3]} {serial} {check}"), (2, check),
        (2, serial[: int(rng.integers(1, 5))]), (4, SIZE_TYPES[int(rng.integers(len(SIZE_TYPES)))]),
    )  # fmt: skip
    shares = np.array([share for share, _ in pieces], dtype=np.float64)
    return pieces[int(rng.choice(len(pieces), p=shares / shares.sum()))][1]


def plate(rng: Generator) -> str:
    """A plate of any series, with its separator."""
    while True:
        forms = FORMS if rng.random() < 0.45 else COMMON
        form = forms[int(rng.integers(len(forms)))]
        kinds = {"L": PLATE_LETTERS, "D": DIGITS, "X": PLATE_LETTERS + DIGITS}
        text = "".join(mark if mark == "-" else _some(rng, kinds[mark], 1) for mark in form)
        if any(mark.isdigit() for mark in text) and any(mark.isalpha() for mark in text):
            return text


def marking(rng: Generator) -> str:
    """Anything else that is lettered on a box or a truck."""
    kind = rng.random()
    if kind < 0.35:
        return WORDS[int(rng.integers(len(WORDS)))]
    if kind < 0.6:
        thousands = (
            f"{int(rng.integers(2, 70))}{',' if rng.random() < 0.5 else '.' if rng.random() < 0.5 else ''}{_some(rng, DIGITS, 3)}"
        )
        return f"{thousands} {('KG', 'KGS', 'LB', 'LBS', 'CU.FT', 'CU.M')[int(rng.integers(6))]}"
    if kind < 0.75:
        return f"{WORDS[int(rng.integers(len(WORDS)))]} {WORDS[int(rng.integers(len(WORDS)))]}"
    return _some(rng, LETTERS + DIGITS, int(rng.integers(1, 11)))
