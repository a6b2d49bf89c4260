"""Readers in bulk: a roster is taken in line by line, or written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import DigestError, InputError
from digest.flows.readers import Enrolment, enrol, newsletter_id_of, rewish, topic_names
from digest.store import newsletters, topics
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.roster import RefusedLine, RosterRow, read_roster, write_roster
from subscribers.subscription import Subscription

#: Lines taken in one transaction: readers' pages and sending go on between them.
_LINES_AT_A_TIME: Final = 500
#: Where a roster does not say which newsletter.
_FIRST_NEWSLETTER: Final = "daily"
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
        slugs = [one.slug for one in await newsletters.every(connection)]
    rows, refused = read_roster(text, names, slugs, raw=raw)
    rejected = list(refused)
    added = updated = 0
    for start in range(0, len(rows), _LINES_AT_A_TIME):
        some = rows[start : start + _LINES_AT_A_TIME]
        async with store.write() as connection:
            done = [await _take(connection, row, now, rejected) for row in some]
            if dry_run:
                await connection.rollback()
        added += done.count("added")
        updated += done.count("updated")
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


async def _take(
    connection: AsyncConnection, row: RosterRow, now: datetime, rejected: list[RefusedLine]
) -> str:
    """Add or change one reader; a refusal is noted and leaves no trace in the store."""
    slug = row.newsletter or _FIRST_NEWSLETTER
    try:
        known = await _known(connection, row.email, slug)
        if known is not None and known.standing in {Standing.ACTIVE, Standing.PAUSED}:
            await rewish(connection, known, row.wishes, now)
            return "updated"
        if known is not None and known.standing in {Standing.LEFT, Standing.BOUNCING} and row.status is None:
            raise InputError(
                f"{row.email} is {known.standing}: say active in the column status to take the reader back"
            )
        if row.status not in _WELCOME:
            raise InputError(f"{row.email} is {row.status}: only active or pending readers are taken in")
        confirmed = row.status is not Standing.PENDING
        new = Enrolment(row.email, slug, row.wishes, confirmed, "imported")
        await enrol(connection, new, now=now)
        return "added"
    except DigestError as error:
        rejected.append(RefusedLine(row.line, str(error)))
        return "refused"


async def _known(connection: AsyncConnection, address: str, slug: str) -> Subscription | None:
    newsletter = await newsletters.by_slug(connection, slug)
    mine: Sequence[Subscription] = await shelf.subscriptions_of(connection, address, to_change=True)
    return next((one for one in mine if newsletter and one.newsletter_id == newsletter.id), None)
