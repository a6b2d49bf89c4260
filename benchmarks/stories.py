"""Shows how well tellings of one event are known, and what it costs to find them among ten thousand items."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from sqlalchemy import func, select

from benchmarks.alone import scratch
from benchmarks.options import Options
from benchmarks.stopwatch import Stopwatch
from benchmarks.stores import opened
from benchmarks.tables import seconds, show
from digest.core.likeness import SAME
from digest.core.model import DraftBriefing
from digest.flows import collect as collecting
from digest.flows.seed import seed
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from digest.store.tables import stories
from tests.core.tellings import HALVES, pairs, score
from tests.stores import TOPICS

_ITEMS: Final = 10_000
#: One event in five is told twice.
_TOLD_TWICE: Final = 5
_SINGLE: Final = 30
_DAY: Final = date(2026, 11, 24)
_NOW: Final = datetime(2026, 11, 24, 6, tzinfo=UTC)
_SOUNDS: Final = tuple(consonant + vowel for consonant in "bdgklmnrst" for vowel in "aeo")
_FORMS: Final = (
    (
        "{firm} to close its {town} plant, {jobs} jobs go",
        "{firm} will close its plant in {town}, it said, and {jobs} people lose their work. {boss} spoke of"
        " losses of {sum} million.",
    ),
    (
        "{town} loses plant of {firm}",
        "The plant in {town} is to shut. Its owner {firm} lost {sum} million there, {boss} said; {jobs} jobs"
        " are gone.",
    ),
    (
        "{firm} wins order worth {sum} million in {town}",
        "{town} ordered {jobs} machines from {firm} for {sum} million, {boss} announced.",
    ),
    (
        "{town} buys {jobs} machines from {firm}",
        "For {sum} million {firm} delivers {jobs} machines to {town}. {boss} called it a good day.",
    ),
)


def run(options: Options) -> dict[str, Any]:
    """Judge the labelled pairs, and join a stream of made-up news."""
    judged = _judge()
    cost = asyncio.run(_measure())
    show(
        f"Joining among {_ITEMS:,} items of the last days, in SQLite",
        ("what", "time"),
        [
            [f"{_ITEMS:,} items at once, all that is done", seconds(cost["collect"])],
            [f"{_ITEMS:,} items at once, for their stories alone", seconds(cost["join"])],
            ["one item more, all that is done (median)", f"{cost['single'] * 1000:.1f} ms"],
            ["one item more, for its story alone (median)", f"{cost['single join'] * 1000:.1f} ms"],
        ],
    )
    print(f"{cost['told twice']:,.0f} events were told twice; {cost['joined']:,.0f} stories were made.")
    return {"pairs": judged, "cost": cost}


def _judge() -> dict[str, Any]:
    sets = {half: pairs(half) for half in HALVES}
    sets["both, strangers too"] = [pair for half in HALVES for pair in pairs(half, strangers=True)]
    found = {name: score(labelled) for name, labelled in sets.items()}
    show(
        f"Tellings of one event, joined from a likeness of {SAME} on",
        ("pairs", "number", "of one event", "joined rightly", "wrongly", "precision", "recall", "F1"),
        [
            [
                *(name, str(one.pairs), str(one.same), str(one.found), str(one.wrong)),
                *(f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}"),
            ]
            for name, one in found.items()
        ],
    )
    return {name: one.f1 for name, one in found.items()}


async def _measure() -> dict[str, float]:
    watch = Stopwatch()
    watch.watch("join", collecting, "join_new")
    twice, drafts = _news()
    with scratch() as folder:
        async with opened(folder / "stories.sqlite3") as store:
            await seed(store, TOPICS)
            start = perf_counter()
            await collecting.collect(Gathered(tuple(drafts[_SINGLE:])), store=store, now=_NOW)
            found = {"collect": perf_counter() - start, "join": watch.seconds["join"]}
            found |= {"joined": await _stories(store), "told twice": twice}
            single, joins = [], []
            for draft in drafts[:_SINGLE]:
                start, before = perf_counter(), watch.seconds["join"]
                await collecting.collect(Gathered((draft,)), store=store, now=_NOW)
                single.append(perf_counter() - start)
                joins.append(watch.seconds["join"] - before)
    return found | {"single": median(single), "single join": median(joins)}


async def _stories(store: Database) -> int:
    async with store.read() as connection:
        return (await connection.execute(select(func.count()).select_from(stories))).scalar_one()


def _news() -> tuple[int, list[DraftBriefing]]:
    """Made-up items, and how many of their events are told twice."""
    chance = random.Random(7)
    singles = [draft for _ in range(_SINGLE) for draft in _event(chance, 1)]
    drafts: list[DraftBriefing] = []
    twice = 0
    while len(drafts) < _ITEMS:
        tellings = 2 if chance.randrange(_TOLD_TWICE) == 0 and len(drafts) < _ITEMS - 1 else 1
        twice += tellings == 2
        drafts += _event(chance, tellings)
    chance.shuffle(drafts)
    return twice, singles + drafts


def _event(chance: random.Random, tellings: int) -> list[DraftBriefing]:
    said = {
        "firm": f"{_name(chance)} {_name(chance, 400)}",
        "town": _name(chance, 800),
        "boss": f"{_name(chance, 300)} {_name(chance)}",
        "jobs": str(chance.randrange(20, 9000)),
        "sum": str(chance.randrange(13, 900)),
    }
    kind = 2 * chance.randrange(len(_FORMS) // 2)
    return [
        DraftBriefing(
            title=title.format(**said),
            paragraphs=(text.format(**said),),
            source=f"The {_name(chance, 60)} Post",
            source_date=_DAY,
        )
        for title, text in _FORMS[kind : kind + tellings]
    ]


def _name(chance: random.Random, of: int = 20_000) -> str:
    """One of so many invented names."""
    place = chance.randrange(of)
    sounds = [_SOUNDS[(place * 7 + 3) % 30], _SOUNDS[place // 30 % 30], _SOUNDS[place // 900 % 30]]
    return "".join(sounds).capitalize()
