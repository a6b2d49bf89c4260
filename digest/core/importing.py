"""How far a roster has come that is being taken in, and what may be done with it next."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ImportStatus(StrEnum):
    """What is the matter with a roster that was handed over."""

    #: handed over: somebody is to say what its columns mean
    HANDED_OVER = "handed-over"
    #: every line is tried, and nothing changed
    REHEARSING = "rehearsing"
    REHEARSED = "rehearsed"
    TAKING = "taking"
    TAKEN = "taken"
    UNDOING = "undoing"
    UNDONE = "undone"
    #: put away before anything was taken
    DROPPED = "dropped"


#: What goes on by itself, piece by piece.
UNDER_WAY: Final = frozenset({ImportStatus.REHEARSING, ImportStatus.TAKING, ImportStatus.UNDOING})
#: What follows when the last piece is done.
DONE: Final = {
    ImportStatus.REHEARSING: ImportStatus.REHEARSED,
    ImportStatus.TAKING: ImportStatus.TAKEN,
    ImportStatus.UNDOING: ImportStatus.UNDONE,
}
#: What a person may go on to, and from where.
STEPS: Final = {
    ImportStatus.REHEARSING: frozenset({ImportStatus.HANDED_OVER, ImportStatus.REHEARSED}),
    ImportStatus.TAKING: frozenset({ImportStatus.REHEARSED}),
    ImportStatus.UNDOING: frozenset({ImportStatus.TAKEN}),
    ImportStatus.DROPPED: frozenset(
        {ImportStatus.HANDED_OVER, ImportStatus.REHEARSING, ImportStatus.REHEARSED}
    ),
}
