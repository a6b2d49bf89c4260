"""The tables of pictures that mails bring along: what is known of each address, and what was fetched."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text

from digest.core.picturing import PictureState
from digest.store.tables import is_one_of, metadata
from subscribers.tables import Instant

# What was fetched, each once however many addresses it has.
pictures = Table(
    "pictures",
    metadata,
    # SHA-256 of the content, in hexadecimal digits
    Column("digest", String(64), primary_key=True),
    Column("content_type", String(20), nullable=False),
    # pixels
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# What came of asking for a picture; there is a row once it was asked for.
picture_places = Table(
    "picture_places",
    metadata,
    # as revisions name it
    Column("url", Text, primary_key=True),
    Column("state", String(8), nullable=False),
    # why mails cannot bring it along, as a word that can be counted, and in words
    Column("fault", String(20)),
    Column("words", Text, nullable=False),
    # no key of its own: what is kept may be forgotten before what is known of its address
    Column("digest", String(64), index=True),
    Column("tries", Integer, nullable=False),
    Column("tried_at", Instant, nullable=False),
    # when it will be asked for again; NULL for never
    Column("next_at", Instant),
    is_one_of("state", PictureState),
    Index("ix_picture_places_tried_at", "tried_at"),
)
