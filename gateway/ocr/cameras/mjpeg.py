"""Camera `mjpeg`: a stream of JPEGs over HTTP (multipart/x-mixed-replace)."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import ClassVar, Literal

import aiohttp
from pydantic import Field

from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.cameras.http_source import HttpSource
from gateway.ocr.cameras.multipart import MultipartPictures
from gateway.ocr.cameras.network_camera import NetworkCamera
from gateway.ocr.errors import CameraEndedError, CameraPictureError, PictureError


class MjpegCamera(NetworkCamera):
    """A camera that keeps sending JPEGs in one answer."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    type: Literal["mjpeg"] = Field("mjpeg", description="A stream of JPEGs over HTTP (multipart)")

    def source(self, clocks: Clocks) -> "MjpegSource":
        return MjpegSource(self, clocks)


class MjpegSource(HttpSource):
    codec = "mjpeg"

    def _jpegs(self, session: aiohttp.ClientSession) -> Iterator[bytes]:
        response, pictures, first = self._camera.run(self._begun(session))
        try:
            yield from first
            while True:
                yield from self._camera.run(self._next(response, pictures))
        finally:
            response.close()

    async def _begun(self, session: aiohttp.ClientSession) -> tuple[aiohttp.ClientResponse, MultipartPictures, list[bytes]]:
        """The stream with its first pictures, read in one breath with the answer's head: when a camera hangs up in the midst of a
        chunk, what it had sent before cannot be read any more."""
        response = await self._camera.get(session)
        with ExitStack() as unless_begun:
            unless_begun.callback(response.close)
            pictures = MultipartPictures(self._boundary(response))
            first = await self._next(response, pictures)
            unless_begun.pop_all()
            return response, pictures, first

    def _boundary(self, response: aiohttp.ClientResponse) -> str:
        if not response.content_type.startswith("multipart/"):
            raise CameraPictureError(self._config.name, f"sends {response.content_type}, not a stream of pictures")
        _, _, boundary = response.headers.get("Content-Type", "").partition("boundary=")
        return boundary.partition(";")[0].strip()

    async def _next(self, response: aiohttp.ClientResponse, pictures: MultipartPictures) -> list[bytes]:
        """Whatever pictures the next bytes complete; at least one."""
        while True:
            received = await response.content.readany()
            if not received:
                raise CameraEndedError(self._config.name, "ended its stream")
            try:
                if found := pictures.feed(received):
                    return found
            except PictureError as error:
                raise CameraPictureError(self._config.name, str(error)) from None
