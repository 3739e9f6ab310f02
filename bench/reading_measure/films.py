"""Rendered film of one truck through a lane, as its cameras send it, and which of its frames a verdict needs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal

from pydantic import ConfigDict

from gateway.model.observation import ContainerRead, Observation, PlateRead
from gateway.model.plate import Plate
from gateway.model.verdict import Outcome
from gateway.ocr.cameras.camera import Camera, Clocks, LooksAt, Source
from gateway.ocr.eye import Eye
from gateway.ocr.frame import Frame
from gateway.ocr.picture import decode_picture, encode_jpeg
from gateway.ocr.reader import Reader
from gateway.simulator.pictures import FRAME_SIZE
from gateway.simulator.scene import Light, Scene, View
from gateway.simulator.traffic import APPROACH_S, LEAVE_S, ON_LOOP, STOP_AT
from gateway.simulator.visits import Visit, visits

FRAMES_PER_SECOND: Final = 5.0
STANDS_S: Final = 5.0  # at the stop: what a driver waits at a barrier that opens at once, and then some
LASTS_S: Final = APPROACH_S + STANDS_S + LEAVE_S
ON_LOOP_S: Final = APPROACH_S * ON_LOOP[0] / STOP_AT
OFF_LOOP_S: Final = APPROACH_S + STANDS_S + LEAVE_S * (ON_LOOP[1] - STOP_AT) / (1 - STOP_AT)
EMPTY_FRAMES: Final = 10  # of the empty lane, shown in turn: noise differs from frame to frame
LIGHTS: Final = (Light.DAY, Light.NIGHT, Light.RAIN)
LOOKS_AT: Final = {View.FRONT: LooksAt.FRONT, View.REAR: LooksAt.REAR}


@dataclass(frozen=True)
class Film:
    """A visit as both cameras see it: JPEG frames, five a second, and as many of the empty lane before it."""

    visit: Visit
    frames: dict[View, tuple[bytes, ...]]
    empty: dict[View, tuple[bytes, ...]]

    @cached_property
    def numbers(self) -> dict[View, str]:
        """What the verdict needs of each camera: the tractor's plate before the truck, the box behind it."""
        return {View.FRONT: Plate.parse(self.visit.truck.tractor_plate or "").value, View.REAR: self.visit.truck.boxes[0].number}

    def gives(self, view: View, seen: Observation) -> bool:
        """Whether an observation of this camera is the number that the verdict needs of it."""
        return isinstance(seen, ContainerRead | PlateRead) and seen.accepted and seen.number == self.numbers[view]


class FilmCamera(Camera):
    """A camera that shows a film, as it arrives from the network: `open_source` connects."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    type: Literal["film"] = "film"
    frames_per_second: float = FRAMES_PER_SECOND
    open_source: Callable[[Clocks], Source] | None = None

    @property
    def address(self) -> str:
        return "rendered"

    def source(self, clocks: Clocks) -> Source:
        if self.open_source is None:
            raise NotImplementedError("looked at frame by frame, never connected to")
        return self.open_source(clocks)


def progress(seconds: float) -> float:
    """Where the truck is on its way through the lane (0 to 1), so long after it came into view."""
    if seconds < APPROACH_S:
        return STOP_AT * seconds / APPROACH_S
    gone = seconds - APPROACH_S - STANDS_S
    return STOP_AT if gone < 0 else STOP_AT + (1 - STOP_AT) * gone / LEAVE_S


def shoot(visit: Visit, seed: int) -> Film:
    """Render a visit. Takes a fraction of a second a frame."""
    frames: dict[View, tuple[bytes, ...]] = {}
    empty: dict[View, tuple[bytes, ...]] = {}
    for view in LOOKS_AT:
        scene = Scene(view, visit.light, FRAME_SIZE, seed)
        count = round(LASTS_S * FRAMES_PER_SECOND)
        ways = [progress(index / FRAMES_PER_SECOND) for index in range(count)]
        frames[view] = tuple(encode_jpeg(scene.frame(visit.truck, way, index)) for index, way in enumerate(ways))
        empty[view] = tuple(encode_jpeg(scene.frame(None, 0.0, 1000 + index)) for index in range(EMPTY_FRAMES))
    return Film(visit, frames, empty)


def needed(film: Film, view: View, reader: Reader, begin: datetime) -> int | None:
    """The first frame in which a lane that reads every frame gets this camera's number; None where it never does."""
    eye = Eye(FilmCamera(name=view.value, looks_at=LOOKS_AT[view]), reader, keep=lambda _: "")
    shown = (*film.empty[view], *film.frames[view])
    for index, jpeg in enumerate(shown):
        place = index - len(film.empty[view])
        frame = Frame(decode_picture(jpeg), begin + timedelta(seconds=index / FRAMES_PER_SECOND), index)
        look = eye.look(frame, attentive=ON_LOOP_S <= place / FRAMES_PER_SECOND < OFF_LOOP_S)
        if any(film.gives(view, seen) for seen in look.observations):
            return place
    return None


def candidates(seed: int, now: datetime, light: Light) -> Iterator[Visit]:
    """Visits that end well if only they are read: one long box, in this light."""
    for visit in visits(seed, now):
        boxes = visit.truck.boxes
        if visit.light is light and visit.outcome is Outcome.PASS and len(boxes) == 1 and boxes[0].length_ft > 20:
            yield visit


@dataclass(frozen=True, slots=True)
class Shown:
    """A film with the frame that each camera's number needs."""

    film: Film
    needed: dict[View, int]


def films(reader: Reader, seed: int, now: datetime, lights: Sequence[Light] = LIGHTS) -> list[Shown]:
    """One film a light, of the first truck that the reader can read from both sides: what is never read has no needed frame."""
    found = []
    for light in lights:
        for visit in candidates(seed, now, light):
            film = shoot(visit, seed)
            first = {view: needed(film, view, reader, now) for view in LOOKS_AT}
            read = {view: index for view, index in first.items() if index is not None}
            if len(read) == len(first):
                found.append(Shown(film, read))
                break
    return found
