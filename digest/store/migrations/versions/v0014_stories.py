"""Briefings that tell of the same event form a story."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; what came out before is in no story."""
    op.create_table(
        "stories",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer()),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    with op.batch_alter_table("briefings") as briefings:
        briefings.add_column(sa.Column("story_id", sa.Integer()))
        briefings.create_foreign_key(op.f("fk_briefings_story_id_stories"), "stories", ["story_id"], ["id"])
    op.create_index("ix_briefings_story_id", "briefings", ["story_id"])
    op.create_table(
        "story_joins",
        sa.Column("briefing_id", sa.Integer(), sa.ForeignKey("briefings.id"), primary_key=True),
        sa.Column("joined_by", sa.String(140), nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
    )
    op.create_table(
        "story_splits",
        sa.Column("one_id", sa.Integer(), sa.ForeignKey("briefings.id"), primary_key=True),
        sa.Column("other_id", sa.Integer(), sa.ForeignKey("briefings.id"), primary_key=True),
        sa.Column("split_by", sa.String(140), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("one_id < other_id", name="order"),
    )
    op.create_index("ix_story_splits_other_id", "story_splits", ["other_id"])
    op.create_table(
        "story_signs",
        sa.Column("sign", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("briefing_id", sa.Integer(), sa.ForeignKey("briefings.id"), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_signs_briefing_id", "story_signs", ["briefing_id"])
    op.create_table(
        "issue_stories",
        sa.Column("issue_id", sa.Integer(), sa.ForeignKey("issues.id"), primary_key=True),
        sa.Column("round", sa.Integer(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("beside", sa.Integer(), primary_key=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_earlier", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_issue_stories_beside", "issue_stories", ["beside"])
