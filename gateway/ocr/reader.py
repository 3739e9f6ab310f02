"""The reader: a picture in, container numbers and plates out.

A small first look finds most numbers; the picture is looked at more closely only when that gave nothing sure, and by a second,
slower pair of eyes only when that was not enough either.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeVar

import numpy as np

from gateway.ocr.check_digit_look import with_check_digit, with_what_follows, worth_it
from gateway.ocr.closer_look import certain_pieces, has_trace, look_closer
from gateway.ocr.column_look import look_at_columns
from gateway.ocr.container_grammar import read_number
from gateway.ocr.engine import DEFAULT_ENGINE, SECOND_OPINION, TextEngine, load_engine
from gateway.ocr.geometry import Image, centre_of
from gateway.ocr.lines import Chain, Line
from gateway.ocr.looking import look, look_turned, read_lines, read_places
from gateway.ocr.plate_hunt import clearer, places_below
from gateway.ocr.plate_look import looked_at_twice, read_anew
from gateway.ocr.promise import CUT_OUT, FOREGROUND, LIKELY, SHORT_PLATE, is_sure, promised_containers, promised_plates
from gateway.ocr.reads import ImageReads
from gateway.ocr.understanding import PlateSighting, Sighting, container_numbers, plates, reconciled, settled

Only = Literal["containers", "plates"]
Seen = TypeVar("Seen", Sighting, PlateSighting)

FIRST_LOOK: Final = 960  # pixels of the longest side
SECOND_LOOK: Final = 1440
CUT_OUT_LOOK: Final = 0.55  # lettering that fills a cut-out is found better at a smaller size
ENLARGED: Final = 2  # at most this many times the picture's own size
ENLARGED_BELOW: Final = 2.2  # and a place where a trailer's plate may hang at most so many times,
CLEAR_UNIT: Final = 60.0  # the more, the smaller the box's number is: pixels of its height at which nothing is enlarged
UNFINISHED: Final = 0.25  # probability from which a second number in a picture is pursued
WORTH_READING_AGAIN: Final = 0.1  # probability from which another engine is asked what stands there
SAME_PLACE: Final = 1.0  # text heights between the middles of two sightings of one number


class Reader:
    """Reads pictures. May be called from several threads at once."""

    def __init__(self, *engines: TextEngine) -> None:
        """The engines in the order in which they are asked: the next one only when those before saw nothing sure."""
        self._engines = engines

    @classmethod
    def load(cls, engine: str = DEFAULT_ENGINE, threads: int | None = None, parallel: int = 1) -> "Reader":
        """Load an engine by name, and the one that is asked where it is not sure; see `load_engine`. Raises
        UnknownEngineError, EngineLoadError."""
        second = SECOND_OPINION.get(engine, ())
        whole = threads and threads * parallel  # asked seldom, with much memory: by one read at a time, with everybody's threads
        return cls(load_engine(engine, threads, parallel), *(load_engine(name, whole) for name in second))

    def read(
        self, image: Image, only: Only | None = None, offset: tuple[float, float] = (0.0, 0.0), patient: bool = True
    ) -> ImageReads:
        """Read one picture (height × width × 3, blue green red). `offset` is added to every box: where a cut-out region
        begins in the whole frame, in pixels. Without patience a picture in which nothing was found is not looked at again:
        for frames of a moving vehicle, of which another comes at once."""
        found = _Found(image, only)
        for engine in self._engines if patient else self._engines[:1]:
            self._ask(engine, found, patient)
            if found.is_enough():
                break
        reads = found.promised(offset)
        return reads if only != "plates" else ImageReads((), reads.plates)

    def _ask(self, engine: TextEngine, found: "_Found", patient: bool) -> None:
        """All that one engine can say. Where another one found something it reads that first: far cheaper than a search."""
        boxes, plates_seen = found.boxes, found.plates
        found.begin_opinion()
        if boxes or plates_seen:
            worth = [box for box in boxes if box.reading.probability > WORTH_READING_AGAIN]
            again = [_again(engine, found.image, box) for box in worth]
            found.add_boxes(_checked(engine, found.image, [box for box in again if box is not None]))
            found.add_plates(read_anew(engine, found.image, plates_seen))
            if found.is_enough():
                return
        self._search(engine, found, patient)

    def _search(self, engine: TextEngine, found: "_Found", patient: bool) -> None:
        """All that one engine can find, from the cheapest look to the dearest; ends when something is sure."""
        own_size = max(found.image.shape[:2])
        lines: list[Line] = []
        if own_size <= CUT_OUT:
            self._understand(engine, found, read_places(engine, found.image, engine.filling(found.image)))
        for first in _first_looks(own_size):
            if not found.is_enough():
                lines += self._look(engine, found, first)
        if found.may_hold_a_box():
            self._closer(engine, found, lines)
        elif pieces := found.pieces_of_another_box(lines):
            for closer in look_closer(engine, found.image, pieces):
                found.add_boxes(_numbers(engine, found.image, closer))
        second = min(SECOND_LOOK, ENLARGED * own_size)
        if patient and second > min(FIRST_LOOK, own_size) and (found.has_unfinished_box() or not found.is_enough()):
            lines = self._look(engine, found, second)
            if found.may_hold_a_box():
                found.add_boxes(look_at_columns(engine, found.image, lines))
        if found.only != "containers" and not found.has_promised_plate():
            found.add_plates(_below_boxes(engine, found.image, found.boxes))
        if patient and engine is self._engines[0] and found.is_empty():
            self._understand(engine, found, look_turned(engine, found.image, min(FIRST_LOOK, own_size)))

    def _look(self, engine: TextEngine, found: "_Found", longest_side: int) -> list[Line]:
        lines = look(engine, found.image, longest_side)
        self._understand(engine, found, lines)
        return lines

    def _understand(self, engine: TextEngine, found: "_Found", lines: list[Line]) -> None:
        found.has_trace = found.has_trace or has_trace(lines)
        cut_off = [piece.height for piece in certain_pieces(lines, 0.0) if piece.is_clear and _at_the_edge(found.image, piece)]
        found.tallest_piece = max([found.tallest_piece, *cut_off])
        boxes = container_numbers(lines) if found.only == "plates" else _numbers(engine, found.image, lines)
        found.add_boxes(boxes)
        if found.only != "containers":
            found.add_plates(looked_at_twice(engine, found.image, _merged(plates(_without(lines, boxes)))))

    def _closer(self, engine: TextEngine, found: "_Found", lines: Sequence[Line]) -> None:
        """What columns and the neighbourhoods of pieces of numbers hold; ends with the first sure number."""
        found.add_boxes(look_at_columns(engine, found.image, lines))
        if found.has_sure_box():
            return
        for closer in look_closer(engine, found.image, lines):
            found.add_boxes(_numbers(engine, found.image, closer))
            if found.has_sure_box():
                break


class _Found:
    """What was found in one picture so far: the opinions of the engines, each made of all that it saw."""

    def __init__(self, image: Image, only: Only | None) -> None:
        self.image = image
        self.only = only
        self.boxes: list[Sighting] = []  # every place once
        self.plates: list[PlateSighting] = []
        self.has_trace = False  # of a container number
        self.tallest_piece = 0.0  # of one that the picture cuts off, pixels
        self._boxes: list[list[Sighting]] = []
        self._plates: list[list[PlateSighting]] = []
        self._promised: bool | None = None  # whether a plate is accepted; None: not looked yet

    def begin_opinion(self) -> None:
        """What is added from here on comes from another engine."""
        self._boxes.append([])
        self._plates.append([])

    def add_boxes(self, more: Sequence[Sighting]) -> None:
        self._boxes[-1] += more
        self.boxes = _together(self._boxes)
        self._promised = None

    def add_plates(self, more: Sequence[PlateSighting]) -> None:
        self._plates[-1] += more
        self.plates = _together(self._plates)
        self._promised = None

    def has_sure_box(self) -> bool:
        return any(is_sure(box) for box in self.boxes)

    def has_unfinished_box(self) -> bool:
        """Whether beside a sure number another one stands, as large, that is not sure yet: a truck may carry two boxes."""
        others = [box for box in self.boxes if box.reading.probability > UNFINISHED and not is_sure(box)]
        return self.has_sure_box() and any(box.chain.height >= self._foreground() for box in others)

    def pieces_of_another_box(self, lines: Sequence[Line]) -> list[Line]:
        """Beside a sure number, what is left of another one, as large."""
        if self.only == "plates" or not self.has_sure_box():
            return []
        return certain_pieces(_without(lines, self.boxes), self._foreground())

    def _foreground(self) -> float:
        return FOREGROUND * max((box.chain.height for box in self.boxes if is_sure(box)), default=0.0)

    def may_hold_a_box(self) -> bool:
        """Whether a container number is still to be looked for: not in a picture of a plate without a trace of one."""
        trace = bool(self.boxes) or self.has_trace
        return self.only != "plates" and not self.has_sure_box() and (trace or not self.has_promised_plate())

    def has_promised_plate(self) -> bool:
        if self._promised is None:
            self._promised = any(plate.accepted for plate in promised_plates(self.image, self._proper_plates(), (0.0, 0.0)))
        return self._promised

    def _proper_plates(self) -> list[PlateSighting]:
        """The plates without those that are but a piece of a box's number."""
        numbers = [box.reading.number for box in self.boxes]
        return [
            plate
            for plate in self.plates
            if len(plate.reading.number) <= SHORT_PLATE or not any(plate.reading.number in number for number in numbers)
        ]

    def is_empty(self) -> bool:
        """Whether nothing here is likely: perhaps the picture lies on its side."""
        numbers = [box.reading.probability for box in self.boxes] + [plate.reading.probability for plate in self.plates]
        return max(numbers, default=0.0) <= LIKELY

    def is_enough(self) -> bool:
        """Whether a closer look at the whole picture can be spared: something sure was found."""
        if self.has_sure_box() or (self.has_promised_plate() and (self.only == "plates" or not self.has_trace)):
            return True
        return self.only == "plates" and any(box.reading.probability > LIKELY for box in self.boxes)

    def promised(self, offset: tuple[float, float]) -> ImageReads:
        containers = promised_containers(self.boxes, offset, self.tallest_piece)
        return ImageReads(containers, promised_plates(self.image, self._proper_plates(), offset))


def _first_looks(own_size: int) -> tuple[int, ...]:
    """The sizes at which a picture of this size is looked at before anything else."""
    return (round(CUT_OUT_LOOK * own_size), own_size) if own_size <= CUT_OUT else (min(FIRST_LOOK, own_size),)


def _at_the_edge(image: Image, line: Line) -> bool:
    """Whether there is no room for another character between a line and the picture's edge."""
    far = np.array(image.shape[1::-1])
    return bool((line.quad < line.height / 2).any() or (line.quad > far - line.height / 2).any())


def _numbers(engine: TextEngine, image: Image, lines: Sequence[Line]) -> list[Sighting]:
    return _checked(engine, image, container_numbers(lines))


def _checked(engine: TextEngine, image: Image, boxes: Sequence[Sighting]) -> list[Sighting]:
    boxes = [with_check_digit(engine, image, box) if worth_it(box) else box for box in boxes]
    return [with_what_follows(engine, image, box) if is_sure(box) else box for box in boxes]


def _again(engine: TextEngine, image: Image, box: Sighting) -> Sighting | None:
    """The number in the same lines, as another engine reads them."""
    chain = Chain(tuple(read_lines(engine, image, box.chain.lines)), box.chain.rows)
    reading = read_number(chain.glyphs)
    return Sighting(reading, chain, box.size_type) if reading else None


def _below_boxes(engine: TextEngine, image: Image, boxes: Sequence[Sighting]) -> list[PlateSighting]:
    """Plates where a trailer carries them: below the doors. They are small, so only that place is enlarged."""
    lines: list[Line] = []
    for place in places_below(boxes, image.shape[1], image.shape[0]):
        enlarged = clearer(place.of(image), place.unit)
        found = engine.find(enlarged, round(min(ENLARGED_BELOW, CLEAR_UNIT / place.unit) * max(enlarged.shape[:2])))
        shift = np.array([place.left, place.top], dtype=np.float32)
        lines += read_places(engine, image, [seen.moved(shift) for seen in found])
    return looked_at_twice(engine, image, _merged(plates(lines)))


def _without(lines: Sequence[Line], boxes: Sequence[Sighting]) -> list[Line]:
    """The lines that no likely container number uses."""
    used = {id(line) for box in boxes if box.reading.probability > LIKELY for line in box.chain.lines}
    return [line for line in lines if id(line) not in used]


def _together(opinions: Sequence[Sequence[Seen]]) -> list[Seen]:
    """Every place once, with what all engines say of it, each with one voice; surest first."""
    merged = [_merged(opinion) for opinion in opinions]
    whose = {id(sighting): engine for engine, sightings in enumerate(merged) for sighting in sightings}
    found = []
    for place in _by_place([sighting for sightings in merged for sighting in sightings]):
        voices: dict[int, Seen] = {}
        for sighting in place:
            voices.setdefault(whose[id(sighting)], sighting)
        found.append(reconciled(list(voices.values())))
    return sorted(found, key=_surest_first)


def _merged(sightings: Sequence[Seen]) -> list[Seen]:
    """Every place once, with what all sightings there say together; surest first."""
    return sorted((settled(place) for place in _by_place(sightings)), key=_surest_first)


def _surest_first(sighting: Seen) -> tuple[float, float]:
    return -sighting.reading.probability, -sighting.reading.log


def _by_place(sightings: Sequence[Seen]) -> list[list[Seen]]:
    places: list[list[Seen]] = []
    for sighting in sorted(sightings, key=_surest_first):
        place = next((place for place in places if _same_place(sighting, place[0])), None)
        if place is None:
            places.append([sighting])
        else:
            place.append(sighting)
    return places


def _same_place(one: Seen, other: Seen) -> bool:
    apart = float(np.linalg.norm(centre_of(one.chain.quad) - centre_of(other.chain.quad)))
    return apart < SAME_PLACE * max(one.chain.height, other.chain.height)
