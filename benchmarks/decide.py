"""Measures deciding alone, in memory: what a thousand different cohorts get."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from benchmarks.newsroom import BRIEFINGS, TOPICS, news
from benchmarks.readers import distinct_wishes
from digest.core.model import Candidate
from digest.core.selection import Rules, Selector
from subscribers.model import Bookmark, Profile, Section

_COHORTS: Final = 1000
_RULES: Final = Rules(frozenset(Section), None, tuple(topic.slug for topic in TOPICS))


async def decide(archive: int) -> dict[str, float]:
    """Decide for different cohorts that are owed some of the newest news, and for one that is owed it all.

    `archive` is how many briefings there were before the newest ones.
    """
    newest = archive + BRIEFINGS
    candidates = [_candidate(number) for number in range(1, newest + 1)]
    cohorts = [*_cohorts(archive), (Profile(), Bookmark(0))]
    start = perf_counter()
    selector = Selector(candidates, _RULES)
    for profile, bookmark in cohorts:
        selector.regular(profile, bookmark, newest)
    return {"microseconds": (perf_counter() - start) / len(cohorts) * 1e6}


def _cohorts(archive: int) -> list[tuple[Profile, Bookmark]]:
    """Different pairs: each profile at its usual bookmark, and again a little further on."""
    wishes = distinct_wishes(_COHORTS // 2)
    near = [(wish.profile, _moved(wish.bookmark, archive)) for wish in wishes]
    return [*near, *((profile, Bookmark(bookmark.cut + 1, bookmark.deferred)) for profile, bookmark in near)]


def _moved(bookmark: Bookmark, by: int) -> Bookmark:
    return Bookmark(bookmark.cut + by, tuple(number + by for number in bookmark.deferred))


_NEWS: Final = news(BRIEFINGS)


def _candidate(number: int) -> Candidate:
    item = _NEWS[number % len(_NEWS)]
    return Candidate(
        number=number,
        briefing_id=number,
        section=item.section,
        topics=item.topics,
        lead=number % 8 == 0,
        weight=number % 3,
        retracted=number % 50 == 0,
        batch=number // 8,
    )
