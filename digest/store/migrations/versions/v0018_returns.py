"""What comes back is kept: what was said of which copy, mails that a person should look at, and scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = (
    *("delivered", "delayed", "soft", "hard", "blocked", "mailbox-full", "complaint", "auto-reply"),
    *("reply", "challenge", "unsubscribe"),
)
_WAYS = ("command", "desk", "api", "mail", "program")
_NOTICES = (
    *("confirm", "welcome", "goodbye", "move", "moving", "links", "probe", "answer", "alert", "test"),
)


def upgrade() -> None:
    """Nothing has come back yet that was kept."""
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f("ck_notices_kind"), type_="check")
        notices.create_check_constraint(op.f("ck_notices_kind"), _one_of("kind", _NOTICES))
    with op.batch_alter_table("changes") as changes:
        changes.drop_constraint(op.f("ck_changes_via"), type_="check")
        changes.create_check_constraint(op.f("ck_changes_via"), _one_of("via", _WAYS))
    op.create_table(
        "returned_mails",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_returned_mails_key")),
    )
    undone = sa.text("done_at IS NULL")
    op.create_index(
        "ix_returned_mails_open", "returned_mails", ["id"], sqlite_where=undone, postgresql_where=undone
    )
    _keep_returns()
    op.create_table(
        "bounce_scores",
        sa.Column("subscriber_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("probed_at", _INSTANT),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_bounce_scores")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_bounce_scores_subscriber_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_bounce_scores_points", "bounce_scores", ["points"])


def _keep_returns() -> None:
    of_others = {
        "mail_id": "returned_mails.id",
        "delivery_id": "deliveries.id",
        "notice_id": "notices.id",
        "subscription_id": "subscriptions.id",
        "issue_id": "issues.id",
    }
    op.create_table(
        "returns",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.String(3), nullable=False),
        sa.Column("enhanced", sa.String(12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("proof", sa.String(12), nullable=False),
        sa.Column("effect", sa.String(12), nullable=False),
        sa.Column("delivery_id", _BIG),
        sa.Column("notice_id", _BIG),
        sa.Column("subscription_id", sa.Integer()),
        sa.Column("issue_id", sa.Integer()),
        sa.Column("family", sa.String(255), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("mail_id", _BIG),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returns")),
        sa.UniqueConstraint("key", name=op.f("uq_returns_key")),
        *(
            sa.ForeignKeyConstraint([name], [key], name=op.f(f"fk_returns_{name}"), ondelete="SET NULL")
            for name, key in of_others.items()
        ),
        sa.CheckConstraint(_one_of("kind", _KINDS), name=op.f("ck_returns_kind")),
    )
    for name in ("delivery_id", "subscription_id", "mail_id"):
        op.create_index(f"ix_returns_{name}", "returns", [name])
    op.create_index("ix_returns_watched", "returns", ["at", "kind", "family"])


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)
