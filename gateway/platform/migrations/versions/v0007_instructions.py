"""Instructions and cancellations, and what of each order they may be about."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

from gateway.model.transport_order import TransportOrder
from gateway.platform.orders.needs import subject_of

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    subjects = op.create_table(
        "order_subjects",
        sa.Column("order_number", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(11), primary_key=True),
        sa.Column("value", sa.String(20), primary_key=True),
        sa.Column("first_at", sa.String(27), nullable=False),
        sa.Column("last_at", sa.String(27), nullable=False),
    )
    op.create_index("order_subjects_value", "order_subjects", ["value", "kind"])
    op.create_table(
        "instructions",
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("message_id", sa.String(20), nullable=False, unique=True),
        sa.Column("container", sa.String(17)),
        sa.Column("declaration", sa.String(20)),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("replaced_by", sa.String(20)),
        sa.Column("content", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("instructions_container", "instructions", ["container", "received_at"])
    op.create_index("instructions_declaration", "instructions", ["declaration", "received_at"])
    op.create_table(
        "order_cancellations",
        sa.Column("message_id", sa.String(20), primary_key=True),
        sa.Column("order_number", sa.String(20), nullable=False, unique=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    _of_known_orders(subjects)


def _of_known_orders(subjects: sa.Table) -> None:
    connection = op.get_bind()
    columns = ("message_id", "order_number", "received_at", "content")
    messages = sa.table("order_messages", *(sa.column(name) for name in columns))
    orders = sa.table("orders", sa.column("message_id"), sa.column("cursor"))
    every = messages.alias("every")
    first = sa.select(sa.func.min(every.c.received_at)).where(every.c.order_number == messages.c.order_number).scalar_subquery()
    known = (
        sa.select(orders.c.cursor, messages.c.content, messages.c.received_at, first.label("first_at"))
        .join_from(orders, messages, orders.c.message_id == messages.c.message_id)
        .order_by(orders.c.cursor)
    )
    last = 0
    while rows := connection.execute(known.where(orders.c.cursor > last).limit(_AT_ONCE)).all():
        last = rows[-1].cursor
        found = [row for one in rows for row in _rows(one)]
        if found:
            connection.execute(sa.insert(subjects), found)


def _rows(row: sa.Row) -> list[dict[str, str]]:  # type: ignore[type-arg]  # its columns are those asked for above
    order = TransportOrder.model_validate_json(row.content)
    subject = subject_of(order, datetime.fromisoformat(row.first_at), datetime.fromisoformat(row.received_at))
    about = [("declaration", one) for one in sorted(subject.declarations)]
    about += [("container", subject.container)] if subject.container else []
    times = {"order_number": order.order_number, "first_at": row.first_at, "last_at": row.received_at}
    return [{"kind": kind, "value": value, **times} for kind, value in about]
