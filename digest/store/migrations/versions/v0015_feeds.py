"""Feeds are polled: which, what was seen in each, how polls went, what was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_INSTANT = sa.DateTime(timezone=True)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of feeds."""
    op.create_table(
        "feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("section", sa.String(20), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("settle_minutes", sa.Integer(), nullable=False),
        sa.Column("take", sa.Integer(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("body_key", sa.String(32), nullable=False),
        sa.Column("next_poll_at", _INSTANT),
        sa.Column("polled_at", _INSTANT),
        sa.Column("begun_at", _INSTANT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text()),
        sa.Column("moved_seen", sa.Integer(), nullable=False),
        sa.Column("gone_at", _INSTANT),
        sa.Column("gap_at", _INSTANT),
        sa.Column("newest_at", _INSTANT),
        sa.Column("rhythm_minutes", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_feeds_url")),
    )
    op.create_index("ix_feeds_next_poll_at", "feeds", ["next_poll_at"])
    _keep_items()
    _keep_polls()
    _keep_refusals()


def _keep_items() -> None:
    op.create_table(
        "feed_items",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("guid_key", sa.String(32), nullable=False),
        sa.Column("link_key", sa.String(32), nullable=False),
        sa.Column("said_key", sa.String(32), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("briefing_id", sa.Integer()),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("settles_at", _INSTANT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_items")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_items_feed_id")),
        sa.ForeignKeyConstraint(["briefing_id"], ["briefings.id"], name=op.f("fk_feed_items_briefing_id")),
        sa.UniqueConstraint("feed_id", "guid_key", name=op.f("uq_feed_items_feed_id_guid_key")),
        sa.CheckConstraint(
            _one_of("state", ("settling", "settled", "vanished", "old", "elsewhere")),
            name=op.f("ck_feed_items_state"),
        ),
    )
    op.create_index("ix_feed_items_link_key", "feed_items", ["link_key"])
    op.create_index("ix_feed_items_state", "feed_items", ["feed_id", "state"])


def _keep_polls() -> None:
    op.create_table(
        "feed_polls",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("outcome", sa.String(9), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_polls")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_polls_feed_id")),
        sa.CheckConstraint(
            _one_of("outcome", ("read", "unchanged", "failed", "gone")), name=op.f("ck_feed_polls_outcome")
        ),
    )
    op.create_index("ix_feed_polls_feed_id", "feed_polls", ["feed_id", "id"])


def _keep_refusals() -> None:
    op.create_table(
        "feed_refusals",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("entry_key", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_refusals")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_refusals_feed_id")),
        sa.UniqueConstraint(
            "feed_id", "entry_key", "reason", name=op.f("uq_feed_refusals_feed_id_entry_key_reason")
        ),
    )


def _one_of(name: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{name} = '{value}'" for value in values)
