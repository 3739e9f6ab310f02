"""Trucks as they come: valid container numbers of plausible owners, valid plates of the right class, wear and layouts by chance.

Plates without the digit 4 in the series that never has it, and without I and O (domain notes §3).
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Final

from gateway.model.container_number import check_digit
from gateway.simulator.scene.looks import BoxLook, Colour, Layout, SealLook, TruckLook

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NEW_DIGITS: Final = "012356789"
_DIGITS: Final = "0123456789"
_SIZE_TYPES: Final[dict[int, tuple[str, ...]]] = {
    20: ("22G1", "22G1", "22G1", "22T0", "22U1"),
    40: ("42G1", "45G1", "45G1", "45R1"),
    45: ("L5G1",),
}
_CABS: Final[tuple[Colour, ...]] = (
    (40, 82, 132), (150, 36, 34), (188, 190, 188), (44, 98, 66), (198, 150, 40), (34, 40, 52), (176, 88, 36), (92, 130, 150),
)  # fmt: skip
_LAYOUTS: Final[tuple[tuple[Layout, int], ...]] = (("split", 8), ("plain", 4), ("vertical", 5), ("two_line", 3))
# Letters before the hyphen of the 2014 series: (first two letters, last letters allowed).
_TRACTORS: Final = (("KN", _LETTERS), ("KN", _LETTERS), ("KL", _LETTERS), ("KR", _LETTERS), ("KE", _LETTERS))
_TRAILERS: Final = (("HA", _LETTERS), ("HB", _LETTERS), ("HC", _LETTERS), ("HD", _LETTERS))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a box: the code's three letters, the name painted on it, its usual colours."""

    code: str
    company: str
    colours: tuple[Colour, ...]


def _load_owners() -> tuple[Owner, ...]:
    rows = json.loads(files("gateway.simulator.scene").joinpath("owners.json").read_text(encoding="utf-8"))["owners"]
    return tuple(Owner(row["code"], row["company"], tuple((r, g, b) for r, g, b in row["colours"])) for row in rows)


OWNERS: Final = _load_owners()


def random_container_number(rng: Random, owner: Owner | None = None) -> str:
    """A valid ISO 6346 number of a freight container."""
    prefix = f"{(owner or rng.choice(OWNERS)).code}U{rng.randrange(1_000_000):06d}"
    return f"{prefix}{check_digit(prefix)}"


def random_tractor_plate(rng: Random) -> str:
    """Mostly the 2014 series (KNA-0000 and its neighbours), some of 2012 (HAA-000), some older (000-HQ)."""
    draw = rng.random()
    if draw < 0.8:
        head, last = rng.choice(_TRACTORS)
        return f"{head}{rng.choice(last)}-{_some(rng, _NEW_DIGITS, 4)}"
    if draw < 0.9:
        return f"H{_some(rng, _LETTERS, 2)}-{_some(rng, _NEW_DIGITS, 3)}"
    return f"{_some(rng, _DIGITS, 3)}-{_some(rng, _LETTERS, 2)}"


def random_trailer_plate(rng: Random) -> str:
    """Half the 2014 series (HBA-0000), half the old two and two (FJ-L2, HA-76)."""
    if rng.random() < 0.5:
        head, last = rng.choice(_TRAILERS)
        return f"{head}{rng.choice(last)}-{_some(rng, _NEW_DIGITS, 4)}"
    second = _some(rng, _DIGITS, 2) if rng.random() < 0.6 else f"{rng.choice(_LETTERS)}{rng.choice(_DIGITS)}"
    return f"{_some(rng, _LETTERS, 2)}-{second}"


def _some(rng: Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def random_box(rng: Random, length_ft: int = 40, wear: float | None = None) -> BoxLook:
    """A box of this length; its wear by chance, mostly moderate, unless given."""
    owner = rng.choice(OWNERS)
    layouts, weights = zip(*_LAYOUTS, strict=True)
    return BoxLook(
        number=random_container_number(rng, owner),
        size_type=rng.choice(_SIZE_TYPES[length_ft]),
        length_ft=length_ft,
        colour=rng.choice(owner.colours),
        layout=rng.choices(layouts, weights)[0],
        boxed_check_digit=rng.random() < 0.8,
        wear=min(0.85, rng.betavariate(2.0, 3.8)) if wear is None else wear,
        company=owner.company if rng.random() < 0.85 else "",
    )


def random_truck(rng: Random, boxes: int | None = None, wear: float | None = None) -> TruckLook:
    """A tractor with its trailer. `boxes`: 0 an empty chassis, 1, or 2 of 20 feet; None: by chance, mostly one."""
    count = rng.choices((0, 1, 2), (1, 15, 4))[0] if boxes is None else boxes
    lengths = [20] * 2 if count == 2 else rng.choices((20, 40, 45), (5, 12, 1))[:count]
    return TruckLook(
        tractor_plate=random_tractor_plate(rng),
        trailer_plate=random_trailer_plate(rng),
        boxes=tuple(random_box(rng, length, wear) for length in lengths),
        cab_colour=rng.choice(_CABS),
        seals=_seals(rng) if count else (),
        seed=rng.randrange(1 << 31),
    )


def _seals(rng: Random) -> tuple[SealLook, ...]:
    kinds: tuple[tuple[SealLook, ...], ...] = (
        ("bolt",),
        ("passive_e_seal",),
        ("vehicle_seal",),
        ("passive_e_seal", "vehicle_seal"),
        (),
    )
    return rng.choices(kinds, (3, 3, 2, 2, 1))[0]
