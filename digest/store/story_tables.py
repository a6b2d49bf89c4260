"""The tables of stories: which briefings tell of the same event, who said so, and what issues show of it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from digest.store.tables import metadata
from subscribers.tables import Instant

# How a briefing came into its story: by the rule, with what it saw, or by a person.
story_joins = Table(
    "story_joins",
    metadata,
    Column("briefing_id", ForeignKey("briefings.id"), primary_key=True),
    # as the log of changes has it; empty for the rule
    Column("joined_by", String(140), nullable=False),
    # by the rule: how like it was to one that was there, from 0 to 1, and the names and figures in common
    Column("score", Float),
    Column("shared", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

# What editors took apart: the rule does not join it again. The smaller id stands first.
story_splits = Table(
    "story_splits",
    metadata,
    Column("one_id", ForeignKey("briefings.id"), primary_key=True),
    Column("other_id", ForeignKey("briefings.id"), primary_key=True, index=True),
    Column("split_by", String(140), nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("one_id < other_id", name="order"),
)

# Under what published briefings of the last days are looked up: see `digest.core.likeness.signs_of`.
story_signs = Table(
    "story_signs",
    metadata,
    Column("sign", BigInteger, primary_key=True, autoincrement=False),
    Column("briefing_id", ForeignKey("briefings.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)

# What a round of an issue says beside a number: what is sent again later says the same.
issue_stories = Table(
    "issue_stories",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    # another number of the same story, and its revision
    Column("beside", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
    # it came out before, and this one follows it up
    Column("is_earlier", Boolean, nullable=False),
    Index("ix_issue_stories_beside", "beside"),
)
