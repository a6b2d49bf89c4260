"""The tables of outgoing webhooks: who is told, what there is to tell, and what became of telling it."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from digest.core.webhooks import EventKind, WhyOff
from digest.store.tables import BigId, metadata, one_of
from subscribers.tables import Instant

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String(60), nullable=False),
    Column("url", Text, nullable=False),
    # a list of kinds of events
    Column("kinds", JSON, nullable=False),
    # whether events of readers name their address
    Column("with_addresses", Boolean, nullable=False),
    # whsec_ and base64: what is signed with must be there in the clear
    Column("secret", String(100), nullable=False),
    # the one before it, which signs as well until then
    Column("old_secret", String(100)),
    Column("old_until", Instant),
    Column("made_at", Instant, nullable=False),
    Column("off_at", Instant),
    Column("off_because", String(8)),
    # since when nothing was taken, how often in a row that went wrong, and until when nothing is tried
    Column("failing_since", Instant),
    Column("failures", Integer, nullable=False),
    Column("rest_until", Instant),
    CheckConstraint(f"off_because IS NULL OR {one_of('off_because', WhyOff)}", name="off_because"),
)

# What happened. A reader is here by the number of a subscription only, which may be gone by now: nothing of
# who was erased remains.
events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True),
    # the webhook-id, the same for every try
    Column("word", String(40), nullable=False, unique=True),
    Column("kind", String(24), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("subscription_id", Integer, index=True),
    # all that is told of it but an address
    Column("data", JSON, nullable=False),
    # whether it waits to be noted for each webhook that is told of its kind
    Column("is_new", Boolean, nullable=False),
    CheckConstraint(one_of("kind", EventKind), name="kind"),
    Index("ix_events_new", "id", sqlite_where=text("is_new = 1")),
)

# One event for one webhook.
handovers = Table(
    "handovers",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", ForeignKey("events.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    # when it is tried next; null when it is done, taken or given up
    Column("due_at", Instant),
    # until when somebody is at it
    Column("leased_until", Instant),
    Column("tried_at", Instant),
    Column("taken_at", Instant),
    # of the last try: null without an answer
    Column("status", Integer),
    Column("words", Text, nullable=False),
    UniqueConstraint("webhook_id", "event_id"),
    Index(
        "ix_handovers_due",
        "webhook_id",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
    ),
)
