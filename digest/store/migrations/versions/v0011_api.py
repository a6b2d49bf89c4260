"""Calls to the API are known again when they are repeated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table; no call was made yet."""
    op.create_table(
        "api_calls",
        sa.Column("call_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("asked_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("location", sa.String(400)),
        sa.Column("answer", sa.Text()),
        sa.Column("names_reader", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("call_hash", name=op.f("pk_api_calls")),
    )
    op.create_index("ix_api_calls_begun_at", "api_calls", ["begun_at"])
