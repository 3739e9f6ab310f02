"""What the two HTTP cameras share: a source whose pictures are JPEGs that arrive over one client."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from functools import partial

import aiohttp

from gateway.ocr.cameras.camera import Clocks, Identity
from gateway.ocr.cameras.http_client import HttpCamera, Stopped
from gateway.ocr.cameras.network_camera import NetworkCamera
from gateway.ocr.frame import Shot
from gateway.ocr.picture import decode_picture


class HttpSource(ABC):
    codec = "jpeg"

    def __init__(self, config: NetworkCamera, clocks: Clocks) -> None:
        self._config = config
        self._clocks = clocks
        self._camera = HttpCamera(config)

    def identity(self) -> Identity:
        return Identity(self.codec)

    def attend(self, attentive: bool) -> None:  # noqa: B027 - right for both cameras
        """Each JPEG stands by itself: one that nobody looks at is not decoded anyway."""

    def stop(self) -> None:
        self._camera.stop()

    def shots(self) -> Generator[Shot]:
        try:
            with self._camera.opened() as session:
                for index, jpeg in enumerate(self._jpegs(session)):
                    yield Shot(self._clocks.now(), index, self._clocks.monotonic(), partial(decode_picture, jpeg))
        except Stopped:
            return

    @abstractmethod
    def _jpegs(self, session: aiohttp.ClientSession) -> Iterator[bytes]:
        """The camera's pictures as they come, not yet decoded."""
