"""Which files of a watched folder may be read yet, and what they are called where they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

#: A file that did not change for so long, while we looked, is whole.
SETTLES: Final = timedelta(seconds=5)
#: So is one whose last change lies so far back, by whatever clock the folder has: a minute bears a clock that
#: goes wrong.
LONG_AGO: Final = timedelta(minutes=1)

#: How copying programs, browsers and editors call what they have not finished.
_UNFINISHED: Final = (
    *(".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload"),
    *(".tmp", ".temp", ".swp", ".swx", ".lock", "~"),
)
#: The lock files of office programs, and what systems put beside the files of people.
_LITTER: Final = frozenset({"thumbs.db", "desktop.ini"})
#: Bytes of a name on most file systems; some are left for a number and for what stands beside it.
_LONGEST: Final = 255 - 30
#: What no clock shows, in seconds since 1970.
_FAR: Final = 2e11
#: What is told about a file stands beside it under this ending.
REASONS: Final = ".reasons.txt"


class Sight(Struct, frozen=True):
    """What can be seen of a file without reading it; of two that are equal, nothing changed in between."""

    #: in bytes
    size: int
    #: nanoseconds since 1970: of the content, as copying programs may set it, and of anything at all
    modified_ns: int
    changed_ns: int
    #: device and number
    identity: tuple[int, int]


def is_left_alone(name: str) -> bool:
    """True for names of what is hidden or not finished."""
    low = name.lower()
    return low.startswith((".", "~$")) or low.endswith(_UNFINISHED) or low in _LITTER


def is_at_rest(sight: Sight, unchanged_for: float, settles: timedelta, now: datetime) -> bool:
    """True for a file that is whole as far as can be seen: unchanged for so many seconds, or for long.

    An empty one is mostly a file that is about to be written.
    """
    watched = sight.size > 0 and unchanged_for >= settles.total_seconds()
    return watched or _is_long_at_rest(sight, now)


def _is_long_at_rest(sight: Sight, now: datetime) -> bool:
    """True when neither content nor anything else of the file changed for a while, by the clock `now`."""
    last = max(sight.modified_ns, sight.changed_ns) / 1e9
    return 0 <= last < _FAR and datetime.fromtimestamp(last, UTC) < now - LONG_AGO


def kept_name(name: str, number: int) -> str:
    """The name of a file that is kept: its own for number 1, else with the number before its ending."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    rest = (f"-{number}" if number > 1 else "") + dot + ending
    if len(_bytes(rest)) > _LONGEST // 2:
        # what looks like an ending is none
        stem, rest = name, f"-{number}" if number > 1 else ""
    room = _LONGEST - len(_bytes(rest))
    return _bytes(stem)[:room].decode("utf-8", "surrogateescape" if _is_strange(name) else "ignore") + rest


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_strange(name: str) -> bool:
    """True for a name that is no UTF-8, as old archives leave them."""
    return any("\udc80" <= sign <= "\udcff" for sign in name)
