"""The registers, the history of each entry, what only one entry may have, and what gates say of their health."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_entries",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("firm", sa.String(8), nullable=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("expires_on", sa.String(10), nullable=True),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
    op.create_index("register_entries_firm", "register_entries", ["firm", "kind", "key"])
    op.create_index("register_entries_expires_on", "register_entries", ["kind", "expires_on"])
    op.create_table(
        "register_changes",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("firm", sa.String(8), nullable=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "register_claims",
        sa.Column("claim", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
    )
    op.create_index("register_claims_key", "register_claims", ["kind", "key"])
    op.create_table(
        "gate_health",
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("heard_at", sa.String(27), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
    )
