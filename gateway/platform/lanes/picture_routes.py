"""`/api/pictures/{sha256}`: the evidence itself. A picture's name is its content, so it never changes and is stored once."""

import asyncio
import hashlib
import hmac
import re
from typing import Final

from aiohttp import web

from gateway.model.wire import LENGTH_FIELD, OFFSET_FIELD, PictureProgress
from gateway.platform.accounts.roles import Right
from gateway.platform.accounts.viewer import viewer_of
from gateway.platform.answers import json_answer
from gateway.platform.bodies import field_problems, header_integer, read_body, require_type
from gateway.platform.errors import InvalidError, JpegError, NotFoundError
from gateway.platform.foundation import Foundation
from gateway.platform.lanes import confirmation_store, picture_store
from gateway.platform.lanes.awaited_pictures import AwaitedPictures
from gateway.platform.lanes.confirmation_routes import GATE, SEQUENCE, sequence_of
from gateway.platform.lanes.jpeg import jpeg_size
from gateway.platform.lanes.messages import PictureReceipt
from gateway.platform.lanes.passage_view import pictures_named
from gateway.platform.lanes.picture_files import PictureFiles
from gateway.platform.operations import Body, Operation, Parameter, Reply
from gateway.platform.orders.audience import Audience

NAME = re.compile(r"[0-9a-f]{64}")
SHA256 = Parameter(
    "sha256", "path", "SHA-256 of the file, 64 hex digits in lower case", {"type": "string", "pattern": "^[0-9a-f]{64}$"}
)
PIECE_TYPE: Final = "application/partial-upload"
PIECE: Final = (
    Parameter(
        OFFSET_FIELD, "header", "Where the piece begins in the file, bytes", {"type": "integer", "minimum": 0}, required=True
    ),
    Parameter(LENGTH_FIELD, "header", "Length of the whole file, bytes", {"type": "integer", "minimum": 1}, required=True),
)
FILE: Final = (
    Reply(200, "The JPEG file", media="image/jpeg"),
    Reply(206, "The part of it that `Range` names", media="image/jpeg"),
    Reply(304, "What `If-None-Match` names, or `If-Modified-Since`, still holds", media=""),
    Reply(412, "It is not what `If-Match` names, or newer than `If-Unmodified-Since`", media=""),
    Reply(416, "It has no such part", media=""),
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

    def __init__(self, foundation: Foundation, files: PictureFiles, awaited: AwaitedPictures) -> None:
        self._database = foundation.database
        self._files = files
        self._audience, self._awaited = Audience(foundation), awaited
        self._metrics = foundation.metrics
        self._clock = foundation.clock
        self._max_picture_bytes = foundation.settings.max_picture_bytes
        self._max_picture_pixels = foundation.settings.max_picture_pixels
        self._one_piece_at_a_time = asyncio.Lock()

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
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
            Operation(
                "PATCH",
                "/api/pictures/{sha256}",
                self.take_piece,
                summary="Hand in a picture in pieces, over a link that is slow or breaks; an empty piece asks how much is here",
                tag="lanes",
                parameters=(SHA256, *PIECE),
                body=Body("Bytes of the JPEG file, from the offset on", media=PIECE_TYPE),
                replies=(
                    Reply(202, "How much is here; go on from there", PictureProgress),
                    Reply(201, "All is here, and stored", PictureProgress),
                    Reply(200, "Was here already", PictureProgress),
                ),
                problems=(400, 408, 413, 415, 422, 503, 507),
                right=Right.SERVE_LANES,
                by_gates=True,
            ),
            Operation(
                "GET",
                "/api/pictures/{sha256}",
                self.show,
                summary="One picture; it never changes",
                tag="lanes",
                parameters=(SHA256,),
                replies=FILE,
                problems=(404,),
            ),
            Operation(
                "GET",
                "/api/confirmations/{gate}/{sequence}/pictures/{sha256}",
                self.show_of_passage,
                summary="One picture that a confirmation names",
                tag="lanes",
                parameters=(GATE, SEQUENCE, SHA256),
                replies=FILE,
                problems=(404,),
                for_firms=True,
            ),
        )

    async def take(self, request: web.Request) -> web.Response:
        sha256 = request.match_info["sha256"]
        if not NAME.fullmatch(sha256):
            raise _wrong("sha256", "wants 64 hex digits in lower case")
        require_type(request, "image/jpeg")
        data = await read_body(request, self._max_picture_bytes)
        picture = await asyncio.to_thread(examine, sha256, data, self._max_picture_pixels)
        known = await self._known(sha256)
        if known is not None:
            self._metrics.pictures.labels("repeated").inc()
            return json_answer(200, known)
        await self._store(picture, data)
        return json_answer(201, picture)

    async def take_piece(self, request: web.Request) -> web.Response:
        sha256 = request.match_info["sha256"]
        if not NAME.fullmatch(sha256):
            raise _wrong("sha256", "wants 64 hex digits in lower case")
        require_type(request, PIECE_TYPE)
        length = header_integer(request, LENGTH_FIELD, 1, self._max_picture_bytes)
        offset = header_integer(request, OFFSET_FIELD, 0, length)
        known = await self._known(sha256)
        if known is not None:
            self._metrics.pictures.labels("repeated").inc()
            return json_answer(200, PictureProgress(sha256=sha256, received=known.size))
        piece = await read_body(request, length - offset)
        async with self._one_piece_at_a_time:
            received = await asyncio.to_thread(self._files.begun, sha256)
            if received == offset:
                await asyncio.to_thread(self._files.add, sha256, piece)
                received += len(piece)
            if received < length:
                return json_answer(202, PictureProgress(sha256=sha256, received=received))
            data = await asyncio.to_thread(self._files.finish, sha256)
        picture = await asyncio.to_thread(examine, sha256, data, self._max_picture_pixels)
        await self._store(picture, data)
        return json_answer(201, PictureProgress(sha256=sha256, received=picture.size))

    async def _known(self, sha256: str) -> PictureReceipt | None:
        """The picture that is here; None where its row or its file is missing."""
        known = await self._database.read(lambda connection: picture_store.find(connection, sha256))
        return known if known is not None and await asyncio.to_thread(self._files.holds, sha256, known.size) else None

    async def _store(self, picture: PictureReceipt, data: bytes) -> None:
        sha256 = picture.sha256
        await asyncio.to_thread(self._files.keep, sha256, data)
        now = self._clock()
        await self._database.write(lambda connection: picture_store.add(connection, picture, now))
        self._metrics.pictures.labels("stored").inc()
        await self._audience.tell("picture", self._awaited.came(sha256), sha256=sha256)

    async def show(self, request: web.Request) -> web.StreamResponse:
        sha256 = request.match_info["sha256"]
        if not NAME.fullmatch(sha256):
            raise NotFoundError("There is no such picture here.")
        if await self._known(sha256) is None:
            raise NotFoundError("There is no such picture here.")
        return web.FileResponse(self._files.path(sha256), headers=FOREVER | {"Content-Type": "image/jpeg"})

    async def show_of_passage(self, request: web.Request) -> web.StreamResponse:
        """A picture that a confirmation names, for whom the confirmation concerns."""
        sequence, gate, firm = sequence_of(request), request.match_info["gate"], viewer_of(request).firm
        if sequence is None:
            raise NotFoundError("There is no such confirmation here.")
        state = await self._database.read(lambda connection: confirmation_store.find(connection, gate, sequence, firm))
        if request.match_info["sha256"] not in pictures_named(state.confirmation):
            raise NotFoundError("There is no such picture here.")
        return await self.show(request)
