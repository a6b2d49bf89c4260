"""The tables of what came back: what was said of which copy, mails for a person, mailboxes, and scores."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from digest.core.returned import Kind
from digest.store.tables import BigId, metadata, one_of
from subscribers.tables import Instant

#: What has a line that it must not pass.
WATCHED: Final = (Kind.HARD, Kind.BLOCKED, Kind.COMPLAINT)

# What one mail or event said of one recipient. Who that is, is known by the subscription alone, or not at
# all: addresses stand here only as long as nobody was found behind them.
returns = Table(
    "returns",
    metadata,
    Column("id", BigId, primary_key=True),
    # the same said twice has the same key
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    # who told us: mail, or the provider
    Column("origin", String(20), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("permanent", Boolean, nullable=False),
    Column("reply", String(3), nullable=False),
    Column("enhanced", String(12), nullable=False),
    # emptied when the reader is erased: servers like to repeat addresses
    Column("text", Text, nullable=False),
    Column("rule", String(80), nullable=False),
    # by what the copy was found: return-path, message-id, link, address, or empty
    Column("proof", String(12), nullable=False),
    Column("effect", String(12), nullable=False),
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="SET NULL"), index=True),
    Column("notice_id", ForeignKey("notices.id", ondelete="SET NULL")),
    Column("subscription_id", ForeignKey("subscriptions.id", ondelete="SET NULL"), index=True),
    Column("issue_id", ForeignKey("issues.id", ondelete="SET NULL")),
    # of the mailbox, so that families can be watched
    Column("family", String(255), nullable=False),
    # of those that nobody was found behind
    Column("recipient", String(320), nullable=False),
    Column("mail_id", ForeignKey("returned_mails.id", ondelete="SET NULL"), index=True),
    CheckConstraint(one_of("kind", Kind), name="kind"),
    # rates are counted every minute, from this alone: most of what comes back are answers of machines.
    # On PostgreSQL too: see the remark at `subscriptions`
    Index(
        *("ix_returns_watched", "at", "kind", "family", "issue_id"),
        *("effect", "delivery_id", "subscription_id", "notice_id"),
        sqlite_where=text(one_of("kind", WATCHED)),
    ),
)

# Mails that a person should look at: what they are about could not be proved, or somebody answered.
returned_mails = Table(
    "returned_mails",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("sender", String(320), nullable=False),
    Column("subject", Text, nullable=False),
    # the first part of it
    Column("raw", LargeBinary, nullable=False),
    # of all of it
    Column("octets", Integer, nullable=False),
    # when a person said that it is done with
    Column("done_at", Instant),
    Index("ix_returned_mails_open", "id", sqlite_where=Column("done_at").is_(None)),
)

# Mails that say nothing and for which there was no room, by the day (UTC).
unkept_mails = Table(
    "unkept_mails",
    metadata,
    Column("day", Date, primary_key=True),
    Column("mails", Integer, nullable=False),
    Column("octets", BigId, nullable=False),
)

# How it stands with mailboxes of returned mail, written by whoever reads them.
mailbox_states = Table(
    "mailbox_states",
    metadata,
    # without the password
    Column("name", String(400), primary_key=True),
    # when it was gone to last, and when it was last read to its end
    Column("tried_at", Instant, nullable=False),
    Column("read_at", Instant),
    # that were taken in, and of those how many nobody could make anything of: since it is known
    Column("mails", BigId, nullable=False),
    Column("aside", BigId, nullable=False),
    # that its server named last and did not give
    Column("withheld", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    # how many times in a row there was some
    Column("failures", Integer, nullable=False),
)

# How much speaks against an address; most readers have no row.
bounce_scores = Table(
    "bounce_scores",
    metadata,
    Column(
        "subscriber_id",
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("points", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("probed_at", Instant),
    Index("ix_bounce_scores_points", "points"),
)
