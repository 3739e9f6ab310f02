"""Records whose evidence chain is broken are found at once, however many there are that are whole."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    alarm = sa.text("chain NOT IN ('whole', 'unsigned')")
    op.create_index("confirmations_alarms", "confirmations", ["gate", "sequence"], sqlite_where=alarm, postgresql_where=alarm)
