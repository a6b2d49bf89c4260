"""The tables of feeds: which are polled, what was seen in each, how polls went, what was refused."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.core.feeding import ItemState, PollOutcome
from digest.store.tables import BigId, metadata, one_of
from subscribers.tables import Instant

feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("url", String(2000), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("section", String(20), nullable=False),
    Column("topics", JSON, nullable=False),
    Column("every_minutes", Integer, nullable=False),
    Column("settle_minutes", Integer, nullable=False),
    Column("take", Integer, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("link", Text),
    # what the server gave to ask with: is it still the same?
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_key", String(32), nullable=False),
    # taken by adding to it: who finds it as it was has the feed for a while
    Column("next_poll_at", Instant, index=True),
    Column("polled_at", Instant),
    Column("begun_at", Instant),
    Column("failures", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("moved_to", Text),
    Column("moved_seen", Integer, nullable=False),
    Column("gone_at", Instant),
    Column("gap_at", Instant),
    Column("newest_at", Instant),
    Column("rhythm_minutes", Integer),
)

# Every entry that a feed had while it was ours, but for those that left it long ago, the oldest first.
feed_items = Table(
    "feed_items",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("guid_key", String(32), nullable=False),
    # empty without a link
    Column("link_key", String(32), nullable=False, index=True),
    Column("said_key", String(32), nullable=False),
    Column("state", String(9), nullable=False),
    Column("briefing_id", ForeignKey("briefings.id")),
    Column("seen_at", Instant, nullable=False),
    # when it comes out, or came
    Column("settles_at", Instant),
    # the day on which it was there no more; nothing while it is
    Column("left_on", Date),
    UniqueConstraint("feed_id", "guid_key"),
    CheckConstraint(one_of("state", ItemState), name="state"),
    Index("ix_feed_items_state", "feed_id", "state"),
    Index("ix_feed_items_left_on", "feed_id", "left_on"),
)

# How each time of asking a feed ended.
feed_polls = Table(
    "feed_polls",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(9), nullable=False),
    # of HTTP; 0 when there was no answer
    Column("status", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("words", Text, nullable=False),
    CheckConstraint(one_of("outcome", PollOutcome), name="outcome"),
    Index("ix_feed_polls_feed_id", "feed_id", "id"),
)

# An entry that is refused at each poll is one row that counts.
feed_refusals = Table(
    "feed_refusals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("entry_key", String(32), nullable=False),
    Column("reason", String(300), nullable=False),
    # its place in the feed when it was refused last
    Column("line", Integer, nullable=False),
    Column("label", String(200), nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    UniqueConstraint("feed_id", "entry_key", "reason"),
)
