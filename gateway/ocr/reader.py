"""The reader: a picture in, container numbers and plates out.

A small first look finds most numbers; the picture is looked at more closely only when that gave nothing sure.
"""

from collections.abc import Sequence
from typing import Final, Literal

from gateway.ocr.engine import DEFAULT_ENGINE, TextEngine, load_engine
from gateway.ocr.geometry import Image, as_quad, cut, is_upright_column, size_of
from gateway.ocr.glyphs import Floats
from gateway.ocr.lines import Line
from gateway.ocr.reads import FoundContainer, FoundPlate, ImageReads
from gateway.ocr.understanding import PlateSighting, Sighting, container_numbers, plates

Only = Literal["containers", "plates"]

FIRST_LOOK: Final = 960  # pixels of the longest side
MIN_HEIGHT: Final = 7.0  # pixels; smaller text cannot be read
CONTAINER_SURE: Final = 0.97
PLATE_SURE: Final = 0.85


class Reader:
    """Reads pictures. May be called from several threads at once."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine

    @classmethod
    def load(cls, engine: str = DEFAULT_ENGINE, threads: int | None = None) -> "Reader":
        """Load an engine by name. Raises UnknownEngineError, EngineLoadError."""
        return cls(load_engine(engine, threads))

    def read(self, image: Image, only: Only | None = None, offset: tuple[float, float] = (0.0, 0.0)) -> ImageReads:
        """Read one picture (height × width × 3, blue green red). `offset` is added to every box: where a cut-out region
        begins in the whole frame, in pixels."""
        lines = self._lines(image, self._engine.find(image, min(FIRST_LOOK, 2 * max(image.shape[:2]))))
        containers = [] if only == "plates" else [_container(found, offset) for found in container_numbers(lines)]
        found_plates = [] if only == "containers" else [_plate(found, offset) for found in plates(lines)]
        return ImageReads(tuple(containers), tuple(found_plates))

    def _lines(self, image: Image, quads: Sequence[Floats]) -> list[Line]:
        rows = [quad for quad in quads if size_of(quad)[1] >= MIN_HEIGHT and not is_upright_column(quad)]
        glyphs = self._engine.read([cut(image, quad) for quad in rows])
        return [Line(quad, seen) for quad, seen in zip(rows, glyphs, strict=True)]


def _container(found: Sighting, offset: tuple[float, float]) -> FoundContainer:
    reading = found.reading
    sure = reading.probability >= CONTAINER_SURE and reading.check_digit_seen and reading.check_digit_valid
    return FoundContainer(
        number=reading.number,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=sure and reading.worst >= 0.2,
        check_digit_valid=reading.check_digit_valid,
        check_digit_seen=reading.check_digit_seen,
        size_type=found.size_type,
        characters=reading.positions,
        box=as_quad(found.chain.quad, offset),
    )


def _plate(found: PlateSighting, offset: tuple[float, float]) -> FoundPlate:
    reading = found.reading
    return FoundPlate(
        number=reading.number,
        text=reading.text,
        confidence=round(min(reading.probability, 1.0), 4),
        accepted=reading.probability >= PLATE_SURE,
        characters=reading.positions,
        box=as_quad(found.chain.quad, offset),
    )
