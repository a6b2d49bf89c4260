"""The tables of many machines: who sends and hands out work, and by what the engine's tables were made."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table

from digest.store.tables import BigId, metadata
from subscribers.tables import Instant

# Processes that work together on one store. All times are by the store's own clock, so that the clocks of
# machines do not matter.
workers = Table(
    "workers",
    metadata,
    # its place on the roll
    Column("id", BigId, primary_key=True),
    # by which its claims are known
    Column("owner", String(32), nullable=False, unique=True),
    # worker or scheduler
    Column("kind", String(16), nullable=False),
    # by which people know it
    Column("name", String(140), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("since", Instant, nullable=False),
    Column("heard_at", Instant, nullable=False),
    # when it left, or was taken off the roll
    Column("until", Instant),
    # why it left; empty as long as it stays
    Column("because", String(140), nullable=False),
    Column("state", String(16), nullable=False),
    # what it sends; empty for nothing
    Column("issue_id", ForeignKey("issues.id")),
    # the connections that it may have now
    Column("lanes", Integer, nullable=False),
    # copies that came to an end since it signed on, and how many a second lately
    Column("copies", BigId, nullable=False),
    Column("per_second", Float, nullable=False),
    Index("ix_workers_until", "until"),
)

# The scripts of the engine's own tables that were run, in the words of its makers.
engine_scripts = Table(
    "engine_scripts",
    metadata,
    Column("name", String(140), primary_key=True),
    Column("run_at", Instant, nullable=False),
)
