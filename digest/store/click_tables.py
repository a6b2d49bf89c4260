"""The table of links that are counted: one for each item of an issue, nothing of who follows it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, UniqueConstraint

from digest.store.tables import BigId, metadata

# A link of an item in the mails of an issue, and how often it was followed; nothing says by whom.
links = Table(
    "links",
    metadata,
    # stands in the link, signed
    Column("id", BigId, primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    # where it leads is what the issue says of this number
    Column("number", Integer, nullable=False),
    Column("clicks", Integer, nullable=False, default=0),
    UniqueConstraint("issue_id", "number"),
)
