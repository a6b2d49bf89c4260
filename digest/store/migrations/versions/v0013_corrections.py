"""Corrections have numbers of their own, and who has had a briefing is found by its number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table, and the index of what issues carry."""
    op.create_table(
        "corrections",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("briefing_id", sa.Integer(), sa.ForeignKey("briefings.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("former_revision", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind = 'corrected' OR kind = 'withdrawn'", name="kind"),
    )
    op.create_index("ix_corrections_briefing_id", "corrections", ["briefing_id"])
    op.create_index("ix_issue_briefings_number", "issue_briefings", ["number"])
