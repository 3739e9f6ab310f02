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
from gateway.ocr.cameras.live_decoding import LiveDecoding
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

# A lane wants the picture of now: probe little. What was probed is kept (no `nobuffer`): it is the key frame that a camera
# begins with, and without it the first picture is that of the next one.
LIVE: Final = {
    "probesize": "32768",
    "analyzeduration": "0",
    "fpsprobesize": "0",
    "protocol_whitelist": "rtsp,rtp,udp,tcp",
}
# The library's own wait counts in two places; a little less than all of the patience is certainly a wait that ran out.
RAN_OUT: Final = 0.9
TORN_TOO_LONG: Final = 0.8  # of the patience: said before silence is, because it names the cause


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
        self._attentive = True
        self._identity = Identity("")

    def identity(self) -> Identity:
        return self._identity

    def attend(self, attentive: bool) -> None:
        self._attentive = attentive

    def stop(self) -> None:
        """Takes effect at the next packet, or when the wait for it runs out (`stall_s`): the library cannot be woken."""
        self._stopped = True

    def shots(self) -> Generator[Shot]:
        with closing(self._open()) as container:
            if not container.streams.video:
                raise CameraPictureError(self._config.name, "its stream holds no video")
            stream = container.streams.video[0]
            self._prepare(stream)
            yield from self._shots(container, stream)

    def _shots(self, container: Any, stream: Any) -> Iterator[Shot]:
        decoding = LiveDecoding(self._config.stall_s)
        index, whole_at = 0, self._clocks.monotonic()
        for packet in self._packets(container, stream):
            at, arrived = self._clocks.now(), self._clocks.monotonic()
            for frame in decoding.frames(packet, self._attentive):
                yield Shot(at, index, arrived, partial(developed, frame))
                index += 1
            whole_at = whole_at if decoding.torn else arrived
            if arrived - whole_at > TORN_TOO_LONG * self._config.stall_s:
                raise CameraPictureError(self._config.name, f"sends no whole picture: parts get lost over {self._config.transport}")

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
                metadata_errors="replace",  # a camera may write its name in Big5; nobody reads it here
                timeout=(self._config.stall_s, self._config.stall_s),
            )
        except av.FFmpegError as error:
            raise self._opening_failed(error, time.monotonic() - begun) from None

    def _opening_failed(self, error: av.FFmpegError, waited_s: float) -> CameraError:
        name = self._config.name
        if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
            asked = "asks for a login: give username, and password_file or password_env"
            return CameraLoginError(name, "refuses the login" if self._config.username else asked)
        if isinstance(error, av.TimeoutError | av.ExitError) or waited_s >= RAN_OUT * self._config.stall_s:
            return CameraSilentError(name, f"no answer within {self._config.stall_s:g} s")
        if isinstance(error, av.InvalidDataError):
            return CameraUnreachableError(name, f"{self._config.address}: gives no RTSP stream of pictures")
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
            if time.monotonic() - begun >= RAN_OUT * self._config.stall_s:
                raise self._silent()  # the library gives its last, old picture when its wait runs out
            yield packet

    def _receiving_failed(self, error: av.FFmpegError, waited_s: float) -> CameraError:
        if isinstance(error, av.TimeoutError | av.ExitError) or waited_s >= RAN_OUT * self._config.stall_s:
            return self._silent()
        return CameraEndedError(self._config.name, f"broke off its stream: {error.strerror or 'unreadable'}")

    def _silent(self) -> CameraSilentError:
        return CameraSilentError(self._config.name, f"no picture for {self._config.stall_s:g} s")
