"""A feed page into the tables: SQL on an open transaction. Applying a page twice, or an old one again, changes nothing."""

import sqlite3
from datetime import datetime
from typing import Final

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
_STATE: Final = """
INSERT INTO feed_state (id, cursor, answered_at) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET cursor = max(feed_state.cursor, excluded.cursor), answered_at = excluded.answered_at
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


def apply(connection: sqlite3.Connection, page: FeedPage, now: datetime) -> tuple[RegisterEntry, ...]:
    """Keep the page's items and its cursor. Returns the register entries that took effect."""
    changed: list[RegisterEntry] = []
    for item in page.items:
        if isinstance(item.entry, OrderEntry):
            _keep_order(connection, item.cursor, item.entry.order)
        elif _keep_entry(connection, item.cursor, item.entry):
            changed.append(item.entry)
    connection.execute(_STATE, (page.cursor, now.isoformat(timespec="microseconds")))
    return tuple(changed)


def cursor(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT cursor FROM feed_state WHERE id = 1").fetchone()
    return int(row["cursor"]) if row else 0


def answered_at(connection: sqlite3.Connection) -> datetime | None:
    """When the platform last answered, by this gate's clock."""
    row = connection.execute("SELECT answered_at FROM feed_state WHERE id = 1").fetchone()
    return datetime.fromisoformat(row["answered_at"]) if row and row["answered_at"] else None


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM transport_order").fetchone()[0])
