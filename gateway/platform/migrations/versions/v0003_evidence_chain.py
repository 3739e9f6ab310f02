"""Each record with the link that chains it to the one before, byte for byte as it was signed, and what its chain said."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SIGNED = sa.text("key IS NOT NULL")


def upgrade() -> None:
    op.add_column("confirmations", sa.Column("chain", sa.String(20), nullable=False, server_default="unsigned"))
    op.add_column("confirmations", sa.Column("link", sa.Text, nullable=True))
    op.add_column("confirmations", sa.Column("signed_body", sa.Text, nullable=True))
    op.add_column("confirmations", sa.Column("key", sa.String(64), nullable=True))
    op.create_index("confirmations_key", "confirmations", ["gate", "cursor"], sqlite_where=_SIGNED, postgresql_where=_SIGNED)
