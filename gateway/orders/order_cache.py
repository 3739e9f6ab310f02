"""The orders that this gate knows of, in the gate's file: filled by the feed, asked by the lanes, whole while the platform
is away.
"""

import json
import logging
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from gateway.model.feed_place import FeedPlace
from gateway.model.order_standing import OrderStanding, OrderUse
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import ENTRY_KINDS, FeedPage, RegisterEntry
from gateway.orders import feed_tables
from gateway.orders.matching import containers_of, licences_of, plates_of
from gateway.orders.register_cache import RegisterCache, stored_entries
from gateway.orders.schema import ORDERS
from gateway.store.gate_store import GateStore
from gateway.store.order_uses import uses_of

_FIND: Final = """
SELECT order_number, body FROM transport_order WHERE container IN (SELECT value FROM json_each(?))
UNION SELECT order_number, body FROM transport_order WHERE plate IN (SELECT value FROM json_each(?))
UNION SELECT order_number, body FROM transport_order WHERE driving_licence IN (SELECT value FROM json_each(?))
ORDER BY order_number
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is remembered of the tables after a page: never asked for on the event loop."""

    count: int = 0
    answered_at: datetime | None = None
    entries: tuple[RegisterEntry, ...] = ()


def _begin(connection: sqlite3.Connection, kinds: frozenset[str]) -> _Change:
    feed_tables.forget_others(connection, kinds)
    return _look(connection, stored_entries(connection))


def _look(connection: sqlite3.Connection, entries: tuple[RegisterEntry, ...]) -> _Change:
    return _Change(feed_tables.count(connection), feed_tables.answered_at(connection), entries)


class OrderCache:
    """Made with `await OrderCache.open(store)`. Every method that waits raises StoreError."""

    def __init__(self, store: GateStore, kinds: frozenset[str]) -> None:
        """Use `open`: it makes the tables and fills the registers."""
        self._store = store
        self._kinds = kinds
        self._reported: set[str] = set()
        self._remembered = _Change()
        self.registers: Final = RegisterCache()

    @classmethod
    async def open(cls, store: GateStore, kinds: frozenset[str] = ENTRY_KINDS) -> "OrderCache":
        """`kinds`: of the feed's entries that this gate needs; of others nothing is kept."""
        cache = cls(store, kinds)
        await store.migrate(ORDERS)
        cache._remember(await store.write(lambda connection: _begin(connection, kinds)))
        return cache

    def _remember(self, change: _Change) -> None:
        self._remembered = replace(change, entries=())
        self.registers.take(change.entries)

    async def apply(self, page: FeedPage, kinds: frozenset[str] | None = None) -> None:
        """Keep a page of the feed, of the kinds that were asked for: its items and its cursor in one transaction.

        A page that came before changes nothing.
        """
        now, asked = self._store.clock(), self._kinds if kinds is None else kinds

        def work(connection: sqlite3.Connection) -> _Change:
            return _look(connection, feed_tables.apply(connection, page, asked, now))

        await self._store.write(work, self._remember)

    async def place(self) -> FeedPlace:
        """What to ask the feed for next; the cursor is 0 at the very first."""
        return await self._store.read(lambda connection: feed_tables.place(connection, self._kinds))

    async def find(
        self, containers: Collection[str], plates: Collection[str], driving_licences: Collection[str]
    ) -> tuple[TransportOrder, ...]:
        """Orders that name one of these boxes, plates or licences exactly (normalised), by order number.

        A stored order that cannot be read is logged once and does not hide the others.
        """
        wanted = [json.dumps(sorted(one)) for one in (containers_of(containers), plates_of(plates), licences_of(driving_licences))]

        def work(connection: sqlite3.Connection) -> tuple[TransportOrder, ...]:
            orders = [self._read(row) for row in connection.execute(_FIND, wanted)]
            return tuple(order for order in orders if order is not None)

        return await self._store.read(work)

    async def standings(self, order_numbers: Collection[str]) -> tuple[OrderStanding, ...]:
        """How these orders stand, by order number: what other messages said of them, and which vehicles went on them here.

        An order of which nothing but its own message is known is left out.
        """
        uses = await self._store.read(lambda connection: uses_of(connection, order_numbers))
        found = (self._standing(number, uses.get(number, ())) for number in sorted(set(order_numbers)))
        return tuple(standing for standing in found if standing is not None)

    def _standing(self, number: str, uses: tuple[OrderUse, ...]) -> OrderStanding | None:
        said = self.registers.standing(number)
        if said is None:
            return OrderStanding(order_number=number, uses=uses) if uses else None
        return OrderStanding(
            order_number=number,
            state=said.state,
            inspection=said.inspection,
            notes=said.notes,
            release_conditions=said.release_conditions,
            uses=uses,
        )

    async def numbered(self, order_number: str) -> TransportOrder | None:
        """One order by its own number; None where the gate does not know it, or cannot read it."""

        def work(connection: sqlite3.Connection) -> TransportOrder | None:
            query = "SELECT order_number, body FROM transport_order WHERE order_number = ?"
            row = connection.execute(query, (order_number,)).fetchone()
            return self._read(row) if row else None

        return await self._store.read(work)

    def _read(self, row: sqlite3.Row) -> TransportOrder | None:
        try:
            return TransportOrder.model_validate_json(row["body"])
        except ValidationError:
            if row["order_number"] not in self._reported:
                self._reported.add(row["order_number"])
                log.error("stored order %s cannot be read and is left out", row["order_number"])
            return None

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the platform last answered, restarts included; None if it never has. Never negative."""
        answered_at = self._remembered.answered_at
        return max(0.0, (now - answered_at).total_seconds()) if answered_at else None

    @property
    def count(self) -> int:
        """How many orders are kept."""
        return self._remembered.count
