"""The first tables: orders and their messages, the register, the feed, confirmations, conflicts and pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CURSOR = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _feed()
    _orders()
    _confirmations()
    _pictures()


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("cursor", _CURSOR, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "key", name="feed_kind_key"),
        sqlite_autoincrement=True,
    )


def _orders() -> None:
    op.create_table(
        "order_messages",
        sa.Column("message_id", sa.String(20), primary_key=True),
        sa.Column("order_number", sa.String(20), nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("order_messages_order_number", "order_messages", ["order_number"])
    op.create_table(
        "orders",
        sa.Column("order_number", sa.String(20), primary_key=True),
        sa.Column("message_id", sa.String(20), sa.ForeignKey("order_messages.message_id"), nullable=False),
        sa.Column("cursor", sa.BigInteger, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
    )
    op.create_index("orders_cursor", "orders", ["cursor"], unique=True)
    op.create_table(
        "order_confirmations",
        sa.Column("order_number", sa.String(20), primary_key=True),
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=False),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("lane_title", sa.Text, nullable=False),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("cursor", _CURSOR, primary_key=True, autoincrement=True),
        sa.Column("gate", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("passage_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("gate", "sequence", name="confirmations_gate_sequence"),
        sqlite_autoincrement=True,
    )
    op.create_index("confirmations_decided_at", "confirmations", ["decided_at", "cursor"])
    op.create_table(
        "confirmation_conflicts",
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("received_at", sa.String(27), nullable=False),
    )
