"""The four walls of a container, painted flat at high resolution: doors, front wall, and the two long sides.

Everything is measured in metres from the wall's top left corner, as seen from outside.
"""

from typing import Final

import numpy as np

from gateway.simulator.scene import hardware, markings, relief
from gateway.simulator.scene.canvas import Canvas
from gateway.simulator.scene.daylight import Daylight
from gateway.simulator.scene.looks import BoxLook, Colour, SealLook
from gateway.simulator.scene.numbering import Lettering, NumberPainter, lettering
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, as_picture, seeded, shade
from gateway.simulator.scene.relief import lit, seen_aslant
from gateway.simulator.scene.wear import weathered

WIDTH: Final = 2.438  # ISO 668, metres
LENGTHS: Final = {20: 6.058, 40: 12.192, 45: 13.716}
_POST: Final = 0.10  # corner posts
_HEADER: Final = 0.125
_SILL: Final = 0.16
_MIDDLE: Final = WIDTH / 2
_STRIPE: Final[tuple[Colour, Colour]] = ((222, 178, 28), (28, 28, 28))


def height(box: BoxLook) -> float:
    return 2.896 if box.is_high_cube else 2.591


def _edges(canvas: Canvas) -> Grain:
    """1 along the rim, 0 inside: where rust begins."""
    y, x = np.ogrid[: canvas.picture.shape[0], : canvas.picture.shape[1]]
    rim = np.minimum(np.minimum(x, canvas.picture.shape[1] - x), np.minimum(y, (canvas.picture.shape[0] - y) * 0.6))
    return as_grain(np.exp(-rim / (0.10 * canvas.ppm)))


def _stripes(canvas: Canvas, box: BoxLook) -> None:
    """High cubes carry yellow and black stripes on their upper corners (ISO 6346 clause 8.2)."""
    if not box.is_high_cube:
        return
    for start in (0.17, canvas.width - 0.17 - 0.36):
        for step in range(6):
            x = start + step * 0.06
            canvas.polygon([(x, 0.085), (x + 0.03, 0.012), (x + 0.09, 0.012), (x + 0.06, 0.085)], _STRIPE[step % 2])


def _finish(canvas: Canvas, light: Grain, inside: tuple[slice, slice]) -> None:
    """Shade the pressed part of a wall only; its frame is flat."""
    part = canvas.picture[inside]
    part[:] = shade(as_picture(part), light)


def doors(box: BoxLook, seals: tuple[SealLook, ...], light: Daylight, ppm: float) -> Picture:
    """The rear wall: two doors, their ironwork, the number at the top right, the weights below it."""
    canvas = Canvas(WIDTH, height(box), ppm, box.colour)
    style, rng = lettering(box, "doors"), seeded(box.number, "doors")
    rods = (0.13, 1.0) if box.layout == "plain" else (0.13, 0.57)
    top = _HEADER + 0.13 + 0.05 * float(rng.random())
    _door_letters(canvas, box, style, rods, top)
    _left_door(canvas, box, rng)
    canvas.picture = weathered(canvas.picture, rng, box.wear, ppm, _edges(canvas))
    _door_relief(canvas, box, light)
    _stripes(canvas, box)
    _door_iron(canvas, box, seals, rods, rng)
    return canvas.picture


def _door_letters(canvas: Canvas, box: BoxLook, style: Lettering, rods: tuple[float, float], top: float) -> None:
    right = WIDTH - _POST - 0.03
    second = _MIDDLE + rods[1]
    if box.layout == "plain":
        NumberPainter(canvas, box, style).one_line(_MIDDLE + rods[0] + 0.05, top, 0.05, fit=(0.24, 0.36))
        markings.weights(canvas, box, style, (_MIDDLE + rods[0] + 0.05, _MIDDLE + rods[0] + 0.42), top + 0.50)
        return
    if box.layout == "two_line":
        NumberPainter(canvas, box, style).two_lines(second + 0.04, top, fit=right - second - 0.04 - 0.12)
    else:
        NumberPainter(canvas, box, style).around_rod(top, second, right)
    markings.weights(canvas, box, style, (_MIDDLE + rods[0] + 0.05, second + 0.05), top + 0.60)


def _left_door(canvas: Canvas, box: BoxLook, rng: np.random.Generator) -> None:
    markings.owner_sticker(canvas, box, _POST + 0.06, 0.33, rng)
    if box.is_high_cube:
        markings.height_warning(canvas, _POST + 0.08, 0.95)
    if rng.random() < 0.5:
        markings.current_warning(canvas, WIDTH - _POST - 0.36, 1.75)
    markings.approval_plate(canvas, _POST + 0.12 + 0.1 * float(rng.random()), 1.55)
    markings.small_stickers(canvas, _POST + 0.05, 0.6, rng)


def _door_relief(canvas: Canvas, box: BoxLook, light: Daylight) -> None:
    """Each door: five pressed bands across it, light from above."""
    tall = canvas.picture.shape[0]
    first, last = _HEADER + 0.12, canvas.height - _SILL - 0.12
    starts = np.linspace(first, last - 0.24, 5)
    bands = tuple((float(start), float(start) + 0.24) for start in starts)
    factor = lit(relief.presses(tall, canvas.ppm, bands, 0.032), canvas.ppm, -1.0, 0.75 * light.relief)[:, None]
    for left, right in ((_POST + 0.05, _MIDDLE - 0.05), (_MIDDLE + 0.05, WIDTH - _POST - 0.05)):
        _finish(canvas, factor, np.s_[:, canvas.px(left) : canvas.px(right)])


def _door_iron(
    canvas: Canvas, box: BoxLook, seals: tuple[SealLook, ...], rods: tuple[float, float], rng: np.random.Generator
) -> None:
    tall = canvas.height
    dark = hardware.tuple_scaled(box.colour, 0.62)
    canvas.box(_MIDDLE - 0.022, _HEADER, 0.044, tall - _HEADER - _SILL, (26, 26, 28))
    for x in (_POST - 0.008, WIDTH - _POST - 0.008):
        canvas.box(x, _HEADER, 0.018, tall - _HEADER - _SILL, (34, 32, 32))
    for y in (_HEADER, tall - _SILL):
        canvas.box(_POST, y, WIDTH - 2 * _POST, 0.016, (34, 32, 32))
    iron = hardware.GALVANISED if rng.random() < 0.65 else hardware.tuple_scaled(box.colour, 1.12)
    for x in (0.045, WIDTH - 0.045):
        hardware.hinges(canvas, x, _HEADER, tall - _SILL, dark)
    for offset in (*rods, *(-offset for offset in rods)):
        hardware.rod(canvas, _MIDDLE + offset, 0.06, tall - 0.05, iron)
    level = tall - 1.02
    for side in (-1, 1):
        hardware.handle(canvas, _MIDDLE + side * rods[1], level + 0.12, -side * 0.36, iron)
    catch = hardware.handle(canvas, _MIDDLE + rods[0], level, 0.40, iron)
    hardware.handle(canvas, _MIDDLE - rods[0], level, -0.40, iron)
    hardware.corner_castings(canvas, box.colour)
    hardware.seals(canvas, seals, catch - 0.02, level + 0.04, rng)


def _rails(canvas: Canvas, box: BoxLook) -> None:
    """Top and bottom rails, corner posts and castings of a corrugated wall."""
    rail = hardware.tuple_scaled(box.colour, 0.9)
    canvas.box(0, 0, canvas.width, 0.06, rail)
    canvas.box(0, canvas.height - 0.15, canvas.width, 0.15, hardware.tuple_scaled(box.colour, 0.8))
    for x in (0.0, canvas.width - 0.11):
        canvas.tube(x, 0, 0.11, canvas.height, rail)
    hardware.corner_castings(canvas, box.colour)


def _corrugated(canvas: Canvas, profile: Grain, light: Daylight, sun: float, tangent: float) -> None:
    inside = np.s_[canvas.px(0.06) : canvas.px(canvas.height - 0.15), canvas.px(0.11) : canvas.px(canvas.width - 0.11)]
    part = as_picture(canvas.picture[inside])
    shifted = seen_aslant(part, profile[inside[1]], canvas.ppm, tangent)
    canvas.picture[inside] = shade(shifted, lit(profile[inside[1]], canvas.ppm, sun, light.relief)[None, :])
    canvas.shadow(0.11, 0.06, canvas.width - 0.22, 0.05, 0.35)


def front_wall(box: BoxLook, light: Daylight, ppm: float) -> Picture:
    """The wall behind the cab: deep corrugations, the number at the top right."""
    canvas = Canvas(WIDTH, height(box), ppm, box.colour)
    style, rng = lettering(box, "front"), seeded(box.number, "front")
    x, y = 1.12 + 0.12 * float(rng.random()), 0.21 + 0.03 * float(rng.random())
    if box.layout in ("two_line", "vertical") and rng.random() < 0.4:
        NumberPainter(canvas, box, style).two_lines(x + 0.35, y)
    else:
        NumberPainter(canvas, box, style).one_line(x, y, 0.06, fit=(0.30, 0.42))
    markings.small_stickers(canvas, 0.3, 0.7, rng)
    canvas.picture = weathered(canvas.picture, rng, box.wear, ppm, _edges(canvas))
    profile = relief.corrugation(canvas.picture.shape[1], ppm, relief.FRONT_PITCH, relief.FRONT_DEPTH, 0.05)
    _corrugated(canvas, profile, light, 1.0, 0.16)
    _rails(canvas, box)
    _stripes(canvas, box)
    return canvas.picture


def side_wall(box: BoxLook, side: str, light: Daylight, ppm: float) -> Picture:
    """A long side: company lettering in the middle, the number near the right end, down or across the corrugations."""
    canvas = Canvas(LENGTHS[box.length_ft], height(box), ppm, box.colour)
    style, rng = lettering(box, side), seeded(box.number, side)
    _company(canvas, box, style, rng)
    _side_number(canvas, box, style, rng)
    canvas.picture = weathered(canvas.picture, rng, box.wear, ppm, _edges(canvas))
    profile = relief.corrugation(canvas.picture.shape[1], ppm, relief.SIDE_PITCH, relief.SIDE_DEPTH, 0.1)
    _corrugated(canvas, profile, light, 1.0 if side == "left" else -1.0, -0.2 if side == "left" else 0.2)
    _rails(canvas, box)
    return canvas.picture


def _company(canvas: Canvas, box: BoxLook, style: Lettering, rng: np.random.Generator) -> None:
    if not box.company:
        return
    cap = 0.62 + 0.4 * float(rng.random())
    room = min(canvas.width * 0.55, len(box.company) * cap * 0.95)
    canvas.text(box.company, "black", (canvas.width - room) * 0.42, 0.75, cap=cap, colour=style.colour, fit=room, worn=style.worn)


def _side_number(canvas: Canvas, box: BoxLook, style: Lettering, rng: np.random.Generator) -> None:
    right, y = canvas.width - 0.20, 0.20 + 0.05 * float(rng.random())
    if box.layout == "vertical":
        column(canvas, box, style, right - 0.75, y)
        return
    if box.layout == "two_line":
        NumberPainter(canvas, box, style).two_lines(right - 0.85, y)
    else:
        NumberPainter(canvas, box, style).one_line(right - 1.12, y, 0.12 if box.layout == "split" else 0.07, fit=(0.33, 0.45))
    below = 0.72 if box.layout != "two_line" else 0.92
    if box.is_high_cube:
        markings.height_warning(canvas, right - 0.5, below)
    markings.lashing_code(canvas, style, right - 0.85, below)


def column(canvas: Canvas, box: BoxLook, style: Lettering, x: float, y: float) -> None:
    NumberPainter(canvas, box, style).column(x, y, relief.SIDE_PITCH)
    if box.is_high_cube:
        markings.height_warning(canvas, x + 0.2, y + 0.95)
    markings.current_warning(canvas, x - 0.75, y + 0.45)
