"""What servers answer is added up by family of mailboxes, and families can rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nothing was counted yet."""
    op.create_table(
        "family_answers",
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("family", sa.String(255), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False, autoincrement=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("accepted", "hard", "blocked", "refused")
        ),
        sa.PrimaryKeyConstraint("at", "family", "issue_id", name=op.f("pk_family_answers")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_family_answers_issue_id")),
    )
    op.create_table(
        "family_pauses",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("family", sa.String(255), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(140), nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended_by", sa.String(140), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_pauses")),
    )
    is_open = sa.text("ended_at IS NULL")
    op.create_index(
        *("uq_family_pauses_open", "family_pauses", ["family"]),
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_family_pauses_ended", "family_pauses", ["ended_at"])
    _watch_returns()
    if op.get_bind().dialect.name == "postgresql":
        # what it takes to make the words of a reader: a walk through all readers only looked cheaper
        op.execute("ALTER FUNCTION reader_grams(text, text) COST 4000")


def _watch_returns() -> None:
    """Rates are counted from an index alone, that holds nothing else."""
    watched = sa.text("kind = 'hard' OR kind = 'blocked' OR kind = 'complaint'")
    op.drop_index("ix_returns_watched", "returns")
    op.create_index(
        "ix_returns_watched",
        "returns",
        ["at", "kind", "family", "issue_id", "effect", "delivery_id", "subscription_id", "notice_id"],
        sqlite_where=watched,
        postgresql_where=watched,
    )
