"""What a simulated truck looks like: boxes, plates, colours, seals; and what the camera and the sky are like.

All values are frozen and hashable, so that a scene can keep the textures of a truck that it has drawn before.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from gateway.simulator.scene.errors import LookError

Colour = tuple[int, int, int]  # red, green, blue; 0 to 255
Layout = Literal["plain", "split", "two_line", "vertical"]
SealLook = Literal["bolt", "passive_e_seal", "vehicle_seal"]

LAYOUTS: Final[tuple[Layout, ...]] = ("plain", "split", "two_line", "vertical")
LENGTHS_FT: Final = (20, 40, 45)
_NUMBER = re.compile(r"[A-Z0-9]{1,17}")
_SIZE_TYPE = re.compile(r"[A-Z0-9]{4}")
_PLATE = re.compile(r"[A-Z0-9·-]{1,12}")


class View(StrEnum):
    """Which camera of the lane: before the truck, behind it, or at the driver's side."""

    FRONT = "front"
    REAR = "rear"
    SIDE = "side"


class Light(StrEnum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    RAIN = "rain"


@dataclass(frozen=True, slots=True)
class BoxLook:
    """One container. `wear` runs from 0 (new) to 1 (years of salt water).

    `layout`: `plain` one line, `split` with the rods between owner code and digits and the check digit apart, `two_line` owner
    code above the digits, `vertical` a column on the sides (on the doors as `split`).
    Raises LookError when a field cannot be drawn.
    """

    number: str
    size_type: str = "42G1"
    length_ft: int = 40
    colour: Colour = (130, 45, 40)
    layout: Layout = "split"
    boxed_check_digit: bool = True
    wear: float = 0.3
    company: str = ""

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.number):
            raise LookError(f"number: {self.number!r} is not 1 to 17 letters and digits")
        if not _SIZE_TYPE.fullmatch(self.size_type):
            raise LookError(f"size_type: {self.size_type!r} is not four letters and digits")
        if self.length_ft not in LENGTHS_FT:
            raise LookError(f"length_ft: {self.length_ft} is none of 20, 40, 45")
        if self.layout not in LAYOUTS:
            raise LookError(f"layout: {self.layout!r} is none of {', '.join(LAYOUTS)}")
        if not 0 <= self.wear <= 1:
            raise LookError(f"wear: {self.wear} is not between 0 and 1")

    @property
    def is_high_cube(self) -> bool:
        """ISO 6346 size code, second character: 4, 5, 6, C–F are 9 ft 6 in or nearly so; here 5, C, E and F count as high."""
        return self.size_type[1] in "56CDEF"


@dataclass(frozen=True, slots=True)
class TruckLook:
    """A tractor with its trailer. `boxes` stand rear first; none is an empty chassis.

    Without boxes and without a trailer plate the tractor runs alone. `seed` decides what nothing else says: stains, fonts, make.
    Raises LookError when more than two boxes, or two that are too long, are loaded.
    """

    tractor_plate: str | None
    trailer_plate: str | None
    boxes: tuple[BoxLook, ...] = ()
    cab_colour: Colour = (40, 90, 150)
    seals: tuple[SealLook, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.boxes) > 2 or (len(self.boxes) == 2 and any(box.length_ft != 20 for box in self.boxes)):
            raise LookError("boxes: a trailer carries one box, or two of 20 feet")
        for name, plate in (("tractor_plate", self.tractor_plate), ("trailer_plate", self.trailer_plate)):
            if plate is not None and not _PLATE.fullmatch(plate):
                raise LookError(f"{name}: {plate!r} is not 1 to 12 letters, digits and hyphens")

    @property
    def has_trailer(self) -> bool:
        return bool(self.boxes) or self.trailer_plate is not None
