"""What is late is watched: slots without an issue, issues that do not move; and webhooks are told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)
_EVENTS = (
    "issue.sent",
    "reader.joined",
    "reader.left",
    "reader.bounced",
    "reader.complained",
    "alarm.raised",
    "alarm.cleared",
    "webhook.test",
)


def upgrade() -> None:
    """Nothing is watched yet."""
    op.create_table(
        "overdue",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("whose", sa.String(60), nullable=False),
        sa.Column("slot", sa.String(80), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("told_at", _INSTANT),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overdue")),
        sa.UniqueConstraint("whose", "slot", name=op.f("uq_overdue_whose_slot")),
        sa.CheckConstraint("kind = 'slot' OR kind = 'issue'", name=op.f("ck_overdue_kind")),
    )
    with op.batch_alter_table("events") as events:
        events.drop_constraint(op.f("ck_events_kind"), type_="check")
        events.create_check_constraint(
            op.f("ck_events_kind"), " OR ".join(f"kind = '{kind}'" for kind in _EVENTS)
        )
