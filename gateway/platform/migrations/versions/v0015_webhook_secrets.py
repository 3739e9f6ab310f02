"""Secrets of webhooks that were changed: good for a while beside the new ones."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_old_secrets",
        sa.Column("webhook_id", sa.String(36), sa.ForeignKey("webhooks.id"), primary_key=True),
        sa.Column("secret", sa.String(80), primary_key=True),
        sa.Column("good_until", sa.String(27), nullable=False),
    )
