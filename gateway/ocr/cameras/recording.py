"""Reading a recording from disk: a video, a folder of pictures, or one picture. Positions are seconds from its start."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import av
import cv2
import numpy as np

from gateway.ocr.cameras.camera import Identity
from gateway.ocr.errors import (
    CameraEndedError,
    CameraPictureError,
    CameraUnreachableError,
    PictureError,
)
from gateway.ocr.frame import Image
from gateway.ocr.picture import MAX_PICTURE_BYTES, MAX_PIXELS, check_size, decode_picture

PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})
# A file can name other files and addresses (playlists, concat scripts): only plain containers, only this file.
CONTAINERS: Final = "mov,matroska,avi,mpegts,mpeg,mpegvideo,h264,hevc,mjpeg,m4v,flv,ogg,asf"
# Shorter than its own container says by more than this: cut short. Durations are rounded, and last frames last long.
SHORTFALL_S: Final = 0.5
_TURNS: Final = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """One picture of a recording at its position, not yet developed."""

    position_s: float
    develop: Callable[[], Image]


def developed(frame: Any) -> Image:
    """A decoder's frame as pixels, upright. Raises PictureError for a size out of bounds."""
    check_size(frame.width, frame.height)
    image = frame.to_ndarray(format="bgr24")
    turn = _TURNS.get(round(frame.rotation) % 360)
    return np.asarray(image if turn is None else cv2.rotate(image, turn), np.uint8)


class Recording:
    """A file or folder that stands in for a camera. `camera` names it in errors; `spacing_s` is between single pictures."""

    def __init__(self, camera: str, path: Path, spacing_s: float) -> None:
        self._camera = camera
        self._path = path
        self._spacing_s = spacing_s
        self.identity = Identity("")
        self.length_s = 0.0  # position of the end; known when `stills` has ended

    def stills(self) -> Generator[Still]:
        """All pictures in order. Raises CameraError; of a damaged recording only after its good pictures."""
        if os.path.isdir(self._path):  # `Path.is_dir` raises for a name that is too long, or a folder above that is closed
            yield from self._folder()
        elif self._path.suffix.lower() in PICTURES:
            self.identity = Identity("picture")
            yield self._picture(self._path, 0.0)
            self.length_s = self._spacing_s
        else:
            yield from self._video()

    def _folder(self) -> Iterator[Still]:
        try:
            paths = sorted(path for path in self._path.iterdir() if path.suffix.lower() in PICTURES and path.is_file())
        except OSError as error:
            raise CameraUnreachableError(self._camera, f"cannot open {self._path}: {error.strerror}") from None
        if not paths:
            raise CameraUnreachableError(self._camera, f"no .jpg, .jpeg or .png in the folder {self._path}")
        self.identity = Identity("pictures", 1 / self._spacing_s)
        for index, path in enumerate(paths):
            yield self._picture(path, index * self._spacing_s)
        self.length_s = len(paths) * self._spacing_s

    def _picture(self, path: Path, position_s: float) -> Still:
        def develop() -> Image:
            try:
                with path.open("rb") as file:
                    return decode_picture(file.read(MAX_PICTURE_BYTES + 1))
            except OSError as error:
                raise PictureError(f"cannot read {path}: {error.strerror}") from None
            except PictureError as error:
                raise PictureError(f"{path.name}: {error}") from None

        return Still(position_s, develop)

    def _video(self) -> Iterator[Still]:
        with closing(self._open()) as container:
            if not container.streams.video:
                raise CameraPictureError(self._camera, f"{self._path.name} holds no video")
            stream = container.streams.video[0]
            self._prepare(stream)
            yield from _Decoding(self, container, stream).stills()

    def _open(self) -> Any:
        try:
            return av.open(
                str(self._path.resolve()),
                container_options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"},
                metadata_errors="replace",  # a title in Big5 is no reason to refuse the pictures
            )
        except (av.FileNotFoundError, av.PermissionError, av.OSError) as error:
            raise CameraUnreachableError(self._camera, f"cannot open {self._path}: {error.strerror}") from None
        except av.FFmpegError as error:
            raise CameraPictureError(
                self._camera, f"{self._path.name} is no video, or it was cut short before its index: {error.strerror}"
            ) from None

    def _prepare(self, stream: Any) -> None:
        try:
            check_size(stream.codec_context.width, stream.codec_context.height)
        except PictureError as error:
            raise CameraPictureError(self._camera, f"{self._path.name}: {error}") from None
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # also for a size that changes on the way
        stream.thread_type = "SLICE"
        rate = stream.average_rate
        self.identity = Identity(stream.codec_context.name, float(rate) if rate else None)

    def fail(self, cause: str) -> NoReturn:
        raise CameraEndedError(self._camera, f"{self._path.name} {cause}")


class _Decoding:
    """One run through a video: gives what decodes, remembers what does not, and tells it at the end."""

    def __init__(self, recording: Recording, container: Any, stream: Any) -> None:
        self._recording = recording
        self._container = container
        self._stream = stream
        self._first: float | None = None
        self._end_s = 0.0
        self._broken = 0
        self._broken_at_s = 0.0
        self._torn = ""

    def stills(self) -> Iterator[Still]:
        for packet in self._packets():
            for frame in self._frames(packet):
                yield Still(self._position(frame), partial(developed, frame))
        self._recording.length_s = self._end_s
        self._judge_end()

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            self._torn = error.strerror or "unreadable"

    def _frames(self, packet: Any) -> list[Any]:
        broken = packet.is_corrupt
        try:
            frames = list(packet.decode())
        except av.FFmpegError:
            broken, frames = True, []
        if broken and not self._broken:
            self._broken_at_s = self._end_s
        self._broken += broken
        return frames

    def _position(self, frame: Any) -> float:
        """Seconds since the first frame; recordings cut out of longer ones do not begin at 0, some have no times at all."""
        period = 1 / (self._recording.identity.frames_per_second or 25.0)
        time = frame.time if frame.time is not None else (self._first or 0.0) + self._end_s
        if self._first is None:
            self._first = time
        position = max(time - self._first, 0.0)
        self._end_s = position + period
        return position

    def _declared_s(self) -> float:
        """How long the video should be; 0 where nothing reliable says so (sound may outlast the pictures)."""
        if self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        return float(self._container.duration or 0) / av.time_base if len(self._container.streams) == 1 else 0.0

    def _judge_end(self) -> None:
        declared = self._declared_s()
        if self._torn:
            self._recording.fail(f"cannot be read beyond {self._end_s:.1f} s: {self._torn}")
        if self._first is None:
            self._recording.fail("holds no picture that can be decoded")
        if declared - self._end_s > SHORTFALL_S:
            self._recording.fail(f"is cut short: {self._end_s:.1f} s of {declared:.1f} s are there")
        if self._broken:
            self._recording.fail(f"is damaged: {self._broken} of its pictures, the first after {self._broken_at_s:.1f} s")
