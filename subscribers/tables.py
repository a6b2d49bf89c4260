"""The tables of readers: who they are, what they want (interned), and every change of their standing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    exists,
    false,
    select,
    text,
)

from subscribers.model import Standing

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC; SQLite has no zones, so there the UTC wall time is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes: they are a bug, and never a time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r} may not enter the store")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware UTC datetime on every store."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


cadences = Table(
    "cadences",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("days", String(40), nullable=False),
    Column("at", String(5), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("at_once", Boolean, nullable=False),
)

profiles = Table(
    "profiles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("topics", JSON(none_as_null=True)),
    Column("sections", JSON(none_as_null=True)),
    Column("format", String(8), nullable=False),
    Column("max_items", Integer),
    Column("language", String(20), nullable=False),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("cut", Integer, nullable=False, index=True),
    Column("deferred", JSON, nullable=False),
    Column("ahead", JSON, nullable=False),
    # how many are deferred: readers with something waiting are found without opening the lists
    Column("waiting", Integer, nullable=False),
)

# People who read, or did: one row an address, whatever they read.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    # both are emptied when a reader is erased; what was sent stays countable without saying to whom
    Column("address", String(320)),
    Column("address_key", String(400), unique=True),
    Column("name", String(200), nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
)

# Readers of a newsletter who want the same at the same times and are equally far: an issue moves them as one.
# Equal groups may stand side by side for a while.
groups = Table(
    "groups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter_id", ForeignKey("newsletters.id"), nullable=False),
    Column("cadence_id", ForeignKey("cadences.id"), nullable=False),
    Column("profile_id", ForeignKey("profiles.id"), nullable=False),
    Column("bookmark_id", ForeignKey("bookmarks.id"), nullable=False),
    # the local day of the last slot planned for these readers, or written off: one slot a day, whatever moves
    Column("served_day", Date, nullable=False),
    # true for active readers alone: who is paused, or has left, stands in a group that nothing moves
    Column("is_active", Boolean, nullable=False),
    Index(
        "ix_groups_due",
        *("newsletter_id", "cadence_id", "is_active", "served_day", "profile_id", "bookmark_id"),
    ),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id"), nullable=False),
    Column("newsletter_id", ForeignKey("newsletters.id"), nullable=False),
    Column("standing", String(12), nullable=False),
    Column("group_id", ForeignKey("groups.id"), nullable=False, index=True),
    # the publication number after which the subscription began
    Column("began_after", Integer, nullable=False),
    Column("began_at", Instant, nullable=False),
    # where a reader who left or paused without catching up stood, until the gap is closed
    Column("away_after", Integer),
    Column("paused_until", Instant),
    UniqueConstraint("subscriber_id", "newsletter_id"),
    CheckConstraint(
        "standing IN ({})".format(", ".join(f"'{standing}'" for standing in Standing)), name="standing"
    ),
    # the same condition holds on PostgreSQL; it stands in the migrations alone, for naming it here would make
    # every process load that dialect
    Index("ix_subscriptions_paused_until", "paused_until", sqlite_where=Column("paused_until").isnot(None)),
    # lists of readers, and how many there are of each standing
    Index("ix_subscriptions_listed", "newsletter_id", "standing", "subscriber_id"),
    # of those who never confirmed, who are forgotten after a while
    Index("ix_subscriptions_pending", "began_at", sqlite_where=Column("standing") == "pending"),
)

# A span of publication numbers that a subscription was not to get, and why: it was away or had left.
gaps = Table(
    "gaps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("after", Integer, nullable=False),
    Column("upto", Integer, nullable=False),
    # deferred numbers at or below `after` that were given up with the rest
    Column("numbers", JSON, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at", Instant, nullable=False),
)

# Who outside wants to be told of changes of standing; while nobody does, none is kept to be told.
listeners = Table("listeners", metadata, Column("name", String(20), primary_key=True))

# Every change of whether a reader may be written to, with its reason.
standing_changes = Table(
    "standing_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False, index=True),
    Column("before", String(12)),
    Column("after", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    # written with the change itself, wherever it is made: nothing that happened is lost to who listens
    Column(
        "untold",
        Boolean,
        nullable=False,
        default=select(exists(select(listeners.c.name))).scalar_subquery(),
        server_default=false(),
    ),
    Index("ix_standing_changes_untold", "id", sqlite_where=text("untold = 1")),
)

# Addresses that must not be written to, as keyed hashes: they outlive the erasure of a reader.
suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_hash", LargeBinary(32), nullable=False, unique=True),
    Column("reason", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    # who made it by hand, and may lift it; empty for what the address's owner brought about
    Column("made_by", String(140)),
    # why, in that person's words
    Column("note", String(200), nullable=False, default=""),
)

# What somebody saw and agreed to: the evidence of a consent. A question that was not answered has none.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("asked_at", Instant, nullable=False),
    # network addresses; emptied when the reader is erased
    Column("asked_from", String(45), nullable=False),
    # the form: its address, a hash of the words on it, the words
    Column("form", String(40), nullable=False),
    Column("version", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("confirmed_at", Instant),
    Column("confirmed_from", String(45), nullable=False),
)
