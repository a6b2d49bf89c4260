"""Issues can be approved, held and cancelled; one-offs are ordered, tests are sent, outcomes are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_KINDS = ("confirm", "welcome", "goodbye", "move", "moving", "links", "alert", "test")
_STATES = ("waiting", "sending", "held", "cancelling", "cancelled", "done")
_UNFINISHED = ("waiting", "sending", "held", "cancelling")
_ORDER_STATES = ("waiting", "planned", "failed", "cancelled")
_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Newsletters need no approval, as before; of issues that are settled the outcomes are counted once."""
    with op.batch_alter_table("newsletters") as newsletters:
        newsletters.add_column(sa.Column("approval", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("newsletters") as newsletters:
        newsletters.alter_column("approval", server_default=None)
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f("ck_notices_kind"), type_="check")
        notices.create_check_constraint(op.f("ck_notices_kind"), _one_of("kind", _KINDS))
    with op.batch_alter_table("issues") as issues:
        issues.add_column(sa.Column("first_copy", _BIG))
        issues.add_column(sa.Column("last_copy", _BIG))
        issues.add_column(sa.Column("outcomes", sa.JSON()))
        issues.drop_constraint(op.f("ck_issues_status"), type_="check")
        issues.create_check_constraint(op.f("ck_issues_status"), _one_of("status", _STATES))
    unfinished = sa.text(_one_of("status", _UNFINISHED))
    op.create_index(
        *("ix_issues_unfinished", "issues", ["status"]),
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    _keep_orders()
    _count_outcomes()


def _keep_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(40), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("ordered_by", sa.String(140), nullable=False),
        sa.Column("ordered_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("issue_id", sa.Integer()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("token", name=op.f("uq_orders_token")),
        sa.ForeignKeyConstraint(["newsletter_id"], ["newsletters.id"], name=op.f("fk_orders_newsletter_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_orders_issue_id")),
        sa.CheckConstraint(_one_of("status", _ORDER_STATES), name=op.f("ck_orders_status")),
    )
    op.create_index("ix_orders_status", "orders", ["status", "due_at"])


def _count_outcomes() -> None:
    connection = op.get_bind()
    deliveries = sa.table("deliveries", *map(sa.column, ("id", "issue_id", "status", "reason")))
    issues = sa.table(
        "issues",
        *map(sa.column, ("id", "status", "first_copy", "last_copy")),
        sa.column("outcomes", sa.JSON()),
    )
    mine = deliveries.c
    query = sa.select(
        *(mine.issue_id, mine.status, mine.reason),
        *(sa.func.count().label("copies"), sa.func.min(mine.id).label("first")),
        sa.func.max(mine.id).label("last"),
    ).group_by(mine.issue_id, mine.status, mine.reason)
    outcomes: dict[int, dict[str, dict[str, int]]] = {}
    spans: dict[int, tuple[int, int]] = {}
    for row in connection.execute(query):
        outcomes.setdefault(row.issue_id, {}).setdefault(row.status, {})[row.reason] = row.copies
        first, last = spans.get(row.issue_id, (row.first, row.last))
        spans[row.issue_id] = min(first, row.first), max(last, row.last)
    for issue_id, (first, last) in spans.items():
        this = sa.update(issues).where(issues.c.id == issue_id)
        connection.execute(this.values(first_copy=first, last_copy=last))
        settled = this.where(issues.c.status == "done")
        connection.execute(settled.values(outcomes=outcomes[issue_id]))


def _one_of(name: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{name} = '{value}'" for value in values)
