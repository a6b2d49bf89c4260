"""Whether a store may be copied into another one, and how that begins: from what both say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum


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


@dataclass(frozen=True, slots=True)
class Closed:
    """A store's own word that it is closed."""

    why: Why
    #: the name of the copying, the same on both sides
    copy: str
    #: the store on the other side, without its secrets
    other: str
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


@dataclass(frozen=True, slots=True)
class Place:
    """One side of a copying."""

    #: as it is shown to people
    where: str
    #: the name by which the store's Message-IDs are told from others'; empty when nothing is there
    store: str
    closed: Closed | None
    #: what is there of its own, in words; empty when nothing is
    holds: str = ""


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


@dataclass(frozen=True, slots=True)
class Way:
    """How a copying begins, under which name, and whether the source is closed already."""

    start: Start
    copy: str
    closes: bool


def way_to_copy(source: Place, target: Place, *, keep_open: bool, new_name: str) -> Way | str:
    """How to copy one store into another; a refusal in words when that may not be.

    Two stores that both send would send twice. So the source is closed before its first row is read, unless
    the copy is for trial, and then the copy is closed.
    """
    is_ours = target.closed is not None and target.closed.why is Why.UNFINISHED
    if target.holds and not is_ours:
        return (
            target.closed.words(target.where)
            if target.closed
            else (f"the store {target.where} {target.holds}: name one that is empty")
        )
    if is_ours and target.store not in {"", source.store}:
        return f"the store {target.where} is an unfinished copy of another store: name one that is empty"
    if source.closed is None:
        return Way(Start.ANEW if is_ours else Start.FRESH, new_name, closes=not keep_open)
    if keep_open:
        return source.closed.words(source.where)
    return _way_on(source.where, source.closed, target)


def _way_on(where: str, source: Closed, target: Place) -> Way | str:
    """How a copying goes on whose source is closed."""
    is_same = target.closed is not None and target.closed.copy == source.copy
    if source.why is Why.MOVED and is_same:
        return Way(Start.LAST_WORD, source.copy, closes=False)
    if source.why is not Why.COPYING or source.other != target.where:
        return source.words(where)
    if is_same:
        return Way(Start.ON, source.copy, closes=False)
    return Way(Start.FRESH if target.closed is None else Start.ANEW, source.copy, closes=False)
