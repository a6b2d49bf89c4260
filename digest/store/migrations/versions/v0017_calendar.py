"""Newsletters have days on which they do not come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    """No day is quiet yet."""
    op.add_column("newsletters", sa.Column("quiet_days", sa.JSON(), nullable=True))
    newsletters = sa.table("newsletters", sa.column("quiet_days", sa.JSON()))
    op.execute(sa.update(newsletters).values(quiet_days=[]))
    with op.batch_alter_table("newsletters") as table:
        table.alter_column("quiet_days", existing_type=sa.JSON(), nullable=False)
