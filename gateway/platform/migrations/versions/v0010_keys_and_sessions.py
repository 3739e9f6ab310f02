"""Keys of programs; one-time passwords; from where somebody has signed in; the trail by time."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("one_time_until", sa.String(27), nullable=True))
    op.create_index("accounts_firm", "accounts", ["firm"])
    op.execute(sa.text("DELETE FROM sessions"))  # they do not know from where they came: everybody signs in anew, once
    op.add_column("sessions", sa.Column("address", sa.String(45), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("browser", sa.String(60), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("new_factor", sa.String(64), nullable=True))
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(12), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("firm", sa.String(8), nullable=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("last_used_at", sa.String(27), nullable=True),
        sa.Column("revoked_at", sa.String(27), nullable=True),
    )
    op.create_index("api_keys_firm", "api_keys", ["firm"])
