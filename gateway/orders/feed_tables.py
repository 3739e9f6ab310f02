"""A feed page into the tables: SQL on an open transaction. Applying a page twice, or an old one again, changes nothing."""

import json
import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import Final

from gateway.model.feed_place import FeedPlace
from gateway.model.port_pass import PortPass
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import (
    FeedPage,
    OrderEntry,
    OrderStandingEntry,
    PassiveSealEntry,
    PortPassEntry,
    RegisterEntry,
    VehicleSealEntry,
)
from gateway.orders.matching import normalise_licence

_ORDER: Final = """
INSERT INTO transport_order (order_number, cursor, container, plate, driving_licence, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (order_number) DO UPDATE SET cursor = excluded.cursor, container = excluded.container, plate = excluded.plate,
    driving_licence = excluded.driving_licence, body = excluded.body
WHERE excluded.cursor >= transport_order.cursor
"""
_ENTRY: Final = """
INSERT INTO register_entry (kind, key, cursor, body) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET cursor = excluded.cursor, body = excluded.body
WHERE excluded.cursor >= register_entry.cursor
"""
_CURSOR: Final = """
INSERT INTO feed_cursor (kind, cursor) VALUES (?, ?)
ON CONFLICT (kind) DO UPDATE SET cursor = max(feed_cursor.cursor, excluded.cursor)
"""
_ANSWERED: Final = """
INSERT INTO feed_state (id, answered_at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET answered_at = excluded.answered_at
"""


def register_key(entry: RegisterEntry) -> str:
    """What makes two entries of one kind the same; card numbers are compared case-folded."""
    match entry:
        case PortPassEntry():
            port_pass = PortPass.parse(entry.technology, entry.uid)
            return f"{port_pass.technology}:{port_pass.uid}"
        case PassiveSealEntry():
            return entry.epc.casefold()
        case VehicleSealEntry():
            return str(entry.serial)
        case OrderStandingEntry():
            return entry.order_number


def _keep_order(connection: sqlite3.Connection, cursor: int, order: TransportOrder) -> None:
    connection.execute(
        _ORDER,
        (
            order.order_number,
            cursor,
            order.container.number if order.container else None,
            order.vehicle.plate_value,
            normalise_licence(order.vehicle.driving_licence),
            order.model_dump_json(),
        ),
    )


def _keep_entry(connection: sqlite3.Connection, cursor: int, entry: RegisterEntry) -> bool:
    """False when a later version of the entry is there already."""
    return connection.execute(_ENTRY, (entry.kind, register_key(entry), cursor, entry.model_dump_json())).rowcount == 1


def apply(connection: sqlite3.Connection, page: FeedPage, kinds: Collection[str], now: datetime) -> tuple[RegisterEntry, ...]:
    """Keep the page's items of the kinds that were asked for, and its cursor. Returns the register entries that took effect."""
    changed: list[RegisterEntry] = []
    for item in page.items:
        if item.entry.kind not in kinds:  # an older platform sends them all
            continue
        if isinstance(item.entry, OrderEntry):
            _keep_order(connection, item.cursor, item.entry.order)
        elif _keep_entry(connection, item.cursor, item.entry):
            changed.append(item.entry)
    reached = page.cursor if page.more else max(page.cursor, *_cursors(connection).values(), 0)
    connection.executemany(_CURSOR, [(kind, reached) for kind in kinds])
    connection.execute(_ANSWERED, (now.isoformat(timespec="microseconds"),))
    return tuple(changed)


def _cursors(connection: sqlite3.Connection) -> dict[str, int]:
    return {row["kind"]: row["cursor"] for row in connection.execute("SELECT kind, cursor FROM feed_cursor")}


def place(connection: sqlite3.Connection, kinds: Collection[str]) -> FeedPlace:
    """Where the gate stands with these kinds: those that are behind the others are asked for first, until they have caught up."""
    known = _cursors(connection)
    cursors = {kind: known.get(kind, 0) for kind in kinds}
    after = min(cursors.values(), default=0)
    return FeedPlace(after, frozenset(kind for kind, cursor in cursors.items() if cursor == after), after < max(cursors.values()))


def forget_others(connection: sqlite3.Connection, kinds: Collection[str]) -> None:
    """A gate keeps nothing of the registers that it does not need; when it needs them again, they come again from the beginning."""
    needed = (json.dumps(sorted(kinds)),)
    connection.execute("DELETE FROM register_entry WHERE kind NOT IN (SELECT value FROM json_each(?))", needed)
    connection.execute("DELETE FROM feed_cursor WHERE kind NOT IN (SELECT value FROM json_each(?))", needed)


def answered_at(connection: sqlite3.Connection) -> datetime | None:
    """When the platform last answered, by this gate's clock."""
    row = connection.execute("SELECT answered_at FROM feed_state WHERE id = 1").fetchone()
    return datetime.fromisoformat(row["answered_at"]) if row and row["answered_at"] else None


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM transport_order").fetchone()[0])
