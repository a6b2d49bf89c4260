"""Newsletters have days on which they do not come, and say what new readers begin with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0014"

#: What a newsletter of before gets, so that it goes on as it did.
_AS_BEFORE: dict[str, Any] = {"quiet_days": [], "first_wishes": {}}


def upgrade() -> None:
    """No day is quiet yet, and readers begin as everywhere."""
    for name in _AS_BEFORE:
        op.add_column("newsletters", sa.Column(name, sa.JSON(), nullable=True))
    newsletters = sa.table("newsletters", *(sa.column(name, sa.JSON()) for name in _AS_BEFORE))
    op.execute(sa.update(newsletters).values(_AS_BEFORE))
    with op.batch_alter_table("newsletters") as table:
        for name in _AS_BEFORE:
            table.alter_column(name, existing_type=sa.JSON(), nullable=False)
