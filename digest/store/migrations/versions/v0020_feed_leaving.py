"""Entries of feeds have the day on which they left their feed, so that they can be forgotten in the end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """As far as is known every entry is still there: the next time its feed is read will tell."""
    op.add_column("feed_items", sa.Column("left_on", sa.Date(), nullable=True))
    op.create_index("ix_feed_items_left_on", "feed_items", ["feed_id", "left_on"])
