"""The outbox's loop: confirmations strictly in order, each until the platform has it.

One at a time while little waits. What waited through an outage goes in growing batches: twice as many after each that arrived, one
again after one that did not, so that a link which breaks in the middle loses little of what it had carried.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from itertools import accumulate
from typing import Final

from gateway.model.confirmation_batch import MOST_RECORDS
from gateway.model.wire import ConfirmationReceipt
from gateway.store.gate_store import GateStore
from gateway.store.outbox import RecordState, WaitingRecord
from gateway.uplink.errors import NotOfferedError, PlatformAwayError, SetAsideError
from gateway.uplink.link import Channel, Link
from gateway.uplink.platform_client import PlatformClient, settled

LARGEST_BATCH: Final = 1 << 20  # characters; some minutes on a link of 50 kbit/s

log = logging.getLogger(__name__)


class OutboxSender:
    """`step` sends what waits, or waits until there is something. It raises what the client and the store raise."""

    def __init__(self, store: GateStore, client: PlatformClient, link: Link) -> None:
        self._store = store
        self._client = client
        self._link = link
        self._at_once = 1
        self._most = MOST_RECORDS  # 1 at a platform that takes them one by one only

    async def step(self) -> None:
        self._store.committed.clear()
        records = _that_fit(await self._store.waiting(self._at_once))
        if not records:
            await self._store.committed.wait()
            return
        try:
            await self._send(records)
        except NotOfferedError:
            self._most = self._at_once = 1
            if len(records) == 1:
                raise
        except PlatformAwayError:
            self._at_once = 1
            raise
        else:
            self._at_once = min(2 * len(records), self._most)

    async def _send(self, records: Sequence[WaitingRecord]) -> None:
        if len(records) == 1:
            await self._send_one(records[0])
            return
        try:
            answers = await self._client.hand_in(lambda platform: platform.confirm_all(self._store.gate, records))
        except SetAsideError as refusal:
            # Nothing of it says which record is meant: alone, each gets an answer of its own.
            log.warning("%d confirmations at once: %s", len(records), refusal)
            for record in records:
                await self._send_one(record)
            return
        for record, answer in zip(records, [settled(answer) for answer in answers], strict=True):
            await self._settle(record, answer)

    async def _send_one(self, record: WaitingRecord) -> None:
        try:
            receipt = await self._client.hand_in(lambda platform: platform.confirm(self._store.gate, record))
        except SetAsideError as refusal:
            await self._settle(record, refusal)
        else:
            await self._settle(record, receipt)

    async def _settle(self, record: WaitingRecord, answer: ConfirmationReceipt | SetAsideError) -> None:
        self._link.answered(Channel.OUTBOX)
        if isinstance(answer, SetAsideError):
            state = RecordState.CONFLICT if answer.status == HTTPStatus.CONFLICT else RecordState.REFUSED
            await self._store.set_aside(record.sequence, state, str(answer))
            log.error("confirmation %d of passage %s set aside (%s): %s", record.sequence, record.passage_id, state, answer)
            return
        await self._store.acknowledged(record.sequence, answer.missing_pictures)


def _that_fit(records: Sequence[WaitingRecord]) -> Sequence[WaitingRecord]:
    """The first of them, and as many more as fit into one batch."""
    lengths = accumulate(len(record.body) for record in records)
    return records[: max(1, sum(length <= LARGEST_BATCH for length in lengths))]
