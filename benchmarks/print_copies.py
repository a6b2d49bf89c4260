"""Measures printing: an issue's sheet, each cohort's rendition, and what is left for each reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.core.model import Briefing, Claimed, Copy, Issue, Newsletter, Topic
from digest.flows.press import Press
from digest.flows.publish import due_slots, publish
from digest.mail.identifiers import boundary
from digest.render.printer import Sheet, print_sheet, rendition
from digest.store import deliveries, issues, newsletters, numbered, topics
from digest.store.database import Database
from subscribers.model import Format

#: What one issue usually holds; the cohorts here need more, since some of their readers are far behind.
SHEET_ITEMS: Final = 20
_SHEETS: Final = 5


@dataclass(frozen=True, slots=True)
class _Planned:
    """One issue, and the copies of all its readers."""

    issue_id: int
    claimed: Sequence[Claimed]
    #: one for each cohort that reads HTML
    copies: Sequence[Copy]


async def print_copies(file: str) -> dict[str, float]:
    """Plan the only due slot and print it, piece by piece and then as sending does."""
    async with copy_of(file) as store:
        planned = await _planned(store)
        contents = await _contents(store, planned.issue_id)
        cold, *warm = [_sheet_seconds(contents) for _ in range(1 + _SHEETS)]
        return {
            "cold sheet": cold,
            "sheet": median(warm),
            "rendition": _rendition_seconds(planned.copies, contents.sheet()),
            **await _letters(store, planned),
        }


@dataclass(frozen=True, slots=True)
class _Contents:
    """All that a sheet is printed from."""

    issue: Issue
    newsletter: Newsletter
    news: Mapping[int, Briefing]
    topics: Mapping[str, Topic]

    def sheet(self, items: int | None = None) -> Sheet:
        """Print it, with the first items only or all."""
        news = dict(list(self.news.items())[:items])
        return print_sheet(self.issue, self.newsletter, news, self.topics, self.newsletter.theme, "en")


def _sheet_seconds(contents: _Contents) -> float:
    start = perf_counter()
    contents.sheet(SHEET_ITEMS)
    return perf_counter() - start


def _rendition_seconds(copies: Sequence[Copy], sheet: Sheet) -> float:
    """Seconds a cohort."""
    start = perf_counter()
    for copy in copies:
        rendition(copy, sheet, boundary(copy.issue.id, copy.cohort_id))
    return (perf_counter() - start) / len(copies)


async def _letters(store: Database, planned: _Planned) -> dict[str, float]:
    """Seconds for the first letter of a cohort, with what the store is asked, and for each further one."""
    press = Press(store=store, keys=[b"benchmarks" * 4], base_url="https://news.example")
    seen: set[int] = set()
    firsts: list[float] = []
    others: list[float] = []
    lengths: list[int] = []
    # as the sender does after each claim
    await press.prepare(planned.claimed)
    for copy in planned.claimed:
        start = perf_counter()
        letter = await press.letter(copy)
        spent = perf_counter() - start
        (others if copy.cohort_id in seen else firsts).append(spent)
        seen.add(copy.cohort_id)
        lengths.append(len(letter.content))
    return {"first letter": median(firsts), "letter": median(others), "bytes": median(lengths)}


async def _planned(store: Database) -> _Planned:
    (due,) = await due_slots(store=store, now=NOW)
    done = await publish(due, store=store, now=NOW)
    assert done is not None
    async with store.write() as connection:
        claim = await deliveries.claim(
            connection,
            done.issue_id,
            "benchmark",
            now=NOW,
            wall=datetime.now(UTC),
            limit=done.copies,
            resend_uncertain=True,
        )
        cohorts = await issues.copies_of(connection, {one.cohort_id for one in claim.copies})
    html = [copy for copy in cohorts if copy.profile.format is Format.HTML]
    return _Planned(done.issue_id, claim.copies, html)


async def _contents(store: Database, issue_id: int) -> _Contents:
    async with store.read() as connection:
        issue = await issues.by_id(connection, issue_id)
        assert issue is not None
        revisions = await issues.pinned_revisions(connection, issue_id, 1)
        return _Contents(
            issue,
            await newsletters.by_id(connection, issue.newsletter_id),
            await numbered.by_numbers(connection, revisions),
            {topic.slug: topic for topic in await topics.every(connection)},
        )
