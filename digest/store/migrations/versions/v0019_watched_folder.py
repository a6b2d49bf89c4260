"""Files of a watched folder are taken in: which were, and what lies there that cannot be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the watched folder."""
    op.create_table(
        "taken_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("kept_as", sa.String(300)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taken_files")),
        sa.UniqueConstraint("digest", name=op.f("uq_taken_files_digest")),
    )
    op.create_index("ix_taken_files_seen_at", "taken_files", ["seen_at"])
    op.create_table(
        "folder_troubles",
        sa.Column("folder", sa.String(500), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("since_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("folder", "name", name=op.f("pk_folder_troubles")),
    )
