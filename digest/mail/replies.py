"""What a server said, as an `Outcome`: three digits, the enhanced code, and words that can be stored."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from digest.core.model import Outcome, Stage
from digest.mail.words import clean_text

#: RFC 3463 section 2, at the start of a line as RFC 2034 asks, or marked with # as older servers do.
_ENHANCED: Final = re.compile(r"(?:^|\n)\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)|#([245]\.\d{1,3}\.\d{1,3})\b")
#: Enough for the address of an explaining page, too little to fill a store.
_LONGEST_TEXT: Final = 500


@lru_cache(maxsize=256)
def reply_outcome(stage: Stage, code: int, text: str) -> Outcome:
    """The outcome for a reply; lines become one, and the enhanced code is set apart.

    A code that is not of three digits is none: the server cannot be understood. Kept, since many replies
    are alike.
    """
    found = _ENHANCED.search(text)
    enhanced = (found[1] or found[2]) if found else ""
    return Outcome(stage, code if 100 <= code <= 999 else 0, enhanced, _one_line(text, enhanced))


def broken_outcome(stage: Stage, error: BaseException) -> Outcome:
    """The outcome when no reply came: the connection broke, timed out or could not be understood."""
    words = error.strerror if isinstance(error, OSError) and isinstance(error.strerror, str) else str(error)
    return Outcome(stage, 0, "", _one_line(words or type(error).__name__))


def _one_line(text: str, enhanced: str = "") -> str:
    """The words as one line; the enhanced code that each line may repeat is left out."""
    if text.isascii() and text.isprintable():
        # one line already, as most replies are
        return " ".join(text.strip().removeprefix(enhanced).split())[:_LONGEST_TEXT]
    lines = (line.strip() for line in text.splitlines())
    words = " ".join(line.removeprefix(enhanced).strip() for line in lines)
    return clean_text(" ".join(words.split()))[:_LONGEST_TEXT]
