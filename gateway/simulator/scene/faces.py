"""Lettering: the type faces that ship with the project, and text drawn into masks.

Sizes are the height of a capital letter, because that is what a standard prescribes and a reader needs.
"""

from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gateway.simulator.scene.pixels import Grain, as_grain

Face = Literal["semi_condensed", "condensed", "roboto", "oswald", "narrow", "stencil", "black"]

_FILES: Final[dict[Face, str]] = {
    "semi_condensed": "BarlowSemiCondensed-Medium.ttf",
    "condensed": "BarlowCondensed-SemiBold.ttf",
    "roboto": "RobotoCondensed-Medium.ttf",
    "oswald": "Oswald-Regular.ttf",
    "narrow": "ArchivoNarrow-SemiBold.ttf",
    "stencil": "SairaStencilOne-Regular.ttf",
    "black": "ArchivoBlack-Regular.ttf",
}
# What boxes are lettered with; sans faces far more often than stencils.
BOX_FACES: Final[tuple[Face, ...]] = ("semi_condensed", "roboto", "narrow", "condensed", "oswald", "stencil")


@lru_cache(maxsize=64)
def _font(face: Face, cap_height: int) -> ImageFont.FreeTypeFont:
    """The face at the size whose capital H is `cap_height` pixels high."""
    data = files("gateway.simulator").joinpath("fonts", _FILES[face]).read_bytes()
    trial = ImageFont.truetype(BytesIO(data), 200)
    _, top, _, bottom = trial.getbbox("H")
    return ImageFont.truetype(BytesIO(data), max(1, round(200 * cap_height / (bottom - top))))


@lru_cache(maxsize=1024)
def text_mask(text: str, face: Face, cap_height: int, tracking: float = 0.0) -> Grain:
    """The text as a mask cropped to its capitals' height. `tracking`: extra space between characters, in cap heights."""
    font = _font(face, cap_height)
    _, top, _, _ = font.getbbox("H")
    gap = tracking * cap_height
    width = int(sum(font.getlength(c) for c in text) + gap * max(0, len(text) - 1)) + 4
    picture = Image.new("L", (max(1, width), round(cap_height * 1.35)), 0)
    pen, x = ImageDraw.Draw(picture), 1.0
    for character in text:
        pen.text((x, -top), character, fill=255, font=font)
        x += font.getlength(character) + gap
    mask = as_grain(np.asarray(picture)) / np.float32(255)
    mask.setflags(write=False)
    return mask


def fitted_mask(text: str, face: Face, cap_height: int, tracking: float, width: int) -> Grain:
    """The text at this height, narrowed where it would be wider than `width`."""
    mask = text_mask(text, face, cap_height, tracking)
    if mask.shape[1] <= width:
        return mask
    shrunk = Image.fromarray((mask * 255).astype(np.uint8)).resize((max(1, width), mask.shape[0]), Image.Resampling.LANCZOS)
    return as_grain(np.asarray(shrunk)) / np.float32(255)
