"""The table of calls that may be repeated: which were begun, and what was answered."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text

from digest.store.tables import metadata
from subscribers.tables import Instant

# Calls to the API that carry a word of their own, by which they are known again for a day. Neither the word
# nor what was asked is here, only hashes that nobody can try out: the caller's key is part of them.
api_calls = Table(
    "api_calls",
    metadata,
    Column("call_hash", LargeBinary(32), primary_key=True),
    # of all that was asked: another call with the same word is a slip
    Column("asked_hash", LargeBinary(32), nullable=False),
    Column("begun_at", Instant, nullable=False, index=True),
    # null while it is under way
    Column("status", Integer),
    Column("location", String(400)),
    # null when it may not be kept: it held a secret, or a reader was erased since
    Column("answer", Text),
    Column("names_reader", Boolean, nullable=False),
)
