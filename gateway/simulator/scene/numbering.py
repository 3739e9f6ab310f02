"""The container's number on its walls: the layouts of ISO 6346 clause 7 as boxes really carry them.

Owner code, serial number and check digit; the size and type code below or beside; the check digit often in a box of its own.
"""

from dataclasses import dataclass
from typing import Final

from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.faces import BOX_FACES, Face
from gateway.simulator.scene.looks import BoxLook, Colour
from gateway.simulator.scene.pixels import seeded

_DARK: Final[Colour] = (28, 28, 32)
_WHITE: Final[Colour] = (236, 236, 230)


@dataclass(frozen=True, slots=True)
class Lettering:
    """How one box is lettered: face, paint, and the height of its number's capitals (metres; ISO asks for 0.1 at least)."""

    face: Face
    colour: Colour
    cap: float
    worn: tuple[str, float]  # seed of the chips in its paint, and the wear


@dataclass(frozen=True, slots=True)
class Groups:
    """The number as it is painted: owner code, serial number, check digit."""

    owner: str
    serial: str
    check: str


def groups(number: str) -> Groups:
    """Any number can be painted: what is not four letters and seven digits is split in the same places."""
    return Groups(number[:4], number[4:10], number[10:])


def luminance(colour: Colour) -> float:
    red, green, blue = colour
    return 0.30 * red + 0.59 * green + 0.11 * blue


def lettering(box: BoxLook, wall: str) -> Lettering:
    """A box wears one face and one paint; every wall has chips of its own."""
    choice = seeded(box.number, "lettering")
    face = BOX_FACES[int(choice.choice(len(BOX_FACES), p=(0.28, 0.22, 0.2, 0.14, 0.1, 0.06)))]
    colour = _WHITE if luminance(box.colour) < 135 else _DARK
    cap = 0.118 + 0.008 * float(choice.random())
    return Lettering(face, colour, cap, (f"{box.number} {wall}", box.wear))


@dataclass(frozen=True, slots=True)
class NumberPainter:
    """Paints one box's number onto one of its walls. All places are metres from the wall's top left corner."""

    canvas: Canvas
    box: BoxLook
    style: Lettering

    def _write(self, text: str, x: float, y: float, fit: float | None = None) -> float:
        style = self.style
        return self.canvas.text(text, style.face, x, y, cap=style.cap, colour=style.colour, fit=fit, worn=style.worn)

    def _check_digit(self, text: str, x: float, y: float) -> None:
        """The check digit, in its box when it has one."""
        if not text:
            return
        boxed, cap = self.box.boxed_check_digit, self.style.cap
        x += 0.028 if boxed else 0.0
        width = self._write(text, x, y)
        if boxed:
            rim = 0.020
            outline = (x - rim, y - rim, width + 2 * rim, cap + 2 * rim)
            self.canvas.frame(*outline, thickness=0.009, colour=self.style.colour)

    def one_line(self, x: float, y: float, gap: float, fit: tuple[float, float] | None = None) -> None:
        """Owner code, gap, serial number, check digit; the size and type under the serial number.

        `fit`: at most so wide are the owner code and the serial number.
        """
        parts = groups(self.box.number)
        x += self._write(parts.owner, x, y, fit and fit[0]) + gap
        serial_x = x
        x += self._write(parts.serial, x, y, fit and fit[1]) + 0.022
        self._check_digit(parts.check, x, y)
        self._write(self.box.size_type, serial_x, y + 1.5 * self.style.cap)

    def around_rod(self, y: float, rod: float, right: float) -> None:
        """On a door: the owner code ends before the locking rod at `rod`, the digits begin behind it and end before `right`."""
        parts = groups(self.box.number)
        owner_width = min(0.39, 2.35 * self.style.cap)
        self._write(parts.owner, rod - 0.055 - owner_width, y, owner_width)
        x = rod + 0.05
        room = right - x - (0.115 if self.box.boxed_check_digit else 0.075)
        used = self._write(parts.serial, x, y, room)
        self._check_digit(parts.check, x + used + 0.02, y)
        self._write(self.box.size_type, x, y + 1.45 * self.style.cap)

    def two_lines(self, x: float, y: float, fit: float | None = None) -> None:
        """The owner code above the digits above the size and type. `fit`: at most so wide are the digits."""
        parts, step = groups(self.box.number), 1.45 * self.style.cap
        self._write(parts.owner, x, y)
        used = self._write(parts.serial, x, y + step, fit)
        self._check_digit(parts.check, x + used + 0.02, y + step)
        self._write(self.box.size_type, x, y + 2 * step)

    def column(self, x: float, y: float, pitch: float) -> None:
        """Vertical: one character under the other, the size and type in a column of its own, `pitch` to the right."""
        parts, step, top = groups(self.box.number), 1.24 * self.style.cap, y
        for group in (parts.owner, parts.serial):
            for character in group:
                self._write(character, x, y)
                y += step
            y += 0.35 * self.style.cap
        self._check_digit(parts.check, x - (0.028 if self.box.boxed_check_digit else 0), y)
        for row, character in enumerate(self.box.size_type):
            self._write(character, x + pitch, top + row * step)
