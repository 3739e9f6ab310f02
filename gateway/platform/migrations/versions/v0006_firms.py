"""Firms' accounts, and whose each order is."""

import sqlalchemy as sa
from alembic import op

from gateway.model.transport_order import TransportOrder
from gateway.platform.orders.parties import parties

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("accounts", sa.Column("firm", sa.String(8), nullable=True))
    of_orders = op.create_table(
        "order_parties",
        sa.Column("ban", sa.String(8), primary_key=True),
        sa.Column("cursor", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("order_number", sa.String(20), nullable=False),
    )
    op.create_index("order_parties_order_number", "order_parties", ["order_number"])
    _of_known_orders(of_orders)


def _of_known_orders(of_orders: sa.Table) -> None:
    connection = op.get_bind()
    messages = sa.table("order_messages", sa.column("message_id"), sa.column("content"))
    orders = sa.table("orders", sa.column("message_id"), sa.column("cursor"))
    same = orders.c.message_id == messages.c.message_id
    known = sa.select(orders.c.cursor, messages.c.content).join_from(orders, messages, same).order_by(orders.c.cursor)
    last = 0
    while rows := connection.execute(known.where(orders.c.cursor > last).limit(_AT_ONCE)).all():
        last = rows[-1].cursor
        read = [(row.cursor, TransportOrder.model_validate_json(row.content)) for row in rows]
        named = [
            {"ban": ban, "cursor": cursor, "order_number": order.order_number}
            for cursor, order in read
            for ban in sorted(parties(order))
        ]
        if named:
            connection.execute(sa.insert(of_orders), named)
