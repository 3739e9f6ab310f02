"""Tells the site's own broker of every confirmation, in order, at least once. It acknowledges nothing: a record stays in the outbox
until the platform has it, whatever a broker has taken.

What the broker was told is remembered in the gate's file. It begins with the first confirmation after a broker was named.
"""

import asyncio
import logging
import sqlite3
from functools import partial
from typing import Final

import sqlite_utils
from sqlite_utils.migrations import Migrations

from gateway.model.backoff import Backoff
from gateway.model.clock import RandomBytes
from gateway.store import outbox
from gateway.store.errors import StoreBusyError, StoreFullError
from gateway.store.gate_store import GateStore
from gateway.store.outbox import WaitingRecord
from gateway.uplink.broker import Broker, BrokerSettings
from gateway.uplink.errors import BrokerAwayError, TokenError, TrustError

RECORDS_AT_A_TIME: Final = 20
LOOK_EVERY_S: Final = 1.0  # who listens at a broker is no light at a lane
PUBLISHED: Final = Migrations("publisher")

log = logging.getLogger(__name__)


@PUBLISHED(name="0001_published")
def _published(db: sqlite_utils.Database) -> None:
    db.table("published").create({"id": int, "sequence": int}, pk="id", not_null={"sequence"}, strict=True)


class Publisher:
    """`run` until cancelled. `last`: the sequence number of the record that the broker was told last; -1 before `run` looked."""

    def __init__(self, store: GateStore, settings: BrokerSettings, random: RandomBytes) -> None:
        self._store, self._settings = store, settings
        self._backoff = Backoff(settings.retry_first_s, settings.retry_cap_s, random)
        self.last = -1

    async def run(self) -> None:
        """Raises StoreError where the store is damaged or closed; a broker that is away, or refuses, is waited for."""
        await self._store.migrate(PUBLISHED)
        self.last = await self._store.write(_begin)
        broker = f"broker {self._settings.host}:{self._settings.port}"
        lost = ""
        while True:
            try:
                async with Broker.connected(self._settings, f"gateway-{self._store.gate}") as connection:
                    log.info("%s answers; confirmations after %d are published", broker, self.last)
                    lost = ""
                    await self._publish_all(connection)
            except (BrokerAwayError, TrustError, TokenError, StoreFullError, StoreBusyError) as error:
                if str(error) != lost:
                    log.warning("%s: %s; what is not published yet is kept", broker, error)
                lost = str(error)
            await asyncio.sleep(self._backoff.next_s())

    async def _publish_all(self, broker: Broker) -> None:
        while True:
            records = await self._store.after(self.last, RECORDS_AT_A_TIME)
            for record in records:
                await broker.publish(self._topic(), record.body.encode(), self._fields(record))
                await self._store.write(partial(_remember, sequence=record.sequence))
                self.last = record.sequence
                self._backoff.reset()
            if not records:
                await asyncio.sleep(LOOK_EVERY_S)

    def _topic(self) -> str:
        return f"{self._settings.topic}/{self._store.gate}/confirmations"

    def _fields(self, record: WaitingRecord) -> dict[str, str]:
        """As user properties: by gate and sequence a listener knows what it has heard before; the link proves the record."""
        own = {"gate": self._store.gate, "sequence": str(record.sequence)}
        return own | (record.link.fields() if record.link else {})


def _begin(connection: sqlite3.Connection) -> int:
    """What was published last; at the first time, everything that there is counts as published."""
    row = connection.execute("SELECT sequence FROM published WHERE id = 1").fetchone()
    if row is not None:
        return int(row["sequence"])
    last = outbox.last_sequence(connection)
    _remember(connection, last)
    return last


def _remember(connection: sqlite3.Connection, sequence: int) -> None:
    connection.execute("INSERT OR REPLACE INTO published (id, sequence) VALUES (1, ?)", (sequence,))
