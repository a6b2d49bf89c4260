"""Who enters the desk may choose their own password, by a link that is good once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Nobody has a link yet."""
    op.create_table(
        "entry_links",
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_entry_links")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_entry_links_person_id")),
        sa.UniqueConstraint("person_id", name=op.f("uq_entry_links_person_id")),
    )
    op.create_index("ix_entry_links_ends_at", "entry_links", ["ends_at"])
