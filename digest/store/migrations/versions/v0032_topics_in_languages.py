"""Topics have names in the languages of their readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Those there are have none yet: everybody goes on seeing their one title."""
    with op.batch_alter_table("topics") as topics:
        topics.add_column(sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("topics") as topics:
        topics.alter_column("translations", server_default=None)
