"""The table of totals: what only grows, added up since the store was made, however long rows are kept."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from digest.store.tables import BigId, metadata

totals = Table(
    "totals",
    metadata,
    # what is added up
    Column("what", String(12), primary_key=True),
    # 0 for what is of none; no key of its own, for a total outlives what it was of
    Column("newsletter_id", Integer, primary_key=True, autoincrement=False),
    Column("outcome", String(20), primary_key=True),
    # empty where there is none to give
    Column("reason", String(40), primary_key=True),
    Column("value", BigId, nullable=False),
)
