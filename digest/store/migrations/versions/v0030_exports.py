"""Imports at the desk may be exports of other systems: what each was taken for, and what its labels mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """The imports so far are rosters of ours."""
    op.add_column("imports", sa.Column("export", sa.JSON(none_as_null=True), nullable=True))
