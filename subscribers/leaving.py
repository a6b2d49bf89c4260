"""Why readers leave, in a few words that can be counted, and how the history of a standing says it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

#: Beginnings of what the history says; a reason and the reader's own words may follow.
ON_THE_PAGE: Final = "unsubscribed on the page"
FROM_EVERYTHING: Final = "unsubscribed on the page from everything"
BY_ONE_CLICK: Final = "unsubscribed by one click (RFC 8058)"
TAKEN_BACK: Final = "took the unsubscribing back on the page"

#: So much is kept of what a reader says in words of their own.
MOST_SAID: Final = 500


class LeavingReason(StrEnum):
    """What a reader may choose when asked why; nobody has to."""

    TOO_OFTEN = "too-often"
    TOO_LONG = "too-long"
    NOT_FOR_ME = "not-for-me"
    NEVER_ASKED = "never-asked"
    OTHER = "other"


_SAID: Final = re.compile(rf".*?: ({'|'.join(LeavingReason)})(?: — .*)?", re.DOTALL)


def said_on_leaving(begin: str, reason: LeavingReason | None, words: str = "") -> str:
    """What the history keeps: `unsubscribed on the page: too-often — twice a week would do`."""
    own = " ".join(words.split())[:MOST_SAID]
    if reason is None and own:
        reason = LeavingReason.OTHER
    named = f"{begin}: {reason}" if reason else begin
    return f"{named} — {own}" if own else named


def reason_in(history: str) -> LeavingReason | None:
    """The reason that a line of a history names, or None."""
    found = _SAID.fullmatch(history)
    return LeavingReason(found[1]) if found else None


def was_from_everything(history: str) -> bool:
    """Whether this leaving ended all that the reader had."""
    return history.startswith(FROM_EVERYTHING)
