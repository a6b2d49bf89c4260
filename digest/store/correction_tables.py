"""The table of corrections: what those are told who have had a text that was changed or taken back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from digest.core.corrections import CorrectionKind
from digest.store.tables import metadata, one_of
from subscribers.tables import Instant

corrections = Table(
    "corrections",
    metadata,
    # of the same gapless numbers as briefings: a correction is owed, sent and accounted for like them
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("briefing_id", ForeignKey("briefings.id"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    # the text that was wrong, and the one that is told
    Column("former_revision", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # to how many subscriptions it was owed at first
    Column("readers", Integer, nullable=False),
    CheckConstraint(one_of("kind", CorrectionKind), name="kind"),
)
