"""Where the keywords of topics stand in a text: by word stems, literally where no spaces are set."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from digest.core.terms import stemmed
from digest.ingest.folding import fold

#: Han, kana, hangul and their relatives, which set no space between words.
_UNSPACED: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WITHOUT_SPACES: Final = re.compile(f"[{_UNSPACED}]")
_WORD: Final = re.compile(rf"[^\W_{_UNSPACED}]+(?:'[^\W_{_UNSPACED}]+)*")
#: Words that the stemmer throws together with others of another meaning: import and important, secure and
#: securities, mine and mineral. The forms of a group share its first as their stem.
_KEPT_APART: Final = (
    ("important", "importance", "importantly"),
    ("international", "internationally"),
    ("university", "universities"),
    ("mineral", "minerals"),
    ("destroyer", "destroyers"),
    ("renewable", "renewables"),
    ("liquidator", "liquidators"),
    ("engineer", "engineers"),
    ("aging", "ageing"),
    ("arms",),
    ("customer", "customers"),
    ("liquidation",),
    ("protestant", "protestants"),
    ("shares",),
    ("duties",),
    ("marines",),
    ("utilities",),
    ("jobs",),
    ("electricity",),
    ("generals",),
    ("generative",),
    ("organs",),
    ("securities",),
    ("shipping",),
    ("socialism",),
)
_OWN_STEMS: Final = {form: forms[0] for forms in _KEPT_APART for form in forms}


class Keyword(Struct, frozen=True):
    """A keyword of one topic, as its rule has it, and the weight that it carries there."""

    topic: str
    text: str
    weight: int


class _Phrase(Struct, frozen=True):
    stems: tuple[str, ...]
    keyword: Keyword


class Wording:
    """All keywords of all topics, compiled once; finding them takes one pass over the words of a text.

    Within a topic the longest phrase at a place hides the shorter ones in it; topics hide nothing of each
    other's.
    """

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        self._by_first_stem: dict[str, list[_Phrase]] = defaultdict(list)
        literal: dict[str, dict[str, Keyword]] = defaultdict(dict)
        for keyword in keywords:
            folded = fold(keyword.text)
            if _WITHOUT_SPACES.search(folded):
                literal[keyword.topic][folded] = keyword
            elif stems := _stems(folded):
                self._by_first_stem[stems[0]].append(_Phrase(stems, keyword))
        for phrases in self._by_first_stem.values():
            phrases.sort(key=lambda phrase: (-len(phrase.stems), -phrase.keyword.weight))
        self._literal = {topic: (_any_of(found), found) for topic, found in literal.items()}

    def found_in(self, text: str) -> Counter[Keyword]:
        """How often each keyword stands in one paragraph or title."""
        folded = fold(text)
        found = self._phrases_in(_stems(folded))
        if self._literal and _WITHOUT_SPACES.search(folded):
            for pattern, keywords in self._literal.values():
                found.update(keywords[match[0]] for match in pattern.finditer(folded))
        return found

    def _phrases_in(self, stems: tuple[str, ...]) -> Counter[Keyword]:
        found: Counter[Keyword] = Counter()
        free_from: dict[str, int] = {}
        for position, stem in enumerate(stems):
            for phrase in self._by_first_stem.get(stem, ()):
                end = position + len(phrase.stems)
                topic = phrase.keyword.topic
                if position >= free_from.get(topic, 0) and stems[position:end] == phrase.stems:
                    found[phrase.keyword] += 1
                    free_from[topic] = end
        return found


def _any_of(keywords: Mapping[str, Keyword]) -> re.Pattern[str]:
    longest_first = sorted(keywords, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


def _stems(folded: str) -> tuple[str, ...]:
    return tuple(map(_stem, _WORD.findall(folded)))


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    return _OWN_STEMS.get(word) or stemmed(word, "english")
