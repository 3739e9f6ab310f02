"""Camera `snapshot`: a single JPEG over HTTP, asked for again and again."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar, Literal

import aiohttp
from pydantic import Field

from gateway.ocr.cameras.camera import Clocks
from gateway.ocr.cameras.http_source import HttpSource
from gateway.ocr.cameras.network_camera import NetworkCamera
from gateway.ocr.errors import CameraPictureError
from gateway.ocr.picture import MAX_PICTURE_BYTES


class SnapshotCamera(NetworkCamera):
    """A camera that answers each request with its present picture."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    type: Literal["snapshot"] = Field("snapshot", description="Single JPEGs over HTTP, asked for at the reading rate")

    def source(self, clocks: Clocks) -> "SnapshotSource":
        return SnapshotSource(self, clocks)


class SnapshotSource(HttpSource):
    def _jpegs(self, session: aiohttp.ClientSession) -> Iterator[bytes]:
        due = self._clocks.monotonic()
        while True:
            yield self._camera.run(self._ask(session, due))
            due = max(due + 1 / self._config.frames_per_second, self._clocks.monotonic())

    async def _ask(self, session: aiohttp.ClientSession, due: float) -> bytes:
        """Wait for the next turn, then fetch one picture within `stall_s`, however slowly it drips."""
        await asyncio.sleep(max(due - self._clocks.monotonic(), 0))
        async with asyncio.timeout(self._config.stall_s):
            response = await self._camera.get(session)
            try:
                return await self._body(response)
            finally:
                response.release()

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        while received := await response.content.readany():
            body += received
            if len(body) > MAX_PICTURE_BYTES:
                response.close()
                raise CameraPictureError(self._config.name, f"sends a picture of more than {MAX_PICTURE_BYTES // 1024**2} MiB")
        return bytes(body)
