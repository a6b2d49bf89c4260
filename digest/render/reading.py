"""How long a text takes to read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from digest.render.characters import may_be_east_asian

#: Words and characters a minute of people who read news in their own language.
WORDS_A_MINUTE: Final = 220
CJK_LETTERS_A_MINUTE: Final = 400

#: Han, kana and hangul: one letter is about a word's part, and no spaces stand between words.
_CJK: Final = "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f]"
_WORD: Final = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


def reading_seconds(texts: Iterable[str]) -> float:
    """Seconds for all the texts, whatever mix of scripts they are in."""
    seconds = 0.0
    for text in texts:
        latin, letters = _cjk().subn(" ", text) if may_be_east_asian(text) else (text, 0)
        seconds += 60 * letters / CJK_LETTERS_A_MINUTE
        seconds += 60 * len(_WORD.findall(latin)) / WORDS_A_MINUTE
    return seconds


def whole_minutes(seconds: float) -> int:
    """Seconds as the minutes that a reader is told: rounded, and never none."""
    return max(1, round(seconds / 60))


@cache
def _cjk() -> re.Pattern[str]:
    return re.compile(_CJK)
