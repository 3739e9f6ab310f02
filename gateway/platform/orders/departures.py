"""Orders that were transmitted too late: after their truck had been seen leaving at a gate.

The law asks that an order is transmitted *immediately*. A lane that lets vehicles out sees plates and boxes whatever it then
decides, and most of all where it finds no order for them. An order is late where its first message came after such a sight of its
box, or of its plate with no other box, and

- within `WINDOW` of it, as the same truck comes again tomorrow;
- not earlier than `EARLY` before the order's departure time: no lane would have used the order before;
- where the passage did not fulfil another order: that was another journey.

Which of the two came here first does not matter: a gate that was cut off tells of its sights a day late.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, RowMapping, String, Table, Text, or_, select

from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import Confirmation
from gateway.platform.database import METADATA, timestamp
from gateway.platform.orders.life import direction_of
from gateway.platform.orders.search import FOUND

WINDOW: Final = timedelta(hours=24)
EARLY: Final = timedelta(hours=LaneRules().depart_before_h)

SEEN = Table(
    "departures_seen",
    METADATA,
    Column("gate", String(64), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(17), primary_key=True),  # a plate or a box, without separators
    Column("at", String(27), nullable=False),
    Column("boxes", Text, nullable=False),  # all that were seen on the vehicle, between spaces
    Column("orders", Text, nullable=False),  # that the passage fulfilled, between spaces
    Index("departures_seen_number", "number", "at"),
)
_MOST_NUMBERS: Final = 20  # of one passage: two boxes, two plates, and what a person read otherwise


def rows_of(confirmation: Confirmation) -> list[dict[str, Any]]:
    """What a confirmation saw leaving: the numbers that were read for sure, and those that a person corrected."""
    if direction_of(confirmation) is not Direction.OUT:
        return []
    corrected = confirmation.ruling.corrections if confirmation.ruling else ()
    boxes = [box.number for box in confirmation.answer.containers if box.accepted]
    boxes += [one.corrected for one in corrected if one.subject == "container"]
    plates = [plate.number for plate in confirmation.answer.plates if plate.accepted]
    plates += [one.corrected for one in corrected if one.subject == "plate"]
    numbers = [number for number in dict.fromkeys([*boxes, *plates]) if _is_number(number)]
    values = {
        "gate": confirmation.gate,
        "sequence": confirmation.sequence,
        "at": timestamp(confirmation.opened_at),
        "boxes": _listed(boxes),
        "orders": _listed(confirmation.orders if confirmation.outcome.value == "PASS" else ()),
    }
    return [values | {"number": number} for number in numbers[:_MOST_NUMBERS]]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) <= 17


def _listed(words: Iterable[str]) -> str:
    """Between spaces. A gate may name anything: what neither a box nor an order can be called is left out."""
    return "".join(f" {word}" for word in words if word.isascii() and word.isalnum()) + " "


def see(connection: Connection, confirmation: Confirmation) -> list[str]:
    """Keep what it saw leaving. Gives the numbers of orders that may be late by it."""
    rows = rows_of(confirmation)
    if not rows:
        return []
    connection.execute(SEEN.insert(), rows)
    return _told_after(connection, [row["number"] for row in rows], confirmation.opened_at)


def forget(connection: Connection, gate: str, sequences: Iterable[int]) -> list[str]:
    """Another confirmation of the passage says what was seen. Gives the numbers of orders that may have been late by these."""
    ours = (SEEN.c.gate == gate) & SEEN.c.sequence.in_(tuple(sequences))
    rows = connection.execute(select(SEEN.c.number, SEEN.c.at).where(ours)).all()
    connection.execute(SEEN.delete().where(ours))
    return _told_after(connection, [row.number for row in rows], datetime.fromisoformat(rows[0].at)) if rows else []


def _told_after(connection: Connection, numbers: list[str], at: datetime) -> list[str]:
    """Orders of one of these boxes or plates whose first message came within the window after `at`."""
    near = (FOUND.c.issued_at > timestamp(at)) & (FOUND.c.issued_at <= timestamp(at + WINDOW))
    wanted = or_(*(FOUND.c.words.contains(f"\n{number.casefold()}\n") for number in numbers))
    return list(connection.execute(select(FOUND.c.order_number).where(near, wanted)).scalars())


def late_by(connection: Connection, order: TransportOrder, issued_at: datetime) -> int | None:
    """Seconds from when the vehicle was first seen leaving to when the order's first message came; None where it was in time."""
    box = order.container.number if order.container else ""
    numbers = {order.vehicle.plate_value, box} - {""}
    near = (SEEN.c.at >= timestamp(issued_at - WINDOW)) & (SEEN.c.at < timestamp(issued_at))
    usable = SEEN.c.at >= timestamp(order.vehicle.departure_time - EARLY)
    query = select(SEEN.c.at, SEEN.c.boxes, SEEN.c.orders).where(SEEN.c.number.in_(numbers), near, usable).order_by(SEEN.c.at)
    seen = (row for row in connection.execute(query).mappings() if _is_its(row, order.order_number, box))
    first = next(seen, None)
    return int((issued_at - datetime.fromisoformat(first["at"])).total_seconds()) if first else None


def _is_its(seen: RowMapping, order_number: str, box: str) -> bool:
    """Whether it was this journey: the vehicle fulfilled no other order, and bore no other box."""
    mine = not seen["orders"].strip() or f" {order_number} " in seen["orders"]
    return mine and (not seen["boxes"].strip() or f" {box} " in seen["boxes"])
