"""The tables of this room in the gate's file. A migration that has shipped is never changed; a new one is appended."""

from typing import Final

import sqlite_utils
from sqlite_utils.migrations import Migrations

ORDERS: Final = Migrations("orders")


@ORDERS(name="0001_orders_registers_and_cursor")
def _orders_registers_and_cursor(db: sqlite_utils.Database) -> None:
    orders = db.table("transport_order")
    orders.create(
        {
            "order_number": str,
            "cursor": int,
            "container": str,
            "plate": str,
            "driving_licence": str,
            "body": str,
        },
        pk="order_number",
        not_null={"order_number", "cursor", "plate", "driving_licence", "body"},
        strict=True,
    )
    for column in ("container", "plate", "driving_licence"):
        orders.create_index([column])
    db.table("register_entry").create(
        {"kind": str, "key": str, "cursor": int, "body": str},
        pk=("kind", "key"),
        not_null={"kind", "key", "cursor", "body"},
        strict=True,
    )
    db.table("feed_state").create({"id": int, "cursor": int, "answered_at": str}, pk="id", not_null={"cursor"}, strict=True)


@ORDERS(name="0002_cursor_of_each_kind")
def _cursor_of_each_kind(db: sqlite_utils.Database) -> None:
    """Until here every gate was sent every kind."""
    db.table("feed_cursor").create({"kind": str, "cursor": int}, pk="kind", not_null={"kind", "cursor"}, strict=True)
    for kind in ("order", "order_standing", "port_pass", "passive_seal", "vehicle_seal"):
        db.execute("INSERT INTO feed_cursor (kind, cursor) SELECT ?, cursor FROM feed_state", (kind,))
    db.execute("ALTER TABLE feed_state DROP COLUMN cursor")
