"""Orders in the database: every message is kept, the latest one of an order number counts.

A message is known by its message id. The same message again is a repetition and stores nothing; the same id with other
content is refused; another id for a known order number is a new version.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    or_,
    select,
    true,
)

from gateway.model.container_number import normalise as normalise_number
from gateway.model.transport_order import TransportOrder
from gateway.model.verdict import Outcome
from gateway.model.wire import OrderEntry
from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import ConflictError, NotFoundError
from gateway.platform.feed.store import publish
from gateway.platform.orders.messages import OrderConfirmation, OrderPage, OrderState
from gateway.platform.orders.parties import parties
from gateway.platform.webhooks.messages import Kind, OrderEvent, OrderNews
from gateway.platform.webhooks.outbox import tell

MESSAGES = Table(
    "order_messages",
    METADATA,
    Column("message_id", String(20), primary_key=True),
    Column("order_number", String(20), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("received_at", String(27), nullable=False),
    Column("content", Text, nullable=False),
    Index("order_messages_order_number", "order_number"),
)
ORDERS = Table(
    "orders",
    METADATA,
    Column("order_number", String(20), primary_key=True),
    Column("message_id", String(20), ForeignKey("order_messages.message_id"), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("search", Text, nullable=False),
    Index("orders_cursor", "cursor", unique=True),
)
PARTIES = Table(
    "order_parties",
    METADATA,
    Column("ban", String(8), primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    Column("order_number", String(20), nullable=False),
    Index("order_parties_order_number", "order_number"),
)
CONFIRMED = Table(
    "order_confirmations",
    METADATA,
    Column("order_number", String(20), primary_key=True),
    Column("gate", String(64), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("outcome", String(10), nullable=False),
    Column("decided_at", String(27), nullable=False),
    Column("lane", String(64), nullable=False),
    Column("lane_title", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message: the cursor of its version, and whether it was there already."""

    cursor: int
    repeated: bool


def folded(text: str) -> str:
    """Text as it is searched: NFKC, case folded, control characters dropped."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] != "C")


def _search_text(order: TransportOrder) -> str:
    box = order.container.number if order.container else ""
    words = (order.order_number, box, order.vehicle.plate, order.vehicle.plate_value, order.vehicle.driver)
    return "\n".join(folded(word) for word in words)


def _same(stored: str, order: TransportOrder) -> bool:
    """Compared as written strictly, so that another spelling of the same message is the same message."""
    return TransportOrder.model_validate_json(stored).model_dump_json() == order.model_dump_json()


def take(connection: Connection, order: TransportOrder, now: datetime) -> Taken:
    """Keep one message. Raises ConflictError where its id is taken by other content."""
    known = connection.execute(
        select(MESSAGES.c.cursor, MESSAGES.c.content).where(MESSAGES.c.message_id == order.message_id)
    ).first()
    if known is None:
        return Taken(_add(connection, order, now), repeated=False)
    if not _same(known.content, order):
        raise ConflictError(f"Message {order.message_id} was received before with other content; a change needs a new message id.")
    return Taken(known.cursor, repeated=True)


def _add(connection: Connection, order: TransportOrder, now: datetime) -> int:
    cursor = publish(connection, order.order_number, OrderEntry(order=order))
    message = {"message_id": order.message_id, "order_number": order.order_number, "cursor": cursor}
    connection.execute(MESSAGES.insert().values(**message, received_at=timestamp(now), content=order.model_dump_json()))
    connection.execute(ORDERS.delete().where(ORDERS.c.order_number == order.order_number))
    connection.execute(ORDERS.insert().values(**message, search=_search_text(order)))
    connection.execute(PARTIES.delete().where(PARTIES.c.order_number == order.order_number))
    if named := parties(order):
        rows = [{"ban": ban, "cursor": cursor, "order_number": order.order_number} for ban in sorted(named)]
        connection.execute(PARTIES.insert(), rows)
    news = OrderNews(order_number=order.order_number, message_id=order.message_id, cursor=cursor)
    event = OrderEvent(timestamp=now, data=news)
    tell(connection, Kind.ORDER, now, lambda firm: event if firm is None or firm in named else None)
    return cursor


def own_of(connection: Connection, numbers: Iterable[str], firm: str) -> tuple[str, ...]:
    """Those of the order numbers to whose orders the firm (BAN) is party."""
    ours = select(PARTIES.c.order_number).where(PARTIES.c.ban == firm, PARTIES.c.order_number.in_(tuple(numbers)))
    return tuple(connection.execute(ours.order_by(PARTIES.c.order_number)).scalars())


def _is_party(firm: str | None) -> ColumnElement[bool]:
    """Orders of the firm; all of them where None asks."""
    return true() if firm is None else ORDERS.c.cursor.in_(select(PARTIES.c.cursor).where(PARTIES.c.ban == firm))


def confirms_order_of(firm: str, gate: ColumnElement[str], sequence: ColumnElement[int]) -> Select[tuple[str]]:
    """The confirmation `gate`, `sequence` of an outer query, where it names an order of the firm."""
    same = PARTIES.c.order_number == CONFIRMED.c.order_number
    ours = select(CONFIRMED.c.gate).join_from(CONFIRMED, PARTIES, same).where(PARTIES.c.ban == firm)
    return ours.where(CONFIRMED.c.gate == gate, CONFIRMED.c.sequence == sequence)


def mark_confirmed(connection: Connection, order_number: str, confirmation: OrderConfirmation) -> None:
    """Link a lane's verdict to an order, whether or not the platform has that order yet."""
    values = confirmation.model_dump() | {
        "order_number": order_number,
        "decided_at": timestamp(confirmation.decided_at),
        "outcome": confirmation.outcome.value,
    }
    connection.execute(CONFIRMED.insert().values(**values))


def unmark(connection: Connection, gate: str, sequences: Iterable[int]) -> None:
    """Take back what these confirmations of a gate said of orders: a later one of the same passage says what holds."""
    connection.execute(CONFIRMED.delete().where(CONFIRMED.c.gate == gate, CONFIRMED.c.sequence.in_(tuple(sequences))))


def _states() -> Select[tuple[str, int, str, str]]:
    return select(ORDERS.c.order_number, ORDERS.c.cursor, MESSAGES.c.content, MESSAGES.c.received_at).join_from(
        ORDERS, MESSAGES, ORDERS.c.message_id == MESSAGES.c.message_id
    )


def _confirmations(connection: Connection, numbers: list[str]) -> dict[str, list[OrderConfirmation]]:
    found: dict[str, list[OrderConfirmation]] = {number: [] for number in numbers}
    query = select(CONFIRMED).where(CONFIRMED.c.order_number.in_(numbers)).order_by(CONFIRMED.c.decided_at)
    for row in connection.execute(query).mappings():
        found[row["order_number"]].append(OrderConfirmation.model_validate(dict(row)))
    return found


def _versions(connection: Connection, numbers: list[str]) -> dict[str, int]:
    number = MESSAGES.c.order_number
    query = select(number, func.count()).where(number.in_(numbers)).group_by(number)
    return {row[0]: row[1] for row in connection.execute(query)}


def _to_states(connection: Connection, rows: Iterable[Row[tuple[str, int, str, str]]]) -> tuple[OrderState, ...]:
    rows = list(rows)
    numbers = [row.order_number for row in rows]
    confirmations, versions = _confirmations(connection, numbers), _versions(connection, numbers)
    return tuple(
        OrderState(
            cursor=row.cursor,
            order=TransportOrder.model_validate_json(row.content),
            received_at=row.received_at,
            versions=versions[row.order_number],
            confirmed=any(one.outcome is Outcome.PASS for one in confirmations[row.order_number]),
            confirmations=tuple(confirmations[row.order_number]),
        )
        for row in rows
    )


def find(connection: Connection, order_number: str, firm: str | None = None) -> OrderState:
    """One order in its latest version. Raises NotFoundError, also where `firm` (BAN) is not party to it."""
    row = connection.execute(_states().where(ORDERS.c.order_number == order_number.upper(), _is_party(firm))).first()
    if row is None:
        raise NotFoundError("There is no such order here.")
    return _to_states(connection, [row])[0]


def page(
    connection: Connection, after: int, limit: int, fragment: str = "", newest: bool = False, firm: str | None = None
) -> OrderPage:
    """Orders that hold `fragment` in number, box, plate or driver, behind `after` in the chosen direction (0: from its start).

    `firm` (BAN): only those to which it is party.
    """
    query = _states().where(_is_party(firm)).order_by(ORDERS.c.cursor.desc() if newest else ORDERS.c.cursor).limit(limit + 1)
    if after:
        query = query.where(ORDERS.c.cursor < after if newest else ORDERS.c.cursor > after)
    if fragment.strip():
        wanted = {folded(fragment.strip()), folded(normalise_number(fragment))} - {""}
        query = query.where(or_(*(ORDERS.c.search.contains(text, autoescape=True) for text in sorted(wanted))))
    rows = connection.execute(query).all()
    items = _to_states(connection, rows[:limit])
    return OrderPage(items=items, cursor=items[-1].cursor if items else after, more=len(rows) > limit)


def naming(connection: Connection, numbers: Iterable[str], words: Iterable[str], limit: int) -> tuple[TransportOrder, ...]:
    """Orders of these numbers, then those whose box or plate is one of `words` (without separators), the newest first."""
    exact = {number.upper() for number in numbers}
    wanted = sorted({folded(word) for word in words} - {""})
    fits = [ORDERS.c.search.contains(word, autoescape=True) for word in wanted]
    query = _states().where(or_(ORDERS.c.order_number.in_(exact), *fits)).order_by(ORDERS.c.cursor.desc()).limit(limit)
    found = [TransportOrder.model_validate_json(row.content) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda order: order.order_number not in exact))
