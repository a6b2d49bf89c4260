"""A look at every row of a store: the exactly-once ledger made anew, and all that cannot be; nothing changes.

the file -> its tables -> what refers to what -> rows -> wishes and numbers -> issues and volumes -> readers
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.accounts import numbers_in
from digest.core.damage import Damage, Difference
from digest.flows.tally import Progress, Unwatched
from digest.store import counters, newsletters, numbered, row_sheets, soundness
from digest.store.account_pages import Accounts, Wrong
from digest.store.database import Database
from digest.store.issue_pages import wrong_issues
from digest.store.names_of_readers import names_of
from digest.store.row_sheets import look_through
from digest.store.tables import issues
from digest.store.wishes_read import Counted, wrong_numbers, wrong_wishes
from subscribers.tables import subscriptions

#: Briefings that are named one by one; a store that lost everything has no use for more.
_MOST_TOLD: Final = 200
#: Readers who are named for each.
_NAMED: Final = 3


class Looked(Struct, frozen=True):
    """What a look at every row came to."""

    #: how many subscriptions and issues were looked through
    readers: int
    issues: int
    #: the newest publication number
    newest: int
    differences: tuple[Difference, ...]


async def deep_look(*, store: Database, progress: Progress | None = None) -> Looked:
    """All that differs from what may be, as the store stands at one moment; others go on meanwhile."""
    async with store.snapshot() as connection:
        return await deep_look_in(connection, progress=progress)


async def deep_look_in(connection: AsyncConnection, *, progress: Progress | None = None) -> Looked:
    """The same within a transaction."""
    return await _Look(connection, progress or Unwatched()).everything()


class _Look:
    """One look, over one connection."""

    def __init__(self, connection: AsyncConnection, progress: Progress) -> None:
        self._connection: Final = connection
        self._progress: Final = progress
        self._found: Final[list[Difference]] = []

    async def everything(self) -> Looked:
        connection = self._connection
        readers = (await connection.execute(select(func.count()).select_from(subscriptions))).scalar_one()
        count = (await connection.execute(select(func.count()).select_from(issues))).scalar_one()
        self._progress.expect(readers + count)
        newest = await counters.newest_number(connection)
        await self._part("the file", soundness.faults_of_file(connection))
        await self._part("tables", soundness.unlike_tables(connection))
        await self._part("references", soundness.orphans(connection))
        for sheet in row_sheets.sheets():
            await self._part(sheet.key.table.name, look_through(connection, sheet))
        await self._part("wishes", wrong_wishes(connection, newest))
        await self._part("numbers", wrong_numbers(connection, newest))
        await self._part("issues", self._issues(newest))
        await self._part("readers", self._readers(newest))
        return Looked(readers, count, newest, tuple(self._found))

    async def _part(self, name: str, look: Awaitable[Collection[Difference]]) -> None:
        """One part of the look; where a file is damaged, others may still be read."""
        try:
            self._found.extend(await look)
        except DatabaseError as error:
            words = str(error.orig).strip().splitlines()
            if self._connection.dialect.name != "sqlite":
                # its transaction is over with the first error
                raise
            self._found.append(Difference(Damage.UNREADABLE, 1, (words[0] if words else "no answer",), name))

    async def _issues(self, newest: int) -> list[Difference]:
        met = Counted()
        async for looked_through in wrong_issues(self._connection, newest, met):
            self._progress.settled(looked_through)
        return met.differences()

    async def _readers(self, newest: int) -> list[Difference]:
        ledger = _Ledger()
        async for page in Accounts(self._connection, newest).pages():
            self._progress.settled(page.readers)
            for one in page.wrong:
                ledger.enter(one)
        return [one async for one in ledger.differences(self._connection)]


class _Ledger:
    """Readers whose ledger differs, by what is wrong, newsletter and number."""

    def __init__(self) -> None:
        self._counts: Final[dict[tuple[Damage, int, int], int]] = {}
        self._named: Final[dict[tuple[Damage, int, int], list[int]]] = {}
        #: by kind and newsletter, with numbers beyond those that are told one by one
        self._beyond: Final[dict[tuple[Damage, int], int]] = {}

    def enter(self, one: Wrong) -> None:
        """One reader more."""
        for kind, mask in one.verdict.items():
            for number in numbers_in(mask):
                key = kind, one.newsletter_id, number
                if key not in self._counts and len(self._counts) >= _MOST_TOLD:
                    where = kind, one.newsletter_id
                    self._beyond[where] = self._beyond.get(where, 0) + 1
                    break
                self._counts[key] = self._counts.get(key, 0) + 1
                named = self._named.setdefault(key, [])
                if len(named) < _NAMED:
                    named.append(one.subscription_id)

    async def differences(self, connection: AsyncConnection) -> AsyncIterator[Difference]:
        """All of them in words."""
        if not self._counts:
            return
        slugs = await newsletters.slugs(connection)
        numbers = {number for kind, _, number in self._counts if kind is not Damage.COPY_TWICE}
        briefing = await numbered.ids_by_number(connection, numbers)
        corrected = await numbered.corrected_ids(connection, numbers - briefing.keys())
        names = await names_of(connection, {one for some in self._named.values() for one in some})
        told = _words_for(briefing, corrected)
        for (kind, newsletter_id, number), count in sorted(self._counts.items()):
            what = f"issue {number}" if kind is Damage.COPY_TWICE else told(number)
            about = f"{what} of {slugs.get(newsletter_id, newsletter_id)}"
            named = self._named[kind, newsletter_id, number]
            yield Difference(
                kind, count, tuple(names.get(one, f"subscription {one}") for one in named), about
            )
        for (kind, newsletter_id), count in sorted(self._beyond.items()):
            about = f"more of {slugs.get(newsletter_id, newsletter_id)}"
            yield Difference(kind, count, (f"only {_MOST_TOLD} are told one by one",), about)


def _words_for(briefing: Mapping[int, int], corrected: Mapping[int, int]) -> Callable[[int], str]:
    """How publication numbers are called by those who know briefings by their ids."""

    def told(number: int) -> str:
        if number in briefing:
            return f"briefing {briefing[number]} (number {number})"
        if number in corrected:
            return f"the correction of briefing {corrected[number]} (number {number})"
        return f"number {number}"

    return told
