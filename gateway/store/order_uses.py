"""Which vehicles went on which order through this gate: a line per order of every passage that was let go."""

import json
import sqlite3
from collections.abc import Collection

from gateway.model.order_standing import OrderUse
from gateway.model.passage import Passage
from gateway.model.verdict import Outcome
from gateway.store.outbox import timestamp


def note_uses(connection: sqlite3.Connection, passage: Passage) -> None:
    """Part of storing a passage, in its transaction: noted once however often the record is stored."""
    if passage.verdict is None:
        return
    if passage.outcome is not Outcome.PASS:
        connection.execute("DELETE FROM order_use WHERE passage_id = ?", (passage.passage_id,))  # a green that was taken back
        return
    ruling = passage.ruling
    at = ruling.at if ruling else passage.verdict.decided_at
    connection.executemany(
        "INSERT OR IGNORE INTO order_use (order_number, passage_id, lane, direction, at) VALUES (?, ?, ?, ?, ?)",
        [
            (number, passage.passage_id, passage.lane, passage.rules.direction, timestamp(at))
            for number in sorted(set(passage.orders))
        ],
    )


def uses_of(connection: sqlite3.Connection, order_numbers: Collection[str]) -> dict[str, tuple[OrderUse, ...]]:
    """The uses of these orders, oldest first."""
    rows = connection.execute(
        "SELECT order_number, passage_id, lane, direction, at FROM order_use "
        "WHERE order_number IN (SELECT value FROM json_each(?)) ORDER BY at, passage_id",
        (json.dumps(sorted(order_numbers)),),
    )
    found: dict[str, list[OrderUse]] = {}
    for row in rows:
        use = OrderUse(lane=row["lane"], direction=row["direction"], at=row["at"], passage_id=row["passage_id"])
        found.setdefault(row["order_number"], []).append(use)
    return {number: tuple(uses) for number, uses in found.items()}
