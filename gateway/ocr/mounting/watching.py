"""Watching one camera for a while: its newest frame again and again, and when every one of its pictures arrived."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from gateway.ocr.cameras.camera import Camera, Clocks, Source
from gateway.ocr.cameras.file import FileCamera
from gateway.ocr.errors import CameraError, CameraSilentError, PictureError
from gateway.ocr.frame import Frame, Shot
from gateway.ocr.newest import Newest
from gateway.ocr.reception import OPENING_FACTOR

STILLS: Final = frozenset({"picture", "pictures"})  # recordings that tell no frame rate


@dataclass(slots=True)
class Stream:
    """How a camera's pictures came."""

    arrivals: list[float] = field(default_factory=list)  # seconds, of every picture, those included that nobody looked at
    looked_at: int = 0
    broken: int = 0  # of those looked at, the ones that could not be developed
    timed: bool = True  # whether arrivals say how fast the camera sends: single pictures in a folder say nothing
    failure: CameraError | None = None  # what ended it before its time

    @property
    def seconds(self) -> float:
        """From the first picture to the last."""
        return self.arrivals[-1] - self.arrivals[0] if self.arrivals else 0.0


class Watch(ABC):
    """Frames of one camera at the lane's reading rate, for so many seconds. Used once; `stream` is known when it has ended."""

    def __init__(self) -> None:
        self.stream = Stream()

    @abstractmethod
    def frames(self) -> Generator[tuple[Frame, float]]:
        """Frames, each with its seconds since the first picture. Raises no CameraError: what ended it is `stream.failure`."""

    def _developed(self, shot: Shot) -> Frame | None:
        self.stream.looked_at += 1
        try:
            return shot.frame()
        except PictureError:
            self.stream.broken += 1
            return None


class LiveWatch(Watch):
    """A camera as the lane uses it: one thread receives, the newest picture is looked at, none waits for another."""

    def __init__(self, config: Camera, clocks: Clocks, seconds: float) -> None:
        super().__init__()
        self._config = config
        self._clocks = clocks
        self._seconds = seconds
        self._newest = Newest()
        self._stopped = False

    def frames(self) -> Generator[tuple[Frame, float]]:
        source = self._config.source(self._clocks)
        with ThreadPoolExecutor(1, thread_name_prefix=f"watch-{self._config.name}") as pool:
            pool.submit(self._receive, source)
            try:
                yield from self._looked_at()
            finally:
                self._stopped = True
                source.stop()

    def _receive(self, source: Source) -> None:
        try:
            with closing(source.shots()) as shots:
                for shot in shots:
                    if self._stopped:
                        return
                    self.stream.arrivals.append(shot.arrived)
                    self._newest.put(shot)
        except CameraError as error:
            if not self._stopped:
                self.stream.failure = error
        finally:
            self._newest.end()

    def _looked_at(self) -> Generator[tuple[Frame, float]]:
        """From the first picture for so many seconds, never faster than the lane reads."""
        patience_s = OPENING_FACTOR * self._config.stall_s
        shot = self._newest.take(patience_s)
        if shot is None and not self._newest.ended:
            self.stream.failure = CameraSilentError(self._config.name, f"no picture within {patience_s:g} s")
        if shot is None:
            return
        begun, due = shot.arrived, shot.arrived
        while shot is not None and shot.arrived - begun <= self._seconds:
            if shot.arrived >= due - 1e-3:
                due = shot.arrived + 1 / self._config.frames_per_second
                if frame := self._developed(shot):
                    yield frame, shot.arrived - begun
            left_s = begun + self._seconds - self._clocks.monotonic()
            shot = self._newest.take(min(left_s, self._config.stall_s))
            if shot is None and left_s > self._config.stall_s and not self._newest.ended:
                self.stream.failure = CameraSilentError(self._config.name, f"no picture for {self._config.stall_s:g} s")


class RecordedWatch(Watch):
    """A recording from its start, as fast as it is read."""

    def __init__(self, config: FileCamera, clocks: Clocks, seconds: float) -> None:
        super().__init__()
        self._config = config
        self._clocks = clocks
        self._seconds = seconds

    def frames(self) -> Generator[tuple[Frame, float]]:
        recording = self._config.recording()
        period_s = 1 / self._config.frames_per_second
        due_s = 0.0
        try:
            with closing(recording.stills()) as stills:
                for index, still in enumerate(stills):
                    if still.position_s > self._seconds:
                        break
                    self.stream.arrivals.append(still.position_s)
                    if still.position_s < due_s - period_s / 100:  # times in a recording are rounded
                        continue
                    due_s = max(due_s + period_s, still.position_s)
                    if frame := self._developed(Shot(self._clocks.now(), index, 0.0, still.develop)):
                        yield frame, still.position_s
        except CameraError as error:
            self.stream.failure = error
        self.stream.timed = recording.identity.codec not in STILLS
