"""The table of one-off issues that people have ordered: each is planned once, when its time has come."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from digest.store.tables import metadata, one_of
from subscribers.tables import Instant


class OrderStatus(StrEnum):
    """What became of an order."""

    WAITING = "waiting"
    #: its issue is in the table of issues
    PLANNED = "planned"
    #: nothing could be planned of it; the words say why
    FAILED = "failed"
    CANCELLED = "cancelled"


# The issues of an order that is planned in parts, zone by zone.
order_parts = Table(
    "order_parts",
    metadata,
    Column("issue_id", ForeignKey("issues.id"), primary_key=True),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    # what the form carries: sent twice, it is one order
    Column("token", String(40), nullable=False, unique=True),
    Column("newsletter_id", ForeignKey("newsletters.id"), nullable=False),
    # whom and what, as `flows/orders.py` writes it; readers stand in it by number only
    Column("wish", JSON, nullable=False),
    # how many mails a person agreed to
    Column("copies", Integer, nullable=False),
    Column("ordered_by", String(140), nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("status", String(12), nullable=False),
    Column("issue_id", ForeignKey("issues.id")),
    Column("words", Text, nullable=False, default=""),
    CheckConstraint(one_of("status", OrderStatus), name="status"),
    Index("ix_orders_status", "status", "due_at"),
)
