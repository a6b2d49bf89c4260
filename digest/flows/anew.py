"""An issue that waits for approval against what would go now: what differs, and the planning of it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.model import AT_ONCE_SIGN, DueSlot, Issue, IssueStatus, Newsletter, Slot
from digest.core.selection import Selector
from digest.core.timetable import is_for_leftovers
from digest.errors import InputError, missing
from digest.flows.publish import Memory, publish_in, rules_of
from digest.store import (
    counters,
    issue_states,
    issues,
    newsletters,
    numbered,
    planning,
    replanning,
)
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers.groups import hold_all_alone
from subscribers.interning import Preferences, profile_from


class Difference(Struct, frozen=True):
    """What a cohort would get now beside what it is to get; both empty when that is the same."""

    #: numbers that its copy does not have
    more: tuple[int, ...] = ()
    #: numbers of its copy that would not be in it
    less: tuple[int, ...] = ()

    @property
    def numbers(self) -> frozenset[int]:
        """All that differs."""
        return frozenset((*self.more, *self.less))


async def differences(
    connection: AsyncConnection, rows: Sequence[Any], newsletter: Newsletter
) -> Mapping[int, Difference]:
    """For each of these cohorts, rows of `store.issues`, what planning it anew would change, by cohort id."""
    if not rows:
        return {}
    newest = await counters.newest_number(connection)
    marks = await Preferences().bookmarks(connection, {row.bookmark_id for row in rows})
    found = await numbered.candidates(
        connection,
        after=min(mark.cut for mark in marks.values()),
        upto=newest,
        also={number for mark in marks.values() for number in mark.deferred},
    )
    selector = Selector(found, await rules_of(connection, newsletter))
    told: dict[int, Difference] = {}
    for row in rows:
        has = issues.numbers_in(row.groups)
        would = selector.regular(profile_from(row), marks[row.bookmark_id], newest).numbers
        told[row.id] = Difference(
            more=tuple(number for number in would if number not in has),
            less=tuple(number for number in has if number not in would),
        )
    return told


def can_be_planned_anew(issue: Issue) -> bool:
    """True of a scheduled issue that still waits for a person's word."""
    return issue.cadence_id is not None and issue.status is IssueStatus.WAITING


@done_again
async def plan_anew(issue_id: int, *, by: Actor, store: Database, now: datetime) -> int:
    """Plan an issue that waits for approval from what is there now; how many copies it has.

    Nothing of it has been in a sender's hands: the old copies are taken away, their readers stand where they
    stood, and the slot is planned as if for the first time, in one transaction.
    """
    async with store.write(copies_known_ids=True) as connection:
        await hold_off(connection)
        # what is held together with others first, and alone afterwards, would be waited for in a circle
        await hold_all_alone(connection)
        await replanning.lock_readers(connection, issue_id)
        issue = await issues.by_id(connection, issue_id)
        if issue is None:
            raise missing(f"issue {issue_id}", "issues list")
        # takes the row, so that nobody approves it meanwhile
        waits = await issue_states.move(connection, issue_id, (IssueStatus.WAITING,), IssueStatus.WAITING)
        if not waits or not can_be_planned_anew(issue):
            raise InputError(
                f"issue {issue_id} cannot be planned anew: that is for scheduled ones that wait for approval"
            )
        newsletter = await newsletters.by_id(connection, issue.newsletter_id)
        latest = newsletter.latest_start_minutes
        on_the_clock = not issue.slot.startswith(AT_ONCE_SIGN)
        if on_the_clock and latest is not None and now - issue.due_at > timedelta(minutes=latest):
            raise InputError(f"issue {issue_id} would be too late by now: approve it as it is, or cancel it")
        assert issue.cadence_id is not None
        before = await replanning.unplan(connection, issue)
        cadence = await planning.cadence_of(connection, issue.cadence_id)
        slot = Slot(issue.slot, issue.day, issue.due_at, leftovers=is_for_leftovers(issue.slot))
        due = DueSlot(issue.newsletter_id, issue.cadence_id, cadence, slot)
        newest = await counters.newest_number(connection)
        done = await publish_in(connection, due, newest, now, Memory())
        if done is not None:
            await replanning.keep_left_out(connection, issue_id, done.round, before)
        else:
            # all its readers have gone, have chosen another time, or have had what is newer
            await issues.close_when_settled(connection, issue_id)
        await replanning.owe_left_out(connection, issue_id, before)
        copies = 0 if done is None else done.copies + sum(done.skipped.values())
        await note_change(
            *(connection, by, "issue.plan-anew", issue_id, now),
            before={"copies": before.copies},
            after={"copies": copies},
        )
        return copies
