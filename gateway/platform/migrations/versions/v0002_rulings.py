"""A passage may be confirmed twice, by its lane and by a person: both are found by the passage."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("confirmations_passage", "confirmations", ["gate", "passage_id", "sequence"])
