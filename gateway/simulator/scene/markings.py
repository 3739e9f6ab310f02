"""What else is written on a container: weights, the safety approval (CSC) plate, warnings, the owner's name."""

from typing import Final

import numpy as np

from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.looks import BoxLook, Colour
from gateway.simulator.scene.numbering import Lettering
from gateway.simulator.scene.pixels import seeded

_YELLOW: Final[Colour] = (236, 190, 30)
_BLACK: Final[Colour] = (24, 24, 24)
_STEEL: Final[Colour] = (178, 180, 176)
_KG_TO_LB: Final = 2.20462
_KG_STEP: Final = 10  # weights are painted to the ten


def _weights(box: BoxLook) -> list[tuple[str, int]]:
    """Maximum gross, tare and net, kg: as boxes of this size have them, a little different for each."""
    rng = seeded(box.number, "weights")
    gross = 30480 if box.length_ft == 20 else 32500
    tare = {20: 2180, 40: 3700, 45: 4700}[box.length_ft] + (120 if box.is_high_cube else 0) + _KG_STEP * int(rng.integers(-8, 9))
    return [("MAX. GROSS", gross), ("TARE", tare), ("NET", gross - tare)]


def weights(canvas: Canvas, box: BoxLook, style: Lettering, columns: tuple[float, float], y: float) -> None:
    """Each weight in kilograms and pounds, one line each, as on the doors. `columns`: where labels and values begin."""
    (label_x, value_x), cap = columns, 0.043
    for label, kilograms in _weights(box):
        canvas.text(label, style.face, label_x, y + 0.02, cap=cap * 1.1, colour=style.colour, fit=0.34, worn=style.worn)
        for row, (value, unit) in enumerate(((kilograms, "KG"), (round(kilograms * _KG_TO_LB, -1), "LB"))):
            line = f"{value:,.0f} {unit}".replace(",", "," if box.wear < 0.5 else ".")
            canvas.text(line, style.face, value_x, y + row * cap * 1.55, cap=cap, colour=style.colour, worn=style.worn)
        y += cap * 1.55 * 2 + 0.055
    capacity = {20: 33.2, 40: 67.7, 45: 86.0}[box.length_ft] + (8.7 if box.is_high_cube and box.length_ft > 20 else 0)
    canvas.text("CU. CAP.", style.face, label_x, y + 0.02, cap=cap * 1.1, colour=style.colour, worn=style.worn)
    canvas.text(f"{capacity:.1f} CU.M", style.face, value_x, y, cap=cap, colour=style.colour, worn=style.worn)
    canvas.text(
        f"{capacity * 35.3147:,.0f} CU.FT", style.face, value_x, y + cap * 1.55, cap=cap, colour=style.colour, worn=style.worn
    )


def approval_plate(canvas: Canvas, x: float, y: float) -> None:
    """The CSC safety approval plate: a riveted sheet with rows too small to read."""
    canvas.box(x, y, 0.20, 0.26, _STEEL)
    canvas.frame(x, y, 0.20, 0.26, thickness=0.006, colour=(120, 122, 120))
    canvas.text("CSC SAFETY APPROVAL", "narrow", x + 0.014, y + 0.018, cap=0.013, colour=_BLACK)
    for row in range(9):
        canvas.line(
            (x + 0.015, y + 0.055 + row * 0.021), (x + 0.09 + 0.09 * (row % 3) / 3, y + 0.055 + row * 0.021), 0.005, (96, 98, 96)
        )


def height_warning(canvas: Canvas, x: float, y: float) -> None:
    """High cubes warn of their height (ISO 6346 clause 8.2)."""
    canvas.box(x, y, 0.27, 0.20, _YELLOW)
    canvas.frame(x, y, 0.27, 0.20, thickness=0.008, colour=_BLACK)
    canvas.text("CAUTION", "condensed", x + 0.03, y + 0.028, cap=0.045, colour=_BLACK, fit=0.21)
    canvas.text("2.9m HIGH 9'6\"", "condensed", x + 0.03, y + 0.115, cap=0.04, colour=_BLACK, fit=0.21)


def current_warning(canvas: Canvas, x: float, y: float) -> None:
    """The overhead-wire triangle."""
    canvas.polygon([(x, y + 0.2), (x + 0.115, y), (x + 0.23, y + 0.2)], _BLACK)
    canvas.polygon([(x + 0.02, y + 0.188), (x + 0.115, y + 0.025), (x + 0.21, y + 0.188)], _YELLOW)
    bolt = [
        (x + 0.12, y + 0.06),
        (x + 0.088, y + 0.13),
        (x + 0.11, y + 0.13),
        (x + 0.1, y + 0.178),
        (x + 0.142, y + 0.11),
        (x + 0.118, y + 0.11),
    ]
    canvas.polygon(bolt, _BLACK)


def lashing_code(canvas: Canvas, style: Lettering, x: float, y: float) -> None:
    """A small square mark with two digits, like the railways' loading-gauge plates."""
    canvas.frame(x, y, 0.14, 0.09, thickness=0.009, colour=style.colour)
    canvas.text("ic", "black", x + 0.035, y + 0.02, cap=0.05, colour=style.colour)
    canvas.text(
        str(int(seeded(*style.worn).choice([70, 81, 83]))),
        style.face,
        x + 0.03,
        y + 0.105,
        cap=0.055,
        colour=style.colour,
        worn=style.worn,
    )


def owner_sticker(canvas: Canvas, box: BoxLook, x: float, y: float, rng: np.random.Generator) -> None:
    """The owner's name on a panel of its own."""
    if not box.company:
        return
    paper: Colour = (228, 228, 222) if rng.random() < 0.7 else (30, 60, 110)
    ink: Colour = (24, 60, 120) if paper[0] > 128 else (232, 232, 226)
    canvas.box(x, y, 0.40, 0.17, paper)
    canvas.text(box.company, "black", x + 0.03, y + 0.055, cap=0.062, colour=ink, fit=0.34)


def small_stickers(canvas: Canvas, x: float, y: float, rng: np.random.Generator) -> None:
    """Inspection marks and leftovers that say nothing to a gate."""
    colours: tuple[Colour, ...] = ((225, 225, 215), (40, 110, 60), (200, 60, 40), (50, 90, 170), _YELLOW)
    for _ in range(int(rng.integers(1, 5))):
        dx, dy = 0.6 * float(rng.random()), 0.5 * float(rng.random())
        side = 0.05 + 0.06 * float(rng.random())
        canvas.box(x + dx, y + dy, side * 1.3, side, colours[int(rng.integers(len(colours)))])
        canvas.line((x + dx + 0.01, y + dy + side * 0.5), (x + dx + side, y + dy + side * 0.5), 0.008, (70, 70, 70))
