"""The events of orders in the database, and the state that follows from them, kept where orders are found by it.

Events are kept whether or not the platform has the order yet. Whoever records or withdraws one settles the order's state with it,
in the same transaction: the state is always that of the whole set.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Index, Row, String, Table, Text, select

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
    if not is_number(order_number):
        return
    known = {(event.kind, event.record) for event in events_of(connection, order_number)}
    rows = {(event.kind, event.record): row_of(order_number, event) for event in events}
    if new := [row for key, row in rows.items() if key not in known]:
        connection.execute(EVENTS.insert(), new)
        settle(connection, order_number)


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


def withdraw(connection: Connection, records: Iterable[str]) -> None:
    """Take back all that these records said of orders, and settle those."""
    ours = EVENTS.c.record.in_(tuple(records))
    numbers = connection.execute(select(EVENTS.c.order_number).where(ours).distinct()).scalars().all()
    connection.execute(EVENTS.delete().where(ours))
    for number in numbers:
        settle(connection, number)


def settle(connection: Connection, order_number: str) -> None:
    """Where the order is here, it is found by the state that follows from its events."""
    state = life_of(events_of(connection, order_number)).state
    connection.execute(FOUND.update().where(FOUND.c.order_number == order_number).values(state=state.value))


def events_of(connection: Connection, order_number: str) -> tuple[Event, ...]:
    return tuple(_event(row) for row in connection.execute(select(EVENTS).where(EVENTS.c.order_number == order_number)))


def _event(row: Row[tuple[str, ...]]) -> Event:
    return Event(Kind(row.kind), datetime.fromisoformat(row.at), row.who, row.place, row.record, row.reason)


def life(connection: Connection, order_number: str, names_seals: bool) -> Life:
    return life_of(events_of(connection, order_number), names_seals)


def states(connection: Connection, numbers: Iterable[str]) -> dict[str, tuple[Stage, int | None]]:
    """State of each order, and by how many seconds it was late where it was."""
    query = select(FOUND.c.order_number, FOUND.c.state, FOUND.c.late_s).where(FOUND.c.order_number.in_(tuple(numbers)))
    return {row.order_number: (Stage(row.state), row.late_s) for row in connection.execute(query)}
