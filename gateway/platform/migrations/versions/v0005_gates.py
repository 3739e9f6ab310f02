"""Gates: approved by a one-time code, enrolled with their evidence key, and known by their certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gates",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("evidence_key", sa.String(64), nullable=False),
        sa.Column("enrolled_at", sa.String(27), nullable=False),
        sa.Column("revoked_at", sa.String(27), nullable=True),
    )
    op.create_table(
        "gate_approvals",
        sa.Column("gate", sa.String(64), primary_key=True),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("approved_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("used_at", sa.String(27), nullable=True),
    )
    op.create_table(
        "gate_certificates",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("gate", sa.String(64), nullable=False),
        sa.Column("issued_at", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.Column("replaced_at", sa.String(27), nullable=True),
    )
    op.create_index("gate_certificates_gate", "gate_certificates", ["gate", "issued_at"])
