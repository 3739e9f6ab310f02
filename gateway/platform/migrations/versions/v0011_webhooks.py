"""Webhooks, and the events that wait for them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("firm", sa.String(8), nullable=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("kinds", sa.String(100), nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("failing_since", sa.String(27), nullable=True),
        sa.Column("next_attempt_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "webhook_events",
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("webhook_id", sa.String(36), sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_status", sa.Integer, nullable=True),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("delivered_at", sa.String(27), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("webhook_events_webhook", "webhook_events", ["webhook_id", "cursor"])
    waits = sa.text("delivered_at IS NULL")
    op.create_index(
        "webhook_events_waiting", "webhook_events", ["webhook_id", "cursor"], sqlite_where=waits, postgresql_where=waits
    )
