"""PP-OCR's detector and recogniser, as they lie in the `rapidocr` package, run by OpenVINO.

The weights are used directly, because the packaged pipeline gives text only, and numbers are decided on the
probability of every character.
"""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

from gateway.ocr.engine import Place, TextEngine
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import ALPHABET, INDEX, OTHER, Floats, Glyphs, glyphs_from_columns, symbol_of
from gateway.ocr.network import Network, canvas_count, canvas_side, looked_at
from gateway.ocr.rows_and_columns import parted
from gateway.ocr.text_boxes import quads_from_map

DETECTOR: Final = "PP-OCRv6_det_small.onnx"
RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"

LINE_HEIGHT: Final = 48  # the recogniser's input height, pixels
COLUMN_WIDTH: Final = 8  # pixels of input per column of output
MIN_LINE_WIDTH: Final = 64
MAX_LINE_WIDTH: Final = 1280
BATCH: Final = 8
BATCH_WIDTH: Final = 6 * 320  # pixels; the network knows 18,000 characters, and holds a number for each at every column
NOTHING: Final = ""  # the class for an empty column; a space between words counts as one too


def _weights(name: str) -> Path:
    try:
        path = Path(str(files("rapidocr").joinpath("models", name)))
    except ModuleNotFoundError as error:
        raise EngineLoadError("the package rapidocr, which carries the weights, is not installed") from error
    if not path.is_file():
        raise EngineLoadError(f"rapidocr does not carry {name}")
    return path


def _characters(model: Any) -> list[str]:
    """The recogniser's classes: "nothing" first, then the list in its metadata, then the space."""
    try:
        listed = model.get_rt_info()["framework"]["character"].value
    except (KeyError, RuntimeError) as error:
        raise EngineLoadError(f"{RECOGNISER} names no characters") from error
    return ["", *listed.splitlines(), " "]


def _keep_only(model: Any, classes: list[int]) -> None:
    """Let the network give only the classes that numbers are made of: the others need not be copied out."""
    result = model.get_results()[0]
    whole = result.input_value(0)
    few = opset13.gather(whole, opset13.constant(np.array(classes, dtype=np.int64)), opset13.constant(np.int64(2)))
    model.add_results([opset13.result(few)])
    model.remove_result(result)
    model.validate_nodes_and_infer_types()


class PpOcr(TextEngine):
    """PP-OCR on OpenVINO."""

    def __init__(self, threads: int | None, parallel: int = 1) -> None:
        core = openvino.Core()
        try:
            detector = core.read_model(_weights(DETECTOR))
            recogniser = core.read_model(_weights(RECOGNISER))
            characters = _characters(recogniser)
            symbols = [symbol_of(character) if character.strip() else NOTHING for character in characters]
            kept = [i for i, symbol in enumerate(symbols) if symbol != OTHER]
            _keep_only(recogniser, kept)
            self._detector = Network(core, detector, threads, parallel)
            self._recogniser = Network(core, recogniser, threads, parallel)
        except RuntimeError as error:
            raise EngineLoadError(f"OpenVINO cannot load the weights: {error}") from error
        self._fold = np.zeros((len(kept), len(ALPHABET) + 1), dtype=np.float32)
        for row, index in enumerate(kept):
            self._fold[row, INDEX.get(symbols[index], -1)] = 1

    def find(self, image: Image, longest_side: int) -> list[Place]:
        seen = looked_at(image, longest_side)
        (height, width), (down, across) = image.shape[:2], seen.shape[:2]
        canvas = np.zeros((1, 3, canvas_side(down), canvas_side(across)), dtype=np.float32)
        canvas[0, :, :down, :across] = _normalised(seen)
        return parted(quads_from_map(self._detector(canvas)[0, 0, :down, :across], width / across, height / down))

    def read(self, crops: Sequence[Image]) -> list[Glyphs]:
        lines = [_line(crop) for crop in crops]
        found: list[Glyphs] = [()] * len(lines)
        by_width = sorted(range(len(lines)), key=lambda i: lines[i].shape[1])
        for batch in _batches(by_width, [line.shape[1] for line in lines]):
            for place, columns in zip(batch, self._columns([lines[i] for i in batch]), strict=True):
                found[place] = glyphs_from_columns(columns, lines[place].shape[1] / COLUMN_WIDTH)
        return found

    def _columns(self, lines: list[Image]) -> Floats:
        widest = max(line.shape[1] for line in lines)
        width = canvas_side(max(MIN_LINE_WIDTH, widest))
        batch = np.zeros((canvas_count(len(lines)), 3, LINE_HEIGHT, width), dtype=np.float32)
        for row, line in enumerate(lines):
            batch[row, :, :, : line.shape[1]] = _normalised(line)
        folded = self._recogniser(batch) @ self._fold
        folded[:, :, INDEX[OTHER]] = np.clip(1.0 - folded.sum(axis=2), 0.0, 1.0)
        return cast(Floats, folded[: len(lines)])


def _batches(by_width: Sequence[int], widths: Sequence[int]) -> Iterator[list[int]]:
    """Lines of similar width together, at most `BATCH`, and no more pixels than `BATCH_WIDTH` in all."""
    batch: list[int] = []
    for index in by_width:
        if batch and (len(batch) == BATCH or (len(batch) + 1) * widths[index] > BATCH_WIDTH):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _normalised(image: NDArray[Any]) -> Floats:
    """Channels first, −1 to 1, as both networks were trained."""
    return cast(Floats, (image.transpose(2, 0, 1).astype(np.float32) / 127.5) - 1.0)


def _line(crop: Image) -> Image:
    """A crop at the recogniser's height, its proportions kept."""
    height, width = crop.shape[:2]
    across = int(min(max(round(width * LINE_HEIGHT / height), 8), MAX_LINE_WIDTH))
    way = cv2.INTER_AREA if height > LINE_HEIGHT else cv2.INTER_CUBIC
    return cast(Image, cv2.resize(crop, (across, LINE_HEIGHT), interpolation=way))


def load(threads: int | None, parallel: int) -> TextEngine:
    """Raises EngineLoadError."""
    return PpOcr(threads, parallel)
