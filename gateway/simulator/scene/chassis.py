"""The semi-trailer under the boxes: its tail with lamps and plate, its side with wheels and legs, its ladder frame from above."""

from typing import Final

import numpy as np

from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.looks import Colour, TruckLook
from gateway.simulator.scene.pixels import seeded
from gateway.simulator.scene.plates import plate_picture, style
from gateway.simulator.scene.tractor import wheel
from gateway.simulator.scene.wear import dirt, rust

WIDTH: Final = 2.46
DECK: Final = 1.08  # height of the deck above the road: a high cube then stays under 4 m
PLATE_Y: Final = 0.93  # height of the plate's middle
LAMP_Y: Final = 0.97
LAMP_X: Final = 0.86  # from the middle
_PAINTS: Final[tuple[Colour, ...]] = ((176, 112, 34), (150, 44, 34), (60, 66, 72), (36, 78, 124), (58, 92, 64))
_TYRE: Final[Colour] = (24, 24, 25)
_RED: Final[Colour] = (176, 28, 26)
_AMBER: Final[Colour] = (214, 124, 30)


def paint(truck: TruckLook) -> Colour:
    return _PAINTS[int(seeded(truck.seed, "chassis").integers(len(_PAINTS)))]


def tail(truck: TruckLook, ppm: float) -> Canvas:
    """The trailer's rear end, from the deck to the road."""
    canvas = Canvas(WIDTH, DECK, ppm, (0, 0, 0), see_through=True)
    rng, colour = seeded(truck.seed, "tail"), paint(truck)
    for x in (0.06, 0.40, WIDTH - 0.70, WIDTH - 0.36):
        canvas.box(x, DECK - 1.0, 0.30, 1.0, _TYRE)
    canvas.box(0.06, DECK - 0.80, 0.66, 0.52, (34, 33, 33))
    canvas.box(WIDTH - 0.72, DECK - 0.80, 0.66, 0.52, (34, 33, 33))
    canvas.box(0.72, 0.1, WIDTH - 1.44, 0.36, (20, 20, 21))
    canvas.box(0, 0, WIDTH, 0.085, colour)
    _stripe(canvas)
    _lamps(canvas)
    for x in (0.62, WIDTH - 0.76):
        canvas.box(x, 0.08, 0.14, 0.46, colour)
    canvas.box(0.12, 0.50, WIDTH - 0.24, 0.10, colour)
    canvas.picture = dirt(rust(canvas.picture, rng, 0.5, ppm), rng, 0.6, ppm)
    if truck.trailer_plate is not None:
        _plate(canvas, truck.trailer_plate, 0.2 + 0.5 * float(rng.random()), ppm)
    return canvas


def _stripe(canvas: Canvas) -> None:
    """Red and yellow reflecting tape along the rear beam."""
    for index, x in enumerate(np.arange(0.06, WIDTH - 0.1, 0.16)):
        canvas.box(float(x), 0.018, 0.16, 0.05, (196, 44, 34) if index % 2 else (222, 176, 40))


def _lamps(canvas: Canvas) -> None:
    for side in (-1, 1):
        x = WIDTH / 2 + side * LAMP_X - 0.19
        canvas.box(x - 0.02, 0.095, 0.42, 0.13, (38, 38, 40))
        for index, colour in enumerate((_RED, _AMBER, _RED)):
            canvas.box(x + index * 0.13, 0.105, 0.12, 0.105, colour)
            canvas.box(x + index * 0.13 + 0.03, 0.125, 0.05, 0.03, (230, 150, 130))


def _plate(canvas: Canvas, text: str, wear: float, ppm: float) -> None:
    look = style(text)
    x, y = (WIDTH - look.width) / 2, DECK - PLATE_Y - look.height / 2
    canvas.box(x - 0.02, y - 0.015, look.width + 0.04, look.height + 0.03, (32, 32, 33))
    canvas.stamp(plate_picture(text, ppm, wear), x, y)


def flank(truck: TruckLook, length: float, ppm: float, mirrored: bool) -> Canvas:
    """The trailer's side, front to the left as from the truck's left; mirrored: from its right."""
    canvas = Canvas(length, DECK, ppm, (0, 0, 0), see_through=True)
    colour = paint(truck)
    canvas.box(0, 0.0, length, 0.16, colour)
    canvas.box(0, 0.14, length, 0.05, (24, 24, 24))
    for x in np.arange(0.4, length - 0.2, 1.2):
        canvas.box(float(x), 0.16, 0.07, 0.14, (30, 30, 30))
        canvas.disc(float(x) + 0.3, 0.08, 0.022, _AMBER)
    legs = min(3.0, length * 0.3)
    for x in (legs, legs + 0.25):
        canvas.box(x, 0.16, 0.1, 0.62, (60, 60, 62))
    canvas.box(legs + 0.8, 0.2, 0.9, 0.42, (52, 54, 56))
    for x in (length - 1.05, length - 2.35, length - 3.65):
        if x > legs + 1.9:
            wheel(canvas, x, DECK - 0.49, 0.49)
    canvas.box(length - 0.35, 0.2, 0.3, 0.5, (30, 30, 31))
    canvas.picture = dirt(canvas.picture, seeded(truck.seed, "flank"), 0.6, ppm)
    if mirrored:
        canvas.picture = np.ascontiguousarray(canvas.picture[:, ::-1])
        canvas.alpha = None if canvas.alpha is None else np.ascontiguousarray(canvas.alpha[:, ::-1])
    return canvas


def ladder(truck: TruckLook, length: float, ppm: float) -> Canvas:
    """An empty chassis from above: two beams, cross members with twist-lock ends, the wheels' mudguards. Rear end at the bottom."""
    canvas = Canvas(WIDTH, length, ppm, (0, 0, 0), see_through=True)
    colour = paint(truck)
    for y in (length - 3.65, length - 2.35, length - 1.05):
        for x in (0.04, WIDTH - 0.62):
            canvas.box(x, y - 0.5, 0.58, 1.0, (30, 30, 31))
    for x in (0.72, WIDTH - 0.90):
        canvas.box(x, 0, 0.18, length, colour)
        canvas.box(x + 0.15, 0, 0.03, length, (26, 26, 26))
    for y in (0.05, length * 0.25, length * 0.5, length * 0.75):
        canvas.box(0.66, y, WIDTH - 1.32, 0.14, colour)
    for y in (0.1, length / 2 - 0.2, length / 2 + 0.2, length - 0.24):
        canvas.box(0.0, y, WIDTH, 0.2, colour)
        for x in (0.02, WIDTH - 0.18):
            canvas.box(x, y + 0.02, 0.16, 0.16, (90, 92, 94))
            canvas.box(x + 0.05, y + 0.06, 0.06, 0.08, (40, 40, 42))
    canvas.picture = dirt(rust(canvas.picture, seeded(truck.seed, "ladder"), 0.6, ppm), seeded(truck.seed, "grit"), 0.5, ppm)
    return canvas
