"""The pictures' loop, on a connection of its own: each until the platform has it, in pieces, and none while a record waits.

A piece is as long as the link carries in a few seconds. So a record never waits for a whole picture, and a link that breaks now and
then, or carries a picture only in minutes, goes on where it was.
"""

import asyncio
import logging
from typing import Final

from gateway.store.gate_store import GateStore
from gateway.store.outbox import PictureState, WaitingPicture
from gateway.uplink.errors import NotOfferedError, PlatformAwayError, SetAsideError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient

PIECE_S: Final = 3.0  # for how long one piece should occupy the link
SMALLEST: Final = 16 << 10  # bytes; 2.6 s at 50 kbit/s
LARGEST: Final = 1 << 20

log = logging.getLogger(__name__)


class PictureSender:
    """`step` sends one picture, or waits until there is one. It raises what the client and the store raise."""

    def __init__(self, store: GateStore, client: PlatformClient, link: Link) -> None:
        self._store = store
        self._client = client
        self._link = link
        self._piece = SMALLEST

    async def step(self) -> None:
        self._store.wanted.clear()
        pictures = await self._store.waiting_pictures(1)
        if not pictures:
            self._link.no_longer_failing(Channel.PICTURES)
            await self._store.wanted.wait()
        for picture in pictures:
            await self._settle(picture)

    async def _settle(self, picture: WaitingPicture) -> None:
        jpeg = await asyncio.to_thread(self._read, picture.sha256)
        if jpeg is None:
            await self._store.settle_picture(picture.sha256, PictureState.VANISHED)
            log.error("picture %s of confirmation %d is no longer on this gate's disk", picture.sha256, picture.sequence)
            return
        try:
            await self._send(picture.sha256, jpeg)
        except SetAsideError as refusal:
            self._link.answered(Channel.PICTURES)
            await self._store.settle_picture(picture.sha256, PictureState.REFUSED, str(refusal))
            log.error("picture %s of confirmation %d set aside: %s", picture.sha256, picture.sequence, refusal)
            return
        self._link.answered(Channel.PICTURES)
        await self._store.settle_picture(picture.sha256, PictureState.SENT)

    async def _send(self, sha256: str, jpeg: bytes) -> None:
        await self._store.all_told.wait()
        try:
            if len(jpeg) <= self._piece:
                await self._send_whole(sha256, jpeg)
            else:
                await self._send_in_pieces(sha256, jpeg)
        except NotOfferedError:
            await self._send_whole(sha256, jpeg)  # an older platform takes pictures whole
        except PlatformAwayError:
            self._piece = SMALLEST
            raise

    async def _send_whole(self, sha256: str, jpeg: bytes) -> None:
        await self._client.hand_in(lambda platform: platform.send_picture(sha256, jpeg))

    async def _add(self, sha256: str, jpeg: bytes, offset: int, most: int) -> int:
        return await self._client.hand_in(lambda platform: platform.add_to_picture(sha256, jpeg, offset, most))

    async def _send_in_pieces(self, sha256: str, jpeg: bytes) -> None:
        now = asyncio.get_running_loop().time
        asked = now()
        received = await self._add(sha256, jpeg, 0, 0)
        round_trip_s = now() - asked
        while received < len(jpeg):
            await self._store.all_told.wait()
            begun, before = now(), received
            received = await self._add(sha256, jpeg, received, self._piece)
            if received <= before:
                raise PlatformAwayError(f"of picture {sha256} the platform had {before} bytes and now has {received}")
            a_second = (received - before) / max(now() - begun - round_trip_s, 0.001)
            self._piece = min(max(round(a_second * PIECE_S), SMALLEST), 2 * self._piece, LARGEST)

    def _read(self, sha256: str) -> bytes | None:
        """The picture's bytes; None when the file is gone or this disk can no longer read it."""
        place = self._store.pictures.path(sha256)
        try:
            return place.read_bytes() if place else None
        except OSError as error:
            log.error("picture %s cannot be read: %s", sha256, error.strerror)
            return None
