"""Accounts with their sessions and audit trail; the desk's claims and rulings."""

import sqlalchemy as sa
from alembic import op

from gateway.platform.database import CURSOR

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("login", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(30), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("second_factor", sa.String(64), nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(32), sa.ForeignKey("accounts.login"), nullable=False),
        sa.Column("form_token", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("seen_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("login", sa.String(32), primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("locked_until", sa.String(27), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("cursor", CURSOR, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "desk_claims",
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("passage_id", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
    )
    op.create_table(
        "desk_rulings",
        sa.Column("ruling_id", sa.String(36), primary_key=True),
        sa.Column("gate", sa.String(64), nullable=False),
        sa.Column("passage_id", sa.String(64), nullable=False),
        sa.Column("login", sa.String(32), nullable=False),
        sa.Column("decided_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("answer", sa.String(30), nullable=True),
        sa.Column("answered_at", sa.String(27), nullable=True),
    )
    op.create_index("desk_rulings_passage", "desk_rulings", ["gate", "passage_id", "decided_at"])
