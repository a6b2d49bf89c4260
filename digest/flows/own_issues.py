"""What a reader was sent, for that reader alone: the issues, and of each what was of use."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store import newsletters, numbered, opinions, own_copies
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.own_copies import Carried, OwnCopy
from subscribers import store as readers

#: Issues on one page.
PAGE: Final = 20


class OwnIssue(Struct, frozen=True):
    """A copy, and what stands for it in a list."""

    copy: OwnCopy
    #: the first of its items that was not taken back; None when there is none
    lead: Carried | None
    #: items that can still be read
    count: int


class OwnIssues(Struct, frozen=True):
    """A page of copies, the newest first."""

    issues: tuple[OwnIssue, ...]
    #: the issue to go on below; None at the end
    older: int | None


class Rated(Struct, frozen=True):
    """An item of a copy, and what its reader said of it."""

    number: int
    item: Carried
    #: None while nothing was said
    useful: bool | None


def may_have_arrived(copy: OwnCopy) -> bool:
    """True when a copy was sent, or nobody can say that it was not."""
    return copy.doubts > 0 or copy.status in {DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN}


async def own_issues(subscription_id: int, before: int | None, *, store: Database) -> OwnIssues:
    """The issues that a subscription was planned for, each with what became of it."""
    async with store.glance() as connection:
        copies = await own_copies.newest(connection, subscription_id, before=before, count=PAGE + 1)
        on_page = copies[:PAGE]
        gone = await numbered.retracted_among(
            connection, {number for copy in on_page for number in copy.numbers}
        )
        kept = {copy.issue_id: [number for number in copy.numbers if number not in gone] for copy in on_page}
        first = {(copy.issue_id, copy.round): kept[copy.issue_id][:1] for copy in on_page}
        found = await own_copies.carried(connection, first)
    return OwnIssues(
        tuple(
            OwnIssue(copy, _lead(copy, kept[copy.issue_id], found), len(kept[copy.issue_id]))
            for copy in on_page
        ),
        older=on_page[-1].issue_id if len(copies) > PAGE else None,
    )


async def rated(
    subscription_id: int, issue_id: int, *, store: Database
) -> tuple[OwnCopy, list[Rated]] | None:
    """The items of a reader's copy of an issue, with what was said of each.

    None where there is no such copy, where it cannot have arrived, and where nobody is asked.
    """
    async with store.read() as connection:
        return await _rated(connection, subscription_id, issue_id)


@done_again
async def rate(
    subscription_id: int,
    issue_id: int,
    number: int,
    useful: bool | None,
    *,
    store: Database,
    now: datetime,
) -> bool:
    """Take a reader's word on an item of an issue, or (None) take it back; False when it may not be said."""
    async with store.write() as connection:
        found = await _rated(connection, subscription_id, issue_id)
        if found is None or number not in {one.number for one in found[1]}:
            return False
        if useful is None:
            await opinions.take_back(connection, subscription_id, number)
        else:
            await opinions.say(connection, subscription_id, number, useful, now)
    return True


async def _rated(
    connection: AsyncConnection, subscription_id: int, issue_id: int
) -> tuple[OwnCopy, list[Rated]] | None:
    reader = await readers.subscription_by_id(connection, subscription_id)
    copy = await own_copies.one(connection, subscription_id, issue_id)
    if reader is None or copy is None or not may_have_arrived(copy):
        return None
    if not (await newsletters.by_id(connection, reader.newsletter_id)).feedback:
        return None
    gone = await numbered.retracted_among(connection, copy.numbers)
    kept = [number for number in copy.numbers if number not in gone]
    where = copy.issue_id, copy.round
    found = await own_copies.carried(connection, {where: kept})
    said = await opinions.said_by(connection, subscription_id, kept)
    return copy, [
        Rated(number, found[(*where, number)], said.get(number))
        for number in kept
        if (*where, number) in found
    ]


def _lead(copy: OwnCopy, kept: list[int], found: dict[tuple[int, int, int], Carried]) -> Carried | None:
    return found.get((copy.issue_id, copy.round, kept[0])) if kept else None
