"""The tractor: a cab-over with its plate in the bumper. Painted flat: front, both sides, back.

Metres; the front is painted from the road (0) to the roof, mirrors included, so it is wider than the cab.
"""

from typing import Final

import numpy as np

from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.hardware import tuple_scaled
from gateway.simulator.scene.looks import Colour, TruckLook
from gateway.simulator.scene.pixels import Picture, as_grain, beyond, cover, fractal, seeded, shade
from gateway.simulator.scene.plates import plate_picture, style
from gateway.simulator.scene.wear import dirt

CAB_WIDTH: Final = 2.44
CAB_DEPTH: Final = 1.95
FRONT_WIDTH: Final = 3.10  # with mirrors
ROOF: Final = 2.82
PLATE_Y: Final = 1.04  # height of the plate's middle above the road
LAMP_Y: Final = 0.80
LAMP_X: Final = 0.98  # from the middle
_MAKES: Final = ("KORYU", "SUNDA", "NORDVIK", "TAIHO", "HAYATE")
_GLASS: Final[Colour] = (34, 42, 48)
_PLASTIC: Final[Colour] = (44, 46, 48)
_TYRE: Final[Colour] = (26, 26, 27)


def front(truck: TruckLook, ppm: float) -> Canvas:
    """The cab's face: windscreen, grille, lamps, bumper, plate, mirrors."""
    canvas = Canvas(FRONT_WIDTH, ROOF, ppm, (0, 0, 0), see_through=True)
    rng = seeded(truck.seed, truck.cab_colour, "cab")
    left = (FRONT_WIDTH - CAB_WIDTH) / 2
    _wheels_below(canvas, left)
    _face(canvas, truck.cab_colour, left)
    _windscreen(canvas, left, rng)
    _grille(canvas, truck.cab_colour, left, rng)
    _bumper(canvas, truck, left, rng)
    _mirrors(canvas)
    canvas.picture = _splashed(dirt(canvas.picture, rng, 0.15 * float(rng.random()), ppm), rng, ppm)
    if truck.tractor_plate is not None:
        _plate(canvas, truck.tractor_plate, float(rng.random()), rng)
    return canvas


def _wheels_below(canvas: Canvas, left: float) -> None:
    for x in (left + 0.03, left + CAB_WIDTH - 0.36):
        canvas.box(x, ROOF - 0.42, 0.33, 0.42, _TYRE)
    canvas.box(left + 0.4, ROOF - 0.42, CAB_WIDTH - 0.8, 0.2, (20, 20, 21))


def _face(canvas: Canvas, colour: Colour, left: float) -> None:
    """Sheet metal: rounded corners darken, the panel under the windscreen leans back and brightens."""
    right = left + CAB_WIDTH
    body = [(left + 0.10, 0.0), (right - 0.10, 0.0), (right, 0.35), (right, 2.30), (left, 2.30), (left, 0.35)]
    canvas.polygon(body, colour)
    rows, columns = canvas.picture.shape[:2]
    down = np.interp(np.arange(rows) / canvas.ppm, [0, 0.25, 0.4, 1.2, 1.3, 1.75, 2.3], [1.05, 0.98, 0.8, 0.82, 1.14, 0.96, 0.7])
    aside = np.interp(
        np.arange(columns) / canvas.ppm,
        [left, left + 0.05, left + 0.22, right - 0.3, right - 0.06, right],
        [0.6, 0.82, 1.06, 1.0, 0.78, 0.55],
    )
    canvas.picture = shade(canvas.picture, as_grain(down[:, None] * aside[None, :]))
    for x in (left + 0.30, right - 0.30):
        canvas.line((x, 1.24), (x, 1.74), 0.008, tuple_scaled(colour, 0.35))
    canvas.line((left + 0.06, 1.25), (right - 0.06, 1.25), 0.010, tuple_scaled(colour, 0.4))
    canvas.line((left + 0.30, 1.265), (right - 0.30, 1.265), 0.010, tuple_scaled(colour, 1.25))


def _windscreen(canvas: Canvas, left: float, rng: np.random.Generator) -> None:
    right = left + CAB_WIDTH
    frame = [(left + 0.10, 0.38), (right - 0.10, 0.38), (right - 0.03, 1.23), (left + 0.03, 1.23)]
    canvas.polygon(frame, (20, 20, 21))
    canvas.polygon([(left + 0.14, 0.41), (right - 0.14, 0.41), (right - 0.07, 1.20), (left + 0.07, 1.20)], _GLASS)
    _cabin(canvas, left, right)
    y0, y1, x0, x1 = canvas.px(0.42), canvas.px(1.20), canvas.px(left + 0.13), canvas.px(right - 0.13)
    pane = canvas.picture[y0:y1, x0:x1]
    height, width = pane.shape[:2]
    slant = np.linspace(0, 1, height)[:, None] + 0.35 * np.linspace(0, 1, width)[None, :]
    sky = np.clip(0.75 - 0.75 * slant, 0, 1) * (0.6 + 0.7 * fractal(rng, height, width, 0.5 * canvas.ppm, 3))
    cover(pane, (176, 192, 204), as_grain(np.clip(sky, 0, 0.75)))
    canvas.box(left + 0.08, 0.29, CAB_WIDTH - 0.16, 0.13, (30, 31, 33))
    canvas.line((left + 0.08, 0.30), (right - 0.08, 0.30), 0.012, (78, 82, 86))
    for start in (0.42, 1.34):
        canvas.line((left + start, 1.215), (left + start + 0.66, 1.10), 0.014, (12, 12, 12))
        canvas.line((left + start + 0.2, 1.17), (left + start + 0.8, 1.05), 0.022, (14, 14, 14))
    for x in np.linspace(left + 0.35, right - 0.35, 5):
        canvas.box(float(x) - 0.055, 0.055, 0.11, 0.045, (60, 42, 24))
        canvas.box(float(x) - 0.045, 0.062, 0.09, 0.028, (206, 132, 48))


def _cabin(canvas: Canvas, left: float, right: float) -> None:
    """What shows through the glass: the driver, seat backs, the wheel, papers on the dashboard. Drives on the right, sits left."""
    for x in (right - 0.98, left + 0.52):
        canvas.box(x, 0.70, 0.44, 0.52, (24, 27, 31))
        canvas.disc(x + 0.22, 0.70, 0.13, (26, 29, 33))
    canvas.disc(right - 0.76, 0.80, 0.115, (78, 62, 54))
    canvas.box(right - 1.00, 0.92, 0.48, 0.30, (58, 62, 74))
    canvas.disc(right - 0.76, 1.20, 0.20, (14, 15, 16))
    canvas.disc(right - 0.76, 1.20, 0.17, (52, 56, 66))
    canvas.box(left + 0.07, 1.12, CAB_WIDTH - 0.14, 0.09, (22, 24, 26))
    canvas.box(left + 0.60, 1.08, 0.26, 0.06, (150, 150, 144))


def _grille(canvas: Canvas, colour: Colour, left: float, rng: np.random.Generator) -> None:
    make = _MAKES[int(rng.integers(len(_MAKES)))]
    bars, chrome = int(rng.integers(3, 7)), rng.random() < 0.5
    canvas.box(left + 0.40, 1.41, CAB_WIDTH - 0.80, 0.33, (18, 18, 19))
    for y in np.linspace(1.44, 1.71, bars):
        canvas.tube(left + 0.43, float(y), CAB_WIDTH - 0.86, 0.034, (146, 150, 154) if chrome else tuple_scaled(colour, 0.8))
    middle = FRONT_WIDTH / 2
    canvas.text(make, "black", middle - 0.24, 1.305, cap=0.062, colour=(196, 198, 200), fit=0.48)
    canvas.disc(middle, 1.575, 0.085, (90, 92, 95))
    canvas.disc(middle, 1.575, 0.07, (28, 30, 34))
    for side in (-1, 1):
        canvas.line((middle + side * 0.93, 1.36), (middle + side * 0.93, 1.72), 0.05, tuple_scaled(colour, 0.75))


def _bumper(canvas: Canvas, truck: TruckLook, left: float, rng: np.random.Generator) -> None:
    colour = _PLASTIC if rng.random() < 0.5 else tuple_scaled(truck.cab_colour, 0.82)
    top = ROOF - 1.08
    canvas.box(left, top, CAB_WIDTH, 0.70, colour)
    rows = canvas.picture[canvas.px(top) : canvas.px(top + 0.70), canvas.px(left) : canvas.px(left + CAB_WIDTH)]
    profile = np.interp(np.linspace(0, 1, rows.shape[0]), [0, 0.04, 0.12, 0.5, 0.56, 1.0], [1.35, 1.15, 1.0, 0.86, 0.6, 0.72])
    rows[:] = shade(rows, as_grain(profile)[:, None])
    canvas.shadow(left, top - 0.03, CAB_WIDTH, 0.05, 0.6)
    for side in (-1, 1):
        _headlamp(canvas, FRONT_WIDTH / 2 + side * LAMP_X, side)
    canvas.box(FRONT_WIDTH / 2 - 0.62, ROOF - 0.66, 1.24, 0.20, (22, 22, 23))
    for x in np.arange(-0.58, 0.58, 0.06):
        canvas.box(FRONT_WIDTH / 2 + float(x), ROOF - 0.64, 0.035, 0.16, (10, 10, 10))


def _headlamp(canvas: Canvas, x: float, side: int) -> None:
    """A clear cover over two reflectors, the indicator at the outer corner."""
    canvas.box(x - 0.23, ROOF - LAMP_Y - 0.14, 0.46, 0.26, (24, 25, 27))
    canvas.box(x - 0.21, ROOF - LAMP_Y - 0.12, 0.42, 0.22, (70, 76, 82))
    for offset, radius in ((-0.06, 0.09), (0.09, 0.065)):
        canvas.disc(x + side * offset, ROOF - LAMP_Y, radius, (168, 176, 184))
        canvas.disc(x + side * offset - 0.015, ROOF - LAMP_Y - 0.015, radius * 0.6, (222, 228, 230))
        canvas.disc(x + side * offset, ROOF - LAMP_Y, radius * 0.28, (250, 250, 246))
    canvas.box(x + side * 0.18 - 0.035, ROOF - LAMP_Y - 0.11, 0.07, 0.20, (206, 116, 40))


def _mirrors(canvas: Canvas) -> None:
    for x, arm in ((0.02, 0.33), (FRONT_WIDTH - 0.22, FRONT_WIDTH - 0.33)):
        canvas.line((x + 0.10, 0.50), (arm, 0.40), 0.03, (30, 30, 31))
        canvas.line((x + 0.10, 1.10), (arm, 1.18), 0.025, (30, 30, 31))
        for top, height in ((0.45, 0.46), (0.94, 0.24)):
            canvas.tube(x, top, 0.20, height, _PLASTIC)
            canvas.box(x, top, 0.20, 0.025, (62, 64, 66))


def _plate(canvas: Canvas, text: str, wear: float, rng: np.random.Generator) -> None:
    """In the middle of the bumper, or a hand to the side."""
    look = style(text)
    x = (FRONT_WIDTH - look.width) / 2 + 0.16 * (float(rng.random()) - 0.5)
    y = ROOF - PLATE_Y - look.height / 2
    canvas.shadow(x - 0.01, y + 0.01, look.width + 0.03, look.height + 0.02, 0.4)
    canvas.stamp(plate_picture(text, canvas.ppm, wear), x, y)


def _splashed(picture: Picture, rng: np.random.Generator, ppm: float) -> Picture:
    """Mud from the road, thicker towards the bottom."""
    height, width = picture.shape[:2]
    specks = beyond(fractal(rng, height, width, 0.02 * ppm, 2), 0.72, 0.06)
    low = np.linspace(0, 1, height, dtype=np.float32)[:, None] ** 4
    cover(picture, (112, 100, 84), as_grain(specks * low * 0.55))
    return picture


def side(truck: TruckLook, ppm: float, mirrored: bool) -> Canvas:
    """The cab from the left (front to the left of the picture); mirrored: from the right."""
    canvas = Canvas(CAB_DEPTH + 1.3, ROOF, ppm, (0, 0, 0), see_through=True)
    rng = seeded(truck.seed, truck.cab_colour, "side")
    colour = truck.cab_colour
    canvas.box(0.1, ROOF - 1.0, CAB_DEPTH + 1.2, 0.32, (36, 36, 38))
    canvas.polygon([(0.14, 0.0), (CAB_DEPTH, 0.0), (CAB_DEPTH, 2.05), (0.0, 2.05), (0.0, 1.1)], colour)
    canvas.polygon([(0.26, 0.42), (1.18, 0.42), (1.18, 1.12), (0.12, 1.12)], _GLASS)
    canvas.frame(0.12, 0.36, 1.16, 1.62, thickness=0.012, colour=tuple_scaled(colour, 0.55))
    canvas.box(1.02, 1.32, 0.18, 0.04, (30, 30, 30))
    canvas.box(0.0, 1.95, 0.85, 0.5, _PLASTIC)
    for x in (0.95, 2.75):
        wheel(canvas, x, ROOF - 0.5, 0.5)
    canvas.box(1.55, ROOF - 0.85, 0.62, 0.5, (120, 124, 126))
    canvas.picture = dirt(canvas.picture, rng, 0.4, ppm)
    if mirrored:
        canvas.picture = np.ascontiguousarray(canvas.picture[:, ::-1])
        canvas.alpha = None if canvas.alpha is None else np.ascontiguousarray(canvas.alpha[:, ::-1])
    return canvas


def back(truck: TruckLook, ppm: float) -> Canvas:
    """The cab from behind, as seen over an empty chassis or of a tractor that runs alone."""
    canvas = Canvas(CAB_WIDTH, ROOF, ppm, (0, 0, 0), see_through=True)
    rng = seeded(truck.seed, "back")
    canvas.box(0.0, 0.0, CAB_WIDTH, 2.05, tuple_scaled(truck.cab_colour, 0.8))
    canvas.box(0.75, 0.40, 0.94, 0.42, _GLASS)
    canvas.tube(0.12, 0.1, 0.14, 1.9, (150, 152, 154))
    canvas.box(0.35, 0.95, 1.7, 0.9, (40, 40, 42))
    for x in (0.05, CAB_WIDTH - 0.6):
        canvas.box(x, ROOF - 1.0, 0.55, 1.0, _TYRE)
        canvas.box(x, ROOF - 1.12, 0.55, 0.05, (30, 30, 30))
    canvas.box(0.6, ROOF - 0.95, CAB_WIDTH - 1.2, 0.2, (36, 36, 38))
    for x in (0.42, CAB_WIDTH - 0.74):
        canvas.box(x, ROOF - 0.72, 0.32, 0.12, (150, 26, 24))
    canvas.picture = dirt(canvas.picture, rng, 0.5, ppm)
    if truck.tractor_plate is not None:
        look = style(truck.tractor_plate)
        canvas.stamp(plate_picture(truck.tractor_plate, ppm, 0.5), (CAB_WIDTH - look.width) / 2, ROOF - 0.82)
    return canvas


def wheel(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """A tyre with its rim, hub and nuts."""
    canvas.disc(x, y, radius, _TYRE)
    canvas.disc(x, y, radius * 0.62, (112, 114, 116))
    canvas.disc(x, y, radius * 0.56, (62, 62, 64))
    canvas.disc(x, y, radius * 0.26, (132, 134, 136))
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        canvas.disc(
            x + radius * 0.4 * float(np.cos(angle)), y + radius * 0.4 * float(np.sin(angle)), radius * 0.045, (140, 142, 144)
        )
