"""Instructions are found by the code of their message and by when they came."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("instructions", sa.Column("message_code", sa.String(5), nullable=False, server_default=""))
    _of_kept()
    op.create_index("instructions_message_code", "instructions", ["message_code", "cursor"])
    op.create_index("instructions_received_at", "instructions", ["received_at"])


def _of_kept() -> None:
    connection = op.get_bind()
    kept = sa.table("instructions", *(sa.column(name) for name in ("cursor", "content", "message_code")))
    some = sa.select(kept.c.cursor, kept.c.content).order_by(kept.c.cursor).limit(_AT_ONCE)
    coded = kept.update().where(kept.c.cursor == sa.bindparam("of")).values(message_code=sa.bindparam("code"))
    last = 0
    while rows := connection.execute(some.where(kept.c.cursor > last)).all():
        last = rows[-1].cursor
        connection.execute(coded, [{"of": row.cursor, "code": json.loads(row.content)["message_code"]} for row in rows])
