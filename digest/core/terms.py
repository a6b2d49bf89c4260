"""The words of a text as search knows them: stems where words are spaced, single letters in East Asia."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final, NamedTuple

from subscribers.composed import composed

#: Stands where a phrase may not go on: between paragraphs, and for what is not counted. No query has it.
GAP: Final = "¶"
#: PostgreSQL keeps no more places of one term in a text (its documentation, 8.11.1), so neither does SQLite.
MOST_PLACES: Final = 255
#: And none behind this place; a briefing is far shorter.
MOST_TERMS: Final = 16_000
#: A longer word is none.
_MOST_LETTERS: Final = 64
#: Who writes without spaces is found letter by letter: a run of them is a phrase.
_SINGLE: Final = (
    "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003134f"
)
#: The stemmers of Snowball by the first part of a language tag.
_SNOWBALL: Final = (
    "ar=arabic ca=catalan da=danish de=german el=greek en=english es=spanish eu=basque fi=finnish "
    "fr=french ga=irish hi=hindi hu=hungarian hy=armenian id=indonesian it=italian lt=lithuanian "
    "nb=norwegian ne=nepali nl=dutch nn=norwegian no=norwegian pt=portuguese ro=romanian ru=russian "
    "sr=serbian sv=swedish ta=tamil tr=turkish yi=yiddish"
)
#: The Arabic article, alone or behind a particle that is written as one word with it (fa, wa, ka, bi, li);
#: the longest first.
_ARTICLES: Final = ("وبال", "فال", "وال", "كال", "بال", "ولل", "لل", "ال")
#: A root has three letters: what is shorter has lost one of its own.
_LEAST_OF_A_WORD: Final = 3
_STEMMERS: Final = dict(pair.split("=") for pair in _SNOWBALL.split())
#: All names that `stemmer_for` gives.
STEMMERS: Final = frozenset({"", *_STEMMERS.values()})


class Term(NamedTuple):
    """One term, and where in the text its word stands."""

    text: str
    start: int
    end: int


class Indexed(NamedTuple):
    """The terms of a briefing place by place; `GAP` where there is none."""

    title: tuple[str, ...]
    body: tuple[str, ...]


def stemmer_for(language: str) -> str:
    """The name of the stemmer for a BCP 47 tag; empty when words of that language stay as they are."""
    return _STEMMERS.get(re.split("[-_]", language.lower(), maxsplit=1)[0], "")


def terms(text: str, stemmer: str) -> list[Term]:
    """The terms of a text in its order."""
    found = []
    for word in _word().finditer(text):
        start, end = word.span()
        found += [Term(term, start, end) for term in _terms_of(word[0], stemmer)]
    return found


def indexed(title: str, paragraphs: Iterable[str], language: str) -> Indexed:
    """What is kept of a briefing, so that every store finds the same in it."""
    stemmer = stemmer_for(language)
    head = _texts(title, stemmer)[:MOST_TERMS]
    body: list[str] = []
    for paragraph in paragraphs:
        body += [GAP] if body else []
        body += _texts(paragraph, stemmer)
    del body[MOST_TERMS - len(head) :]
    # nearly every text is so short that no term can have too many places
    if len(head) + len(body) > MOST_PLACES:
        met: Counter[str] = Counter()
        head, body = _thinned(head, met), _thinned(body, met)
    return Indexed(tuple(head), tuple(body))


@lru_cache(maxsize=65_536)
def stemmed(word: str, stemmer: str) -> str:
    """A word without its endings, by the Snowball stemmer of this name."""
    # imported here: it loads the rules of two dozen languages, which a process that only sends has no use for
    from snowballstemmer import stemmer as stemmer_of

    # a stemmer keeps state while it works: one of its own for each word keeps threads apart
    return str(stemmer_of(stemmer).stemWord(word))


def _texts(text: str, stemmer: str) -> list[str]:
    """The terms of a text in its order, without their places."""
    return [term for word in _word().findall(text) for term in _terms_of(word, stemmer)]


def _thinned(found: list[str], met: Counter[str]) -> list[str]:
    """The terms without those that have had their places; `met` counts all along a text."""
    times = Counter(found)
    del times[GAP]
    # so it is with most of the long ones too: no term has to be looked at by itself
    if all(met[term] + count <= MOST_PLACES for term, count in times.items()):
        met.update(times)
        return found
    kept = []
    for term in found:
        met[term] += term != GAP
        kept.append(term if met[term] <= MOST_PLACES else GAP)
    return kept


@lru_cache(maxsize=65_536)
def _terms_of(word: str, stemmer: str) -> tuple[str, ...]:
    """A word, folded and stemmed; some signs stand for several."""
    if word.isascii():
        # of these no sign stands for several, and none has another form
        return tuple(filter(None, (_term(word.casefold(), stemmer),)))
    folded = composed("NFKC", composed("NFKC", word).casefold())
    parts = [found[0] for found in _word().finditer(folded)]
    return tuple(filter(None, (_term(part, stemmer) for part in parts)))


def _term(word: str, stemmer: str) -> str:
    if _single().fullmatch(word):
        return word
    # São and Sao are one word to who has no tilde at hand; so they are before they are stemmed
    plain = word if word.isascii() else _without_accents(word)
    bare = _without_article(plain) if stemmer == _STEMMERS["ar"] else plain
    stem = stemmed(bare, stemmer) if stemmer else plain
    # no index takes an apostrophe, should a stemmer leave one
    return "".join(one for one in stem if one.isalnum() or ord(one) > 127)[:_MOST_LETTERS]


def _without_accents(word: str) -> str:
    letters = (one for one in composed("NFKD", word) if not unicodedata.combining(one))
    return composed("NFC", "".join(letters))


def _without_article(word: str) -> str:
    """An Arabic word as it is without its article; some that have none lose letters, wherever they stand.

    Snowball takes the article off too, but it is then told that the word is a noun, and leaves it with other
    endings than the bare word: so neither is found by the other.
    """
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + _LEAST_OF_A_WORD:
            return _without_article(word[len(article) :])
    return word


@cache
def _single() -> re.Pattern[str]:
    return re.compile(f"[{_SINGLE}]")


@cache
def _word() -> re.Pattern[str]:
    """A single letter of East Asia, or a run of others; vowel signs and accents belong to their letters."""
    signs = [one for one in map(chr, range(0x300, 0xFFFF)) if unicodedata.category(one) in {"Mn", "Mc"}]
    letter = rf"[^\W_{_SINGLE}]"
    return re.compile(rf"[{_SINGLE}]|{letter}(?:{letter}|[{re.escape(''.join(signs))}])*")
