"""Camera `file`: a recorded video, a folder of pictures or one picture, played as if it were live."""

import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gateway.ocr.cameras.camera import Camera, Clocks, Identity
from gateway.ocr.cameras.recording import Recording
from gateway.ocr.frame import Shot


class FileCamera(Camera):
    """A recording in place of a camera: to try a lane, to demonstrate it, to test it."""

    type: Literal["file"] = Field("file", description="A recorded video, a folder of pictures, or one picture")
    path: Path = Field(description="The video or picture, or the folder of .jpg, .jpeg and .png files (taken in order of name)")
    realtime: bool = Field(True, description="Play at the speed at which it was recorded, instead of as fast as it decodes")
    loop: bool = Field(False, description="Begin again at the end, for ever")

    @model_validator(mode="after")
    def _loops_at_a_known_speed(self) -> "FileCamera":
        if self.loop and not self.realtime:
            raise ValueError("loop needs realtime: without it one picture would be repeated without a pause")
        return self

    @property
    def address(self) -> str:
        return str(self.path)

    @property
    def ends(self) -> bool:
        return not self.loop

    def recording(self) -> Recording:
        """The recording itself, for a replay. Pictures of a folder are spaced by the reading rate."""
        return Recording(self.name, self.path, 1 / self.frames_per_second)

    def source(self, clocks: Clocks) -> "FileSource":
        return FileSource(self, clocks)


class FileSource:
    def __init__(self, config: FileCamera, clocks: Clocks) -> None:
        self._config = config
        self._clocks = clocks
        self._stopped = threading.Event()
        self._recording = config.recording()

    def identity(self) -> Identity:
        return self._recording.identity

    def attend(self, attentive: bool) -> None:
        """A recording is played as it is."""

    def stop(self) -> None:
        self._stopped.set()

    def shots(self) -> Generator[Shot]:
        index = 0
        begun = self._clocks.monotonic()
        while not self._stopped.is_set():
            with closing(self._recording.stills()) as stills:
                for still in stills:
                    if not self._wait_until(begun + still.position_s):
                        return
                    yield Shot(self._clocks.now(), index, self._clocks.monotonic(), still.develop)
                    index += 1
            if not self._config.loop:
                return
            begun += self._recording.length_s

    def _wait_until(self, due: float) -> bool:
        """Wait for a picture's turn; false once stopped."""
        pause = due - self._clocks.monotonic() if self._config.realtime else 0.0
        return not self._stopped.wait(max(pause, 0.0))
