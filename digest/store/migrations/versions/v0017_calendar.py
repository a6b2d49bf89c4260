"""Newsletters have quiet days, say what new readers begin with, and are planned ahead to be approved."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0017"
down_revision = "0016"

#: What a newsletter of before gets, so that it goes on as it did.
_AS_BEFORE: dict[str, Any] = {
    "quiet_days": [],
    "first_wishes": {},
    "approval_lead_minutes": 0,
    "clicks": False,
}
_NEW: dict[str, TypeEngine[Any]] = {
    "quiet_days": sa.JSON(),
    "first_wishes": sa.JSON(),
    "approval_lead_minutes": sa.Integer(),
    "clicks": sa.Boolean(),
}
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """No day is quiet yet, readers begin as everywhere, and issues are planned at their times."""
    for name, kind in _NEW.items():
        op.add_column("newsletters", sa.Column(name, kind, nullable=True))
    newsletters = sa.table("newsletters", *(sa.column(name, kind) for name, kind in _NEW.items()))
    op.execute(sa.update(newsletters).values(_AS_BEFORE))
    with op.batch_alter_table("newsletters") as table:
        for name, kind in _NEW.items():
            table.alter_column(name, existing_type=kind, nullable=False)
    op.create_table(
        "order_parts",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_order_parts")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_order_parts_issue_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_parts_order_id")),
    )
    op.create_index("ix_order_parts_order_id", "order_parts", ["order_id"])
    op.add_column("issues", sa.Column("families", sa.JSON(), nullable=True))
    op.create_table(
        "links",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("issue_id", "number", name=op.f("uq_links_issue_id_number")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_links_issue_id")),
    )
