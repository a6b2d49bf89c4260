"""Which topics a briefing belongs to, and why: weighted keywords, unless an editor said it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Final

from msgspec import Struct

from digest.core.model import GENERAL, Topic, TopicMark
from digest.errors import InputError
from digest.ingest.wording import Keyword, Wording

GIVEN: Final = "given with the item"
NO_RULE: Final = "no rule matched"
#: A keyword in the title counts so many times its weight; titles say what a text is about.
_IN_TITLE: Final = 4
#: In the text it counts once for each time, up to here: repeating a word adds little after that.
_IN_TEXT: Final = 3
#: Fewer points than this are a chance mention: one mere hint in the title, or two in the text.
_FLOOR: Final = 5
#: A further topic needs points of its own, and this share of what the first one has.
_FURTHER_FLOOR: Final = 9
_FURTHER_SHARE: Final = 0.4
_MOST_TOPICS: Final = 3
_REASON_WORDS: Final = 4


class Score(Struct, frozen=True):
    """What the rules say of one topic and one text."""

    slug: str
    #: points by keyword, the strongest first
    points: Mapping[str, int]
    total: int
    #: the rules give the topic
    is_chosen: bool
    #: why they do not, in words; empty when they do
    why_not: str


class TopicRules:
    """The rules of all topics, compiled; make one and use it for many briefings."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._order = [topic.slug for topic in sorted(topics, key=lambda topic: topic.position)]
        self._ruled = [one.slug for one in sorted(topics, key=lambda topic: topic.position) if one.rules]
        self._slugs = _slugs_by_name(topics)
        self._wording = Wording(
            Keyword(topic.slug, text, weight) for topic in topics for text, weight in topic.rules.items()
        )

    @classmethod
    def of(cls, topics: Sequence[Topic]) -> TopicRules:
        """The rules of these topics; compiled once for those that say the same."""
        return _compiled(
            tuple((one.slug, one.position, tuple(one.rules.items()), tuple(one.aliases)) for one in topics)
        )

    def assign(
        self, title: str, paragraphs: Sequence[str], explicit: Sequence[str] = ()
    ) -> tuple[TopicMark, ...]:
        """The topics of a briefing, most fitting first; explicit ones win, and there is always one.

        Raises InputError for an explicit topic that is neither a slug nor an alias.
        """
        if explicit:
            slugs = dict.fromkeys(self.slug_of(name) for name in explicit)
            return tuple(TopicMark(slug, GIVEN) for slug in slugs)
        points = self._points(title, paragraphs)
        chosen = self._clear_ones(points)
        marks = tuple(TopicMark(slug, _reason(points[slug])) for slug in chosen)
        return marks or (TopicMark(GENERAL, NO_RULE),)

    def scores(self, title: str, paragraphs: Sequence[str]) -> tuple[Score, ...]:
        """What the rules say of every topic that has any, most points first, then in the order of topics."""
        points = self._points(title, paragraphs)
        chosen = self._clear_ones(points)
        best = max((sum(words.values()) for words in points.values()), default=0)
        found = []
        for slug in self._ruled:
            mine = points.get(slug, {})
            strongest = sorted(mine, key=lambda word: (-mine[word], word))
            why_not = "" if slug in chosen else _why_not(mine, best, len(chosen))
            by_word = {word: mine[word] for word in strongest}
            found.append(Score(slug, by_word, sum(mine.values()), slug in chosen, why_not))
        return tuple(sorted(found, key=lambda score: (not score.is_chosen, -score.total)))

    def slug_of(self, name: str) -> str:
        """The slug of a topic given by slug or alias."""
        found = self._slugs.get(name.strip().lower())
        if found is None:
            raise InputError(f"topic {name!r} is not known: choose among {', '.join(self._order)}")
        return found

    def known_among(self, names: Iterable[str]) -> tuple[str, ...]:
        """The slugs of those names that are a topic's slug or alias; others mean nothing here."""
        found = (self._slugs.get(name.strip().lower()) for name in names)
        return tuple(dict.fromkeys(slug for slug in found if slug is not None))

    def _points(self, title: str, paragraphs: Sequence[str]) -> dict[str, dict[str, int]]:
        """Points by keyword by topic."""
        in_title = self._wording.found_in(title)
        in_text: Counter[Keyword] = Counter()
        for paragraph in paragraphs:
            in_text.update(self._wording.found_in(paragraph))
        points: dict[str, dict[str, int]] = {}
        for keyword in in_title.keys() | in_text.keys():
            times = _IN_TITLE * (keyword in in_title) + min(in_text[keyword], _IN_TEXT)
            if keyword.weight:
                points.setdefault(keyword.topic, {})[keyword.text] = keyword.weight * times
        return points

    def _clear_ones(self, points: Mapping[str, Mapping[str, int]]) -> list[str]:
        totals = {slug: sum(words.values()) for slug, words in points.items()}
        best = max(totals.values(), default=0)
        enough = max(_FURTHER_FLOOR, _FURTHER_SHARE * best)
        ranked = sorted(totals, key=lambda slug: (-totals[slug], self._order.index(slug)))
        first = [slug for slug in ranked[:1] if totals[slug] >= _FLOOR]
        # one word alone, however often, does not make a second subject
        further = [slug for slug in ranked[1:] if totals[slug] >= enough and len(points[slug]) > 1]
        return [*first, *further][:_MOST_TOPICS]


@lru_cache(maxsize=2)
def _compiled(
    topics: tuple[tuple[str, int, tuple[tuple[str, int], ...], tuple[str, ...]], ...],
) -> TopicRules:
    return TopicRules([Topic(slug, "", place, dict(said), names) for slug, place, said, names in topics])


def _why_not(points: Mapping[str, int], best: int, chosen: int) -> str:
    """The first hurdle that was too high; the same ones as in `_clear_ones`."""
    total, enough = sum(points.values()), max(_FURTHER_FLOOR, ceil(_FURTHER_SHARE * best))
    if not points:
        return "none of its keywords stands in the text"
    if total < _FLOOR:
        return f"{total} of the {_FLOOR} points that it takes"
    if total < enough:
        return f"{total} points; beside the first topic it takes {enough}"
    if len(points) < 2:
        return "one keyword alone makes no further topic"
    return f"{chosen} others have more points" if chosen >= _MOST_TOPICS else "another topic has more points"


def _reason(points: Mapping[str, int]) -> str:
    """The matched keywords, strongest first."""
    strongest = sorted(points, key=lambda word: (-points[word], word))
    return ", ".join(strongest[:_REASON_WORDS])


def _slugs_by_name(topics: Iterable[Topic]) -> dict[str, str]:
    """Slugs by themselves and by their aliases."""
    slugs: dict[str, str] = {}
    for topic in topics:
        for name in (topic.slug, *topic.aliases):
            if name.lower() == "all":
                raise InputError(f"{name!r} cannot name a topic: readers say it for every topic")
            if slugs.setdefault(name.lower(), topic.slug) != topic.slug:
                raise InputError(
                    f"{name!r} names both topic {slugs[name.lower()]!r} and topic {topic.slug!r}: "
                    "take it from one of them"
                )
    return slugs
