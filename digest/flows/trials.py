"""Tests of issues: what a cohort gets, or would get, as a notice to somebody of the newsroom.

The notice keeps all that the mail is printed from, so each try is the same letter, and it can be sent of an
issue that was never planned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.model import Copy, Issue, IssueStatus, PlannedCohort, TopicGroup
from digest.core.notices import WORTH_SENDING, Notice, NoticeKind
from digest.core.telling_once import Pin
from digest.errors import InputError, NotFoundError
from digest.flows.beside import beside_now
from digest.flows.by_hand import OneOff, Plan, issue_of, rehearse
from digest.flows.readers import refusal_of, suppression_key
from digest.store import beside, counters, issues, newsletters, notices, numbered, pictures
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers.model import Profile
from subscribers.suppressions import suppression_reasons

#: Addresses that one test goes to.
MOST: Final = 10
#: Before the subject of a test.
SIGN: Final = "[Test]"


class Carried(NamedTuple):
    """What a copy carries, by number: revisions of briefings, what stands beside them, pictures."""

    revisions: Mapping[int, int]
    pins: Sequence[Pin]
    digests: Mapping[int, str]


@done_again
async def send_trial(
    cohort_id: int, to: Sequence[str], *, token: str, by: Actor, store: Database, now: datetime
) -> int:
    """Have a test of a planned cohort's copy sent to these addresses: to how many it goes."""
    async with store.write() as connection:
        found = await issues.copies_of(connection, [cohort_id])
        if not found or not (found[0].groups or found[0].issue.intro):
            raise NotFoundError(f"cohort {cohort_id} gets no mail: there is nothing to test")
        copy = found[0]
        revisions = await issues.pinned_revisions(connection, copy.issue.id, copy.round)
        pins = await beside.pinned(connection, copy.issue.id, copy.round)
        digests = await pictures.pinned(connection, copy.issue.id, copy.round)
        return await _write_down(connection, copy, Carried(revisions, pins, digests), to, token, by, now)


@done_again
async def send_trial_of(
    wish: OneOff, to: Sequence[str], *, token: str, by: Actor, store: Database, now: datetime
) -> int:
    """The same of a one-off that is not ordered yet: of what most of its readers would get."""
    copy = await largest_copy(wish, store=store, now=now)
    async with store.write() as connection:
        numbers = {number for group in copy.groups for number in group.numbers}
        revisions = await numbered.current_revisions(connection, numbers)
        pins = await pins_by_hand(connection, copy, numbers)
        whole = await numbered.by_numbers(connection, revisions)
        digests = await pictures.here_now(connection, {n: one.picture for n, one in whole.items()})
        return await _write_down(connection, copy, Carried(revisions, pins, digests), to, token, by, now)


async def largest_copy(wish: OneOff, *, store: Database, now: datetime) -> Copy:
    """What most readers of a one-off would get; raises InputError when nobody would get anything."""
    plan = await rehearse(wish, store=store)
    getting = [one for one in plan.cohorts if one.selection.skip is None]
    if not getting:
        raise InputError("nothing would be sent: no reader addressed has anything new to get")
    return copy_for(plan, max(getting, key=lambda one: one.group.size), wish, now)


def copy_for(plan: Plan, planned: PlannedCohort, wish: OneOff, now: datetime) -> Copy:
    """What a cohort of a rehearsal would read."""
    return Copy(
        cohort_id=0,
        issue=issue_of(plan.newsletter, wish, now),
        round=1,
        profile=planned.group.profile,
        cadence=None,
        groups=planned.selection.groups,
        deferred=planned.selection.deferred,
        covers_from=planned.covers_from,
    )


async def pins_by_hand(connection: AsyncConnection, copy: Copy, numbers: Collection[int]) -> tuple[Pin, ...]:
    """What a one-off that is not planned yet names beside its items."""
    newsletter = await newsletters.by_id(connection, copy.issue.newsletter_id)
    newest = await counters.newest_number(connection)
    return await beside_now(connection, copy.issue, newsletter, None, numbers, upto=newest)


def copy_of(notice: Notice) -> tuple[Copy, Carried]:
    """What a test is printed from."""
    data: Mapping[str, Any] = notice.data
    kept = dict(data["issue"])
    for name, read in (("day", date.fromisoformat), ("due_at", datetime.fromisoformat)):
        kept[name] = read(kept[name])
    issue = Issue(
        newsletter_id=notice.newsletter_id,
        planned_at=kept["due_at"],
        status=IssueStatus.SENDING,
        domain=notice.domain,
        **kept,
    )
    copy = Copy(
        cohort_id=int(data["cohort"]),
        issue=issue,
        round=1,
        profile=notice.profile or Profile(),
        cadence=notice.cadence,
        groups=tuple(TopicGroup(topic, tuple(numbers)) for topic, numbers in data["groups"]),
        deferred=tuple(data["deferred"]),
        covers_from=date.fromisoformat(data["covers_from"]),
    )
    revisions = {int(number): revision for number, revision in data["revisions"].items()}
    pins = tuple(Pin(*one) for one in data.get("beside", ()))
    digests = {int(number): digest for number, digest in data.get("pictures", {}).items()}
    return copy, Carried(revisions, pins, digests)


async def _write_down(
    connection: AsyncConnection,
    copy: Copy,
    carried: Carried,
    to: Sequence[str],
    token: str,
    by: Actor,
    now: datetime,
) -> int:
    if not to:
        raise InputError("say to which addresses the test goes")
    if len(to) > MOST:
        raise InputError(f"a test goes to {MOST} addresses at most, not {len(to)}")
    for address, reason in (
        await suppression_reasons(connection, to, await suppression_key(connection))
    ).items():
        raise refusal_of(address, reason)
    new = _notice(copy, carried, f"test {copy.issue.id} {copy.cohort_id} {token}", now)
    made = [await notices.plan(connection, replace(new, address=address)) for address in to]
    count = sum(one is not None for one in made)
    if count:
        said = {"addresses": count, "cohort": copy.cohort_id}
        await note_change(connection, by, "issue.test", copy.issue.id or "by hand", now, after=said)
    return count


def _notice(copy: Copy, carried: Carried, occasion: str, now: datetime) -> Notice:
    issue = copy.issue
    return Notice(
        id=0,
        kind=NoticeKind.TEST,
        newsletter_id=issue.newsletter_id,
        subscription_id=None,
        address="",
        occasion=occasion[:80],
        due_at=now,
        expires_at=now + WORTH_SENDING[NoticeKind.TEST],
        domain=issue.domain,
        data={
            "issue": {
                "id": issue.id,
                "cadence_id": issue.cadence_id,
                "slot": issue.slot,
                "day": issue.day.isoformat(),
                "zone": issue.zone,
                "due_at": issue.due_at.isoformat(),
                "subject": issue.subject,
                "intro": issue.intro,
                "ignores_bookmarks": issue.ignores_bookmarks,
            },
            "cohort": copy.cohort_id,
            "groups": [[group.topic, list(group.numbers)] for group in copy.groups],
            "deferred": list(copy.deferred),
            "covers_from": copy.covers_from.isoformat(),
            "revisions": {str(number): revision for number, revision in carried.revisions.items()},
            "beside": [list(one) for one in carried.pins],
            "pictures": {str(number): digest for number, digest in carried.digests.items()},
        },
        cadence=copy.cadence,
        profile=copy.profile,
    )
