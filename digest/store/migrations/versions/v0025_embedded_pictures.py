"""Mails may bring the pictures of their items along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """No newsletter has that rule yet, nothing was fetched, and no issue carries a picture."""
    op.create_table(
        "pictures",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content_type", sa.String(20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pictures")),
    )
    op.create_table(
        "picture_places",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("fault", sa.String(20)),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", _INSTANT, nullable=False),
        sa.Column("next_at", _INSTANT),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_picture_places")),
        sa.CheckConstraint(
            "state = 'kept' OR state = 'waiting' OR state = 'refused'", name=op.f("ck_picture_places_state")
        ),
    )
    op.create_index("ix_picture_places_digest", "picture_places", ["digest"])
    op.create_index("ix_picture_places_tried_at", "picture_places", ["tried_at"])
    op.add_column("issue_briefings", sa.Column("picture", sa.String(64), nullable=True))
    # told of by SQLAlchemy's convention for names, so dropped by the name that it has in the store
    with op.batch_alter_table("newsletters") as table:
        table.drop_constraint(op.f("ck_newsletters_pictures"), type_="check")
        table.create_check_constraint(
            op.f("ck_newsletters_pictures"),
            "pictures = 'none' OR pictures = 'linked' OR pictures = 'embedded'",
        )
