"""One connection to a camera: a thread that receives, a thread that looks, and the newest shot between them."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from math import inf
from typing import Final

from gateway.ocr.cameras.camera import Camera, Clocks
from gateway.ocr.errors import (
    CameraEndedError,
    CameraError,
    CameraFrozenError,
    CameraPictureError,
    CameraSilentError,
    PictureError,
)
from gateway.ocr.frame import Frame, Shot
from gateway.ocr.newest import Newest
from gateway.ocr.repetition import Repetition

# Connecting has a wait of its own in every driver, up to twice `stall_s`; its error names the cause better than silence does.
OPENING_FACTOR: Final = 2.5
# Often enough to notice a vehicle while nothing happens; developing a picture of 1080 lines takes 15 ms of a core.
IDLE_PER_SECOND: Final = 2.0


@dataclass(slots=True)
class Counts:
    """Frames of one camera since it was started; for metrics."""

    received: int = 0
    dropped: int = 0  # never looked at, because a newer one was there
    broken: int = 0  # could not be developed
    looked_at: int = 0
    read: int = 0


class Reception:
    """`receive` and `watch` run in two threads and end together; `failure` then says why, None for a recording's end or `stop`."""

    def __init__(
        self, config: Camera, clocks: Clocks, counts: Counts, repetition: Repetition, on_frame: Callable[[Frame], None]
    ) -> None:
        """`repetition` remembers over the connections of one camera what it showed."""
        self._config = config
        self._clocks = clocks
        self._counts = counts
        self._repetition = repetition
        self._on_frame = on_frame
        self._source = config.source(clocks)
        self._newest = Newest()
        self._stopped = threading.Event()
        self._ended = threading.Event()  # nothing is received any more
        self._changed = threading.Event()  # stopped, ended, or attended
        self._attentive = True
        self._unusable: PictureError | None = None  # the last picture, if it could not be developed
        self._worked_since: float | None = None
        self._worked_until = 0.0
        self.failure: CameraError | None = None

    @property
    def worked_s(self) -> float:
        """How long usable pictures came, new ones or not."""
        return self._worked_until - self._worked_since if self._worked_since is not None else 0.0

    def attend(self, attentive: bool) -> None:
        """Whether every frame is wanted, or only enough of them to notice motion. From any thread."""
        self._attentive = attentive
        self._source.attend(attentive)
        if attentive:
            self._changed.set()

    def stop(self) -> None:
        """Ask both threads to end. From any thread, any number of times."""
        self._stopped.set()
        self._changed.set()
        self._source.stop()
        self._newest.end()

    def receive(self) -> None:
        """Keep the newest shot until the camera ends or fails."""
        try:
            with closing(self._source.shots()) as shots:
                for shot in shots:
                    self._counts.received += 1
                    self._counts.dropped += self._newest.put(shot)
                    if self._stopped.is_set():
                        return
            if not self._config.ends and not self._stopped.is_set():
                self.failure = CameraEndedError(self._config.name, "ended its stream")
        except CameraError as error:
            if not self._stopped.is_set():
                self.failure = error
        finally:
            self._newest.end()
            self._ended.set()
            self._changed.set()

    def watch(self) -> None:
        """Look at the newest frame at the reading rate; give the camera up when nothing usable comes for `stall_s`."""
        try:
            self._watch()
        except CameraError as error:
            self.failure = error
        finally:
            self.stop()

    def _watch(self) -> None:
        now = self._clocks.monotonic()
        self._repetition.begin(now)
        last_usable = now + (OPENING_FACTOR - 1) * self._config.stall_s
        last_look = -inf
        while self._turn_comes(last_look):
            shot = self._newest.take(last_usable + self._config.stall_s - self._clocks.monotonic())
            if shot is None:
                return self._nothing_came()
            last_look = now = self._clocks.monotonic()
            frame = self._developed(shot)
            if frame is not None:
                self._received(frame, now)
                last_usable = self._clocks.monotonic()  # looking may take longer than a camera may stall
            elif now > last_usable + self._config.stall_s:
                raise CameraPictureError(self._config.name, f"sends no usable picture: {self._unusable}")
        return None

    def _turn_comes(self, last_look: float) -> bool:
        """Wait until it is time to look again, or until there is nothing more to wait for; false once stopped."""
        while not self._stopped.is_set():
            most = self._config.frames_per_second
            pause = last_look + 1 / (most if self._attentive else min(most, IDLE_PER_SECOND)) - self._clocks.monotonic()
            if pause <= 0 or self._ended.is_set():
                return True
            self._changed.wait(pause)
            self._changed.clear()
        return False

    def _nothing_came(self) -> None:
        """The wait for a shot ended without one."""
        if not self._newest.ended:
            raise CameraSilentError(self._config.name, f"no picture for {self._config.stall_s:g} s")
        if self._unusable and self.failure is None:
            raise CameraPictureError(self._config.name, f"sends no usable picture: {self._unusable}")

    def _developed(self, shot: Shot) -> Frame | None:
        try:
            frame = shot.frame()
        except PictureError as error:
            self._counts.broken += 1
            self._unusable = error
            return None
        self._unusable = None
        return frame

    def _received(self, frame: Frame, now: float) -> None:
        left, top, right, bottom = self._config.region.pixels(*frame.size)
        if self._repetition.see(frame.image[top:bottom, left:right], now):
            raise CameraFrozenError(self._config.name, f"shows nothing new: the same picture for {self._config.may_repeat_s:g} s")
        if self._worked_since is None:
            self._worked_since = now
        self._worked_until = now
        if self._repetition.frozen:
            self.attend(True)  # whether it lives again shows the sooner
        else:
            self._counts.looked_at += 1
            self._on_frame(replace(frame, repeats_after=timedelta(seconds=self._repetition.repeats_after_s)))
