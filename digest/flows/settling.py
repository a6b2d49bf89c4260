"""Copies that a person settles: tried again, or told what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.model import DeliveryStatus, Issue, IssueStatus, Skip
from digest.errors import InputError, missing
from digest.flows import correcting
from digest.store import issue_states, issues, ledger, volumes
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from digest.store.ledger import Entry

#: What may be tried again by hand. An expired copy may not: its briefings went back to the reader.
RETRIABLE: Final = (DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED)
_TAKEN_BACK: Final = (IssueStatus.CANCELLING, IssueStatus.CANCELLED)
#: Copies that are tried again in one transaction.
_TOGETHER: Final = 1000


@done_again
async def retry(delivery_ids: Sequence[int], *, by: Actor, store: Database, now: datetime) -> None:
    """Try refused or deferred copies again with the next run, without what was retracted meanwhile.

    However long ago they were planned: they get as long for it as new ones.
    """
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        entries = [await _retriable(connection, delivery_id) for delivery_id in delivery_ids]
        issue_ids = sorted({entry.issue_id for entry in entries})
        for issue_id in issue_ids:
            await _require_alive(connection, issue_id)
        for entry in entries:
            await _retry(connection, entry, by, now)
        for issue_id in issue_ids:
            await issue_states.make_young(connection, issue_id, now)
            await correcting.pull_retracted(connection, issue_id)


async def retry_refused(issue_id: int, *, by: Actor, store: Database, now: datetime) -> int:
    """Try all refused copies of an issue again: how many."""
    done, after = 0, 0
    while True:
        ids = await _retry_some(issue_id, after, by, store, now)
        done += len(ids)
        if len(ids) < _TOGETHER:
            return done
        after = ids[-1]


@done_again
async def _retry_some(issue_id: int, after: int, by: Actor, store: Database, now: datetime) -> Sequence[int]:
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        await _require_alive(connection, issue_id)
        ids = await ledger.ids_of(connection, issue_id, DeliveryStatus.REFUSED, after=after, limit=_TOGETHER)
        for delivery_id in ids:
            await ledger.retry(connection, delivery_id, DeliveryStatus.REFUSED)
        if ids:
            await issue_states.make_young(connection, issue_id, now)
            await correcting.pull_retracted(connection, issue_id)
            said = {"copies tried again": len(ids)}
            await note_change(connection, by, "issue.retry", issue_id, now, after=said)
    return ids


@done_again
async def resolve(
    delivery_id: int, *, was_sent: bool, by: Actor, store: Database, now: datetime
) -> DeliveryStatus:
    """Settle an uncertain copy: it was sent, or not, and is sent again; what it is then.

    One of an issue that was cancelled is not sent again: it is skipped, and its briefings are owed.
    """
    async with store.write() as connection:
        # as with `issue_acts.cancel`: before the readers, and those before the copy
        await hold_off(connection, alone=not was_sent)
        entry = await _delivery(connection, delivery_id)
        await issue_states.keep_planning_off(connection, entry.issue_id)
        issue = await _issue(connection, entry.issue_id)
        if not await ledger.resolve(connection, delivery_id, was_sent=was_sent, now=now):
            raise InputError(
                f"delivery {delivery_id} is {entry.status}: only uncertain ones are resolved",
                at_shell="see digest deliveries list --status uncertain",
            )
        status = DeliveryStatus.SENT if was_sent else DeliveryStatus.PLANNED
        if not was_sent:
            await correcting.owe_what_did_not_come(connection, delivery_id)
        if not was_sent and issue.status in _TAKEN_BACK:
            await issue_states.withdraw(connection, issue.id, Skip.CANCELLED)
            status = DeliveryStatus.SKIPPED
        elif not was_sent:
            await issue_states.make_young(connection, issue.id, now)
        await issues.close_when_settled(connection, entry.issue_id)
        await note_change(
            *(connection, by, "delivery.resolve", delivery_id, now),
            before={"status": DeliveryStatus.UNCERTAIN},
            after={"status": status},
        )
    return status


async def _retriable(connection: AsyncConnection, delivery_id: int) -> Entry:
    entry = await _delivery(connection, delivery_id)
    if entry.status not in RETRIABLE:
        raise InputError(
            f"delivery {delivery_id} is {entry.status}: only refused or deferred ones are retried"
        )
    return entry


async def _retry(connection: AsyncConnection, entry: Entry, by: Actor, now: datetime) -> None:
    if not await ledger.retry(connection, entry.id, entry.status):
        # a sender has just taken it, or somebody else had it tried again
        return
    await note_change(
        *(connection, by, "delivery.retry", entry.id, now),
        before={"status": entry.status},
        after={"status": DeliveryStatus.PLANNED},
    )


async def _require_alive(connection: AsyncConnection, issue_id: int) -> None:
    """Refuse an issue of which nothing is sent any more; nobody cancels or binds it until commit."""
    await issue_states.keep_as_it_is(connection, issue_id)
    issue = await _issue(connection, issue_id)
    if issue.status in _TAKEN_BACK:
        raise InputError(f"issue {issue_id} is {issue.status}: nothing of it is sent any more")
    if await volumes.holds(connection, issue_id):
        raise InputError(f"issue {issue_id} is old and bound into a volume: nothing of it is sent any more")


async def _issue(connection: AsyncConnection, issue_id: int) -> Issue:
    found = await issues.by_id(connection, issue_id)
    if found is None:
        raise missing(f"issue {issue_id}", "issues list")
    return found


async def _delivery(connection: AsyncConnection, delivery_id: int) -> Entry:
    found = await ledger.by_id(connection, delivery_id)
    if found is None:
        raise missing(f"delivery {delivery_id}", "deliveries list")
    return found
