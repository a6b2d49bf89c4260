"""The tables of volumes: about a month of old issues each, whose copies have no rows of their own."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table, text

from digest.store.tables import metadata
from subscribers.tables import Instant

# Which issues are of a volume, they say themselves: `issues.volume_id`.
volumes: Final = Table(
    "volumes",
    metadata,
    Column("id", Integer, primary_key=True),
    # its issues lie between these two, among others perhaps
    Column("first_issue", Integer, nullable=False),
    Column("last_issue", Integer, nullable=False),
    # binding goes on with this reader, up to the last one there was when it began
    Column("next_subscription", Integer, nullable=False),
    Column("last_subscription", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("bound_at", Instant),
    Index("ix_volumes_open", "id", sqlite_where=text("bound_at IS NULL")),
)

# The copies of the readers from one number to another, as `digest.core.binding` writes them. Who was erased
# is a number here that leads to no address.
leaves: Final = Table(
    "leaves",
    metadata,
    Column("volume_id", ForeignKey("volumes.id"), primary_key=True, autoincrement=False),
    Column("first_subscription", Integer, primary_key=True, autoincrement=False),
    Column("last_subscription", Integer, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
