"""The outbox's loop: confirmations strictly in order, each until the platform has it; pictures when no record waits."""

import asyncio
import logging
from http import HTTPStatus
from typing import Final

from gateway.model.backoff import Backoff
from gateway.store.gate_store import GateStore
from gateway.store.outbox import PictureState, RecordState, WaitingPicture, WaitingRecord
from gateway.uplink.errors import CredentialsError, PlatformAwayError, SetAsideError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient

RECORDS_AT_A_TIME: Final = 20  # some ten kB each

log = logging.getLogger(__name__)


class OutboxSender:
    """`step` does one piece of work, or waits until there is some. It raises what the client and the store raise.

    A platform that takes records and fails at pictures (its disk may be full) still gets every new record at once.
    """

    def __init__(self, store: GateStore, client: PlatformClient, link: Link, picture_backoff: Backoff) -> None:
        self._store = store
        self._client = client
        self._link = link
        self._picture_backoff = picture_backoff

    async def step(self) -> None:
        self._store.committed.clear()
        if not await self._send_records() and not await self._send_pictures():
            await self._store.committed.wait()

    async def _send_records(self) -> bool:
        records = await self._store.waiting(RECORDS_AT_A_TIME)
        for record in records:
            await self._send(record)
        return bool(records)

    async def _send_pictures(self) -> bool:
        """One picture, so that a new record never waits for more than one."""
        pictures = await self._store.waiting_pictures(1)
        for picture in pictures:
            try:
                await self._send_picture(picture)
                self._picture_backoff.reset()
            except (PlatformAwayError, CredentialsError) as error:
                self._link.failed(Channel.PICTURES, str(error))
                await self._link.pause(self._picture_backoff.next_s(), self._store.committed)
        return bool(pictures)

    async def _send(self, record: WaitingRecord) -> None:
        try:
            receipt = await self._client.put_confirmation(self._store.gate, record)
        except SetAsideError as refusal:
            self._link.answered(Channel.OUTBOX)
            state = RecordState.CONFLICT if refusal.status == HTTPStatus.CONFLICT else RecordState.REFUSED
            await self._store.set_aside(record.sequence, state, str(refusal))
            log.error("confirmation %d of passage %s set aside (%s): %s", record.sequence, record.passage_id, state, refusal)
            return
        self._link.answered(Channel.OUTBOX)
        await self._store.acknowledged(record.sequence, receipt.missing_pictures)

    async def _send_picture(self, picture: WaitingPicture) -> None:
        jpeg = await asyncio.to_thread(self._read, picture.sha256)
        if jpeg is None:
            await self._store.settle_picture(picture.sha256, PictureState.VANISHED)
            self._link.no_longer_failing(Channel.PICTURES)
            log.error("picture %s of confirmation %d is no longer on this gate's disk", picture.sha256, picture.sequence)
            return
        try:
            await self._client.put_picture(picture.sha256, jpeg)
        except SetAsideError as refusal:
            self._link.answered(Channel.PICTURES)
            await self._store.settle_picture(picture.sha256, PictureState.REFUSED, str(refusal))
            log.error("picture %s of confirmation %d set aside: %s", picture.sha256, picture.sequence, refusal)
            return
        self._link.answered(Channel.PICTURES)
        await self._store.settle_picture(picture.sha256, PictureState.SENT)

    def _read(self, sha256: str) -> bytes | None:
        """The picture's bytes; None when the file is gone or this disk can no longer read it."""
        place = self._store.pictures.path(sha256)
        try:
            return place.read_bytes() if place else None
        except OSError as error:
            log.error("picture %s cannot be read: %s", sha256, error.strerror)
            return None
