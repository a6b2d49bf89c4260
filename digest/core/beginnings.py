"""What a new reader of a newsletter begins with, where nothing else was asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import time
from functools import lru_cache
from typing import Final

from digest.core.lines import parse_line
from digest.errors import InputError
from subscribers.model import WEEKDAYS, Cadence, Profile
from subscribers.wishes import parse_wishes

#: What a reader gets when nobody says anything: every topic, every day, in the morning.
DEFAULT_CADENCE: Final = Cadence(WEEKDAYS, time(7, 0), "UTC")
DEFAULT_PROFILE: Final = Profile()

#: The options of `digest subscribers add` of which a newsletter can have its own.
OPTIONS: Final = (
    *("topics", "days", "at", "timezone", "at_once", "sections", "format", "max_items", "language"),
)

#: Words by option, in the order of the options; an option that is not named is as usual.
FirstWishes = tuple[tuple[str, str], ...]


def parse_first_wishes(texts: Sequence[str]) -> FirstWishes:
    """Wishes as `days=weekdays`, no option twice; one empty text alone means none.

    Raises InputError or WishError. Whether a topic is known is for the store to say: see `require_topics`.
    """
    if [text.strip() for text in texts] == [""]:
        return ()
    words: dict[str, str] = {}
    for text in texts:
        option, sign, word = text.partition("=")
        option = option.strip().lower().replace("-", "_")
        if not sign or option not in OPTIONS:
            raise InputError(f"{text!r} is nothing to begin with: say OPTION=VALUE, of {', '.join(OPTIONS)}")
        if option in words:
            raise InputError(f"{option} is given twice: say it once")
        words[option] = parse_line(word, option, 2000)
    kept = tuple((option, words[option]) for option in OPTIONS if option in words)
    beginning_of(kept)
    return kept


@lru_cache(maxsize=256)
def beginning_of(wishes: FirstWishes) -> tuple[Cadence, Profile]:
    """The preferences of who says nothing."""
    found = parse_wishes(dict(wishes), _slugs(dict(wishes).get("topics", "")))
    return found.applied_to(DEFAULT_CADENCE, DEFAULT_PROFILE)


def require_topics(wishes: FirstWishes, known: Collection[str]) -> None:
    """Refuse a topic that is not among those known; raises WishError."""
    parse_wishes({"topics": dict(wishes).get("topics", "")}, known)


def _slugs(text: str) -> Collection[str]:
    return {part.strip().casefold() for part in text.split(",") if part.strip()}
