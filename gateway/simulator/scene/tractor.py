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
    rng = seeded(truck.seed, truck.tractor_plate, "cab")
    left = (FRONT_WIDTH - CAB_WIDTH) / 2
    _wheels_below(canvas, left)
    _face(canvas, truck.cab_colour, left)
    _windscreen(canvas, left, rng)
    _grille(canvas, truck.cab_colour, left, rng)
    _bumper(canvas, truck, left, rng)
    _mirrors(canvas)
    grimy = dirt(canvas.picture, rng, 0.25 + 0.4 * float(rng.random()), ppm)
    canvas.picture = _splashed(grimy, rng, ppm)
    if truck.tractor_plate is not None:
        _plate(canvas, truck.tractor_plate, float(rng.random()), rng)
    return canvas


def _wheels_below(canvas: Canvas, left: float) -> None:
    for x in (left + 0.03, left + CAB_WIDTH - 0.36):
        canvas.box(x, ROOF - 0.42, 0.33, 0.42, _TYRE)
    canvas.box(left + 0.4, ROOF - 0.42, CAB_WIDTH - 0.8, 0.2, (20, 20, 21))


def _face(canvas: Canvas, colour: Colour, left: float) -> None:
    body = [
        (left + 0.10, 0.0),
        (left + CAB_WIDTH - 0.10, 0.0),
        (left + CAB_WIDTH, 0.35),
        (left + CAB_WIDTH, 2.30),
        (left, 2.30),
        (left, 0.35),
    ]
    canvas.polygon(body, colour)
    rows = canvas.picture.shape[0]
    glow = np.interp(np.arange(rows) / canvas.ppm, [0, 0.3, 1.3, 1.35, 2.3], [1.12, 1.0, 0.92, 1.08, 0.78])
    canvas.picture = shade(canvas.picture, as_grain(glow)[:, None])


def _windscreen(canvas: Canvas, left: float, rng: np.random.Generator) -> None:
    right = left + CAB_WIDTH
    canvas.polygon([(left + 0.13, 0.40), (right - 0.13, 0.40), (right - 0.06, 1.22), (left + 0.06, 1.22)], _GLASS)
    y0, y1, x0, x1 = canvas.px(0.41), canvas.px(1.21), canvas.px(left + 0.12), canvas.px(right - 0.12)
    pane = canvas.picture[y0:y1, x0:x1]
    sky = np.linspace(0.55, 0.0, y1 - y0, dtype=np.float32)[:, None] ** 1.5 * np.ones((1, x1 - x0), dtype=np.float32)
    reflection = sky * (0.5 + 0.8 * fractal(rng, y1 - y0, x1 - x0, 0.5 * canvas.ppm, 3))
    cover(pane, (150, 172, 190), as_grain(np.clip(reflection, 0, 0.7)))
    canvas.box(left + 0.10, 0.30, CAB_WIDTH - 0.2, 0.12, _PLASTIC)
    canvas.disc(left + 0.72, 0.95, 0.13, (58, 52, 50))
    canvas.box(left + 0.52, 1.06, 0.42, 0.16, (48, 52, 66))
    canvas.line((left + 0.4, 1.22), (left + 1.05, 1.10), 0.018, (16, 16, 16))
    canvas.line((left + 1.35, 1.22), (left + 2.0, 1.10), 0.018, (16, 16, 16))
    for x in np.linspace(left + 0.35, right - 0.35, 5):
        canvas.box(float(x) - 0.05, 0.06, 0.10, 0.035, (210, 130, 40))


def _grille(canvas: Canvas, colour: Colour, left: float, rng: np.random.Generator) -> None:
    make = _MAKES[int(rng.integers(len(_MAKES)))]
    bars = int(rng.integers(3, 7))
    canvas.box(left + 0.42, 1.42, CAB_WIDTH - 0.84, 0.34, _PLASTIC)
    for y in np.linspace(1.44, 1.73, bars):
        canvas.tube(left + 0.45, float(y), CAB_WIDTH - 0.90, 0.026, tuple_scaled(colour, 0.9) if bars < 5 else (150, 152, 154))
    canvas.text(make, "black", FRONT_WIDTH / 2 - 0.25, 1.29, cap=0.075, colour=(208, 210, 212), fit=0.5)


def _bumper(canvas: Canvas, truck: TruckLook, left: float, rng: np.random.Generator) -> None:
    colour = _PLASTIC if rng.random() < 0.5 else tuple_scaled(truck.cab_colour, 0.85)
    top = ROOF - 1.08
    canvas.box(left, top, CAB_WIDTH, 0.70, colour)
    canvas.shadow(left, top - 0.02, CAB_WIDTH, 0.05, 0.5)
    for side in (-1, 1):
        x = FRONT_WIDTH / 2 + side * LAMP_X
        canvas.box(x - 0.21, ROOF - LAMP_Y - 0.13, 0.42, 0.24, (30, 30, 32))
        canvas.disc(x - side * 0.06, ROOF - LAMP_Y, 0.095, (196, 204, 208))
        canvas.disc(x - side * 0.06, ROOF - LAMP_Y, 0.05, (236, 240, 240))
        canvas.box(x + side * 0.14 - 0.05, ROOF - LAMP_Y - 0.10, 0.09, 0.18, (214, 120, 36))
    canvas.box(FRONT_WIDTH / 2 - 0.62, ROOF - 0.66, 1.24, 0.20, (26, 26, 27))
    for x in np.arange(-0.58, 0.58, 0.06):
        canvas.box(FRONT_WIDTH / 2 + float(x), ROOF - 0.64, 0.035, 0.16, (12, 12, 12))


def _mirrors(canvas: Canvas) -> None:
    for x, arm in ((0.02, 0.33), (FRONT_WIDTH - 0.22, FRONT_WIDTH - 0.33)):
        canvas.line((x + 0.10, 0.45), (arm, 0.38), 0.035, _PLASTIC)
        canvas.box(x, 0.45, 0.20, 0.48, _PLASTIC)
        canvas.box(x + 0.01, 0.98, 0.18, 0.22, _PLASTIC)


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
    rng = seeded(truck.seed, truck.tractor_plate, "side")
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
