"""Readers by pages with the ledger of each, from rows and volumes; equal ledgers are judged once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, Select, String, Text, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.accounts import (
    GIVEN_BACK,
    INCLUDING,
    Content,
    History,
    Mark,
    Missed,
    Part,
    content_of,
    judged,
    part_of,
)
from digest.core.binding import unbind
from digest.core.damage import Damage
from digest.core.issue_sums import Cohort, read_cohort, read_numbers
from digest.core.model import DeliveryStatus
from digest.store.tables import cohorts, deliveries, issues
from digest.store.volume_tables import leaves
from subscribers.interning import chunks
from subscribers.tables import bookmarks, gaps, groups, subscriptions

#: Readers in memory at a time.
PAGE: Final = 1000
#: Ledgers for which cohorts are looked up together.
_FEW: Final = 100
#: What is kept of cohorts and of ledgers that were judged; more is looked up once more.
_CONTENTS: Final = 60_000
_VERDICTS: Final = 200_000

_INCLUDES: Final = deliveries.c.status.in_(INCLUDING)
_GAVE_BACK: Final = and_(
    deliveries.c.doubts == 0,
    case(
        (deliveries.c.status == DeliveryStatus.SKIPPED, deliveries.c.reason.in_(GIVEN_BACK)),
        else_=deliveries.c.status == DeliveryStatus.EXPIRED,
    ),
)
_PART: Final = case((_INCLUDES, Part.INCLUDES), (_GAVE_BACK, Part.GAVE_BACK), else_=Part.ENDED)

#: By kind, numbers as bits.
Verdict = Mapping[Damage, int]


class Wrong(NamedTuple):
    """A reader whose ledger differs."""

    subscription_id: int
    newsletter_id: int
    verdict: Verdict


class Page(NamedTuple):
    """Some readers that were looked through, and those of them that differ."""

    readers: int
    wrong: list[Wrong]


class Accounts:
    """Goes through all readers of a store within one transaction that only looks."""

    def __init__(self, connection: AsyncConnection, newest: int) -> None:
        """`newest` is the last publication number of the transaction."""
        self._connection: Final = connection
        self._newest: Final = newest
        self._contents: Final[dict[int, Content]] = {}
        self._verdicts: Final[dict[bytes, Verdict]] = {}

    async def pages(self) -> AsyncIterator[Page]:
        """All readers, by number."""
        after = 0
        while rows := await self._readers_after(after):
            yield Page(len(rows), await self._judge(rows))
            after = rows[-1].id

    async def _readers_after(self, after: int) -> Sequence[Row[Any]]:
        mine, its = subscriptions.c, bookmarks.c
        query: Select[Any] = (
            select(
                *(mine.id, mine.newsletter_id, mine.began_after, its.cut),
                cast(its.deferred, Text).label("deferred"),
                cast(its.ahead, Text).label("ahead"),
            )
            .join(groups, groups.c.id == mine.group_id)
            .join(bookmarks, its.id == groups.c.bookmark_id)
            .where(mine.id > after)
        )
        rows: Sequence[Row[Any]] = (await self._connection.execute(query.order_by(mine.id).limit(PAGE))).all()
        return rows

    async def _judge(self, rows: Sequence[Row[Any]]) -> list[Wrong]:
        """Those of these readers whose ledger differs."""
        first, last = rows[0].id, rows[-1].id
        missed = await self._gaps(first, last)
        copies = await self._copies(first, last)
        bound = await self._bound(first, last)
        keys: dict[int, bytes] = {}
        unknown: dict[bytes, tuple[Row[Any], list[tuple[int, str]]]] = {}
        for row in rows:
            told = (
                row.began_after,
                row.cut,
                row.deferred,
                row.ahead,
                missed.get(row.id),
                copies.get(row.id),
                bound.get(row.id),
            )
            key = keys[row.id] = blake2b(repr(told).encode(), digest_size=16).digest()
            if key not in self._verdicts and key not in unknown:
                unknown[key] = row, [*_parsed(copies.get(row.id, "")), *bound.get(row.id, ())]
        found = {key: self._verdicts[key] for key in keys.values() if key in self._verdicts}
        for few in chunks(list(unknown.items()), _FEW):
            await self._learn({id_ for _, (_, some) in few for id_, _ in some})
            for key, (row, some) in few:
                history = History(row.began_after, self._mark(row), missed.get(row.id, ()), some)
                found[key] = judged(history, self._contents, self._newest)
        if len(self._verdicts) > _VERDICTS:
            self._verdicts.clear()
        self._verdicts.update(found)
        return [Wrong(row.id, row.newsletter_id, found[keys[row.id]]) for row in rows if found[keys[row.id]]]

    def _mark(self, row: Row[Any]) -> Mark:
        return Mark(row.cut, self._readable(row.deferred), self._readable(row.ahead))

    def _readable(self, text: str | None) -> tuple[int, ...]:
        """A list of numbers that were given; what cannot be read is told by who reads bookmarks."""
        try:
            return tuple(one for one in read_numbers(text) if one <= self._newest)
        except ValueError:
            return ()

    async def _gaps(self, first: int, last: int) -> dict[int, tuple[Missed, ...]]:
        mine = gaps.c
        query = select(mine.subscription_id, mine.after, mine.upto, cast(mine.numbers, Text))
        query = query.where(mine.subscription_id.between(first, last)).order_by(mine.id)
        found: dict[int, tuple[Missed, ...]] = {}
        for id_, after, upto, numbers in await self._connection.execute(query):
            upto = min(upto, self._newest)
            found[id_] = (*found.get(id_, ()), Missed(after, upto, self._readable(numbers)))
        return found

    async def _copies(self, first: int, last: int) -> dict[int, str]:
        """By reader the copies that have rows, in words: of most of them nothing else is made."""
        mine = deliveries.c
        some = (
            select(mine.subscription_id, (cast(mine.cohort_id, String) + _PART).label("copy"))
            .where(mine.subscription_id.between(first, last))
            # alike stands in one order, so that equal ledgers have equal texts
            .order_by(mine.subscription_id, mine.issue_id)
            .subquery()
        )
        query = select(some.c.subscription_id, func.aggregate_strings(some.c.copy, ","))
        rows = await self._connection.execute(query.group_by(some.c.subscription_id))
        return {row[0]: row[1] for row in rows}

    async def _bound(self, first: int, last: int) -> dict[int, list[tuple[int, str]]]:
        """By reader the copies that are bound."""
        mine = leaves.c
        here = and_(mine.first_subscription <= last, mine.last_subscription >= first)
        query = select(mine.content).where(here).order_by(mine.volume_id, mine.first_subscription)
        found: dict[int, list[tuple[int, str]]] = {}
        result = await self._connection.stream(query)
        async for content in result.scalars():
            try:
                leaf = list(unbind(bytes(content)))
            except ValueError:
                # told by who counts what is bound
                continue
            for one in leaf:
                if first <= one.subscription_id <= last:
                    found.setdefault(one.subscription_id, []).append((one.cohort_id, part_of(one.fate)))
        return found

    async def _learn(self, cohort_ids: Collection[int]) -> None:
        """Look up what these cohorts hold."""
        wanted = [id_ for id_ in cohort_ids if id_ not in self._contents]
        if len(self._contents) + len(wanted) > _CONTENTS:
            self._contents.clear()
            wanted = list(cohort_ids)
        mine = cohorts.c
        lists = [cast(one, Text).label(one.name) for one in (mine.groups, mine.deferred, mine.left_out)]
        query: Select[Any] = select(
            *(mine.id, mine.round, mine.size, *lists),
            *(mine.issue_id, issues.c.cadence_id, issues.c.ignores_bookmarks),
        ).join(issues, issues.c.id == mine.issue_id)
        for some in chunks(sorted(wanted)):
            for row in await self._connection.execute(query.where(mine.id.in_(some))):
                self._contents[row.id] = self._content(row)

    def _content(self, row: Row[Any]) -> Content:
        try:
            read = read_cohort(Cohort._make(row[: len(Cohort._fields)]))
        except ValueError:
            # told by who reads cohorts; what it held is lost for its readers
            return content_of(row.issue_id, (), {}, by_hand=False, ignores_bookmarks=False)
        return content_of(
            row.issue_id,
            [one for one in read.carried if one <= self._newest],
            {why: [one for one in some if one <= self._newest] for why, some in read.left_out.items()},
            by_hand=row.cadence_id is None,
            ignores_bookmarks=row.ignores_bookmarks,
        )


def _parsed(text: str) -> list[tuple[int, str]]:
    return [(int(one[:-1]), one[-1]) for one in text.split(",")] if text else []
