"""`/api/pictures/{sha256}`: the evidence itself. A picture's name is its content, so it never changes and is stored once."""

import asyncio
import hashlib
import hmac
import re
from typing import Final

from aiohttp import web

from gateway.platform.answers import json_answer
from gateway.platform.bodies import field_problems, read_body, require_type
from gateway.platform.errors import InvalidError, JpegError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.lanes import picture_store
from gateway.platform.lanes.jpeg import jpeg_size
from gateway.platform.lanes.messages import PictureReceipt
from gateway.platform.lanes.picture_files import PictureFiles
from gateway.platform.operations import Body, Operation, Parameter, Reply

NAME = re.compile(r"[0-9a-f]{64}")
SHA256 = Parameter(
    "sha256", "path", "SHA-256 of the file, 64 hex digits in lower case", {"type": "string", "pattern": "^[0-9a-f]{64}$"}
)
FOREVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}


def _wrong(field: str, message: str) -> InvalidError:
    return InvalidError("The picture was not stored.", field_problems([(field, message)]))


def examine(sha256: str, data: bytes, most_pixels: int) -> PictureReceipt:
    """What the picture is. Raises InvalidError where the bytes are not those of that name, or no JPEG within the limit."""
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256):
        raise _wrong("sha256", "the bytes have another SHA-256; the picture was damaged on its way")
    try:
        width, height = jpeg_size(data)
    except JpegError as error:
        raise _wrong("body", str(error)) from None
    if width * height > most_pixels:
        raise _wrong("body", f"{width} by {height} pixels are more than {most_pixels}")
    return PictureReceipt(sha256=sha256, size=len(data), width=width, height=height, repeated=False)


class PictureRoutes:
    """Takes and shows pictures; tells the pages of each new one."""

    def __init__(self, foundation: Foundation, files: PictureFiles) -> None:
        self._database = foundation.database
        self._files = files
        self._live = foundation.live
        self._metrics = foundation.metrics
        self._clock = foundation.clock
        self._max_picture_bytes = foundation.settings.max_picture_bytes
        self._max_picture_pixels = foundation.settings.max_picture_pixels

    def operations(self) -> tuple[Operation, ...]:
        return (
            Operation(
                "PUT",
                "/api/pictures/{sha256}",
                self.take,
                summary="Hand in a picture of the evidence; it is on the disk when the answer comes",
                tag="lanes",
                parameters=(SHA256,),
                body=Body("The JPEG file", media="image/jpeg"),
                replies=(
                    Reply(201, "Stored", PictureReceipt),
                    Reply(200, "Was here already", PictureReceipt),
                ),
                problems=(408, 413, 415, 422, 503, 507),
                secured=True,
                by_gates=True,
            ),
            Operation(
                "GET",
                "/api/pictures/{sha256}",
                self.show,
                summary="One picture; it never changes",
                tag="lanes",
                parameters=(SHA256,),
                replies=(Reply(200, "The JPEG file", media="image/jpeg"),),
                problems=(404,),
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        sha256 = request.match_info["sha256"]
        if not NAME.fullmatch(sha256):
            raise _wrong("sha256", "wants 64 hex digits in lower case")
        require_type(request, "image/jpeg")
        data = await read_body(request, self._max_picture_bytes)
        picture = await asyncio.to_thread(examine, sha256, data, self._max_picture_pixels)
        known = await self._database.read(lambda connection: picture_store.find(connection, sha256))
        if known is not None and await asyncio.to_thread(self._files.holds, sha256, known.size):
            self._metrics.pictures.labels("repeated").inc()
            return json_answer(200, known)
        await asyncio.to_thread(self._files.keep, sha256, data)
        now = self._clock()
        await self._database.write(lambda connection: picture_store.add(connection, picture, now))
        self._metrics.pictures.labels("stored").inc()
        self._live.tell("picture", sha256=sha256)
        return json_answer(201, picture)

    async def show(self, request: web.Request) -> web.StreamResponse:
        sha256 = request.match_info["sha256"]
        if not NAME.fullmatch(sha256):
            raise NotFoundError("There is no such picture here.")
        known = await self._database.read(lambda connection: picture_store.find(connection, sha256))
        if known is None or not await asyncio.to_thread(self._files.holds, sha256, known.size):
            raise NotFoundError("There is no such picture here.")
        return web.FileResponse(self._files.path(sha256), headers=FOREVER | {"Content-Type": "image/jpeg"})
