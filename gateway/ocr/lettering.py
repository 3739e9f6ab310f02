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
from gateway.ocr.geometry import Grey, Image, grey_of
from gateway.ocr.glyphs import Floats, Glyphs, glyphs_from_columns
from gateway.ocr.network import Network, canvas_count, canvas_side, looked_at
from gateway.ocr.places import SCALE, places_from_maps
from gateway.ocr.rectifier import Rectifier, without_room

FINDER: Final = "finder"
RECTIFIER: Final = "rectifier"
ROWS: Final = "row"
WIDE_ROWS: Final = "row_wide"  # trained otherwise, on lines that are stretched more: its mistakes are others
HEIGHT: Final = 32  # the recognisers' input height, pixels
COLUMN: Final = 4  # pixels of input per column of output
ALONG: Final = 1.25  # how much a line is stretched along itself before it is read, as in training
ALONG_WIDE: Final = 1.6  # by the second recogniser
LONGEST: Final = 480  # pixels of a line
STRIP: Final = 640  # lines are laid on strips of this length, so that the network sees few shapes,
SHORT_STRIP: Final = 320  # or of this, if they all fit on one
APART: Final = 24  # pixels between two lines on a strip: more than the network's sight reaches with any weight
WORTH_TWO: Final = 0.4  # likeness to a number from which a line is straightened with two looks
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
        grey = grey_of(image)
        seen = looked_at(grey, longest_side)
        (height, width), (down, across) = grey.shape, seen.shape
        canvas = np.zeros((1, 1, canvas_side(down), canvas_side(across)), dtype=np.float32)
        canvas[0, 0, :down, :across] = normalised(seen, LEAST_SCENE_SPREAD)
        maps = self._finder(canvas)[0, :, : down // SCALE, : across // SCALE]
        places = places_from_maps(maps, width / across, height / down)
        rows = [place for place in places if not place.column]
        worth_two = [place.likeness >= WORTH_TWO for place in rows]
        straight = self.rectified(grey, [row.quad for row in rows], worth_two)
        columns = [place for place in places if place.column]
        return [replace(row, quad=quad) for row, quad in zip(rows, straight, strict=True)] + columns

    def filling(self, image: Image) -> list[Place]:
        height, width = image.shape[:2]
        whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        (quad,) = self.rectified(grey_of(image), [without_room(whole)], [True])
        return [Place(quad)]

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
        strips = np.zeros((canvas_count(count), 1, HEIGHT, length), dtype=np.float32)
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
    grey = cv2.resize(grey_of(crop), (across, HEIGHT), interpolation=way)
    return normalised(cast(Grey, grey), LEAST_SPREAD)


def load(threads: int | None, parallel: int) -> TextEngine:
    """Raises EngineLoadError."""
    return Lettering(threads, parallel)
