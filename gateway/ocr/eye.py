"""What one camera makes of one frame. The same for a live lane and for a replay: it knows frames, not where they come from."""

import time
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final, Literal, Protocol

import numpy as np

from gateway.model.device import KeepPicture
from gateway.model.observation import Observation, Presence, Quad, View
from gateway.ocr.cameras.camera import Camera, Kind, LooksAt
from gateway.ocr.frame import Frame, Image, Monotonic
from gateway.ocr.motion import Grey, Scene, thumbnail
from gateway.ocr.picture import encode_jpeg
from gateway.ocr.reads import FoundContainer, FoundPlate, ImageReads

PRESENCE_EVERY_S: Final = 1.0  # well below any lane's `quiet_s`, so that one lost frame does not end a passage
REREAD_EVERY_S: Final = 1.0  # a truck that stands still: noise differs from frame to frame, so another look may add something
VIEW_EVERY_S: Final = 2.0  # a truck passes the camera in 5 to 20 s: a handful of views, not hundreds
CROP_MARGIN: Final = 0.35  # of the text's smaller side: enough to see what stands around it


Only = Literal["containers", "plates"]


class Reads(Protocol):
    """The reading engine, as the eye uses it. Called from one worker thread per camera."""

    def read(
        self, image: Image, only: Only | None = None, offset: tuple[float, float] = (0.0, 0.0), patient: bool = True
    ) -> ImageReads:
        """All numbers in a picture. `offset`, where the picture lies in the whole frame, is added to every box (pixels).
        Not `patient`: another frame comes at once, so one without anything is not worth a second look."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of one frame."""

    observations: tuple[Observation, ...]
    moved: bool  # something is there that does not belong to the empty scene
    motion: float  # how much of the region it covers, 0 to 1
    read: bool  # whether the reader was asked
    read_ms: float  # how long it took; 0 where it was not asked


class Eye:
    """One camera's view of its lane. Not thread-safe: one thread looks."""

    def __init__(
        self,
        config: Camera,
        reader: Reads,
        keep: KeepPicture,
        announces_presence: bool = False,
        monotonic: Monotonic = time.perf_counter,
    ) -> None:
        """`keep` stores a JPEG and gives its SHA-256; where it cannot, it gives "" and the read goes without a picture.

        `announces_presence`: for lanes without a loop, where the camera says that a vehicle is there.
        """
        self._config = config
        self._reader = reader
        self._keep = keep
        self._announces_presence = announces_presence
        self._monotonic = monotonic
        self._only = _only(config)
        self._scene = Scene()
        self._seen_at: datetime | None = None
        self._last_read: Grey | None = None
        self._before: Grey | None = None  # the frame before
        self._was_attentive = False
        self._presences = _Seldom(PRESENCE_EVERY_S)
        self._views = _Seldom(VIEW_EVERY_S)
        self._rereads = _Seldom(REREAD_EVERY_S)

    def look(self, frame: Frame, attentive: bool) -> Look:
        """Look at a frame; read it if the lane pays attention, unless it shows what was read already.

        Where no loop says that a vehicle is there, what moves is read too, and so is the first frame of all: a vehicle may
        stand there since before the camera was on.
        """
        left, top, right, bottom = self._config.region.pixels(*frame.size)
        region = np.ascontiguousarray(frame.image[top:bottom, left:right])
        now = thumbnail(region)
        first = self._seen_at is None
        motion = self._scene.see(now, self._elapsed_s(frame.at))
        moved = motion >= self._config.motion_area
        self._heed(attentive)

        reads, read_ms = ImageReads(), 0.0
        expected = attentive or (self._announces_presence and (first or moved))
        worth_reading = expected and not self._read_already(now, frame.at, attentive)
        if worth_reading:
            begun = self._monotonic()
            reads = self._reader.read(region, self._only, (left, top), patient=self._stands_still(now))
            read_ms = (self._monotonic() - begun) * 1000
            self._last_read = now
            self._rereads.due(frame.at)
        self._before = now
        seen = self._observe(frame, reads, moved)
        return Look(seen, moved, motion, worth_reading, read_ms)

    def _stands_still(self, now: Grey) -> bool:
        """Whether the scene is that of the frame before: a vehicle that stands is worth a patient look."""
        return self._before is not None and self._scene.same(self._before, now)

    def _elapsed_s(self, at: datetime) -> float:
        elapsed = (at - self._seen_at).total_seconds() if self._seen_at else 0.0
        self._seen_at = at
        return max(elapsed, 0.0)  # a wall clock may be set back

    def _heed(self, attentive: bool) -> None:
        """When attention begins it is a new vehicle, as far as the lane knows: read afresh even if nothing changed."""
        if attentive and not self._was_attentive:
            self._last_read = None
            self._views = _Seldom(VIEW_EVERY_S)
        self._was_attentive = attentive

    def _read_already(self, now: Grey, at: datetime, attentive: bool) -> bool:
        """Whether this scene was read; while the lane waits for evidence, a second ago is long enough to read it again."""
        if self._last_read is None or not self._scene.same(self._last_read, now):
            return False
        return not (attentive and self._rereads.due(at))

    def _observe(self, frame: Frame, reads: ImageReads, moved: bool) -> tuple[Observation, ...]:
        evidence = _Evidence(self._config.name, frame, self._keep)
        seen: list[Observation] = []
        something = moved or bool(reads.containers or reads.plates)
        if self._announces_presence and something and self._presences.due(frame.at):
            seen.append(Presence(device=self._config.name, at=frame.at, occupied=True))
        seen += [evidence.of(container) for container in reads.containers]
        seen += [evidence.of(plate) for plate in reads.plates]
        rear = self._config.looks_at is LooksAt.REAR
        if rear and self._was_attentive and moved and self._views.due(frame.at):
            seen.append(evidence.view())
        return tuple(seen)


def _only(config: Camera) -> Only | None:
    kinds = set(config.reads)
    if len(kinds) > 1:
        return None
    return "containers" if Kind.CONTAINERS in kinds else "plates"


class _Seldom:
    """Something that is due at most once in a while, counted in event time."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._last: datetime | None = None

    def due(self, at: datetime) -> bool:
        if self._last is not None and abs((at - self._last).total_seconds()) < self._every_s:
            return False
        self._last = at
        return True


class _Evidence:
    """The pictures of one frame: the whole one is encoded and kept once, and only if something refers to it."""

    def __init__(self, device: str, frame: Frame, keep: KeepPicture) -> None:
        self._device = device
        self._frame = frame
        self._keep = keep
        self._picture: str | None = None

    def of(self, found: FoundContainer | FoundPlate) -> Observation:
        """A read as the lane keeps it, with its two pictures."""
        return found.observation(self._device, self._frame.seen_at, self._frame.size, self._whole(), self._crop(found.box))

    def view(self) -> View:
        return View(device=self._device, at=self._frame.seen_at, picture=self._whole(), frame_size=self._frame.size)

    def _whole(self) -> str:
        if self._picture is None:
            self._picture = self._keep(encode_jpeg(self._frame.image))
        return self._picture

    def _crop(self, box: Quad) -> str:
        left, top, right, bottom = _around(box, *self._frame.size)
        return self._keep(encode_jpeg(np.ascontiguousarray(self._frame.image[top:bottom, left:right])))


def _around(box: Quad, width: int, height: int) -> tuple[int, int, int, int]:
    """The upright rectangle around a text, with a margin, within the frame and at least a pixel each way."""
    xs, ys = [x for x, _ in box], [y for _, y in box]
    margin = CROP_MARGIN * max(min(max(xs) - min(xs), max(ys) - min(ys)), 1.0)
    left = min(max(int(min(xs) - margin), 0), width - 1)
    top = min(max(int(min(ys) - margin), 0), height - 1)
    return left, top, max(min(ceil(max(xs) + margin), width), left + 1), max(min(ceil(max(ys) + margin), height), top + 1)
