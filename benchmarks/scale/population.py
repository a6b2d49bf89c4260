"""Readers by the million on PostgreSQL, written by COPY: 5,000 different wishes, 24 zones, 12 times in each.

Equal numbers give equal readers. Everybody is due now, whatever day it is: nobody was served for a week.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from time import perf_counter
from typing import Any, Final

from argon2 import PasswordHasher
from msgspec.structs import astuple
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.editor import EDITOR, PASSWORD
from benchmarks.newsroom import open_newsroom
from benchmarks.readers import distinct_wishes
from benchmarks.stores import opened_at
from digest.config import Settings
from digest.core.access import Role
from digest.jobs.on_procrastinate import OnProcrastinate
from digest.store import people
from digest.store.database import Database
from subscribers.groups import Place
from subscribers.interning import intern_bookmarks, intern_cadences, intern_profiles
from subscribers.model import WEEKDAYS, Bookmark, Cadence

PROFILES: Final = 5000
_ZONES: Final = (
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Shanghai",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "America/Chicago",
    "America/Sao_Paulo",
    "Europe/Paris",
    "Asia/Singapore",
    "Australia/Sydney",
    "Africa/Lagos",
    "Europe/Madrid",
    "Asia/Dubai",
    "America/Toronto",
    "Africa/Johannesburg",
    "Europe/Istanbul",
    "Asia/Jakarta",
    "America/Mexico_City",
    "Africa/Nairobi",
    "Asia/Karachi",
    "Pacific/Auckland",
    "America/Halifax",
)
_TWELVE: Final = tuple(
    (days, at)
    for at in (time(7), time(8), time(12, 30), time(18))
    for days in (WEEKDAYS, WEEKDAYS[:5], WEEKDAYS[:1])
)
#: The most usual first.
CADENCES: Final = tuple(Cadence(days, at, zone) for zone in _ZONES for days, at in _TWELVE)
#: One reader in so many stands elsewhere than where the last issue left most of them.
_STRAGGLERS: Final = 20
_STRAGGLING: Final = tuple(Bookmark(cut) for cut in (4, 8, 12, 16))
_UNSERVED: Final = timedelta(days=8)
_JOINED: Final = datetime(2026, 11, 1, tzinfo=UTC)


async def prepare(url: str, readers: int, cadences: int) -> dict[str, float]:
    """A store with news, an editor, the engine's tables, and readers of the first so many cadences."""
    began = perf_counter()
    async with opened_at(Settings(database_url=url).database_url) as store:
        await open_newsroom(store)
        await OnProcrastinate(store).set_up()
        async with store.write() as connection:
            await people.add(
                connection, EDITOR, Role.ADMIN, PasswordHasher().hash(PASSWORD), datetime.now(UTC)
            )
            groups = await _fill(connection, readers, CADENCES[:cadences])
        filled = perf_counter()
        await _settle(store)
    return {"groups": groups, "filled": filled - began, "seconds": perf_counter() - began}


async def _fill(connection: AsyncConnection, count: int, cadences: Sequence[Cadence]) -> int:
    """The number of groups in which the readers stand."""
    wishes = distinct_wishes(PROFILES)
    profile_ids = await intern_profiles(connection, [wish.profile for wish in wishes])
    bookmark_ids = await intern_bookmarks(connection, [*(w.bookmark for w in wishes), *_STRAGGLING])
    cadence_ids = await intern_cadences(connection, cadences)
    places = _places(
        count,
        [(profile_ids[wish.profile], bookmark_ids[wish.bookmark]) for wish in wishes],
        [cadence_ids[cadence] for cadence in cadences],
        [bookmark_ids[bookmark] for bookmark in _STRAGGLING],
    )
    group_ids: dict[Place, int] = {}
    group_of = [group_ids.setdefault(place, len(group_ids) + 1) for place in places]
    await _copy(
        connection,
        "groups (id, newsletter_id, cadence_id, profile_id, bookmark_id, served_day, is_active)",
        ((id_, *astuple(place)) for place, id_ in group_ids.items()),
    )
    await _copy(
        connection,
        "subscribers (id, address, address_key, name, created_at)",
        (
            (id_, address, address, f"Reader Number {id_}", _JOINED)
            for id_ in range(1, count + 1)
            for address in [f"reader{id_}@mail{id_ % 97}.example"]
        ),
    )
    await _copy(
        connection,
        "subscriptions (id, subscriber_id, newsletter_id, standing, group_id, began_after, began_at)",
        ((id_, id_, 1, "active", group_id, 0, _JOINED) for id_, group_id in enumerate(group_of, start=1)),
    )
    return len(group_ids)


def _places(
    count: int, wishes: list[tuple[int, int]], cadences: list[int], stragglers: list[int]
) -> Iterator[Place]:
    chance = random.Random(7)
    served: date = (datetime.now(UTC) - _UNSERVED).date()
    wanted = chance.choices(wishes, cum_weights=_by_zipf(len(wishes)), k=count)
    times = chance.choices(cadences, cum_weights=_by_zipf(len(cadences)), k=count)
    for (profile, usual), cadence in zip(wanted, times, strict=True):
        bookmark = chance.choice(stragglers) if chance.random() < 1 / _STRAGGLERS else usual
        yield Place(1, cadence, profile, bookmark, served, True)


def _by_zipf(count: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


async def _copy(connection: AsyncConnection, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = (await connection.get_raw_connection()).driver_connection
    async with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)


async def _settle(store: Database) -> None:
    """Bring the store to the state in which it would be hours after it was filled."""
    async with store.write() as connection:
        for table in ("groups", "subscribers", "subscriptions"):
            # ids were given, so what hands them out has not moved
            await connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            )
    await outside(store, "VACUUM ANALYZE")


async def outside(store: Database, statement: str) -> float:
    """Say what may be said only outside of transactions; the seconds that it took."""
    began = perf_counter()
    async with store.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(statement))
    return perf_counter() - began
