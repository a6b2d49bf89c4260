"""The record of leavings: who may not be written to any more, line by line, kept beside the store.

A backup that is put back knows nothing of who left since. The record does, without any address: readers are
numbers there as in the store, and addresses that must not be written to are keyed hashes.

    head         of which store it is, and since when all leavings stand in it
    moved        a subscription may not be written to any more, or may again
    barred       an address must not be written to
    seen         nothing else had happened by then

Each is JSON on a line of its own. A line may stand there twice, and the last one may be torn off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

from msgspec import Struct

from subscribers.model import AWAY, Standing

#: How a file of the record names itself, and the version of its lines.
FORMAT: Final = "newsroom-digest leavings"
VERSION: Final = 1
#: Those of readers whose address must not be written to, whatever the newsletter.
_BARRED: Final = frozenset({Standing.COMPLAINED, Standing.SUPPRESSED})
#: What a backup holds was committed before it, by clocks that differ, in transactions that take their time.
MARGIN: Final = timedelta(minutes=15)
#: What readers say in their own words stands behind this in the history, and does not leave the store.
_OWN_WORDS: Final = " — "


class Moved(Struct, frozen=True):
    """A subscription whose standing changed."""

    at: datetime
    subscription_id: int
    before: Standing | None
    after: Standing
    reason: str

    @property
    def key(self) -> tuple[int, datetime, Standing]:
        """What tells a change from every other."""
        return self.subscription_id, self.at, self.after


class Barred(Struct, frozen=True):
    """An address that must not be written to; which one, only its hash says."""

    at: datetime
    address_hash: bytes
    reason: str
    #: who did that by hand, and may lift it
    made_by: str | None


class Seen(Struct, frozen=True):
    """All that had happened by then stands above."""

    at: datetime


Entry = Moved | Barred | Seen
E = TypeVar("E", Moved, Barred)


class Record(Struct, frozen=True):
    """What the files of a record say."""

    #: since when all leavings stand in it, and until when; None without any file
    since: datetime | None = None
    until: datetime | None = None
    moved: tuple[Moved, ...] = ()
    barred: tuple[Barred, ...] = ()
    #: lines that cannot be read
    broken: int = 0

    def covers(self, instant: datetime) -> bool:
        """Whether all who left after an instant stand in it."""
        return self.since is not None and self.since <= instant


def mark_of_store(suppression_key: bytes) -> str:
    """What tells the record of one store from those of others, and nothing about its key."""
    return sha256(b"newsroom-digest leavings mark\0" + suppression_key).hexdigest()[:12]


def head_line(mark: str, since: datetime) -> bytes:
    """The first line of a file."""
    return _line({"format": FORMAT, "version": VERSION, "store": mark, "since": since.isoformat()})


def line_of(entry: Entry) -> bytes:
    """Any other line."""
    told: dict[str, Any] = {"at": entry.at.isoformat()}
    match entry:
        case Moved():
            told |= {"subscription": entry.subscription_id, "before": entry.before, "after": entry.after}
            told["reason"] = entry.reason.partition(_OWN_WORDS)[0]
        case Barred():
            told |= {"address_hash": entry.address_hash.hex(), "reason": entry.reason}
            told |= {} if entry.made_by is None else {"made_by": entry.made_by}
        case Seen():
            told["seen"] = True
    return _line(told)


def read_record(files: Iterable[Iterable[bytes]], mark: str) -> Record:
    """What the lines of files say, the oldest file first.

    Files of another store, or of something else, are passed over.
    """
    since: datetime | None = None
    until: datetime | None = None
    moved: dict[tuple[int, datetime, Standing], Moved] = {}
    barred: dict[bytes, Barred] = {}
    broken = 0
    for lines in files:
        rest = iter(lines)
        begun = _since(next(rest, b""), mark)
        if begun is None:
            continue
        since, until = min(since or begun, begun), max(until or begun, begun)
        for line in rest:
            entry = _entry(line)
            if entry is None:
                # of two who write at once each may begin the file, or end the line of the other
                broken += line != b"\n" and _since(line, mark) is None
                continue
            until = max(until, entry.at)
            if isinstance(entry, Moved):
                moved.setdefault(entry.key, entry)
            elif isinstance(entry, Barred):
                # the last word on an address is the one that stands in the store
                barred[entry.address_hash] = entry
    in_order = sorted(moved.values(), key=lambda one: one.at)
    return Record(since, until, tuple(in_order), tuple(barred.values()), broken)


def since_backup(entries: Iterable[E], of: datetime) -> tuple[E, ...]:
    """Those that a backup of an instant may not know."""
    return tuple(one for one in entries if one.at > of - MARGIN)


def gone(unknown: Iterable[Moved]) -> tuple[Moved, ...]:
    """Who may not be written to after all that the store does not know yet, in the order in which they left.

    Who came back since asked for that at a store that is lost, and by then stands where the backup has them.
    """
    last: dict[int, Moved] = {}
    for one in unknown:
        last[one.subscription_id] = one
    found = [one for one in last.values() if one.after in AWAY]
    return tuple(sorted(found, key=lambda one: one.at))


def came_back(moved: Iterable[Moved]) -> Mapping[int, datetime]:
    """When somebody who must not be written to could be again at last, by subscription."""
    return {
        one.subscription_id: one.at for one in moved if one.before in _BARRED and one.after not in _BARRED
    }


def _since(line: bytes, mark: str) -> datetime | None:
    told = _told(line)
    if told.get("format") != FORMAT or told.get("version") != VERSION or told.get("store") != mark:
        return None
    return _instant(told.get("since"))


def _entry(line: bytes) -> Entry | None:
    told = _told(line)
    at, reason = _instant(told.get("at")), told.get("reason")
    if at is None:
        return None
    if told.get("seen") is True:
        return Seen(at)
    if not isinstance(reason, str):
        return None
    try:
        if "address_hash" in told:
            made_by = told.get("made_by")
            hashed = bytes.fromhex(told["address_hash"])
            return Barred(at, hashed, reason[:40], None if made_by is None else str(made_by)[:140])
        before = told["before"]
        id_ = told["subscription"]
        if type(id_) is not int:
            return None
        return Moved(at, id_, None if before is None else Standing(before), Standing(told["after"]), reason)
    except (KeyError, TypeError, ValueError):
        return None


def _told(line: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _instant(word: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(word))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"
