"""A small invented newsroom to measure with: topics of its own, briefings of usual length."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Final

from digest.core.model import DraftBriefing, Topic
from digest.flows.collect import collect
from digest.flows.seed import seed
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from subscribers.model import Section

#: Enough that profiles differ; in the order in which a mail shows them.
TOPICS: Final = tuple(
    Topic(slug, title, position, {})
    for position, (slug, title) in enumerate(
        (
            ("economy", "Economy and trade"),
            ("finance", "Finance"),
            ("technology", "Technology and industry"),
            ("energy", "Energy and resources"),
            ("politics", "Politics"),
            ("society", "Society and media"),
            ("international", "International relations"),
            ("security", "Security"),
            ("science", "Science and health"),
            ("transport", "Transport"),
            ("farming", "Farming and food"),
            ("general", "General"),
        ),
        start=1,
    )
)
#: Some days of news; the readers of `benchmarks.readers` have had the first half of it.
BRIEFINGS: Final = 40
_A_DAY: Final = 8
_FIRST_DAY: Final = date(2026, 11, 19)
_SECTIONS: Final = [*[Section.BRIEFING] * 6, Section.ANALYSIS, Section.HOT_TOPIC]
_WORDS: Final = """
    the a of to in and for on with by harbour council ministry exporter dealer schedule reservoir price
    tariff shipment month week quarter licence inspector railway orchard fishery clinic satellite cable
    lender budget said reported expects plans rose fell opened closed delayed approved new local
    northern large small public private annual early late higher lower first second nearly about more
    fewer
"""


async def open_newsroom(store: Database, count: int = BRIEFINGS) -> None:
    """Set a store up, and publish `count` briefings, a batch a day."""
    await seed(store, TOPICS)
    drafts = news(count)
    for start in range(0, count, _A_DAY):
        day = _FIRST_DAY + timedelta(days=start // _A_DAY)
        published = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        await collect(Gathered(tuple(drafts[start : start + _A_DAY])), store=store, now=published)


def news(count: int) -> list[DraftBriefing]:
    """Invented briefings, the same on every call: one to three topics, three to five paragraphs."""
    chance = random.Random(4)
    return [_briefing(number, chance) for number in range(count)]


def _briefing(number: int, chance: random.Random) -> DraftBriefing:
    return DraftBriefing(
        title=f"{_sentence(chance, 9)} ({number})",
        paragraphs=tuple(
            " ".join(f"{_sentence(chance, chance.randint(12, 24))}." for _ in range(3))
            for _ in range(chance.randint(3, 5))
        ),
        section=chance.choice(_SECTIONS),
        topics=tuple(topic.slug for topic in chance.sample(TOPICS[:-1], chance.choice((1, 1, 2, 3)))),
        source="The Harbour Post",
        source_date=_FIRST_DAY,
        url=f"https://news.example/{number}",
    )


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS.split(), k=words)).capitalize()
