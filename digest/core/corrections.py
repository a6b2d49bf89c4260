"""What readers are told when a briefing that they have had was changed or taken back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from msgspec import Struct

#: The place of corrections in a copy. It is no slug of a topic, and stands behind them all.
CORRECTIONS: Final = "~corrections"


class CorrectionKind(StrEnum):
    """What became of the text that readers had."""

    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


class Telling(StrEnum):
    """Whether those who had the old text are told of the new one."""

    #: when it says something else than before
    WHEN_IT_MATTERS = "when-it-matters"
    ALWAYS = "always"
    NEVER = "never"


class Correction(Struct, frozen=True):
    """One correction; it has a publication number of its own, and is owed like any other number."""

    number: int
    kind: CorrectionKind
    #: the number under which the briefing came out
    corrects: int
    #: what was changed, in the editors' words; may be empty
    note: str
    at: datetime
    #: the title that readers had
    former_title: str


#: A word, or a single sign of a script that puts no spaces between words; figures keep their separators.
_TOKENS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|\d+(?:[.,:]\d+)*|[^\W\d_]+")
#: Below this, two words are different words rather than one word spelt in two ways.
_SAME_WORD: Final = 0.7
#: Shorter words differ in meaning by one letter.
_SPELT: Final = 5
#: More misspelt words than this, and the text is another.
_SLIPS: Final = 3


def says_something_else(before: Sequence[str], after: Sequence[str]) -> bool:
    """True when a text, given as its title and paragraphs, tells readers something that it did not before.

    Punctuation, spaces, capital letters and up to three corrected spellings change nothing of what is said; a
    figure, a word more or less, another word do.
    """
    old, new = _words(before), _words(after)
    slips = 0
    for what, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        if what != "replace" or j - i != m - k:
            return True
        if not all(map(_is_same_word, old[i:j], new[k:m])):
            return True
        slips += j - i
    return slips > _SLIPS


def _words(texts: Sequence[str]) -> list[str]:
    return [word.casefold() for text in texts for word in _TOKENS.findall(text)]


def _is_same_word(one: str, other: str) -> bool:
    if one[0].isdigit() or other[0].isdigit() or min(len(one), len(other)) < _SPELT:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SAME_WORD
