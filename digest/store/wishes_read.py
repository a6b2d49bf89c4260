"""Interned rows and publication numbers, read through one by one: each has its own key or number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, Final

from sqlalchemy import Row, Table, Text, cast, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.damage import Damage, Difference
from digest.core.issue_sums import read_numbers
from digest.store import counters
from digest.store.correction_tables import corrections
from digest.store.tables import briefings
from digest.store.tables import counters as counter_rows
from subscribers.interning import cadence_from, profile_from
from subscribers.model import Bookmark, Cadence, Profile, interning_key
from subscribers.tables import bookmarks, cadences, profiles

#: Rows in memory at a time.
_TOGETHER: Final = 2000
#: Of each kind so many are named.
_NAMED: Final = 3


class Counted:
    """Differences of several kinds as they are met: how many, and the first ones by name."""

    def __init__(self) -> None:
        """Nothing is met yet."""
        self._counts: Final[dict[tuple[Damage, str], int]] = {}
        self._named: Final[dict[tuple[Damage, str], list[str]]] = {}

    def meet(self, kind: Damage, name: str, about: str = "") -> None:
        """One more."""
        key = kind, about
        self._counts[key] = self._counts.get(key, 0) + 1
        named = self._named.setdefault(key, [])
        if len(named) < _NAMED:
            named.append(name)

    def differences(self) -> list[Difference]:
        """All that was met."""
        return [
            Difference(kind, some, tuple(self._named[kind, about]), about)
            for (kind, about), some in self._counts.items()
        ]


async def wrong_wishes(connection: AsyncConnection, newest: int) -> list[Difference]:
    """Cadences, profiles and bookmarks that stand under another's key, or cannot be."""
    met = Counted()
    for table, value_of in ((cadences, cadence_from), (profiles, profile_from)):
        async for row in _rows(connection, table):
            await _wish(met, table.name.removesuffix("s"), row, value_of)
    async for row in _rows(connection, bookmarks):
        _bookmark(met, row, newest)
    return met.differences()


async def _wish(
    met: Counted, noun: str, row: Row[Any], value_of: Callable[[Row[Any]], Cadence | Profile]
) -> None:
    try:
        key = interning_key(value_of(row))
    except (ValueError, TypeError):
        met.meet(Damage.PREFERENCE_UNREADABLE, f"{noun} {row.id}")
        return
    if key != bytes(row.key):
        met.meet(Damage.PREFERENCE_KEY, f"{noun} {row.id}")


def _bookmark(met: Counted, row: Row[Any], newest: int) -> None:
    name = f"bookmark {row.id}"
    try:
        value = Bookmark(row.cut, read_numbers(row.deferred), read_numbers(row.ahead))
    except ValueError:
        met.meet(Damage.PREFERENCE_UNREADABLE, name)
        return
    if interning_key(value) != bytes(row.key):
        met.meet(Damage.PREFERENCE_KEY, name)
    if max(value.cut, *value.deferred, *value.ahead, 0) > newest:
        met.meet(Damage.BOOKMARK_AHEAD, name)
    if row.waiting != len(value.deferred):
        met.meet(Damage.BOOKMARK_MISCOUNTED, name)


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[Row[Any]]:
    """All rows by id; lists of bookmarks as text, for they may be none."""
    lists = {"deferred", "ahead"}
    columns = [cast(one, Text).label(one.name) if one.name in lists else one for one in table.c]
    after = 0
    while True:
        query = select(*columns).where(table.c.id > after).order_by(table.c.id).limit(_TOGETHER)
        rows = (await connection.execute(query)).all()
        for row in rows:
            yield row
        if len(rows) < _TOGETHER:
            return
        after = rows[-1].id


async def wrong_numbers(connection: AsyncConnection, newest: int) -> list[Difference]:
    """Publication numbers are given one by one, each to one: to a briefing, or to a correction."""
    met = Counted()
    ours = select(briefings.c.number.label("number")).where(briefings.c.number.isnot(None))
    given = union_all(ours, select(corrections.c.number)).subquery()
    expected = count(1)
    last = 0
    result = await connection.stream(select(given.c.number).order_by(given.c.number))
    async for number in result.scalars():
        if number == last:
            met.meet(Damage.NUMBER_TWICE, str(number))
            continue
        last = number
        for missing in expected:
            if missing >= number:
                break
            met.meet(Damage.NUMBER_MISSING, str(missing))
    if last < newest:
        # the counter says that there is more
        met.meet(Damage.COUNTER_DIFFERS, f"{counters.BRIEFINGS} says {newest}, the last one is {last}")
    if last > newest:
        met.meet(Damage.COUNTER_DIFFERS, f"{counters.BRIEFINGS} says {newest}, and {last} is given")
    batch = (await connection.execute(select(func.max(briefings.c.batch)))).scalar() or 0
    query = select(counter_rows.c.value).where(counter_rows.c.name == counters.BATCHES)
    said = (await connection.execute(query)).scalar()
    if said is None or said < batch:
        met.meet(Damage.COUNTER_DIFFERS, f"{counters.BATCHES} says {said}, and {batch} is given")
    return met.differences()
