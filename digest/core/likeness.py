"""How much two items tell of the same event: by words, and more by the figures and names that they share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from math import fsum
from typing import Final, NamedTuple

from msgspec import Struct

from digest.core.figures import Figure, Kind, figures_in
from digest.core.plain_words import COMMON, COMMON_HAN, STOP, TURNS, WAYS, stem
from subscribers.composed import composed

#: Items of one event come out within so many days of each other.
WINDOW_DAYS: Final = 4
#: From this likeness on two items tell of the same event.
SAME: Final = 0.45

_NAME_WEIGHT: Final = 3.0
_FIGURE_WEIGHT: Final = 3.0
_COMMON_WEIGHT: Final = 0.3
#: What items have in common must weigh as much as two names, or they say too little to be judged.
_LEAST_SHARED: Final = 6.0
#: Names and figures hold two items together, two of them at least; in these languages one figure, for their
#: names are not told from other words.
_NAMELESS: Final = frozenset({"zh", "ja", "ko", "th"})
#: What each thing that speaks against it takes away.
_OBJECTION: Final = 0.3
#: So many signs are in common before two items are compared at all.
SIGNS_SHARED: Final = 2
_MOST_OF_A_SORT: Final = 12
#: A long text in short: what it is about stands in front.
_OCTAVO: Final = 2000

_SENTENCES: Final = re.compile(r"[.!?:]+[\"'”’)]*\s+|[\"“”«»]|\n|[。！？；：]")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_COMMON_HAN: Final = re.compile("|".join(COMMON_HAN))


class Traits(Struct, frozen=True):
    """What an item is compared by, taken from its text once."""

    day: date
    #: `en`, `zh`: texts in different languages are not compared
    language: str
    #: who tells it, folded; empty when nobody said
    source: str
    #: what the title, and title and text, are about: weights by stem or bigram
    title: Mapping[str, float]
    words: Mapping[str, float]
    title_names: frozenset[str]
    #: names as they are written, by their stems
    names: Mapping[str, str]
    title_figures: frozenset[Figure]
    figures: frozenset[Figure]
    #: which way things go, as the title has it: up or down, begun or ended, yes or no
    turns: frozenset[str]
    #: equal for equal titles with equal texts, to the last sign; empty where one of them is missing
    wording: bytes = b""


class Likeness(NamedTuple):
    """How like two items are, from 0 to 1, and by what."""

    score: float
    #: names and figures in both, as they are written
    shared: tuple[str, ...]
    #: what speaks against it, in words
    against: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """True when both tell of the same event."""
        return self.score >= SAME


def traits_of(
    title: str, paragraphs: Collection[str], day: date, language: str, source: str | None = None
) -> Traits:
    """Take from an item what it is compared by; `day` is that of its source, else that of its publication."""
    wording = _wording(title, paragraphs)
    text = "\n".join(paragraphs)[:_OCTAVO]
    title, text = _plain(title[:_OCTAVO]), _plain(text)
    names = _names_in(title, text)
    title_words, title_figures = _weighed(title, names)
    text_words, text_figures = _weighed(text, names)
    # of its days only the title's are those of the event itself
    text_figures = frozenset(figure for figure in text_figures if figure.kind is not Kind.WEEKDAY)
    return Traits(
        day=day,
        language=language.partition("-")[0].casefold(),
        source=_plain(source or "").strip().casefold(),
        title=title_words,
        words={**text_words, **title_words},
        title_names=frozenset(word for word, weight in title_words.items() if weight == _NAME_WEIGHT),
        names={stem(folded(name)): name for name in sorted(names.values())},
        title_figures=title_figures,
        figures=title_figures | text_figures,
        turns=frozenset(_turns_in(title)),
        wording=wording,
    )


def likeness(one: Traits, other: Traits) -> Likeness:
    """Compare two items; those of other languages or of days far apart are not alike at all."""
    if one.language != other.language or abs((one.day - other.day).days) > WINDOW_DAYS:
        return Likeness(0.0, (), ("other language" if one.language != other.language else "days apart",))
    pairs = [(a, b) for a in sorted(one.figures) for b in other.figures if a.agrees_with(b)]
    if one.wording and one.wording == other.wording:
        # however short: the same words tell the same thing, whoever prints them
        return Likeness(1.0, _in_both(one, other, pairs), ())
    against = tuple(_against(one, other))
    weights = [sum(item.words.values()) + _FIGURE_WEIGHT * len(item.figures) for item in (one, other)]
    shared = _shared(one, other) + _FIGURE_WEIGHT * len(pairs)
    held_by = len({a for a, _ in pairs}) + sum(name in other.names for name in one.names)
    if shared < _LEAST_SHARED or held_by < (1 if one.language in _NAMELESS else 2):
        return Likeness(0.0, (), ("little is said", *against))
    overlap = min(1.0, shared / min(weights))
    score = (_cover(one, other) + _cover(other, one)) / 4 + overlap / 2
    return Likeness(
        max(0.0, min(1.0, score - _OBJECTION * len(against))),
        _in_both(one, other, pairs),
        against,
    )


def _in_both(one: Traits, other: Traits, pairs: Collection[tuple[Figure, Figure]]) -> tuple[str, ...]:
    """Names and figures that both have, as the one writes them."""
    names = (one.names[name] for name in one.names if name in other.names)
    return (*names, *dict.fromkeys(figure.said() for figure, _ in pairs))


def _cover(one: Traits, other: Traits) -> float:
    """How much of the one title is told by the other item."""
    whole = sum(one.title.values()) + _FIGURE_WEIGHT * len(one.title_figures)
    if not whole:
        return 0.0
    told = sum(weight for word, weight in one.title.items() if word in other.words)
    figures = sum(any(a.agrees_with(b) for b in other.figures) for a in one.title_figures)
    return (told + _FIGURE_WEIGHT * figures) / whole


def _shared(one: Traits, other: Traits) -> float:
    """What the words weigh that stand in both."""
    # in whatever order, the sum is the same to the last bit
    return fsum(min(one.words[word], other.words[word]) for word in one.words.keys() & other.words.keys())


def _against(one: Traits, other: Traits) -> Iterator[str]:
    if (
        one.title_figures
        and other.title_figures
        and any(_differ_in_titles(one, other, kind) for kind in Kind)
    ):
        yield "other figures in the titles"
    if any(_differ(_of(kind, one.figures), _of(kind, other.figures)) for kind in (Kind.SHARE, Kind.AMOUNT)):
        yield "other figures"
    if one.source and one.source == other.source:
        # a newspaper tells a thing once, and fills its forms every day
        yield "the same source"
    if not _named(one, other) or not _named(other, one):
        yield "other names"
    if any(
        (there in one.turns and back in other.turns) or (back in one.turns and there in other.turns)
        for there, back in TURNS
    ):
        yield "the other way round"


def _named(one: Traits, other: Traits) -> bool:
    """True when the other item knows one of the names in the title, or there is none."""
    return not one.title_names or any(name in other.words for name in one.title_names)


def _differ_in_titles(one: Traits, other: Traits, kind: Kind) -> bool:
    """True when both titles have a figure of a kind, and neither item knows that of the other's title."""
    mine, its = _of(kind, one.title_figures), _of(kind, other.title_figures)
    return (
        _differ(mine, its)
        and _differ(mine, _of(kind, other.figures))
        and _differ(its, _of(kind, one.figures))
    )


def _differ(some: Collection[Figure], others: Collection[Figure]) -> bool:
    return bool(some and others) and not _agree(some, others)


def _of(kind: Kind, figures: Collection[Figure]) -> list[Figure]:
    return [figure for figure in figures if figure.kind is kind]


def _agree(some: Collection[Figure], others: Collection[Figure]) -> bool:
    return any(a.agrees_with(b) for a in some for b in others)


def signs_of(traits: Traits) -> frozenset[int]:
    """Under what an item is looked up among thousands: its names, figures and the rare words of its title.

    Each is a number of 64 bits with a sign. Items of one event share `SIGNS_SHARED` of them at least, but for
    those that are told in other words without a figure or a name in common.
    """
    rare = [word for word, weight in traits.title.items() if weight >= 1]
    figures = {figure.rounded() for figure in traits.figures if figure.tells}
    said = [*sorted(map(str, figures))[:_MOST_OF_A_SORT], *rare[:_MOST_OF_A_SORT]]
    said += list(traits.names)[:_MOST_OF_A_SORT]
    if traits.wording and len(set(said)) < SIGNS_SHARED:
        # too short for that: it is found again by its wording
        said += [f"{traits.wording.hex()}:{count}" for count in range(SIGNS_SHARED)]
    return frozenset(_number_of(f"{traits.language}:{sign}") for sign in said)


def _number_of(sign: str) -> int:
    return int.from_bytes(blake2b(sign.encode(), digest_size=8).digest(), "big", signed=True)


# --- taking traits from a text ------------------------------------------------------------------------------


def folded(text: str) -> str:
    """In small letters; the Turkish I with a dot would fold into two signs, and so cut its word in two."""
    return text.casefold().replace("i\u0307", "i")


def _plain(text: str) -> str:
    return composed("NFKC", text).replace("’", "'")


def _wording(title: str, paragraphs: Collection[str]) -> bytes:
    if not title.strip() or not any(map(str.strip, paragraphs)):
        return b""
    return blake2b("\0".join((title, *paragraphs)).encode("utf-8", "replace"), digest_size=16).digest()


def _names_in(title: str, text: str) -> dict[str, str]:
    """Words that are written as names, by their folded form: with a capital where no sentence begins."""
    sentences = [piece for piece in _SENTENCES.split(text) if piece]
    if _is_sentence(title):
        sentences += [piece for piece in _SENTENCES.split(title) if piece]
    names: dict[str, str] = {}
    for sentence in sentences:
        words = _WORD.findall(sentence)
        for place, word in enumerate(words):
            if not word[0].isupper():
                continue
            is_first_of_name = len(words) > place + 1 and words[place + 1][0].isupper()
            if place or word.endswith("'s") or is_first_of_name:
                names.setdefault(folded(_bare(word)), _bare(word))
    return {name: said for name, said in names.items() if name not in STOP and stem(name) not in COMMON}


def _is_sentence(title: str) -> bool:
    """False for a Title With Capitals All Along, which does not tell names from other words."""
    words: list[str] = _WORD.findall(title)[1:]
    long = [word for word in words if len(word) > 3]
    return sum(word[0].isupper() for word in long) <= len(long) / 2


def _bare(word: str) -> str:
    return word.removesuffix("'s")


def _weighed(text: str, names: Collection[str]) -> tuple[dict[str, float], frozenset[Figure]]:
    """The words of a text with what they weigh, and its figures."""
    small = folded(text)
    figures, rest, end = set(), [], 0
    for figure, start, stop in figures_in(small):
        figures.add(figure)
        rest.append(small[end:start])
        end = stop
    rest.append(small[end:])
    weights: dict[str, float] = {}
    # most words of a text stand in it more than once
    met: dict[str, tuple[tuple[str, float], ...]] = {}
    for said in _WORD.findall(" ".join(rest)):
        parts = met.get(said)
        if parts is None:
            parts = met[said] = _parts_of(said, names)
        for word, weight in parts:
            weights[word] = weight
    return weights, frozenset(figures)


def _parts_of(word: str, names: Collection[str]) -> tuple[tuple[str, float], ...]:
    if word.isascii():
        return _one(word, names)
    found: list[tuple[str, float]] = []
    end = 0
    for han in _HAN.finditer(word):
        found += _one(word[end : han.start()], names)
        found += _bigrams(han[0])
        end = han.end()
    return (*found, *_one(word[end:], names))


def _one(word: str, names: Collection[str]) -> tuple[tuple[str, float], ...]:
    word = _bare(word)
    return ((stem(word), _NAME_WEIGHT),) if word in names else _nameless(word)


# a language has few words that are written often
@lru_cache(maxsize=20_000)
def _nameless(word: str) -> tuple[tuple[str, float], ...]:
    if not word or word in STOP:
        return ()
    root = stem(word)
    return ((root, _COMMON_WEIGHT if root in COMMON else 1.0),)


def _bigrams(han: str) -> Iterator[tuple[str, float]]:
    """Chinese is not cut into words: what is left between common ones counts by pairs of characters."""
    end = 0
    for match in _COMMON_HAN.finditer(han):
        yield from _pairs(han[end : match.start()])
        if len(match[0]) > 1:
            yield match[0], _COMMON_WEIGHT
        end = match.end()
    yield from _pairs(han[end:])


def _pairs(run: str) -> Iterator[tuple[str, float]]:
    if len(run) == 1:
        yield run, 1.0
    for a, b in pairwise(run):
        yield a + b, 1.0


def _turns_in(title: str) -> Iterator[str]:
    small = folded(title)
    for match in _WORD.finditer(small):
        if match[0] in WAYS:
            yield WAYS[match[0]]
    if _HAN.search(small):
        yield from (way for word, way in WAYS.items() if not word.isascii() and word in small)
