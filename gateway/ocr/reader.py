"""The reader: a picture in, container numbers and plates out.

A small first look finds most numbers; the picture is looked at more closely only when that gave nothing sure.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import numpy as np

from gateway.ocr.check_digit_look import with_check_digit, worth_it
from gateway.ocr.closer_look import look_closer
from gateway.ocr.column_look import look_at_columns
from gateway.ocr.engine import DEFAULT_ENGINE, TextEngine, load_engine
from gateway.ocr.geometry import Image, centre_of
from gateway.ocr.lines import Line
from gateway.ocr.looking import look, read_quads
from gateway.ocr.plate_hunt import clearer, places_below
from gateway.ocr.plate_look import looked_at_twice
from gateway.ocr.promise import is_sure, promised_containers, promised_plates
from gateway.ocr.reads import ImageReads
from gateway.ocr.understanding import PlateSighting, Sighting, confirmed, container_numbers, doubted, plates

Only = Literal["containers", "plates"]
Seen = TypeVar("Seen", Sighting, PlateSighting)

FIRST_LOOK: Final = 960  # pixels of the longest side
SECOND_LOOK: Final = 1440
ENLARGED: Final = 2  # at most this many times the picture's own size
ENLARGED_BELOW: Final = 2.2
LIKELY: Final = 0.5
CONTRADICTION: Final = 0.6  # as likely as this, another number at the same place is a reason for doubt
SAME_PLACE: Final = 1.0  # text heights between the middles of two sightings of one number


class Reader:
    """Reads pictures. May be called from several threads at once."""

    def __init__(self, engine: TextEngine) -> None:
        self._engine = engine

    @classmethod
    def load(cls, engine: str = DEFAULT_ENGINE, threads: int | None = None, parallel: int = 1) -> "Reader":
        """Load an engine by name; see `load_engine`. Raises UnknownEngineError, EngineLoadError."""
        return cls(load_engine(engine, threads, parallel))

    def read(
        self, image: Image, only: Only | None = None, offset: tuple[float, float] = (0.0, 0.0), patient: bool = True
    ) -> ImageReads:
        """Read one picture (height × width × 3, blue green red). `offset` is added to every box: where a cut-out region
        begins in the whole frame, in pixels. Without patience a picture in which nothing was found is not looked at again:
        for frames of a moving vehicle, of which another comes at once."""
        largest = ENLARGED * max(image.shape[:2])
        boxes, found, lines = self._look(image, min(FIRST_LOOK, largest), only)
        reads = _promised(image, boxes, found, offset)
        if only != "plates" and not any(box.accepted for box in reads.containers):
            boxes = self._closer(image, lines, boxes)
            reads = _promised(image, boxes, found, offset)
        if patient and not _is_enough(reads, boxes, only) and largest > FIRST_LOOK:
            more_boxes, more_found, _ = self._look(image, min(SECOND_LOOK, largest), only)
            boxes, found = _merged([*boxes, *more_boxes]), _merged([*found, *more_found])
            reads = _promised(image, boxes, found, offset)
        if only != "containers" and not any(plate.accepted for plate in reads.plates):
            reads = _promised(image, boxes, _merged([*found, *self._below_boxes(image, boxes)]), offset)
        return reads if only != "plates" else ImageReads((), reads.plates)

    def _look(self, image: Image, longest_side: int, only: Only | None) -> tuple[list[Sighting], list[PlateSighting], list[Line]]:
        lines = look(self._engine, image, longest_side)
        boxes = self._numbers(image, lines) if only != "plates" else container_numbers(lines)
        if only == "containers":
            return boxes, [], lines
        return boxes, looked_at_twice(self._engine, image, _merged(plates(_without(lines, boxes)))), lines

    def _numbers(self, image: Image, lines: Sequence[Line]) -> list[Sighting]:
        boxes = container_numbers(lines)
        return [with_check_digit(self._engine, image, box) if worth_it(box) else box for box in boxes]

    def _closer(self, image: Image, lines: Sequence[Line], boxes: list[Sighting]) -> list[Sighting]:
        """What columns and the neighbourhoods of pieces of numbers hold; ends with the first sure number."""
        boxes = _merged([*boxes, *look_at_columns(self._engine, image, lines)])
        if any(is_sure(box) for box in boxes):
            return boxes
        for closer in look_closer(self._engine, image, lines):
            boxes = _merged([*boxes, *self._numbers(image, closer)])
            if any(is_sure(box) for box in boxes):
                break
        return boxes

    def _below_boxes(self, image: Image, boxes: Sequence[Sighting]) -> list[PlateSighting]:
        """Plates where a trailer carries them: below the doors. They are small, so only that place is enlarged."""
        lines: list[Line] = []
        for place in places_below(boxes, image.shape[1], image.shape[0]):
            enlarged = clearer(place.of(image), place.unit)
            quads = self._engine.find(enlarged, round(ENLARGED_BELOW * max(enlarged.shape[:2])))
            shift = np.array([place.left, place.top], dtype=np.float32)
            lines += read_quads(self._engine, image, [quad + shift for quad in quads])
        return looked_at_twice(self._engine, image, _merged(plates(lines)))


def _without(lines: Sequence[Line], boxes: Sequence[Sighting]) -> list[Line]:
    """The lines that no likely container number uses."""
    used = {id(line) for box in boxes if box.reading.probability > LIKELY for line in box.chain.lines}
    return [line for line in lines if id(line) not in used]


def _promised(image: Image, boxes: list[Sighting], found: list[PlateSighting], offset: tuple[float, float]) -> ImageReads:
    return ImageReads(promised_containers(boxes, offset), promised_plates(image, found, offset))


def _is_enough(reads: ImageReads, boxes: Sequence[Sighting], only: Only | None) -> bool:
    """Whether a closer look at the whole picture can be spared: something sure was found."""
    if any(plate.accepted for plate in reads.plates) or any(box.accepted for box in reads.containers):
        return True
    return only == "plates" and any(box.reading.probability > LIKELY for box in boxes)


def _merged(sightings: Sequence[Seen]) -> list[Seen]:
    """Every place once: of several sightings there, the surest. Others that agree make it surer, likely ones that do not,
    less sure."""
    kept: list[Seen] = []
    for sighting in sorted(sightings, key=lambda sighting: (-sighting.reading.probability, -sighting.reading.log)):
        place = next((i for i, other in enumerate(kept) if _same_place(sighting, other)), None)
        if place is None:
            kept.append(sighting)
        elif sighting.reading.number == kept[place].reading.number:
            kept[place] = confirmed(kept[place], sighting.reading.probability)
        elif sighting.reading.probability >= CONTRADICTION:
            kept[place] = doubted(kept[place], sighting.reading.probability)
    return kept


def _same_place(one: Seen, other: Seen) -> bool:
    apart = float(np.linalg.norm(centre_of(one.chain.quad) - centre_of(other.chain.quad)))
    return apart < SAME_PLACE * max(one.chain.height, other.chain.height)
