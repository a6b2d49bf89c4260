"""Briefings have a picture, and newsletters say what their mails show of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """No briefing has a picture yet, and no newsletter shows any."""
    op.add_column("revisions", sa.Column("picture", sa.Text(), nullable=True))
    op.add_column("revisions", sa.Column("picture_alt", sa.Text(), nullable=True))
    op.add_column("newsletters", sa.Column("pictures", sa.String(8), nullable=True))
    newsletters = sa.table("newsletters", sa.column("pictures", sa.String(8)))
    op.execute(sa.update(newsletters).values(pictures="none"))
    with op.batch_alter_table("newsletters") as table:
        table.alter_column("pictures", existing_type=sa.String(8), nullable=False)
        table.create_check_constraint(
            op.f("ck_newsletters_pictures"), "pictures = 'none' OR pictures = 'linked'"
        )
