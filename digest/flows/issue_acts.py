"""What people do to issues: hold, release, approve, cancel; and what follows when nobody does.

Each act is one transaction that says where the issue stands; senders ask for that at each claim. What a
sender holds already is sent and recorded: an act is about what is not claimed yet.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor, Via
from digest.core.model import Issue, IssueStatus, Newsletter, Skip
from digest.errors import InputError, missing
from digest.store import changes, issue_states, issues, newsletters
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off

#: What is not at its end can be taken back.
_CAN_BE_CANCELLED: Final = (IssueStatus.WAITING, IssueStatus.SENDING, IssueStatus.HELD)
_HOLD: Final = "issue.hold"
#: Changes of an issue that are looked through for the last time it was held.
_LATEST: Final = 50


class Cancelled(Struct, frozen=True):
    """What came of taking an issue back."""

    #: copies that will not be sent, whose briefings are owed again
    withdrawn: int
    #: it is at its end; else senders have copies in hand, or some are in doubt
    settled: bool


@done_again
async def hold(issue_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """No copy is claimed any more until the issue is released."""
    async with store.write() as connection:
        await _move(connection, issue_id, (IssueStatus.SENDING,), IssueStatus.HELD, _HOLD, by, now)


async def hold_by_rule(connection: AsyncConnection, issue_id: int, because: str, now: datetime) -> bool:
    """Hold an issue that must not go on; False when it does not anyway, or a rule has held it before.

    Whoever releases it has seen why.
    """
    if await _was_held_by_rule(connection, issue_id):
        return False
    if not await issue_states.move(connection, issue_id, (IssueStatus.SENDING,), IssueStatus.HELD):
        return False
    after = {"status": IssueStatus.HELD, "because": because}
    await note_change(connection, PROGRAM, _HOLD, issue_id, now, after=after)
    return True


async def why_held(connection: AsyncConnection, issue_id: int) -> str:
    """Why an issue that is held is so; empty when a person held it."""
    for one in await changes.page(connection, kind="issue", subject=str(issue_id), limit=_LATEST):
        if one.act == _HOLD:
            return str(one.after.get("because", ""))
    return ""


@done_again
async def release(issue_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Let an issue go on that was held; its copies get as long as those of a new one."""
    async with store.write() as connection:
        await _move(
            *(connection, issue_id, (IssueStatus.HELD,), IssueStatus.SENDING, "issue.release", by, now),
            as_young_as=now,
        )


@done_again
async def approve(issue_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Let an issue go that waits for a person's word."""
    async with store.write() as connection:
        await _move(
            *(connection, issue_id, (IssueStatus.WAITING,), IssueStatus.SENDING, "issue.approve", by, now),
            as_young_as=now,
        )


@done_again
async def cancel(issue_id: int, *, by: Actor, store: Database, now: datetime) -> Cancelled:
    """Take an issue back: what is not sent is skipped, and owed to its readers again in a later issue."""
    async with store.write() as connection:
        return await _cancel(connection, issue_id, Skip.CANCELLED, by, now)


async def settle_stopped(*, store: Database, now: datetime) -> None:
    """Finish what people have cancelled, and let go by what nobody approved in time.

    Copies that were in senders' hands when an issue was cancelled may have come back since.
    """
    async with store.read() as connection:
        stopped = await issue_states.unfinished(connection, (IssueStatus.CANCELLING,))
        late = [
            one
            for one in await issue_states.unfinished(connection, (IssueStatus.WAITING,))
            if now >= approve_by(one, await newsletters.by_id(connection, one.newsletter_id))
        ]
    for issue in stopped:
        await _finish_cancelled(issue.id, store)
    for issue in late:
        await _let_go(issue.id, store, now)


@done_again
async def _finish_cancelled(issue_id: int, store: Database) -> None:
    async with store.write() as connection:
        await _finish(connection, issue_id, Skip.CANCELLED)


@done_again
async def _let_go(issue_id: int, store: Database, now: datetime) -> None:
    async with store.write() as connection:
        await _hold_others_off(connection, issue_id)
        # another scheduler may be at it, or somebody approves it at the last moment
        await issue_states.keep_as_it_is(connection, issue_id)
        found = await issues.by_id(connection, issue_id)
        if found is not None and found.status is IssueStatus.WAITING:
            await _cancel(connection, issue_id, Skip.NOT_APPROVED, PROGRAM, now)


def approve_by(issue: Issue, newsletter: Newsletter) -> datetime:
    """Until when an issue can be approved; after that its briefings wait for the next one."""
    latest = newsletter.latest_start_minutes
    if latest is None:
        return issue.begins_at + timedelta(minutes=newsletter.give_up_minutes)
    # one that was made late after a standstill can be approved for as long
    return issue.begins_at + timedelta(minutes=latest)


async def _was_held_by_rule(connection: AsyncConnection, issue_id: int) -> bool:
    known = await changes.page(connection, kind="issue", subject=str(issue_id), limit=_LATEST)
    return any(one.act == _HOLD and one.via is Via.PROGRAM for one in known)


async def _cancel(
    connection: AsyncConnection, issue_id: int, reason: Skip, by: Actor, now: datetime
) -> Cancelled:
    await _hold_others_off(connection, issue_id)
    act = "issue.cancel" if reason is Skip.CANCELLED else "issue.lapse"
    await _move(connection, issue_id, _CAN_BE_CANCELLED, IssueStatus.CANCELLING, act, by, now)
    return await _finish(connection, issue_id, reason)


async def _finish(connection: AsyncConnection, issue_id: int, reason: Skip) -> Cancelled:
    await _hold_others_off(connection, issue_id)
    withdrawn = await issue_states.withdraw(connection, issue_id, reason)
    return Cancelled(withdrawn, await issues.close_when_settled(connection, issue_id))


async def _hold_others_off(connection: AsyncConnection, issue_id: int) -> None:
    """Let nobody plan, take back or correct what an issue holds until commit; before anything is written."""
    # who corrects has the copies first and then the readers, in the other order: one waits for the other
    await hold_off(connection)
    await issue_states.keep_planning_off(connection, issue_id)


async def _move(
    connection: AsyncConnection,
    issue_id: int,
    before: Collection[IssueStatus],
    after: IssueStatus,
    act: str,
    by: Actor,
    now: datetime,
    *,
    as_young_as: datetime | None = None,
) -> None:
    issue = await issues.by_id(connection, issue_id)
    if issue is None:
        raise missing(f"issue {issue_id}", "issues list")
    if not await issue_states.move(connection, issue_id, before, after, as_young_as):
        wanted = ", ".join(one.value for one in before)
        is_ahead = issue.goes_out_at(now) is not None
        stands = "approved, and its time has not come" if is_ahead else issue.status.value
        raise InputError(f"issue {issue_id} is {stands}: this can be done to one that is {wanted}")
    await note_change(
        *(connection, by, act, issue_id, now), before={"status": issue.status}, after={"status": after}
    )
