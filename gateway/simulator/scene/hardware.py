"""The ironwork of container doors: locking rods with cams and guides, handles, hinges, corner castings, seals."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.looks import Colour, SealLook

GALVANISED: Final[Colour] = (168, 172, 174)
_BOLT_COLOURS: Final[tuple[Colour, ...]] = ((228, 190, 30), (30, 90, 170), (40, 130, 70), (220, 220, 216))


def rod(canvas: Canvas, x: float, top: float, bottom: float, colour: Colour) -> None:
    """One locking rod: tube, cams in their keepers at both ends, guides between, and its shadow on the door."""
    canvas.shadow(x + 0.012, top, 0.05, bottom - top, 0.45)
    canvas.tube(x - 0.017, top, 0.034, bottom - top, colour)
    for y in (top - 0.03, bottom - 0.07):
        canvas.shadow(x - 0.02, y + 0.01, 0.09, 0.11, 0.4)
        canvas.box(x - 0.045, y, 0.09, 0.10, tuple_scaled(colour, 0.72))
        canvas.tube(x - 0.03, y + 0.012, 0.06, 0.07, tuple_scaled(colour, 0.92))
    for share in (0.2, 0.42, 0.72):
        y = top + share * (bottom - top)
        canvas.box(x - 0.04, y, 0.08, 0.045, tuple_scaled(colour, 0.8))
        canvas.disc(x - 0.029, y + 0.022, 0.008, (70, 70, 70))
        canvas.disc(x + 0.029, y + 0.022, 0.008, (70, 70, 70))


def tuple_scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


def handle(canvas: Canvas, rod_x: float, y: float, towards: float, colour: Colour) -> float:
    """A handle from its rod to its catch, `towards` metres away (negative: to the left); gives the catch's x."""
    left, right = min(rod_x, rod_x + towards), max(rod_x, rod_x + towards)
    canvas.shadow(left, y + 0.02, right - left, 0.05, 0.4)
    canvas.tube(left, y, right - left, 0.028, colour)
    canvas.box(rod_x - 0.04, y - 0.03, 0.08, 0.09, tuple_scaled(colour, 0.75))
    catch = rod_x + towards * 0.86
    canvas.box(catch - 0.035, y - 0.04, 0.07, 0.11, tuple_scaled(colour, 0.68))
    canvas.box(catch - 0.02, y - 0.02, 0.04, 0.05, tuple_scaled(colour, 0.95))
    return catch


def hinges(canvas: Canvas, x: float, top: float, bottom: float, colour: Colour) -> None:
    """Five hinge blades along a corner post."""
    for share in np.linspace(0.06, 0.94, 5):
        y = top + float(share) * (bottom - top)
        canvas.shadow(x - 0.03, y + 0.03, 0.1, 0.05, 0.35)
        canvas.box(x - 0.035, y, 0.07, 0.055, tuple_scaled(colour, 0.85))
        canvas.tube(x - 0.012, y - 0.02, 0.024, 0.095, tuple_scaled(colour, 0.95))


def corner_castings(canvas: Canvas, colour: Colour) -> None:
    """The four corner castings with their oval holes (ISO 1161)."""
    for x in (0.0, canvas.width - 0.162):
        for y in (0.0, canvas.height - 0.118):
            canvas.box(x, y, 0.162, 0.118, tuple_scaled(colour, 0.80))
            canvas.frame(x, y, 0.162, 0.118, thickness=0.006, colour=tuple_scaled(colour, 0.6))
            canvas.box(x + 0.05, y + 0.034, 0.062, 0.05, (18, 16, 16))
            canvas.disc(x + 0.05, y + 0.059, 0.025, (18, 16, 16))
            canvas.disc(x + 0.112, y + 0.059, 0.025, (18, 16, 16))


def seals(canvas: Canvas, kinds: Sequence[SealLook], x: float, y: float, rng: np.random.Generator) -> None:
    """The seals that hang on the catch at (x, y), side by side."""
    for place, kind in enumerate(kinds):
        left = x + place * 0.11
        if kind == "vehicle_seal":
            _vehicle_seal(canvas, left, y)
        else:
            _bolt(canvas, left, y, _BOLT_COLOURS[int(rng.integers(len(_BOLT_COLOURS)))], with_tag=kind == "passive_e_seal")


def _bolt(canvas: Canvas, x: float, y: float, colour: Colour, *, with_tag: bool) -> None:
    """A bolt seal: pin through the catch, barrel below; a passive e-seal carries a flat tag with its aerial."""
    canvas.tube(x - 0.006, y + 0.02, 0.012, 0.09, GALVANISED)
    canvas.tube(x - 0.014, y + 0.07, 0.028, 0.05, colour)
    if with_tag:
        canvas.shadow(x - 0.02, y + 0.13, 0.08, 0.1, 0.4)
        canvas.box(x - 0.03, y + 0.115, 0.06, 0.10, colour)
        canvas.frame(x - 0.022, y + 0.123, 0.044, 0.084, thickness=0.004, colour=tuple_scaled(colour, 0.6))


def _vehicle_seal(canvas: Canvas, x: float, y: float) -> None:
    """A vehicle seal: a case the size of a hand on a steel cable, with two state lights."""
    canvas.line((x, y), (x + 0.05, y + 0.12), 0.01, (60, 60, 62))
    canvas.line((x + 0.02, y - 0.02), (x + 0.10, y + 0.12), 0.01, (60, 60, 62))
    canvas.shadow(x + 0.01, y + 0.13, 0.15, 0.21, 0.5)
    canvas.box(x, y + 0.11, 0.14, 0.20, (34, 36, 40))
    canvas.frame(x, y + 0.11, 0.14, 0.20, thickness=0.006, colour=(70, 74, 80))
    canvas.box(x + 0.02, y + 0.15, 0.10, 0.05, (205, 205, 200))
    canvas.disc(x + 0.045, y + 0.26, 0.010, (60, 200, 90))
    canvas.disc(x + 0.095, y + 0.26, 0.010, (190, 50, 40))
