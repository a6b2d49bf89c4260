"""Whether a store may be copied into another one, and how that begins: from what both say of themselves."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, StrEnum

from msgspec import Struct


class Why(StrEnum):
    """Why nothing may be written to a store."""

    #: it is being copied, and all of it is to be there in the end
    COPYING = "copying"
    #: another store has its rows, and goes on with them
    MOVED = "moved"
    #: not all of a copy is there yet
    UNFINISHED = "unfinished"
    #: a copy of a store that goes on by itself: both would send the same
    TRIAL = "trial"
    #: not all of a backup is back yet
    RESTORING = "restoring"
    #: put back from a backup: what was sent since it was made is not known there
    RESTORED = "restored"

    @property
    def is_unfinished(self) -> bool:
        """True when rows are missing: nobody may even look."""
        return self in {Why.UNFINISHED, Why.RESTORING}


class Closed(Struct, frozen=True):
    """A store's own word that it is closed."""

    why: Why
    #: the name of the copying, the same on both sides
    copy: str
    #: the store on the other side, without its secrets; of a backup, its file
    other: str
    #: when it was closed; of a backup, the moment of which it is
    at: datetime

    def words(self, where: str) -> str:
        """Why nothing is done there, and what to do."""
        day = f"{self.at:%Y-%m-%d %H:%M} UTC"
        match self.why:
            case Why.COPYING:
                return (
                    f"the store {where} is being copied to {self.other} since {day}: "
                    "go on with digest store copy, or give that up with digest store reopen"
                )
            case Why.MOVED:
                return (
                    f"the store {where} has moved to {self.other} ({day}): let DIGEST_DATABASE_URL name that "
                    "one (digest store reopen would open this one again)"
                )
            case Why.UNFINISHED:
                return (
                    f"the store {where} is an unfinished copy of {self.other}, begun {day}: "
                    "go on with digest store copy"
                )
            case Why.TRIAL:
                return (
                    f"the store {where} is a copy for trial of {self.other} ({day}), which goes on by "
                    "itself: to send from this one instead, say digest store reopen"
                )
            case Why.RESTORING:
                return (
                    f"the store {where} is not whole: the backup {self.other} ({day}) is being put back; "
                    "go on with digest restore"
                )
            case Why.RESTORED:
                return (
                    f"the store {where} was put back from the backup {self.other} ({day}), and what was sent "
                    "since then is not known here: open it with digest store reopen --sent-until TIME, or "
                    "--send-again"
                )


class Place(Struct, frozen=True):
    """One side of a copying."""

    #: as it is shown to people
    where: str
    #: the name by which the store's Message-IDs are told from others'; empty when nothing is there
    store: str
    closed: Closed | None
    #: what is there of its own, in words; empty when nothing is
    holds: str = ""
    #: true for a database of something else
    is_other: bool = False


class Start(Enum):
    """How a copying begins."""

    #: with the first row, into an empty store
    FRESH = "fresh"
    #: with the first row, after what an earlier try left there is removed
    ANEW = "anew"
    #: behind the last row that was copied
    ON = "on"
    #: all is there: only the last word is missing
    LAST_WORD = "last word"


class Way(Struct, frozen=True):
    """How a copying begins, under which name, and whether the source is closed already."""

    start: Start
    copy: str
    closes: bool


def way_to_copy(source: Place, target: Place, *, keep_open: bool, new_name: str) -> Way | str:
    """How to copy one store into another; a refusal in words when that may not be.

    Two stores that both send would send twice. So the source is closed before its first row is read, unless
    the copy is for trial, and then the copy is closed.
    """
    if source.closed is None:
        return _refusal(source, target) or Way(_beginning(target), new_name, closes=not keep_open)
    if keep_open or not _goes_on(source.closed, target):
        return source.closed.words(source.where)
    if refusal := _refusal(source, target):
        return refusal
    if target.closed is None or target.closed.copy != source.closed.copy:
        return Way(_beginning(target), source.closed.copy, closes=False)
    is_whole = source.closed.why is Why.MOVED
    return Way(Start.LAST_WORD if is_whole else Start.ON, source.closed.copy, closes=False)


def _goes_on(source: Closed, target: Place) -> bool:
    """True when a closed source waits for this target."""
    if source.why is Why.MOVED:
        return _is_unfinished(target) and target.closed is not None and target.closed.copy == source.copy
    return source.why is Why.COPYING and source.other == target.where


def _refusal(source: Place, target: Place) -> str:
    """Why nothing may be copied into this target; empty when it may."""
    if _is_unfinished(target):
        if target.store in {"", source.store}:
            return ""
        return f"the store {target.where} is an unfinished copy of another store: name one that is empty"
    if target.closed is not None:
        return target.closed.words(target.where)
    return f"the store {target.where} {target.holds}: name one that is empty" if target.holds else ""


def _beginning(target: Place) -> Start:
    return Start.ANEW if _is_unfinished(target) else Start.FRESH


def _is_unfinished(target: Place) -> bool:
    return target.closed is not None and target.closed.why is Why.UNFINISHED
