"""Readers are listed and searched by the million, and rosters are taken in piece by piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store import reader_words

revision = "0010"
down_revision = "0009"

_INSTANT = sa.DateTime(timezone=True)
_STATUSES = (*("handed-over", "rehearsing", "rehearsed", "taking", "taken", "undoing", "undone", "dropped"),)


def upgrade() -> None:
    """Make the tables and indices; the index of search is filled with all who are there."""
    op.create_index(
        "ix_subscriptions_listed", "subscriptions", ["newsletter_id", "standing", "subscriber_id"]
    )
    for statement in reader_words.MAKING[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.add_column(sa.Column("made_by", sa.String(140)))
        suppressions.add_column(sa.Column("note", sa.String(200), nullable=False, server_default=""))
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.alter_column("note", server_default=None)
    _keep_imports()


def _keep_imports() -> None:
    counts = ("lines", "pieces", "position", "added", "updated", "refused", "removed", "restored", "kept")
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("actor", sa.String(140), nullable=False),
        sa.Column("via", sa.String(8), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("raw", sa.Boolean(), nullable=False),
        sa.Column("newsletter", sa.String(60), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_imports_person_id")),
        sa.CheckConstraint(
            " OR ".join(f"status = '{status}'" for status in _STATUSES), name=op.f("ck_imports_status")
        ),
    )
    op.create_index("ix_imports_status", "imports", ["status"])
    op.create_table(
        "import_pieces",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_pieces")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["imports.id"],
            name=op.f("fk_import_pieces_import_id"),
            ondelete="CASCADE",
        ),
    )
