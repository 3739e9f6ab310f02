"""The default engine: our own finder and recogniser of container and plate lettering, run by OpenVINO.

They are trained on rendered pictures only (`training/`), know no words and no other characters than numbers are made of, and
are a small fraction of a general reader's size. The finder says of every place whether its characters stand in a row or in a
column, and how much it looks like a number.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Final, cast

import cv2
import numpy as np
import openvino

from gateway.ocr.brightness import LEAST_SCENE_SPREAD, LEAST_SPREAD, normalised
from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Floats, Glyphs, glyphs_from_columns
from gateway.ocr.network import Network
from gateway.ocr.places import places_from_maps
from gateway.ocr.rectifier import Rectifier

FINDER: Final = "finder"
RECTIFIER: Final = "rectifier"
ROWS: Final = "row"
WIDE_ROWS: Final = "row_wide"  # trained otherwise, on lines that are stretched more: its mistakes are others
STRIDE: Final = 32  # the finder takes multiples of this
HEIGHT: Final = 32  # the recognisers' input height, pixels
COLUMN: Final = 4  # pixels of input per column of output
ALONG: Final = 1.25  # how much a line is stretched along itself before it is read, as in training
ALONG_WIDE: Final = 1.6  # by the second recogniser
LONGEST: Final = 480  # pixels of a line
STRIP: Final = 640  # lines are laid on strips of this length, so that the network sees few shapes,
SHORT_STRIP: Final = 320  # or of this, if they all fit on one
APART: Final = 24  # pixels between two lines on a strip: more than the network's sight reaches with any weight
TEMPERATURE: Final = 1.3  # an estimate; too high costs certainty, too low costs honesty


class Lettering(TextEngine):
    """Our own networks."""

    def __init__(self, threads: int | None, parallel: int = 1) -> None:
        core = openvino.Core()
        self._finder = network(core, FINDER, threads, parallel)
        self.rectified = Rectifier(network(core, RECTIFIER, threads, parallel))
        self._rows = _Recogniser(network(core, ROWS, threads, parallel), ALONG)
        self._wide = _Recogniser(network(core, WIDE_ROWS, threads, parallel), ALONG_WIDE)

    def find(self, image: Image, longest_side: int) -> list[Place]:
        height, width = image.shape[:2]
        scale = longest_side / max(height, width)
        across = max(STRIDE, round(width * scale / STRIDE) * STRIDE)
        down = max(STRIDE, round(height * scale / STRIDE) * STRIDE)
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (across, down), interpolation=way)
        maps = self._finder(normalised(grey, LEAST_SCENE_SPREAD)[None, None])[0]
        places = places_from_maps(maps, width / across, height / down)
        return [place if place.column else replace(place, quad=self.rectified(image, place.quad)) for place in places]

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        return self._rows(crops)

    def read_again(self, crops: Sequence[Image]) -> list[Glyphs]:
        return self._wide(crops)


class _Recogniser:
    """Reads rows, `along` times longer than they are. May be called from several threads at once."""

    def __init__(self, network: Network, along: float) -> None:
        self._network = network
        self._along = along

    def __call__(self, crops: Sequence[Image]) -> list[Glyphs]:
        """What stands in each row, in the order given."""
        if not crops:
            return []
        lines = [_line(crop, self._along) for crop in crops]
        places = _laid_out([line.shape[1] for line in lines])
        ends = [left + line.shape[1] for line, (_, left) in zip(lines, places, strict=True)]
        count = max(strip for strip, _ in places) + 1
        length = SHORT_STRIP if count == 1 and max(ends) <= SHORT_STRIP else STRIP
        strips = np.zeros((count, 1, HEIGHT, length), dtype=np.float32)
        for line, (strip, left) in zip(lines, places, strict=True):
            strips[strip, 0, :, left : left + line.shape[1]] = line
        symbols = _tempered(self._network(strips))
        found = []
        for line, (strip, left) in zip(lines, places, strict=True):
            first, last = left // COLUMN, -(-(left + line.shape[1]) // COLUMN)
            found.append(glyphs_from_columns(symbols[strip, first:last], line.shape[1] / COLUMN))
        return found


def network(core: openvino.Core, name: str, threads: int | None, parallel: int) -> Network:
    """One of our networks, from the package. Raises EngineLoadError."""
    weights = files("gateway.ocr").joinpath("models", f"{name}.onnx")
    if not weights.is_file():
        raise EngineLoadError(f"the weights {name}.onnx are missing from the package")
    try:
        return Network(core, core.read_model(weights.read_bytes()), threads, parallel)
    except RuntimeError as error:
        raise EngineLoadError(f"OpenVINO cannot load {name}.onnx: {error}") from error


def _laid_out(widths: Sequence[int]) -> list[tuple[int, int]]:
    """Where each line goes: its strip and its left edge, longest lines first. Edges are whole columns of output."""
    places = [(0, 0)] * len(widths)
    used: list[int] = []
    for index in sorted(range(len(widths)), key=lambda i: -widths[i]):
        needed = -(-widths[index] // COLUMN) * COLUMN + APART
        strip = next((i for i, length in enumerate(used) if length + needed <= STRIP), len(used))
        if strip == len(used):
            used.append(0)
        places[index] = (strip, used[strip])
        used[strip] += needed
    return places


def _tempered(symbols: Floats) -> Floats:
    """The network's probabilities, less sure: it was trained on rendered pictures and has not seen all that photographs do."""
    softer = symbols ** np.float32(1 / TEMPERATURE)
    return cast(Floats, softer / softer.sum(axis=2, keepdims=True))


def _line(crop: Image, along: float) -> Floats:
    height, width = crop.shape[:2]
    across = int(min(max(round(width * HEIGHT / height * along), COLUMN), LONGEST))
    way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_LINEAR
    grey = cv2.resize(cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_BGR2GRAY), (across, HEIGHT), interpolation=way)
    return normalised(grey, LEAST_SPREAD)


def load(threads: int | None, parallel: int) -> TextEngine:
    """Raises EngineLoadError."""
    return Lettering(threads, parallel)
