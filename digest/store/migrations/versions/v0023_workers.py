"""Many machines: a roll of who sends, and the scripts of the engine's own tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody works yet."""
    op.create_table(
        "workers",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(140), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("heard_at", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT),
        sa.Column("because", sa.String(140), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("issue_id", sa.Integer()),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("copies", _BIG, nullable=False),
        sa.Column("per_second", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        sa.UniqueConstraint("owner", name=op.f("uq_workers_owner")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_workers_issue_id")),
    )
    op.create_index(op.f("ix_workers_until"), "workers", ["until"])
    op.create_table(
        "engine_scripts",
        sa.Column("name", sa.String(140), nullable=False),
        sa.Column("run_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_engine_scripts")),
    )
