"""Newsletters say how much of an item their mails print, and how the mails show whose they are."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0003"
down_revision = "0002"

_NEW: dict[str, TypeEngine[Any]] = {
    "item_text": sa.String(length=12),
    "logo_url": sa.Text(),
    "logo_alt": sa.Text(),
    "accent": sa.String(length=7),
    "ground": sa.String(length=7),
    "links": sa.JSON(),
}
#: What a newsletter of before gets, so that its mails stay as they were.
_AS_BEFORE = {"item_text": "full", "logo_alt": "", "links": []}


def upgrade() -> None:
    """Give every newsletter the new settings, and let none be without those that have a value always."""
    for name, kind in _NEW.items():
        op.add_column("newsletters", sa.Column(name, kind, nullable=True))
    newsletters = sa.table("newsletters", *(sa.column(name, _NEW[name]) for name in _AS_BEFORE))
    op.execute(sa.update(newsletters).values(_AS_BEFORE))
    with op.batch_alter_table("newsletters") as table:
        for name in _AS_BEFORE:
            table.alter_column(name, existing_type=_NEW[name], nullable=False)
        table.create_check_constraint(
            op.f("ck_newsletters_item_text"), "item_text = 'full' OR item_text = 'excerpt'"
        )
