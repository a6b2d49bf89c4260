"""What comes of reaching out: an answer as plain values, or a trouble that has a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from msgspec import Struct

#: The headers that an answer keeps; values are cut, since a stranger wrote them.
KEPT_HEADERS: Final = frozenset(
    {"content-type", "etag", "last-modified", "link", "location", "retry-after", "cache-control"}
)
VALUE_LIMIT: Final = 2_000


class Trouble(StrEnum):
    """Why there is no answer."""

    #: the guard does not let us go there; nothing was connected to
    REFUSED = "refused"
    #: the name is not known, or could not be asked for
    UNKNOWN_NAME = "unknown name"
    #: no connection, or one that broke, or no valid certificate, or no HTTP
    BROKEN = "broken"
    TOO_SLOW = "too slow"
    TOO_LARGE = "too large"
    TOO_MANY_REDIRECTS = "too many redirects"


class ReachError(Exception):
    """There is no answer; the message is one line for people and names the place."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        """Carry the kind beside the words: callers never search in text."""
        super().__init__(message)
        self.trouble = trouble


class Bounds(Struct, frozen=True):
    """How much of our time and memory one answer may cost."""

    #: from the first question for a name to the last byte, redirects included, in seconds
    seconds: float = 30.0
    #: to one connection, TLS included, in seconds
    connect_seconds: float = 10.0
    #: bytes of the body as they come over the wire
    wire_bytes: int = 10_000_000
    #: bytes of the body after decompression
    body_bytes: int = 25_000_000
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said in the end."""

    status: int
    #: only `KEPT_HEADERS`, names in lower case
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    #: where the answer came from, after redirects
    url: str
    #: where the place asked for has moved for good (301, 308); None when it has not
    moved_to: str | None = None

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when none was given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()
