"""The tables of what is watched: what servers answered, families that rest, and what is late."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from digest.core.overdue import Lateness
from digest.store.tables import BigId, is_one_of, metadata
from subscribers.tables import Instant

# What servers answered for good, added up while it is sent. Families with few copies are one.
family_answers = Table(
    "family_answers",
    metadata,
    # the beginning of ten minutes
    Column("at", Instant, primary_key=True),
    Column("family", String(255), primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), primary_key=True, autoincrement=False),
    Column("accepted", Integer, nullable=False),
    # no such address
    Column("hard", Integer, nullable=False),
    # for what we send or who we are
    Column("blocked", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

# Families to which nothing is sent for a while.
family_pauses = Table(
    "family_pauses",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("family", String(255), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("because", Text, nullable=False),
    # who paused it; empty for the rule
    Column("made_by", String(140), nullable=False),
    # when it was over, be it that its time had come; empty while it lasts, and until that is noticed
    Column("ended_at", Instant),
    # who ended it; empty for its time
    Column("ended_by", String(140), nullable=False),
    # of several that pause a family at a time one does; on PostgreSQL too: see the remark at `subscriptions`
    Index(
        "uq_family_pauses_open",
        "family",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
    ),
    Index("ix_family_pauses_ended", "ended_at"),
)

# Slots without an issue and issues that do not move, as long as they are so.
overdue = Table(
    "overdue",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(8), nullable=False),
    # the cadence of a newsletter, or the issue
    Column("whose", String(60), nullable=False),
    Column("slot", String(80), nullable=False),
    # since when it is seen so, with so many copies left
    Column("since", Instant, nullable=False),
    Column("left", Integer, nullable=False),
    # when admins were told
    Column("told_at", Instant),
    # what is told of it, in plain values
    Column("data", JSON, nullable=False),
    # of several that look at a time one begins to watch it
    UniqueConstraint("whose", "slot"),
    is_one_of("kind", Lateness),
)
