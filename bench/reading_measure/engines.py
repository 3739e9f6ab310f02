"""The engines that are compared, behind one small face. Each is made inside a process of its own.

Ours and every other engine of `gateway.ocr.engine` read through the gateway's own `Reader`; the stock programs are used as
their own documentation says, and their text goes through `plain_text`. Stock programs promise nothing: all they find counts
as accepted.
"""

import csv
import importlib.util
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from shutil import which
from typing import Any, Final, Protocol

import cv2
import numpy as np

from bench.reading_measure import plain_text
from bench.reading_measure.plain_text import TextLine
from bench.reading_measure.records import ReadNumber, Record
from gateway.ocr.engine import DEFAULT_ENGINE, ENGINES, TextEngine
from gateway.ocr.errors import EngineLoadError
from gateway.ocr.geometry import Image
from gateway.ocr.glyphs import Floats
from gateway.ocr.reader import Reader
from gateway.ocr.reads import FoundContainer, FoundPlate

OURS: Final = "ours"
STOCK: Final = "rapidocr"  # what the others are held against
TESSERACT: Final = "tesseract"
UNTIMED: Final = datetime(2000, 1, 1, tzinfo=UTC)  # pictures of a folder carry no time
SPARSE_TEXT: Final = "11"  # tesseract's page segmentation for text in no particular order, as on a truck


class Engine(Protocol):
    """One engine. `description`: what it is and how it is run, for the report."""

    description: str

    def read(self, name: str, image: Image) -> Record:
        """Read one picture (height × width × 3, blue green red). `name` is the file's, for the record."""


class Stopwatch:
    """Times the engines behind our seam, whichever of them the reader asks: milliseconds by engine and stage."""

    STAGES: Final = {"find": "find lines", "read": "read lines", "read_columns": "read lines"}

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._running = False
        for kind in _engine_classes(TextEngine):
            for method in self.STAGES.keys() & vars(kind).keys():
                setattr(kind, method, self._timed(getattr(kind, method), self.STAGES[method]))

    def _timed(self, method: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def timed(engine: TextEngine, *args: Any, **settings: Any) -> Any:
            if self._running:  # one method that uses another: the outer one counts
                return method(engine, *args, **settings)
            self._running = True
            begun = time.perf_counter()
            try:
                return method(engine, *args, **settings)
            finally:
                self._running = False
                name = f"{type(engine).__module__.rpartition('.')[2]}: {stage}"
                self.stages[name] = self.stages.get(name, 0.0) + (time.perf_counter() - begun) * 1000

        return timed


def _engine_classes(kind: type[Any]) -> Iterator[type[Any]]:
    """A class and all that inherit from it, so far as they are loaded."""
    yield kind
    for heir in kind.__subclasses__():
        yield from _engine_classes(heir)


class GatewayEngine:
    """The gateway's reader on one of its engines. Raises OcrError where that cannot be loaded."""

    def __init__(self, engine: str, threads: int | None) -> None:
        self._reader = Reader.load(engine, threads)
        self._stopwatch = Stopwatch()
        self.description = f"the gateway's reader, engine `{engine}`"

    def read(self, name: str, image: Image) -> Record:
        self._stopwatch.stages = {}
        begun = time.perf_counter()
        reads = self._reader.read(image)
        elapsed_ms = (time.perf_counter() - begun) * 1000
        size = (image.shape[1], image.shape[0])
        every: tuple[FoundContainer | FoundPlate, ...] = (*reads.containers, *reads.plates)
        return Record(
            file=name,
            elapsed_ms=elapsed_ms,
            containers=tuple(_read_number(found) for found in reads.containers),
            plates=tuple(_read_number(found) for found in reads.plates),
            stages=self._stopwatch.stages,
            observations=tuple(found.observation(name, UNTIMED, size) for found in every),
        )


def _read_number(found: FoundContainer | FoundPlate) -> ReadNumber:
    return ReadNumber(number=found.number, accepted=found.accepted, confidence=found.confidence, box=found.box)


class PlainTextEngine:
    """A stock program that gives lines of text."""

    def __init__(self, description: str, lines_of: Callable[[Image], list[TextLine]]) -> None:
        self.description = description
        self._lines_of = lines_of

    def read(self, name: str, image: Image) -> Record:
        begun = time.perf_counter()
        lines = self._lines_of(image)
        containers, plates = plain_text.containers(lines), plain_text.plates(lines)
        elapsed_ms = (time.perf_counter() - begun) * 1000
        return Record(file=name, elapsed_ms=elapsed_ms, containers=_promised(containers), plates=_promised(plates))


def _promised(numbers: Sequence[str]) -> tuple[ReadNumber, ...]:
    return tuple(ReadNumber(number=number, accepted=True, confidence=1.0) for number in numbers)


def _rapidocr(threads: int | None) -> Engine:
    """`RapidOCR()`, as its README has it: on ONNX Runtime. Without that, on OpenVINO, as its documentation offers."""
    from rapidocr import EngineType, RapidOCR  # noqa: PLC0415 - only in the process that measures it

    settings: dict[str, Any] = {"Global.log_level": "error"}
    on_onnx = importlib.util.find_spec("onnxruntime") is not None
    if not on_onnx:
        settings |= {f"{stage}.engine_type": EngineType.OPENVINO for stage in ("Det", "Cls", "Rec")}
    if threads is not None:
        option = "onnxruntime.intra_op_num_threads" if on_onnx else "openvino.inference_num_threads"
        settings[f"EngineConfig.{option}"] = threads
    ocr: Any = RapidOCR(params=settings)  # it declares the results of all its stages together

    def lines_of(image: Image) -> list[TextLine]:
        found = ocr(image)
        if found.boxes is None or found.txts is None:
            return []
        return [_line(box, text, score) for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)]

    runtime = f"ONNX Runtime {version('onnxruntime')}" if on_onnx else f"OpenVINO {version('openvino')}: no ONNX Runtime here"
    how = "as its README says" if on_onnx else "as its documentation offers"
    return PlainTextEngine(f"stock RapidOCR {version('rapidocr')} {how}, on {runtime}", lines_of)


def _line(box: Floats, text: str, score: float) -> TextLine:
    (left, top), (right, bottom) = np.min(box, axis=0), np.max(box, axis=0)
    return TextLine(text, float(left), float(top), float(right), float(bottom), float(score))


def _tesseract(threads: int | None) -> Engine:
    """The program as it is installed, started for each picture: that is how it is used, and part of its time."""
    program = which("tesseract")
    if program is None:
        raise EngineLoadError("the program tesseract is not installed")
    command = [program, "stdin", "stdout", "--psm", SPARSE_TEXT, "tsv"]
    environment = os.environ | ({"OMP_THREAD_LIMIT": str(threads)} if threads else {})

    def lines_of(image: Image) -> list[TextLine]:
        _, bitmap = cv2.imencode(".bmp", image)
        done = subprocess.run(command, input=bitmap.tobytes(), capture_output=True, check=False, env=environment)
        return tesseract_lines(done.stdout.decode(errors="replace"))

    told = subprocess.run([program, "--version"], capture_output=True, check=False, text=True)
    name = (told.stdout or told.stderr).partition("\n")[0].strip()
    return PlainTextEngine(f"{name}, `--psm {SPARSE_TEXT}` (sparse text), started for each picture", lines_of)


def tesseract_lines(table: str) -> list[TextLine]:
    """Lines from tesseract's table of words (tab-separated, with a heading)."""
    lines: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for word in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if word.get("level") == "5" and (word["text"] or "").strip():
            lines.setdefault((word["block_num"], word["par_num"], word["line_num"]), []).append(word)
    return [_tesseract_line(words) for words in lines.values()]


def _tesseract_line(words: Sequence[dict[str, str]]) -> TextLine:
    lefts, tops = [float(word["left"]) for word in words], [float(word["top"]) for word in words]
    rights = [left + float(word["width"]) for left, word in zip(lefts, words, strict=True)]
    bottoms = [top + float(word["height"]) for top, word in zip(tops, words, strict=True)]
    certainty = min(float(word["conf"]) for word in words) / 100
    return TextLine(" ".join(word["text"] for word in words), min(lefts), min(tops), max(rights), max(bottoms), certainty)


_STOCK_ENGINES: Final = {STOCK: _rapidocr, TESSERACT: _tesseract}
KNOWN: Final = tuple(dict.fromkeys((OURS, STOCK, "easyocr", TESSERACT, *ENGINES)))


def load(name: str, threads: int | None) -> Engine:
    """`ours` is the gateway's default engine; a name that is no stock program's is an engine of `gateway.ocr.engine`.

    `threads` None leaves the number to the engine. Raises OcrError, the reason why it cannot be measured here.
    """
    if name in _STOCK_ENGINES:
        try:
            return _STOCK_ENGINES[name](threads)
        except ImportError as error:
            raise EngineLoadError(f"a package is missing: {error}") from error
    return GatewayEngine(DEFAULT_ENGINE if name == OURS else name, threads)
