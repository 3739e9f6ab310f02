"""Orders that were transmitted too late: after their truck had been seen leaving at a gate.

The law asks that an order is transmitted *immediately*. A lane that lets vehicles out sees plates and boxes whatever it then
decides, and most of all where it finds no order for them. An order is late where its first message came after such a sight of its
box, or of its plate with no other box, and

- within `WINDOW` of it, as the same truck comes again tomorrow;
- not earlier than `EARLY` before the order's departure time: no lane would have used the order before;
- where the passage did not fulfil another order: that was another journey.

Which of the two came here first does not matter: a gate that was cut off tells of its sights a day late.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Index, Row, String, Table, Text, select

from gateway.model.lane_rules import Direction, LaneRules
from gateway.model.transport_order import TransportOrder
from gateway.model.wire import Confirmation
from gateway.platform import bulk
from gateway.platform.database import METADATA, timestamp
from gateway.platform.orders.life import direction_of
from gateway.platform.orders.standing import issued_between

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


def see(connection: Connection, confirmations: Iterable[Confirmation]) -> set[str]:
    """Keep what they saw leaving. Gives the numbers of orders that may be late by it."""
    rows = [row for confirmation in confirmations for row in rows_of(confirmation)]
    bulk.add(connection, SEEN, rows)
    return _told_after(connection, [(row["number"], row["at"]) for row in rows])


def forget(connection: Connection, gate: str, sequences: Collection[int]) -> set[str]:
    """Other confirmations of the passages say what was seen. Gives the numbers of orders that may have been late by these."""
    of_gate = SEEN.c.gate == gate
    query = select(SEEN.c.number, SEEN.c.at).where(of_gate)
    seen = [(row.number, row.at) for row in bulk.found(connection, query, SEEN.c.sequence, sequences)]
    bulk.remove(connection, SEEN.delete().where(of_gate), SEEN.c.sequence, sequences)
    return _told_after(connection, seen)


def _told_after(connection: Connection, seen: Sequence[tuple[str, str]]) -> set[str]:
    """Orders of one of these boxes or plates (`number`, `at`) whose first message came within the window after it was seen.

    Of many, some are named that came within the window of another: they are looked at in vain.
    """
    if not seen:
        return set()
    times = [datetime.fromisoformat(at) for _, at in seen]
    return issued_between(connection, {number for number, _ in seen}, min(times), max(times) + WINDOW)


@dataclass(frozen=True, slots=True)
class Issue:
    """An order, when its first message came, and by how many seconds that was late as far as is known."""

    order: TransportOrder
    at: datetime
    late_s: int | None

    @property
    def numbers(self) -> frozenset[str]:
        """By which it is seen."""
        return frozenset({self.order.vehicle.plate_value, self.box} - {""})

    @property
    def box(self) -> str:
        return self.order.container.number if self.order.container else ""

    def late_by(self, seen: Iterable[Row[Any]]) -> int | None:
        """Seconds from when the vehicle was first seen leaving to when the order's first message came; None: it was in time."""
        since = timestamp(max(self.at - WINDOW, self.order.vehicle.departure_time - EARLY))
        until = timestamp(self.at)
        first = min((row.at for row in seen if since <= row.at < until and _is_its(row, self)), default=None)
        return int((self.at - datetime.fromisoformat(first)).total_seconds()) if first else None


def changed(connection: Connection, issues: Sequence[Issue]) -> dict[str, int | None]:
    """By order number, by how many seconds those were late of which something else is known so far."""
    if not issues:
        return {}
    first = timestamp(min(one.at for one in issues) - WINDOW)
    last = timestamp(max(one.at for one in issues))
    query = select(SEEN).where(SEEN.c.at >= first, SEEN.c.at < last)
    seen: dict[str, list[Row[Any]]] = {}
    for row in bulk.found(connection, query, SEEN.c.number, {number for one in issues for number in one.numbers}):
        seen.setdefault(row.number, []).append(row)
    late = {}
    for one in issues:
        late_s = one.late_by(row for number in one.numbers for row in seen.get(number, ()))
        if late_s != one.late_s:
            late[one.order.order_number] = late_s
    return late


def _is_its(seen: Row[Any], issue: Issue) -> bool:
    """Whether it was this journey: the vehicle fulfilled no other order, and bore no other box."""
    mine = not seen.orders.strip() or f" {issue.order.order_number} " in seen.orders
    return mine and (not seen.boxes.strip() or f" {issue.box} " in seen.boxes)
