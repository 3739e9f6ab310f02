"""What happened to each order and the state that follows, what was seen leaving, and what orders are found by."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from gateway.model.transport_order import TransportOrder
from gateway.model.wire import Confirmation
from gateway.platform.orders import departures, life_store, search
from gateway.platform.orders.life import Event, Kind, events_of, issued, life_of

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_CURSOR = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_LATE = sa.text("late_s IS NOT NULL")
_AT_ONCE = 500
logger = logging.getLogger(__name__)


def upgrade() -> None:
    events, found, seals, seen = _events(), _found(), _seals(), _seen()
    _status_links()
    op.drop_column("orders", "search")
    _of_known_orders(events, found, seals)
    _of_known_confirmations(events, seen)
    _settle(events, found)
    if op.get_bind().dialect.name == "sqlite":
        _index_by_fts5()
    else:
        _index_by_pg_trgm()


def _events() -> sa.Table:
    made = op.create_table(
        "order_events",
        sa.Column("order_number", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("record", sa.String(100), primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("order_events_record", "order_events", ["record"])
    return made


def _found() -> sa.Table:
    made = op.create_table(
        "order_search",
        sa.Column("cursor", _CURSOR, primary_key=True, autoincrement=False),
        sa.Column("order_number", sa.String(20), nullable=False),
        sa.Column("issued_at", sa.String(27), nullable=False),
        sa.Column("departs_at", sa.String(27), nullable=False),
        sa.Column("origin", sa.String(8), nullable=False),
        sa.Column("destination", sa.String(8), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("late_s", sa.Integer, nullable=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("alike", sa.Text, nullable=False),
    )
    op.create_index("order_search_order_number", "order_search", ["order_number"], unique=True)
    op.create_index("order_search_issued_at", "order_search", ["issued_at"])
    op.create_index("order_search_departs_at", "order_search", ["departs_at"])
    op.create_index("order_search_origin", "order_search", ["origin", "cursor"])
    op.create_index("order_search_destination", "order_search", ["destination", "cursor"])
    op.create_index("order_search_state", "order_search", ["state", "cursor"])
    op.create_index("order_search_late", "order_search", ["cursor"], sqlite_where=_LATE, postgresql_where=_LATE)
    return made


def _seals() -> sa.Table:
    made = op.create_table(
        "order_seals",
        sa.Column("number", sa.String(17), primary_key=True),
        sa.Column("cursor", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.create_index("order_seals_cursor", "order_seals", ["cursor"])
    return made


def _seen() -> sa.Table:
    made = op.create_table(
        "departures_seen",
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.String(17), primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("boxes", sa.Text, nullable=False),
        sa.Column("orders", sa.Text, nullable=False),
    )
    op.create_index("departures_seen_number", "departures_seen", ["number", "at"])
    return made


def _status_links() -> None:
    op.create_table(
        "order_status_links",
        sa.Column("token_sha256", sa.String(64), primary_key=True),
        sa.Column("order_number", sa.String(20), nullable=False),
        sa.Column("firm", sa.String(8), nullable=True),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
    )
    op.create_index("order_status_links_order_number", "order_status_links", ["order_number"])


def _index_by_fts5() -> None:
    op.execute(
        f"CREATE VIRTUAL TABLE {search.TRIGRAMS} USING fts5"
        "(alike, content='order_search', content_rowid='cursor', tokenize='trigram case_sensitive 1')"
    )
    op.execute(f"INSERT INTO {search.TRIGRAMS} ({search.TRIGRAMS}) VALUES ('rebuild')")
    op.execute(
        "CREATE TRIGGER order_search_kept AFTER INSERT ON order_search BEGIN"
        f" INSERT INTO {search.TRIGRAMS} (rowid, alike) VALUES (new.cursor, new.alike); END"
    )
    op.execute(
        "CREATE TRIGGER order_search_dropped AFTER DELETE ON order_search BEGIN"
        f" INSERT INTO {search.TRIGRAMS} ({search.TRIGRAMS}, rowid, alike) VALUES ('delete', old.cursor, old.alike); END"
    )


def _index_by_pg_trgm() -> None:
    """An extension that comes with PostgreSQL; where it is missing or may not be set up, a search reads all orders."""
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except DBAPIError as error:
        logger.warning("search of orders will be slow: the extension pg_trgm is not there (%s)", type(error.orig).__name__)
        return
    op.execute("CREATE INDEX order_search_alike ON order_search USING gin (alike gin_trgm_ops)")


# What is here already ---------------------------------------------------------------------------------------------------


def _insert(table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.get_bind().execute(sa.insert(table), rows)


def _pages(query: sa.Select[Any], cursor: sa.ColumnElement[int]) -> Iterator[list[sa.Row[Any]]]:
    """All rows, some at a time; `cursor` is one of the columns and named so."""
    last = 0
    while rows := op.get_bind().execute(query.where(cursor > last).order_by(cursor).limit(_AT_ONCE)).all():
        last = rows[-1].cursor
        yield list(rows)


def _of_known_orders(events: sa.Table, found: sa.Table, seals: sa.Table) -> None:
    names = ("message_id", "order_number", "cursor", "received_at", "content")
    messages = sa.table("order_messages", *map(sa.column, names))
    orders = sa.table("orders", sa.column("message_id"), sa.column("cursor"))
    first = messages.alias("first")
    issued_at = sa.select(sa.func.min(first.c.received_at)).where(first.c.order_number == messages.c.order_number)
    latest = sa.select(orders.c.cursor.label("latest")).where(orders.c.message_id == messages.c.message_id)
    query = sa.select(messages, issued_at.scalar_subquery().label("issued_at"), latest.scalar_subquery().label("latest"))
    for page in _pages(query, messages.c.cursor):
        read = [(row, TransportOrder.model_validate_json(row.content)) for row in page]
        _insert(
            events,
            [life_store.row_of(order.order_number, issued(order, datetime.fromisoformat(row.received_at))) for row, order in read],
        )
        current = [(row, order) for row, order in read if row.latest is not None]
        _insert(found, [search.row_of(row.cursor, order, row.issued_at) for row, order in current])
        numbers = [(row.cursor, {seal.number for seal in order.seals}) for row, order in current]
        _insert(seals, [{"number": number, "cursor": cursor} for cursor, named in numbers for number in sorted(named)])


def _of_known_confirmations(events: sa.Table, seen: sa.Table) -> None:
    """Of each passage the latest confirmation says what holds."""
    confirmations = sa.table("confirmations", *map(sa.column, ("cursor", "gate", "passage_id", "sequence", "content")))
    later = confirmations.alias("later")
    same = (later.c.gate == confirmations.c.gate) & (later.c.passage_id == confirmations.c.passage_id)
    overruled = sa.exists().where(same, later.c.sequence > confirmations.c.sequence)
    query = sa.select(confirmations.c.cursor, confirmations.c.content).where(~overruled)
    for page in _pages(query, confirmations.c.cursor):
        for row in page:
            confirmation = Confirmation.model_validate_json(row.content)
            said = {(number, event) for number, event in events_of(confirmation) if life_store.is_number(number)}
            _insert(events, [life_store.row_of(number, event) for number, event in said])
            _insert(seen, departures.rows_of(confirmation))


def _settle(events: sa.Table, found: sa.Table) -> None:
    """States of the orders of which more is known than that they were issued."""
    connection = op.get_bind()
    moved = sa.select(events.c.order_number).where(events.c.kind != Kind.ISSUED.value).distinct()
    for number in connection.execute(moved).scalars().all():
        rows = connection.execute(sa.select(events).where(events.c.order_number == number))
        known = [Event(Kind(row.kind), datetime.fromisoformat(row.at), row.who, row.place, row.record, row.reason) for row in rows]
        state = life_of(known).state.value
        connection.execute(found.update().where(found.c.order_number == number).values(state=state))
