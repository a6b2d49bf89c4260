"""Readers in bulk: a roster is taken in line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from digest.core.access import PROGRAM, Actor
from digest.core.model import Newsletter
from digest.flows.readers import topic_names
from digest.flows.taking_in import FIRST_NEWSLETTER, Lines
from digest.store import newsletters, topics
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers.consents import Shown
from subscribers.roster import RefusedLine, RosterRow, read_roster
from subscribers.wishes import address_key

#: Lines taken in one transaction: readers' pages and sending go on between them.
LINES_AT_A_TIME: Final = 500
#: What the log calls one that came from a file and has no number.
_A_ROSTER: Final = "a roster"


class Imported(Struct, frozen=True):
    """What became of the lines of a roster."""

    added: int
    updated: int
    rejected: tuple[RefusedLine, ...]


async def import_roster(
    text: str,
    *,
    store: Database,
    now: datetime,
    raw: bool,
    dry_run: bool,
    by: Actor = PROGRAM,
    grounds: Shown | None = None,
) -> Imported:
    """Add or change a reader for each line; a rehearsal does the same and rolls it back.

    On what `grounds` they are written to is kept with each who comes in.
    """
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
        by_slug = {one.slug: one for one in await newsletters.every(connection)}
    rows, refused = read_roster(text, names, by_slug, raw=raw)
    rejected = list(refused)
    rows = _once_each(rows, rejected)
    added = updated = 0
    for start in range(0, len(rows), LINES_AT_A_TIME):
        some = rows[start : start + LINES_AT_A_TIME]
        page, unfit = await _take_some(some, by_slug, store, now, dry_run=dry_run, by=by, grounds=grounds)
        rejected += unfit
        added += page.added
        updated += len(page.changed)
    if not dry_run:
        async with store.write() as connection:
            counts = {"added": added, "updated": updated, "refused": len(rejected)}
            await note_change(connection, by, "reader.import", _A_ROSTER, now, after=counts)
    return Imported(added, updated, tuple(sorted(rejected, key=lambda refusal: refusal.line)))


@done_again
async def _take_some(
    rows: Sequence[RosterRow],
    by_slug: Mapping[str, Newsletter],
    store: Database,
    now: datetime,
    *,
    dry_run: bool,
    by: Actor,
    grounds: Shown | None,
) -> tuple[Lines, list[RefusedLine]]:
    unfit: list[RefusedLine] = []
    async with store.write() as connection:
        page = await Lines.of(connection, rows, by_slug, now)
        await page.take_all(rows, unfit)
        await page.write_down()
        await page.note_changes(by, _A_ROSTER)
        if grounds is not None:
            await page.note_basis(grounds)
        if dry_run:
            await connection.rollback()
    return page, unfit


def _once_each(rows: Sequence[RosterRow], rejected: list[RefusedLine]) -> tuple[RosterRow, ...]:
    """The rows without those that name a reader again: a line without a newsletter means the first one."""
    first: dict[tuple[str, str], RosterRow] = {}
    for row in rows:
        before = first.setdefault((address_key(row.email), row.newsletter or FIRST_NEWSLETTER), row)
        if before is not row:
            words = f"address {row.email!r} stands on line {before.line} already: leave one of the two out"
            rejected.append(RefusedLine(row.line, words))
    return tuple(first.values())
