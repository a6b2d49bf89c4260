"""Readers by the hundred thousand, written straight into a store; equal numbers give equal readers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.newsroom import BRIEFINGS, TOPICS
from digest.store.database import Database
from subscribers.groups import Place, groups_at
from subscribers.interning import intern_bookmarks, intern_cadences, intern_profiles
from subscribers.model import WEEKDAYS, Bookmark, Cadence, Format, Profile, Section, Standing
from subscribers.tables import subscribers, subscriptions

#: When the measured run takes place: every cadence below has had a slot since `SERVED`.
NOW: Final = datetime(2026, 11, 25, tzinfo=UTC)
SERVED: Final = date(2026, 11, 23)
_JOINED: Final = datetime(2026, 11, 1, tzinfo=UTC)

_PROFILES: Final = 500
CADENCES: Final = tuple(
    Cadence(WEEKDAYS, at, zone)
    for zone in ("Asia/Shanghai", "Europe/Paris", "America/New_York", "Asia/Singapore", "Europe/London")
    for at in (time(7), time(8), time(12, 30), time(18))
)
#: One reader in so many stands elsewhere than where the last issue left most of them.
_STRAGGLERS: Final = 20
_STRAGGLING: Final = tuple(Bookmark(cut) for cut in (4, 8, 12, 16))
_ROWS_AT_A_TIME: Final = 10_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader wants, and where those who want it usually stand."""

    profile: Profile
    bookmark: Bookmark


async def fill(store: Database, count: int, cadences: Sequence[Cadence] = CADENCES) -> None:
    """Make `count` active readers of the first newsletter, all of them due at `NOW`."""
    wishes = distinct_wishes()
    async with store.write() as connection:
        profile_ids = await intern_profiles(connection, [wish.profile for wish in wishes])
        bookmark_ids = await intern_bookmarks(connection, [*(w.bookmark for w in wishes), *_STRAGGLING])
        cadence_ids = await intern_cadences(connection, cadences)
        choices = _Choices(
            wishes=[(profile_ids[wish.profile], bookmark_ids[wish.bookmark]) for wish in wishes],
            cadences=[cadence_ids[cadence] for cadence in cadences],
            stragglers=[bookmark_ids[bookmark] for bookmark in _STRAGGLING],
        )
        group_ids: dict[Place, int] = {}
        for first in range(1, count + 1, _ROWS_AT_A_TIME):
            ids = range(first, min(first + _ROWS_AT_A_TIME, count + 1))
            await _write(connection, ids, choices, group_ids)


def distinct_wishes(count: int = _PROFILES) -> list[Wish]:
    """Different profiles, the most usual first; topics are followed by Zipf's law."""
    chance = random.Random(1)
    found: dict[Profile, Wish] = {}
    while len(found) < count:
        profile = _profile(chance)
        found.setdefault(profile, Wish(profile, _usual_bookmark(profile, chance)))
    return list(found.values())


def _profile(chance: random.Random) -> Profile:
    slugs = [topic.slug for topic in TOPICS]
    followed = chance.choices(slugs, _zipf(len(slugs)), k=chance.randint(1, 8))
    return Profile(
        topics=None if chance.random() < 0.1 else frozenset(followed),
        sections=None if chance.random() < 0.8 else frozenset({Section.BRIEFING, Section.ANALYSIS}),
        format=Format.TEXT if chance.random() < 0.2 else Format.HTML,
        max_items=chance.choice((None, None, None, 5, 10, 20)),
    )


def _usual_bookmark(profile: Profile, chance: random.Random) -> Bookmark:
    """Half of the news is accounted for; a cap has deferred some of it."""
    cut = BRIEFINGS // 2
    if profile.max_items is None:
        return Bookmark(cut)
    return Bookmark(cut, tuple(sorted(chance.sample(range(1, cut + 1), chance.randint(0, 4)))))


def _zipf(count: int) -> list[float]:
    return [1 / rank for rank in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class _Choices:
    """Row ids to choose among: (profile, its usual bookmark), cadences, bookmarks of stragglers."""

    wishes: list[tuple[int, int]]
    cadences: list[int]
    stragglers: list[int]


async def _write(
    connection: AsyncConnection, ids: range, choices: _Choices, group_ids: dict[Place, int]
) -> None:
    await connection.execute(insert(subscribers), [_subscriber(id_) for id_ in ids])
    chance = random.Random(ids.start)
    wishes = chance.choices(
        choices.wishes, cum_weights=list(accumulate(_zipf(len(choices.wishes)))), k=len(ids)
    )
    cadences = chance.choices(choices.cadences, _zipf(len(choices.cadences)), k=len(ids))
    places = [
        Place(1, cadence_id, profile_id, _standing_at(usual, choices.stragglers, chance), SERVED, True)
        for cadence_id, (profile_id, usual) in zip(cadences, wishes, strict=True)
    ]
    group_ids |= await groups_at(connection, set(places) - group_ids.keys())
    rows = [_subscription(id_, group_ids[place]) for id_, place in zip(ids, places, strict=True)]
    await connection.execute(insert(subscriptions), rows)


def _standing_at(usual: int, stragglers: list[int], chance: random.Random) -> int:
    return chance.choice(stragglers) if chance.random() < 1 / _STRAGGLERS else usual


def _subscriber(id_: int) -> dict[str, Any]:
    address = f"reader{id_}@mail{id_ % 97}.example"
    return {
        "id": id_,
        "address": address,
        "address_key": address,
        "name": f"Reader Number {id_}",
        "created_at": _JOINED,
    }


def _subscription(id_: int, group_id: int) -> dict[str, Any]:
    return {
        "subscriber_id": id_,
        "newsletter_id": 1,
        "standing": Standing.ACTIVE,
        "group_id": group_id,
        "began_after": 0,
        "began_at": _JOINED,
    }
