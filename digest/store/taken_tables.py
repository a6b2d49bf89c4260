"""The tables of the watched folder: which files were taken in, and what lies there that cannot be."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table

from digest.store.tables import metadata
from subscribers.tables import Instant

# Written in the same transaction as the briefings of the file; only then is the file moved.
taken_files = Table(
    "taken_files",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 of what it holds, in hexadecimal digits
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    # when it was decided on, and when a file of this content lay there last
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False, index=True),
    Column("times", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    # lists of what was read, line and why: the first some hundred
    Column("reasons", JSON, nullable=False),
    # its path from the folder; NULL until it was moved
    Column("kept_as", String(300)),
)

# What lies in a folder and can be neither read nor moved, while it does; the folder itself has no name.
folder_troubles = Table(
    "folder_troubles",
    metadata,
    Column("folder", String(500), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("words", String(500), nullable=False),
    Column("since_at", Instant, nullable=False),
)
