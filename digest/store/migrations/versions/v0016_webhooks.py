"""Programs elsewhere are told what happened: webhooks, events, and changes that wait to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = (
    *("issue.sent", "reader.joined", "reader.left", "reader.bounced", "reader.complained"),
    "webhook.test",
)


def upgrade() -> None:
    """Make the tables; nobody is told anything yet."""
    op.create_table(
        "listeners",
        sa.Column("name", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_listeners")),
    )
    op.add_column(
        "standing_changes", sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _index_what_waits("ix_standing_changes_untold", "standing_changes", "untold")
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("with_addresses", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.String(100), nullable=False),
        sa.Column("old_secret", sa.String(100)),
        sa.Column("old_until", _INSTANT),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("off_at", _INSTANT),
        sa.Column("off_because", sa.String(8)),
        sa.Column("failing_since", _INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rest_until", _INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.CheckConstraint(
            "off_because IS NULL OR off_because = 'by-hand' OR off_because = 'failing' "
            "OR off_because = 'gone'",
            name=op.f("ck_webhooks_off_because"),
        ),
    )
    _keep_events()


def _keep_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("word", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("subscription_id", sa.Integer()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("word", name=op.f("uq_events_word")),
        sa.CheckConstraint(" OR ".join(f"kind = '{kind}'" for kind in _KINDS), name=op.f("ck_events_kind")),
    )
    op.create_index("ix_events_at", "events", ["at"])
    op.create_index("ix_events_subscription_id", "events", ["subscription_id"])
    _index_what_waits("ix_events_new", "events", "is_new")
    op.create_table(
        "handovers",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", _BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _INSTANT),
        sa.Column("leased_until", _INSTANT),
        sa.Column("tried_at", _INSTANT),
        sa.Column("taken_at", _INSTANT),
        sa.Column("status", sa.Integer()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_handovers_webhook_id_event_id")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_handovers_webhook_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_handovers_event_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_handovers_event_id", "handovers", ["event_id"])
    due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_handovers_due", "handovers", ["webhook_id", "due_at"], sqlite_where=due, postgresql_where=due
    )


def _index_what_waits(name: str, table: str, column: str) -> None:
    # the condition has to be that of the queries to the letter, or SQLite does not use the index: there a
    # truth is asked for as a number
    as_a_number = sa.text(f"{column} = 1")
    op.create_index(name, table, ["id"], sqlite_where=as_a_number, postgresql_where=sa.text(column))
