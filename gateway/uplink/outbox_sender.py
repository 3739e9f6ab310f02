"""The outbox's loop: confirmations strictly in order, each until the platform has it."""

import logging
from http import HTTPStatus
from typing import Final

from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState, WaitingRecord
from gateway.uplink.errors import SetAsideError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient

RECORDS_AT_A_TIME: Final = 20  # some ten kB each

log = logging.getLogger(__name__)


class OutboxSender:
    """`step` sends what waits, or waits until there is something. It raises what the client and the store raise."""

    def __init__(self, store: GateStore, client: PlatformClient, link: Link) -> None:
        self._store = store
        self._client = client
        self._link = link

    async def step(self) -> None:
        self._store.committed.clear()
        records = await self._store.waiting(RECORDS_AT_A_TIME)
        if not records:
            await self._store.committed.wait()
        for record in records:
            await self._send(record)

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
