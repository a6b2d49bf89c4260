"""Readers in bulk: a roster is taken in line by line, or written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.errors import DigestError, InputError, NotFoundError
from digest.flows.readers import (
    Enrolment,
    beginning,
    enrol,
    newsletter_id_of,
    reach_of,
    refusal_of,
    rewished,
    suppression_key,
    topic_names,
)
from digest.store import ledger, newsletters, topics
from digest.store.database import Database
from subscribers import store as shelf
from subscribers import together
from subscribers.model import Standing
from subscribers.roster import RefusedLine, RosterRow, read_roster, write_roster
from subscribers.subscription import Subscription
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import address_key

#: Lines taken in one transaction: readers' pages and sending go on between them.
_LINES_AT_A_TIME: Final = 500
#: Where a roster does not say which newsletter.
_FIRST_NEWSLETTER: Final = "daily"
#: How a reader came, for the history.
_REASON: Final = "imported"
#: Standings with which a line may come in.
_WELCOME: Final = frozenset({None, Standing.ACTIVE, Standing.PENDING})


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the lines of a roster."""

    added: int
    updated: int
    rejected: tuple[RefusedLine, ...]


async def import_roster(text: str, *, store: Database, now: datetime, raw: bool, dry_run: bool) -> Imported:
    """Add or change a reader for each line; a rehearsal does the same and rolls it back."""
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
        by_slug = {one.slug: one for one in await newsletters.every(connection)}
    rows, refused = read_roster(text, names, by_slug, raw=raw)
    rejected = list(refused)
    rows = _once_each(rows, rejected)
    added = updated = 0
    for start in range(0, len(rows), _LINES_AT_A_TIME):
        some = rows[start : start + _LINES_AT_A_TIME]
        async with store.write() as connection:
            page = await _Page.of(connection, some, by_slug, now)
            await page.take_all(some, rejected)
            await page.write_down()
            if dry_run:
                await connection.rollback()
        added += page.added
        updated += len(page.changed)
    return Imported(added, updated, tuple(sorted(rejected, key=lambda refusal: refusal.line)))


async def export_roster(newsletter_slug: str | None, *, store: Database, raw: bool) -> tuple[str, int]:
    """All readers as CSV, and how many they are."""
    async with store.read() as connection:
        slugs = {one.id: one.slug for one in await newsletters.every(connection)}
        wanted = newsletter_id_of(newsletter_slug, slugs)
        rows = [
            row_of(one, slugs[one.newsletter_id])
            async for one in shelf.every_subscription(connection, wanted)
        ]
    return write_roster(rows, raw=raw), len(rows)


def row_of(one: Subscription, newsletter: str) -> RosterRow:
    """A subscription as a line of a roster."""
    return RosterRow.of(one.address, newsletter, one.name, one.cadence, one.profile, one.standing)


def _once_each(rows: Sequence[RosterRow], rejected: list[RefusedLine]) -> tuple[RosterRow, ...]:
    """The rows without those that name a reader again: a line without a newsletter means the first one."""
    first: dict[tuple[str, str], RosterRow] = {}
    for row in rows:
        before = first.setdefault((address_key(row.email), row.newsletter or _FIRST_NEWSLETTER), row)
        if before is not row:
            words = f"address {row.email!r} stands on line {before.line} already: leave one of the two out"
            rejected.append(RefusedLine(row.line, words))
    return tuple(first.values())


@dataclass(slots=True)
class _Page:
    """Lines that are decided one by one, as for a single reader, and written down together."""

    connection: AsyncConnection
    now: datetime
    newsletters: Mapping[str, Newsletter]
    #: by newsletter id: the number after which a first issue reaches
    reach: Mapping[int, int]
    #: by folded address and newsletter id
    known: Mapping[tuple[str, int], Subscription]
    #: by folded address
    subscriber_ids: Mapping[str, int]
    #: the newest day whose slot was planned, by subscription id
    last_days: Mapping[int, date]
    #: reasons by folded address
    suppressed: Mapping[str, str]
    begun: list[Subscription] = field(default_factory=list)
    changed: list[Subscription] = field(default_factory=list)
    #: by subscriber id
    names: dict[int, str] = field(default_factory=dict)
    added: int = 0

    @classmethod
    async def of(
        cls,
        connection: AsyncConnection,
        rows: Sequence[RosterRow],
        by_slug: Mapping[str, Newsletter],
        now: datetime,
    ) -> _Page:
        """All that the decisions look at, read at once."""
        addresses = {row.email for row in rows}
        known = await together.subscriptions_among(connection, addresses)
        key = await suppression_key(connection)
        return cls(
            connection,
            now,
            by_slug,
            {one.id: await reach_of(connection, one, now) for one in by_slug.values()},
            {(address_key(one.address), one.newsletter_id): one for one in known},
            {address_key(one.address): one.subscriber_id for one in known},
            await ledger.last_days(connection, [one.id for one in known], now),
            await suppression_reasons(connection, addresses, key),
        )

    async def take_all(self, rows: Sequence[RosterRow], rejected: list[RefusedLine]) -> None:
        """Add or change a reader for each line; a refusal is noted and leaves no trace in the store."""
        for row in rows:
            try:
                await self._take(row)
            except DigestError as error:
                rejected.append(RefusedLine(row.line, str(error)))

    async def write_down(self) -> None:
        """A handful of statements, whatever the number of lines."""
        await shelf.set_names(self.connection, self.names)
        await shelf.save_all(self.connection, self.changed)
        ids = await shelf.add_subscriptions(self.connection, await self._with_subscribers())
        standings = {id_: one.standing for id_, one in zip(ids, self.begun, strict=True)}
        await shelf.note_beginnings(self.connection, standings, _REASON, self.now)

    async def _take(self, row: RosterRow) -> None:
        newsletter = self._newsletter(row)
        known = self.known.get((address_key(row.email), newsletter.id))
        if known is not None and known.standing in {Standing.ACTIVE, Standing.PAUSED}:
            self._change(known, row)
            return
        _require_welcome(row, known)
        new = Enrolment(row.email, newsletter.slug, row.wishes, row.status is not Standing.PENDING, _REASON)
        if known is not None:
            await enrol(self.connection, new, now=self.now)
        else:
            self._begin(new, newsletter)
        self.added += 1

    def _newsletter(self, row: RosterRow) -> Newsletter:
        slug = row.newsletter or _FIRST_NEWSLETTER
        if slug not in self.newsletters:
            raise NotFoundError(f"newsletter {slug!r} does not exist: see digest newsletters list")
        return self.newsletters[slug]

    def _change(self, known: Subscription, row: RosterRow) -> None:
        last_day = self.last_days.get(known.id, date.min)
        self.changed.append(rewished(known, row.wishes, last_day=last_day, now=self.now))
        if row.name is not None:
            self.names[known.subscriber_id] = row.name

    def _begin(self, new: Enrolment, newsletter: Newsletter) -> None:
        folded = address_key(new.address)
        if folded in self.suppressed:
            raise refusal_of(new.address, self.suppressed[folded])
        subscriber_id = self.subscriber_ids.get(folded, 0)
        self.begun.append(beginning(new, newsletter, subscriber_id, self.reach[newsletter.id], self.now))
        if subscriber_id and new.wishes.name is not None:
            self.names[subscriber_id] = new.wishes.name

    async def _with_subscribers(self) -> list[Subscription]:
        """What begins, each with its reader; those who are new are made."""
        strangers: dict[str, Subscription] = {}
        for one in self.begun:
            if not one.subscriber_id:
                strangers.setdefault(address_key(one.address), one)
        names = {one.address: one.name for one in strangers.values()}
        ids = await shelf.add_subscribers(self.connection, names, self.now)
        known = {**self.subscriber_ids, **dict(zip(strangers, ids, strict=True))}
        return [replace(one, subscriber_id=known[address_key(one.address)]) for one in self.begun]


def _require_welcome(row: RosterRow, known: Subscription | None) -> None:
    """Refuse a line that would bring somebody in with another standing, or back without saying so."""
    if row.status not in _WELCOME:
        raise InputError(f"{row.email} is {row.status}: only active or pending readers are taken in")
    if known is not None and known.standing in {Standing.LEFT, Standing.BOUNCING} and row.status is None:
        raise InputError(
            f"{row.email} is {known.standing}: say active in the column status to take the reader back"
        )
