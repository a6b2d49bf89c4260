"""Readers subscribe, read and speak on the web: what is open to them, and what they agreed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_KINDS_BEFORE = ("confirm", "welcome", "goodbye", "move", "moving", "alert")
_KINDS = (*_KINDS_BEFORE, "links")
_ARCHIVES = ("none", "titles", "full")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and leave the newsletters of before closed to the web, as they were."""
    _open_newsletters()
    with op.batch_alter_table("topics") as topics:
        topics.add_column(sa.Column("description", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("topics") as topics:
        topics.alter_column("description", server_default=None)
    with op.batch_alter_table("notices") as notices:
        notices.drop_constraint(op.f("ck_notices_kind"), type_="check")
        notices.create_check_constraint(op.f("ck_notices_kind"), _one_of("kind", _KINDS))
    _keep_consents()
    pending = sa.text("standing = 'pending'")
    op.create_index(
        *("ix_subscriptions_pending", "subscriptions", ["began_at"]),
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_table(
        "opinions",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_opinions_subscription_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", "number", name=op.f("pk_opinions")),
    )
    op.create_index("ix_opinions_number", "opinions", ["number"])
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_until", "attempts", ["until"])


def _open_newsletters() -> None:
    with op.batch_alter_table("newsletters") as newsletters:
        for name in ("sign_up", "feedback"):
            newsletters.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        newsletters.add_column(sa.Column("archive", sa.String(8), nullable=False, server_default="none"))
    with op.batch_alter_table("newsletters") as newsletters:
        for name in ("sign_up", "feedback", "archive"):
            newsletters.alter_column(name, server_default=None)
        newsletters.create_check_constraint(op.f("ck_newsletters_archive"), _one_of("archive", _ARCHIVES))


def _keep_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("asked_from", sa.String(45), nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("confirmed_at", _INSTANT),
        sa.Column("confirmed_from", sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_consents_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_subscription_id", "consents", ["subscription_id"])


def _one_of(name: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{name} = '{value}'" for value in values)
