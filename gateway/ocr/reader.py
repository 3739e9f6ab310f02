"""The reader: a picture in, container numbers and plates out.

A small first look finds most numbers; the picture is looked at more closely only when that gave nothing sure.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import numpy as np

from gateway.ocr.check_digit_look import with_check_digit, worth_it
from gateway.ocr.engine import DEFAULT_ENGINE, TextEngine, load_engine
from gateway.ocr.geometry import Image, centre_of
from gateway.ocr.lines import Line
from gateway.ocr.looking import look
from gateway.ocr.plate_look import looked_at_twice
from gateway.ocr.promise import promised_containers, promised_plates
from gateway.ocr.reads import ImageReads
from gateway.ocr.understanding import PlateSighting, Sighting, container_numbers, plates

Only = Literal["containers", "plates"]
Seen = TypeVar("Seen", Sighting, PlateSighting)

FIRST_LOOK: Final = 960  # pixels of the longest side
SECOND_LOOK: Final = 1440
ENLARGED: Final = 2  # at most this many times the picture's own size
SAME_PLACE: Final = 1.0  # text heights between the middles of two sightings of one number


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
        largest = ENLARGED * max(image.shape[:2])
        boxes, found_plates = self._look(image, min(FIRST_LOOK, largest), only)
        reads = _promised(image, boxes, found_plates, offset)
        if _is_enough(reads, only) or largest <= FIRST_LOOK:
            return reads
        more_boxes, more_plates = self._look(image, min(SECOND_LOOK, largest), only)
        return _promised(image, _merged([*boxes, *more_boxes]), _merged([*found_plates, *more_plates]), offset)

    def _look(self, image: Image, longest_side: int, only: Only | None) -> tuple[list[Sighting], list[PlateSighting]]:
        lines = look(self._engine, image, longest_side)
        boxes = container_numbers(lines)
        if only != "plates":
            boxes = [with_check_digit(self._engine, image, box) if worth_it(box) else box for box in boxes]
        if only == "containers":
            return boxes, []
        found = looked_at_twice(self._engine, image, _merged(plates(_without(lines, boxes))))
        return ([] if only == "plates" else boxes), found


def _without(lines: Sequence[Line], boxes: Sequence[Sighting]) -> list[Line]:
    """The lines that no likely container number uses."""
    used = {id(line) for box in boxes if box.reading.probability > 0.5 for line in box.chain.lines}
    return [line for line in lines if id(line) not in used]


def _promised(image: Image, boxes: list[Sighting], found: list[PlateSighting], offset: tuple[float, float]) -> ImageReads:
    return ImageReads(promised_containers(boxes, offset), promised_plates(image, found, offset))


def _is_enough(reads: ImageReads, only: Only | None) -> bool:
    found = (*(() if only == "plates" else reads.containers), *(() if only == "containers" else reads.plates))
    return any(read.accepted for read in found)


def _merged(sightings: Sequence[Seen]) -> list[Seen]:
    """Every place once: of several sightings there, the surest."""
    kept: list[Seen] = []
    for sighting in sorted(sightings, key=lambda sighting: (-sighting.reading.probability, -sighting.reading.log)):
        if not any(_same_place(sighting, other) for other in kept):
            kept.append(sighting)
    return kept


def _same_place(one: Seen, other: Seen) -> bool:
    apart = float(np.linalg.norm(centre_of(one.chain.quad) - centre_of(other.chain.quad)))
    return apart < SAME_PLACE * max(one.chain.height, other.chain.height)
