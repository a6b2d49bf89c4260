"""What English is left in the words of another language."""

from __future__ import annotations

import re
from typing import Final

from tests.languages.catalogues import languages
from tests.tiers import first_of

_FIRST: Final = ("zh-Hans", "ar")
#: The languages that there are words in, besides English.
SPOKEN: Final = first_of(
    [*_FIRST, *sorted({one.replace("_", "-") for one in languages()} - set(_FIRST))], len(_FIRST)
)
_LATIN: Final = re.compile(r"[A-Za-z]+")
#: Told from English by words alone.
_WRITTEN_IN_LATIN: Final = frozenset({"de", "es", "fr", "pt"})
#: Words without which hardly an English sentence is made, and which none of those languages has.
_ENGLISH: Final = re.compile(
    r"\b(?:the|you|your|and|with|this|that|from|not|of|to|by|been|will|which|there|every|news|topics?)\b",
    re.IGNORECASE,
)


def english_in(text: str, language: str) -> list[str]:
    """English words of a text in one of these languages; of another script, all that is Latin."""
    pattern = _ENGLISH if language in _WRITTEN_IN_LATIN else _LATIN
    return pattern.findall(text)
