"""The pictures that mails bring along: what is known of each, and when one is asked for again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

#: Octets of a picture as a mail carries it, before they are encoded.
MOST_OCTETS: Final = 30_000
#: More would be a gallery, and there would be no room for words.
MOST_IN_A_MAIL: Final = 3
#: Pixels: mails show pictures no wider than their column, and no taller than a screen.
COLUMN: Final = 560
SCREEN: Final = 600
#: So long after it came out an item may still be mailed: by a monthly issue, and by the one after it.
KEEP: Final = timedelta(days=45)
#: A server that is down is back in minutes or in hours; after the last of these nobody waits for it any more.
_WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 60, 6 * 60, 24 * 60))


class PictureState(StrEnum):
    """Where a picture stands that mails would bring along."""

    KEPT = "kept"
    #: it could not be had, and will be asked for again
    WAITING = "waiting"
    REFUSED = "refused"


class PictureFault(StrEnum):
    """Why a mail cannot bring a picture along."""

    #: no server, no connection, no certificate, or an answer that is none
    NO_ANSWER = "no-answer"
    #: it lies where nobody may send us
    NOT_OPEN = "not-open"
    TOO_SLOW = "too-slow"
    #: it ends before its end
    CUT_OFF = "cut-off"
    #: more bytes than are fetched
    TOO_LARGE = "too-large"
    #: no PNG, JPEG, GIF or WebP, whatever it is called
    NO_PICTURE = "no-picture"
    #: something else stands behind it or in its place
    TWO_THINGS = "two-things"
    TOO_SMALL = "too-small"
    TOO_MANY_PIXELS = "too-many-pixels"
    #: too heavy for a mail, and nothing is installed that makes it lighter
    TOO_HEAVY = "too-heavy"
    #: too heavy for a mail however it is made lighter, or nothing can read it
    NOT_LIGHTER = "not-lighter"


#: What may be over in a while.
_PASSING: Final = frozenset(
    {PictureFault.NO_ANSWER, PictureFault.NOT_OPEN, PictureFault.TOO_SLOW, PictureFault.CUT_OFF}
)


class UnfitError(Exception):
    """A picture cannot be brought along; the message is one line for people."""

    def __init__(self, fault: PictureFault, message: str) -> None:
        """Carry the kind beside the words: callers never search in text."""
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture as mails bring it along."""

    #: SHA-256 of its content, in hexadecimal digits
    digest: str
    #: image/png, image/jpeg, image/gif or image/webp
    content_type: str
    #: pixels
    width: int
    height: int
    content: bytes = field(repr=False)

    @property
    def shown_width(self) -> int:
        """Pixels that it takes in a mail: within its column and on one screen, and never stretched."""
        return max(1, round(self.width * min(1.0, COLUMN / self.width, SCREEN / self.height)))


class PictureRecord(Struct, frozen=True):
    """What is known of the picture that lies at an address."""

    url: str
    state: PictureState
    #: how often it was asked for, and when last
    tries: int
    tried_at: datetime
    #: None when it is kept, or will not be asked for again
    next_at: datetime | None = None
    #: None while it is kept
    fault: PictureFault | None = None
    #: the same for people, in a line
    words: str = ""
    #: of what is kept
    digest: str | None = None
    content_type: str = ""
    width: int = 0
    height: int = 0
    octets: int = 0


def failed(url: str, error: UnfitError, tries: int, now: datetime) -> PictureRecord:
    """What to write down of a picture that could not be had on this try, the `tries`th."""
    wait = _WAITS[tries - 1] if error.fault in _PASSING and tries <= len(_WAITS) else None
    return PictureRecord(
        url=url,
        state=PictureState.REFUSED if wait is None else PictureState.WAITING,
        tries=tries,
        tried_at=now,
        next_at=None if wait is None else now + wait,
        fault=error.fault,
        words=str(error),
    )


def kept(url: str, picture: Embedded, tries: int, now: datetime) -> PictureRecord:
    """What to write down of a picture that mails can bring along."""
    return PictureRecord(
        url=url,
        state=PictureState.KEPT,
        tries=tries,
        tried_at=now,
        digest=picture.digest,
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        octets=len(picture.content),
    )
