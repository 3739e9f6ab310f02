"""Camera `rtsp`: a live stream over RTSP (RFC 2326), as most IP cameras give it."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Any, ClassVar, Final, Literal
from urllib.parse import quote, urlsplit, urlunsplit

import av
from pydantic import Field

from gateway.ocr.cameras.camera import Clocks, Identity
from gateway.ocr.cameras.network_camera import NetworkCamera
from gateway.ocr.cameras.recording import developed
from gateway.ocr.errors import (
    CameraEndedError,
    CameraError,
    CameraLoginError,
    CameraPictureError,
    CameraSilentError,
    CameraUnreachableError,
    PictureError,
)
from gateway.ocr.frame import Shot
from gateway.ocr.picture import MAX_PIXELS, check_size

# A lane wants the picture of now: probe little, buffer nothing. With these a stream opens in under a tenth of a second.
LIVE: Final = {
    "probesize": "32768",
    "analyzeduration": "0",
    "fpsprobesize": "0",
    "fflags": "nobuffer",
    "protocol_whitelist": "rtsp,rtp,udp,tcp",
}
# The library's own wait counts in two places; a little less than all of the patience is certainly a wait that ran out.
RAN_OUT: Final = 0.9


class RtspCamera(NetworkCamera):
    """A camera that streams H.264, H.265 or MJPEG over RTSP."""

    schemes: ClassVar[tuple[str, ...]] = ("rtsp",)

    type: Literal["rtsp"] = Field("rtsp", description="A live stream over RTSP")
    transport: Literal["tcp", "udp"] = Field(
        "tcp", description="How pictures travel: tcp loses none, udp is for networks that need it"
    )

    def source(self, clocks: Clocks) -> "RtspSource":
        return RtspSource(self, clocks)


class RtspSource:
    """The library's messages quote the URL, which carries the login: none of them is ever passed on."""

    def __init__(self, config: RtspCamera, clocks: Clocks) -> None:
        self._config = config
        self._clocks = clocks
        self._stopped = False
        self._identity = Identity("")

    def identity(self) -> Identity:
        return self._identity

    def stop(self) -> None:
        """Takes effect at the next packet, or when the wait for it runs out (`stall_s`): the library cannot be woken."""
        self._stopped = True

    def shots(self) -> Generator[Shot]:
        with closing(self._open()) as container:
            if not container.streams.video:
                raise CameraPictureError(self._config.name, "its stream holds no video")
            stream = container.streams.video[0]
            self._prepare(stream)
            for index, frame in enumerate(self._frames(container, stream)):
                yield Shot(self._clocks.now(), index, self._clocks.monotonic(), partial(developed, frame))

    def _prepare(self, stream: Any) -> None:
        context = stream.codec_context
        try:
            if context.width and context.height:  # a stream may tell its size only with its first picture
                check_size(context.width, context.height)
        except PictureError as error:
            raise CameraPictureError(self._config.name, str(error)) from None
        context.options = {"max_pixels": str(MAX_PIXELS)}
        stream.thread_type = "SLICE"  # frame threads would each hold a frame back
        context.thread_count = 1
        rate = stream.average_rate
        self._identity = Identity(context.name, float(rate) if rate else None)

    def _open(self) -> Any:
        begun = time.monotonic()
        try:
            return av.open(
                self._url_with_login(),
                container_options={**LIVE, "rtsp_transport": self._config.transport},
                timeout=(self._config.stall_s, self._config.stall_s),
            )
        except av.FFmpegError as error:
            raise self._opening_failed(error, time.monotonic() - begun) from None

    def _opening_failed(self, error: av.FFmpegError, waited_s: float) -> CameraError:
        name = self._config.name
        if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
            given = "refuses the login" if self._config.username else "asks for a login: give username and a password by reference"
            return CameraLoginError(name, given)
        if isinstance(error, av.TimeoutError | av.ExitError) or waited_s >= RAN_OUT * self._config.stall_s:
            return CameraSilentError(name, f"no answer within {self._config.stall_s:g} s")
        return CameraUnreachableError(name, f"{self._config.address}: {error.strerror or 'cannot be opened'}")

    def _url_with_login(self) -> str:
        """Only here, and only for the library, which takes the login nowhere else."""
        login = self._config.login()
        if login is None:
            return self._config.url
        parts = urlsplit(self._config.url)
        return urlunsplit(
            parts._replace(netloc=f"{quote(login.username, safe='')}:{quote(login.password, safe='')}@{parts.netloc}")
        )

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        for packet in self._packets(container, stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue  # a lost packet spoils pictures until the next whole one; a stream of nothing else is a stall

    def _packets(self, container: Any, stream: Any) -> Iterator[Any]:
        packets = container.demux(stream)
        while not self._stopped:
            begun = time.monotonic()
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                raise self._receiving_failed(error, time.monotonic() - begun) from None
            if packet is None:
                raise CameraEndedError(self._config.name, "ended its stream")
            yield packet

    def _receiving_failed(self, error: av.FFmpegError, waited_s: float) -> CameraError:
        if isinstance(error, av.TimeoutError | av.ExitError) or waited_s >= RAN_OUT * self._config.stall_s:
            return CameraSilentError(self._config.name, f"no picture for {self._config.stall_s:g} s")
        return CameraEndedError(self._config.name, f"broke off its stream: {error.strerror or 'unreadable'}")
