"""The tables of rosters that are being taken in: what was handed over, and what each piece of it changed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
)

from digest.core.importing import ImportStatus
from digest.store.tables import metadata, one_of
from subscribers.tables import Instant

# A roster on its way in. Whoever works on it takes one piece a transaction and moves `position` in the same:
# it goes on where it was, whatever process ended in between.
imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    # who handed it over, as in the log of changes
    Column("actor", String(140), nullable=False),
    Column("via", String(8), nullable=False),
    Column("person_id", ForeignKey("people.id")),
    Column("status", String(12), nullable=False, index=True),
    # the cells of the first line; and the column of ours that each stands for, or nothing
    Column("headings", JSON, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("raw", Boolean, nullable=False),
    # of lines that do not say which
    Column("newsletter", String(60), nullable=False),
    # what its readers agreed to, in the words of who takes them in
    Column("basis", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("pieces", Integer, nullable=False),
    # the next piece, of whatever is being done
    Column("position", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    # of an undoing: removed, given their wishes back, and left as they are
    Column("removed", Integer, nullable=False),
    Column("restored", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # of an export of another system: whose it is, its files and labels, and what somebody said of them
    Column("export", JSON(none_as_null=True)),
    CheckConstraint(one_of("status", ImportStatus), name="status"),
)

# Some hundred lines of it. What was taken is emptied at once; what was refused is kept for a while, so that
# it can be mended.
import_pieces = Table(
    "import_pieces",
    metadata,
    Column("import_id", ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    # lists of a line and its cells
    Column("lines", JSON, nullable=False),
    # lists of a line, why, and its cells
    Column("refused", JSON, nullable=False),
    # what undoes it: see `digest.flows.undoing`
    Column("undo", JSON, nullable=False),
)
