"""The events of orders in the database, and the state that follows from them, kept where orders are found by it.

Events are kept whether or not the platform has the order yet. Whoever records or withdraws one settles the order's state with it,
in the same transaction: the state is always that of the whole set.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Row, String, Table, Text, select

from gateway.platform import bulk
from gateway.platform.database import METADATA, timestamp
from gateway.platform.orders.life import Event, Kind, Life, Stage, life_of
from gateway.platform.orders.search import FOUND

EVENTS = Table(
    "order_events",
    METADATA,
    Column("order_number", String(20), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("record", String(100), primary_key=True),
    Column("at", String(27), nullable=False),
    Column("who", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("order_events_record", "record"),
)
_LONGEST_NUMBER = 20


def record(connection: Connection, order_number: str, *events: Event) -> None:
    """Keep events of an order, each once, and settle its state. What no order can be called is not kept."""
    record_all(connection, {order_number: events})


def record_all(connection: Connection, said: Mapping[str, Sequence[Event]]) -> None:
    """The same of many orders."""
    numbers = [number for number in said if is_number(number)]
    known = _events_of_all(connection, numbers)
    rows = []
    for number in numbers:
        new = {(event.kind, event.record): event for event in said[number]}
        for event in known[number]:
            new.pop((event.kind, event.record), None)
        rows += [row_of(number, event) for event in new.values()]
        known[number] += new.values()
    bulk.add(connection, EVENTS, rows)
    _settle(connection, {number: known[number] for number in {row["order_number"] for row in rows}})


def is_number(text: str) -> bool:
    """Whether an order can be called so: a gate may name anything."""
    return text.isascii() and text.isalnum() and len(text) <= _LONGEST_NUMBER


def row_of(order_number: str, event: Event) -> dict[str, str]:
    return {
        "order_number": order_number,
        "kind": event.kind.value,
        "record": event.record,
        "at": timestamp(event.at),
        "who": event.who,
        "place": event.place,
        "reason": event.reason,
    }


def withdraw(connection: Connection, records: Collection[str]) -> None:
    """Take back all that these records said of orders, and settle those."""
    if not records:
        return
    query = select(EVENTS.c.order_number).distinct()
    numbers = {row.order_number for row in bulk.found(connection, query, EVENTS.c.record, records)}
    bulk.remove(connection, EVENTS.delete(), EVENTS.c.record, records)
    _settle(connection, _events_of_all(connection, numbers))


def _settle(connection: Connection, events: Mapping[str, Iterable[Event]]) -> None:
    """Orders that are here are found by the state that follows from their events."""
    states: dict[Stage, list[str]] = {}
    for number, of_one in events.items():
        states.setdefault(life_of(of_one).state, []).append(number)
    for state, numbers in states.items():
        for some in bulk.chunks(numbers):
            others = FOUND.c.order_number.in_(some) & (FOUND.c.state != state.value)
            connection.execute(FOUND.update().where(others).values(state=state.value))


def events_of(connection: Connection, order_number: str) -> tuple[Event, ...]:
    return tuple(_events_of_all(connection, [order_number])[order_number])


def _events_of_all(connection: Connection, numbers: Collection[str]) -> dict[str, list[Event]]:
    events: dict[str, list[Event]] = {number: [] for number in numbers}
    for row in bulk.found(connection, select(EVENTS), EVENTS.c.order_number, numbers):
        events[row.order_number].append(_event(row))
    return events


def _event(row: Row[tuple[str, ...]]) -> Event:
    return Event(Kind(row.kind), datetime.fromisoformat(row.at), row.who, row.place, row.record, row.reason)


def life(connection: Connection, order_number: str, names_seals: bool) -> Life:
    return life_of(events_of(connection, order_number), names_seals)


def states(connection: Connection, numbers: Collection[str]) -> dict[str, tuple[Stage, int | None]]:
    """State of each order, and by how many seconds it was late where it was."""
    query = select(FOUND.c.order_number, FOUND.c.state, FOUND.c.late_s)
    rows = bulk.found(connection, query, FOUND.c.order_number, numbers)
    return {row.order_number: (Stage(row.state), row.late_s) for row in rows}
