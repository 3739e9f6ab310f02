"""The vehicles of orders stand among their subjects, where a lane that has seen one leave looks for its orders."""

import sqlalchemy as sa
from alembic import op

from gateway.model.transport_order import TransportOrder

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_AT_ONCE = 500


def upgrade() -> None:
    connection = op.get_bind()
    names = ("order_number", "kind", "value", "first_at", "last_at")
    subjects = sa.table("order_subjects", *(sa.column(name, sa.String) for name in names))
    messages = sa.table("order_messages", *map(sa.column, ("message_id", "order_number", "received_at", "content")))
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
        read = [(TransportOrder.model_validate_json(row.content), row) for row in rows]
        found = [
            {
                "order_number": order.order_number,
                "kind": "plate",
                "value": order.vehicle.plate_value,
                "first_at": row.first_at,
                "last_at": row.received_at,
            }
            for order, row in read
            if order.vehicle.plate_value
        ]
        if found:
            connection.execute(sa.insert(subjects), found)
