"""What became of copies is added up for good, so that figures only grow; old issues are taken in."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Issues in memory at a time.
_AT_A_TIME = 1000


def upgrade() -> None:
    """Make the table, and begin with what settled issues came to."""
    op.create_table(
        "totals",
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("value", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("what", "newsletter_id", "outcome", "reason", name=op.f("pk_totals")),
    )
    op.add_column("issues", sa.Column("in_totals", sa.JSON(), nullable=True))
    op.add_column("issues", sa.Column("untotalled", sa.Boolean(), nullable=False, server_default=sa.false()))
    # the condition has to be that of the queries to the letter, or SQLite does not use the index
    op.create_index(
        "ix_issues_untotalled",
        "issues",
        ["id"],
        sqlite_where=sa.text("untotalled = 1"),
        postgresql_where=sa.text("untotalled"),
    )
    _add_up()


def _add_up() -> None:
    connection = op.get_bind()
    issues = sa.table(
        "issues",
        *map(sa.column, ("id", "newsletter_id", "status")),
        *(sa.column(name, sa.JSON(none_as_null=True)) for name in ("outcomes", "in_totals")),
    )
    found: Counter[tuple[str, int, str, str]] = Counter()
    settled = sa.select(issues).where(issues.c.outcomes.isnot(None)).order_by(issues.c.id)
    after = 0
    while rows := connection.execute(settled.where(issues.c.id > after).limit(_AT_A_TIME)).all():
        for row in rows:
            found["issues", row.newsletter_id, row.status, ""] += 1
            for outcome, by_reason in row.outcomes.items():
                for reason, copies in by_reason.items():
                    found["copies", row.newsletter_id, outcome, reason] += copies
        after = rows[-1].id
    connection.execute(
        sa.update(issues).where(issues.c.outcomes.isnot(None)).values(in_totals=issues.c.outcomes)
    )
    totals = sa.table("totals", *map(sa.column, ("what", "newsletter_id", "outcome", "reason", "value")))
    names = ("what", "newsletter_id", "outcome", "reason")
    rows_to_add = [dict(zip(names, key, strict=True)) | {"value": value} for key, value in found.items()]
    if rows_to_add:
        connection.execute(sa.insert(totals), rows_to_add)
