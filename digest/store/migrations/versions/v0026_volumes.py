"""Old issues are bound into volumes: their copies are kept by reader and cohort instead of row by row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nothing is bound yet."""
    op.create_table(
        "volumes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_issue", sa.Integer(), nullable=False),
        sa.Column("last_issue", sa.Integer(), nullable=False),
        sa.Column("next_subscription", sa.Integer(), nullable=False),
        sa.Column("last_subscription", sa.Integer(), nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("bound_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volumes")),
    )
    is_open = sa.text("bound_at IS NULL")
    op.create_index("ix_volumes_open", "volumes", ["id"], sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "leaves",
        sa.Column("volume_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("first_subscription", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("last_subscription", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("volume_id", "first_subscription", name=op.f("pk_leaves")),
        sa.ForeignKeyConstraint(["volume_id"], ["volumes.id"], name=op.f("fk_leaves_volume_id")),
    )
    op.add_column("issues", sa.Column("volume_id", sa.Integer(), nullable=True))
    op.create_index("ix_issues_volume_id_due_at", "issues", ["volume_id", "due_at"])
