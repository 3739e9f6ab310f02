"""Orders in the database: every message is kept, the latest one of an order number counts.

A message is known by its message id. The same message again is a repetition and stores nothing; the same id with other
content is refused; another id for a known order number is a new version.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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
    select,
    true,
)

from gateway.model.transport_order import TransportOrder, is_order_number
from gateway.model.verdict import Outcome
from gateway.model.wire import OrderEntry
from gateway.platform import bulk
from gateway.platform.database import METADATA, timestamp
from gateway.platform.errors import ConflictError, NotFoundError
from gateway.platform.feed.store import publish_all
from gateway.platform.orders import departures, life_store, search
from gateway.platform.orders.departures import Issue
from gateway.platform.orders.life import issued
from gateway.platform.orders.messages import OrderConfirmation, OrderPage, OrderState
from gateway.platform.orders.parties import parties
from gateway.platform.orders.search import ANYTHING, FOUND, Range, Wanted
from gateway.platform.orders.standing import cancellations, orders_come, standings
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
    """What became of a message: the cursor of its version, whether it was there already, and whether the order is late by it."""

    cursor: int
    repeated: bool
    late: bool = False


def _same(stored: str, order: TransportOrder) -> bool:
    """Compared as written strictly, so that another spelling of the same message is the same message."""
    return TransportOrder.model_validate_json(stored).model_dump_json() == order.model_dump_json()


def take(connection: Connection, order: TransportOrder, now: datetime) -> Taken:
    """Keep one message. Raises ConflictError where its id is taken by other content, or its order was cancelled."""
    (taken,) = take_all(connection, [order], now)
    if isinstance(taken, ConflictError):
        raise taken
    return taken


def take_all(connection: Connection, orders: Iterable[TransportOrder], now: datetime) -> list[Taken | ConflictError]:
    """Keep messages in their order, each judged by itself: what is refused keeps nothing else out."""
    return [taken for run in _runs(orders) for taken in _take_run(connection, run, now)]


def _runs(orders: Iterable[TransportOrder]) -> Iterator[list[TransportOrder]]:
    """One after another as they come, so that no two of a run have to do with one another."""
    run: list[TransportOrder] = []
    names: set[tuple[str, str]] = set()
    for order in orders:
        ours = {("message", order.message_id), ("order", order.order_number)}
        if names & ours or len(run) == bulk.AT_ONCE:
            yield run
            run, names = [], set()
        run.append(order)
        names |= ours
    yield run


def _take_run(connection: Connection, run: list[TransportOrder], now: datetime) -> Iterator[Taken | ConflictError]:
    query = select(MESSAGES.c.message_id, MESSAGES.c.cursor, MESSAGES.c.content)
    here = bulk.found(connection, query, MESSAGES.c.message_id, [order.message_id for order in run])
    known = {row.message_id: row for row in here}
    strangers = [order for order in run if order.message_id not in known]
    standing = standings(connection, [order.order_number for order in strangers])
    cancelled = {number for number, one in standing.items() if one.state == "cancelled"}
    added = _add(connection, [order for order in strangers if order.order_number not in cancelled], now)
    for order in run:
        if order.order_number in added:
            yield added[order.order_number]
        elif order.message_id not in known:
            yield ConflictError(
                f"Order {order.order_number} was cancelled; a cancelled order is not corrected. Issue one with a new number."
            )
        elif _same(known[order.message_id].content, order):
            yield Taken(known[order.message_id].cursor, repeated=True)
        else:
            yield ConflictError(
                f"Message {order.message_id} was received before with other content; a change needs a new message id."
            )


def _add(connection: Connection, orders: list[TransportOrder], now: datetime) -> dict[str, Taken]:
    """Keep new messages of as many orders, and say of each order what became of it."""
    if not orders:
        return {}
    orders_come(connection, orders, now)
    cursors = publish_all(connection, [(order.order_number, OrderEntry(order=order)) for order in orders])
    versions = dict(zip(cursors, orders, strict=True))
    first = {order.order_number: timestamp(now) for order in orders} | _first_received(connection, orders)
    _keep(connection, versions, now)
    search.keep(connection, {cursor: (order, first[order.order_number]) for cursor, order in versions.items()})
    life_store.record_all(connection, {order.order_number: [issued(order, now)] for order in orders})
    late = _settle(connection, [Issue(order, datetime.fromisoformat(first[order.order_number]), late_s=None) for order in orders])
    tell(connection, Kind.ORDER, now, [_news(cursor, order, now) for cursor, order in versions.items()])
    return {
        order.order_number: Taken(cursor, repeated=False, late=order.order_number in late) for cursor, order in versions.items()
    }


def _first_received(connection: Connection, orders: Iterable[TransportOrder]) -> dict[str, str]:
    """When the first messages came of those of the orders that are here already. Times as `timestamp` writes them."""
    query = select(MESSAGES.c.order_number, func.min(MESSAGES.c.received_at).label("first")).group_by(MESSAGES.c.order_number)
    numbers = [order.order_number for order in orders]
    return {row.order_number: row.first for row in bulk.found(connection, query, MESSAGES.c.order_number, numbers)}


def _keep(connection: Connection, versions: Mapping[int, TransportOrder], now: datetime) -> None:
    """The messages, and that each is its order's latest version from now on."""
    rows = [
        {"message_id": order.message_id, "order_number": order.order_number, "cursor": cursor} for cursor, order in versions.items()
    ]
    received_at = timestamp(now)
    contents = [order.model_dump_json() for order in versions.values()]
    messages = zip(rows, contents, strict=True)
    bulk.add(connection, MESSAGES, [row | {"received_at": received_at, "content": content} for row, content in messages])
    for table in (ORDERS, PARTIES):
        bulk.remove(connection, table.delete(), table.c.order_number, [order.order_number for order in versions.values()])
    bulk.add(connection, ORDERS, rows)
    named = [(ban, cursor, order.order_number) for cursor, order in versions.items() for ban in sorted(parties(order))]
    bulk.add(connection, PARTIES, [{"ban": ban, "cursor": cursor, "order_number": number} for ban, cursor, number in named])


def _news(cursor: int, order: TransportOrder, now: datetime) -> Callable[[str | None], OrderEvent | None]:
    event = OrderEvent(timestamp=now, data=OrderNews(order_number=order.order_number, message_id=order.message_id, cursor=cursor))
    named = parties(order)
    return lambda firm: event if firm is None or firm in named else None


def settle_late(connection: Connection, numbers: Collection[str]) -> int:
    """Set anew by how much these orders were late. Gives how many are late that were not known to be."""
    query = _states().add_columns(FOUND.c.issued_at, FOUND.c.late_s).join(FOUND, FOUND.c.cursor == ORDERS.c.cursor)
    rows = bulk.found(connection, query, ORDERS.c.order_number, numbers)
    return len(
        _settle(
            connection,
            [
                Issue(TransportOrder.model_validate_json(row.content), datetime.fromisoformat(row.issued_at), row.late_s)
                for row in rows
            ],
        )
    )


def _settle(connection: Connection, issues: list[Issue]) -> set[str]:
    """The orders that are late and were not known to be."""
    changed = departures.changed(connection, issues)
    for number, late_s in changed.items():
        connection.execute(FOUND.update().where(FOUND.c.order_number == number).values(late_s=late_s))
    known = {issue.order.order_number for issue in issues if issue.late_s is not None}
    return {number for number, late_s in changed.items() if late_s is not None} - known


def _is_party(firm: str | None) -> ColumnElement[bool]:
    """Orders of the firm; all of them where None asks."""
    return true() if firm is None else ORDERS.c.cursor.in_(select(PARTIES.c.cursor).where(PARTIES.c.ban == firm))


def confirms_order_of(firm: str, gate: ColumnElement[str], sequence: ColumnElement[int]) -> Select[tuple[str]]:
    """The confirmation `gate`, `sequence` of an outer query, where it names an order of the firm."""
    same = PARTIES.c.order_number == CONFIRMED.c.order_number
    ours = select(CONFIRMED.c.gate).join_from(CONFIRMED, PARTIES, same).where(PARTIES.c.ban == firm)
    return ours.where(CONFIRMED.c.gate == gate, CONFIRMED.c.sequence == sequence)


def own_named(connection: Connection, gate: str, sequence: int, firm: str) -> tuple[str, ...]:
    """Which orders of the firm (BAN) a confirmation names."""
    same = PARTIES.c.order_number == CONFIRMED.c.order_number
    ours = select(CONFIRMED.c.order_number).join_from(CONFIRMED, PARTIES, same).where(PARTIES.c.ban == firm)
    named = ours.where(CONFIRMED.c.gate == gate, CONFIRMED.c.sequence == sequence).order_by(CONFIRMED.c.order_number)
    return tuple(connection.execute(named).scalars())


def mark_confirmed(connection: Connection, said: Iterable[tuple[str, OrderConfirmation]]) -> None:
    """Link lanes' verdicts to orders, whether or not the platform has those yet; what no order is called stays without."""
    rows = [
        confirmation.model_dump()
        | {
            "order_number": order_number,
            "decided_at": timestamp(confirmation.decided_at),
            "outcome": confirmation.outcome.value,
        }
        for order_number, confirmation in said
        if is_order_number(order_number)
    ]
    bulk.add(connection, CONFIRMED, rows)


def unmark(connection: Connection, gate: str, sequences: Collection[int]) -> None:
    """Take back what these confirmations of a gate said of orders: a later one of the same passage says what holds."""
    bulk.remove(connection, CONFIRMED.delete().where(CONFIRMED.c.gate == gate), CONFIRMED.c.sequence, sequences)


def _states() -> Select[tuple[str, int, str, str]]:
    return select(ORDERS.c.order_number, ORDERS.c.cursor, MESSAGES.c.content, MESSAGES.c.received_at).join_from(
        ORDERS, MESSAGES, ORDERS.c.message_id == MESSAGES.c.message_id
    )


def _confirmations(connection: Connection, numbers: list[str]) -> dict[str, list[OrderConfirmation]]:
    found: dict[str, list[OrderConfirmation]] = {number: [] for number in numbers}
    query = (
        select(CONFIRMED)
        .where(CONFIRMED.c.order_number.in_(numbers))
        .order_by(CONFIRMED.c.decided_at, CONFIRMED.c.gate, CONFIRMED.c.sequence)
    )
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
    standing, cancelled = standings(connection, numbers), cancellations(connection, numbers)
    lives = life_store.states(connection, numbers)
    return tuple(
        OrderState(
            cursor=row.cursor,
            order=TransportOrder.model_validate_json(row.content),
            received_at=row.received_at,
            versions=versions[row.order_number],
            confirmed=any(one.outcome is Outcome.PASS for one in confirmations[row.order_number]),
            state=lives[row.order_number][0],
            late_s=lives[row.order_number][1],
            confirmations=tuple(confirmations[row.order_number]),
            standing=standing[row.order_number],
            cancellation=cancelled.get(row.order_number),
        )
        for row in rows
    )


def find(connection: Connection, order_number: str, firm: str | None = None) -> OrderState:
    """One order in its latest version. Raises NotFoundError, also where `firm` (BAN) is not party to it."""
    named = _states().where(ORDERS.c.order_number == order_number.upper(), _is_party(firm))
    row = connection.execute(named).first() if is_order_number(order_number.upper()) else None
    if row is None:
        raise NotFoundError("There is no such order here.")
    return _to_states(connection, [row])[0]


def page(connection: Connection, part: Range, wanted: Wanted = ANYTHING, firm: str | None = None) -> OrderPage:
    """The orders that fit all that is wanted. Where none is spelt like the fragment, those that look like it.

    `firm` (BAN): only those to which it is party.
    """
    ours = select(PARTIES.c.cursor).where(PARTIES.c.ban == firm).subquery() if firm else None
    one_more = replace(part, limit=part.limit + 1)
    found = search.cursors(connection, wanted, one_more, ours)
    similar = not found and bool(wanted.fragment.strip()) and not search.cursors(connection, wanted, Range(0, 1, True), ours)
    if similar:
        found = search.cursors(connection, wanted, one_more, ours, similar=True)
    items = _of(connection, found[: part.limit])
    more = len(found) > part.limit
    return OrderPage(items=items, cursor=items[-1].cursor if items else part.after, more=more, similar=similar and bool(items))


def _of(connection: Connection, cursors: list[int]) -> tuple[OrderState, ...]:
    rows = {row.cursor: row for row in connection.execute(_states().where(ORDERS.c.cursor.in_(cursors)))}
    return _to_states(connection, [rows[cursor] for cursor in cursors])


def naming(connection: Connection, numbers: Iterable[str], words: Iterable[str], limit: int) -> tuple[TransportOrder, ...]:
    """Orders of these numbers, then those whose box or plate is one of `words` (without separators), the newest first."""
    exact = {number.upper() for number in numbers if is_order_number(number.upper())}
    spelt = search.spelt(connection, words)
    cursors = list(connection.execute(spelt.limit(limit)).scalars()) if spelt is not None else []
    fits = ORDERS.c.order_number.in_(exact) | ORDERS.c.cursor.in_(cursors)
    rows = connection.execute(_states().where(fits).order_by(ORDERS.c.cursor.desc()).limit(limit))
    found = [TransportOrder.model_validate_json(row.content) for row in rows]
    return tuple(sorted(found, key=lambda order: order.order_number not in exact))
