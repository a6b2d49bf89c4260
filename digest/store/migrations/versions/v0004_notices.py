"""Mails to one person that are no issue have a table; newsletters say whether they welcome and take leave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KINDS = ("confirm", "welcome", "goodbye", "move", "moving", "alert")
_STATES = (
    *("planned", "sending", "sent", "deferred"),
    *("refused", "expired", "uncertain", "skipped"),
)
_OPEN = ("planned", "sending", "deferred", "uncertain")


def upgrade() -> None:
    """Make the table of notices, and let every newsletter welcome those who confirm."""
    with op.batch_alter_table("newsletters") as newsletters:
        newsletters.add_column(sa.Column("welcome", sa.Boolean(), nullable=False, server_default=sa.true()))
        newsletters.add_column(sa.Column("goodbye", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("newsletters") as newsletters:
        newsletters.alter_column("welcome", server_default=None)
        newsletters.alter_column("goodbye", server_default=None)
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "notices",
        sa.Column("id", big, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("occasion", sa.String(80), nullable=False),
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer()),
        sa.Column("address", sa.String(320)),
        sa.Column("address_key", sa.String(400)),
        sa.Column("cadence_id", sa.Integer()),
        sa.Column("profile_id", sa.Integer()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("retry_at", instant),
        sa.Column("owner", sa.String(40)),
        sa.Column("lease_until", instant),
        sa.Column("started_at", instant),
        sa.Column("sent_at", instant),
        sa.Column("answered_at", instant),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}s.id"], name=op.f(f"fk_notices_{one}_id"))
            for one in ("newsletter", "subscription", "cadence", "profile")
        ),
        sa.CheckConstraint(_one_of("kind", _KINDS), name=op.f("ck_notices_kind")),
        sa.CheckConstraint(_one_of("status", _STATES), name=op.f("ck_notices_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("occasion", "address_key", name=op.f("uq_notices_occasion_address_key")),
    )
    op.create_index("ix_notices_subscription_id", "notices", ["subscription_id"])
    op.create_index("ix_notices_address_key", "notices", ["address_key"])
    where = sa.text(_one_of("status", _OPEN))
    op.create_index(
        "ix_notices_open", "notices", ["status", "due_at"], sqlite_where=where, postgresql_where=where
    )


def _one_of(name: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{name} = '{value}'" for value in values)
