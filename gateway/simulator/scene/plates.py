"""Licence plates as they look: size, colours, separator and character cells by series (domain notes §3; Highway Bureau's forms).

New series (since 2012-12-17): 380 × 160 mm, a dot between the groups; older ones 320 × 150 mm with a hyphen. Business heavy
vehicles and trailers are white on green, private ones green on white, cars black on white.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from gateway.model.errors import PlateError
from gateway.model.plate import Plate, VehicleClass
from gateway.simulator.scene.faces import text_mask
from gateway.simulator.scene.looks import Colour
from gateway.simulator.scene.pixels import Grain, Picture, as_grain, cover, fractal, plain, seeded, shade
from gateway.simulator.scene.wear import chipped

_GREEN: Final[Colour] = (18, 104, 62)
_WHITE: Final[Colour] = (232, 234, 228)
_BLACK: Final[Colour] = (22, 22, 24)
_CAP: Final = 0.095  # metres, height of a character
_CELL: Final = 0.0445  # metres, its width
_GAP: Final = 0.0058
_NARROW: Final = "1"  # keeps its own width instead of filling the cell
_PRIVATE_HEAVY: Final = (("KEA", "KHZ"), ("KSA", "KSZ"), ("HAA", "HAZ"))


@dataclass(frozen=True, slots=True)
class PlateStyle:
    """`separator` · or -; width and height in metres."""

    ground: Colour
    ink: Colour
    separator: str
    width: float
    height: float


def _is_private(letters: str) -> bool:
    return any(first <= letters <= last for first, last in _PRIVATE_HEAVY)


def style(text: str) -> PlateStyle:
    """The style of a plate by its series. A text of no known series is white on green like any old lorry."""
    try:
        plate = Plate.parse(text)
    except PlateError:
        return PlateStyle(_GREEN, _WHITE, "-", 0.32, 0.15)
    new = len(plate.value) == 7
    size = (0.38, 0.16) if new else (0.32, 0.15)
    colours = (_GREEN, _WHITE)
    if plate.vehicle_class is VehicleClass.CAR:
        colours = (_WHITE, _BLACK)
    elif new and _is_private(plate.value[:3]):
        colours = (_WHITE, _GREEN)
    return PlateStyle(*colours, "·" if new else "-", *size)


def _cell(character: str, ppm: float) -> Grain:
    """One character, stretched to the plate's cell as pressed characters are."""
    raw = text_mask(character, "condensed", round(_CAP * ppm))
    columns = np.flatnonzero(raw.max(axis=0) > 0.2)
    rows = np.flatnonzero(raw.max(axis=1) > 0.2)
    glyph = raw[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = glyph.shape[1] if character == _NARROW else round(_CELL * ppm)
    return as_grain(cv2.resize(glyph, (width, round(_CAP * ppm)), interpolation=cv2.INTER_AREA))


def _separator(kind: str, ppm: float) -> Grain:
    """A square dot, or a short bar, at half height."""
    width, height = (0.014, 0.014) if kind == "·" else (0.026, 0.014)
    mask = np.zeros((round(_CAP * ppm), round(width * ppm)), dtype=np.float32)
    middle = mask.shape[0] // 2
    half = max(1, round(height * ppm / 2))
    mask[middle - half : middle + half] = 1.0
    return mask


def _line(text: str, kind: str, ppm: float) -> Grain:
    """All characters side by side, spaces between."""
    gap = np.zeros((round(_CAP * ppm), max(1, round(_GAP * ppm))), dtype=np.float32)
    pieces: list[Grain] = []
    for character in text:
        pieces += [_separator(kind, ppm) if character in "-·" else _cell(character, ppm), gap]
    return as_grain(np.hstack(pieces[:-1]))


def _with_separator(text: str) -> str:
    """Numbers that come bare get their separator where the form has it."""
    if any(c in "-·" for c in text):
        return text
    try:
        return Plate.parse(text).text
    except PlateError:
        return text


def plate_picture(text: str, ppm: float, wear: float) -> Picture:
    """The plate at `ppm` pixels a metre, with rim, bolts, pressed characters and some dirt."""
    look, rng = style(text), seeded(text, "plate")
    height, width = round(look.height * ppm), round(look.width * ppm)
    picture = plain(height, width, look.ground)
    line = _line(_with_separator(text), look.separator, ppm)
    room = round((look.width - 0.022) * ppm)
    if line.shape[1] > room:
        line = as_grain(cv2.resize(line, (room, line.shape[0]), interpolation=cv2.INTER_AREA))
    mask = np.zeros((height, width), dtype=np.float32)
    top, left = round((look.height - _CAP) * ppm * 0.62), (width - line.shape[1]) // 2
    mask[top : top + line.shape[0], left : left + line.shape[1]] = line
    cover(picture, look.ink, chipped(mask, rng, 0.35 * wear, ppm))
    _press(picture, mask)
    _rim_and_bolts(picture, look, ppm)
    grime = fractal(rng, height, width, 0.12 * ppm, 3)
    return shade(picture, as_grain(1.0 - (0.06 + 0.28 * wear) * grime))


def _press(picture: Picture, mask: Grain) -> None:
    """Raised characters catch light above and shade below."""
    slope = as_grain(np.roll(mask, 1, axis=0) - np.roll(mask, -1, axis=0))
    picture[:] = np.clip(picture * (1 - 0.14 * slope[..., None]), 0, 255)


def _rim_and_bolts(picture: Picture, look: PlateStyle, ppm: float) -> None:
    height, width = picture.shape[:2]
    edge = tuple(int(c * 0.78) for c in reversed(look.ground))
    cv2.rectangle(picture, (1, 1), (width - 2, height - 2), edge, max(1, round(0.004 * ppm)), cv2.LINE_AA)
    for x in (0.27, 0.73):
        centre = (round(width * x), round(0.022 * ppm))
        cv2.circle(picture, centre, max(1, round(0.009 * ppm)), (88, 92, 96), -1, cv2.LINE_AA)
        cv2.circle(picture, centre, max(1, round(0.004 * ppm)), (140, 144, 148), -1, cv2.LINE_AA)
