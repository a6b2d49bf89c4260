"""What an issue has planned is sent: claimed, begun, posted, judged, recorded, copy by copy.

feed (feed.py)  ->  lanes at work (lanes.py)  ->  recorder (recorder.py)
whose turn it is    print, post, judge            what is durable
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from structlog.contextvars import bound_contextvars

from digest import tracing
from digest.core.model import DeliveryStatus, Issue, Newsletter, Skip
from digest.flows import correcting
from digest.flows.feed import Feed
from digest.flows.lanes import LaneAtWork
from digest.flows.patience import Patience
from digest.flows.press import Press
from digest.flows.recorder import Recorder
from digest.flows.sender import Sender
from digest.flows.tally import Tally
from digest.store import deliveries, issue_states, issues, pulling
from digest.store.database import Database
from digest.store.kept_apart import hold_off


async def deliver(
    issue: Issue, *, store: Database, press: Press, sender: Sender, stop: asyncio.Event, tally: Tally
) -> None:
    """Send whatever of an issue can be sent now; whatever happens to a copy is written down, and counted.

    Ends when nothing is left that could be sent at `sender.now()`, when `stop` is set (after the messages in
    flight), when no server can be used or the one there is refuses everything, or when what is left would
    have to wait: then the rest stays planned or deferred and no attempt is counted.
    """
    patience = Patience()
    newsletter = await patience.through(partial(press.newsletter_of, issue), stop=stop)
    # lanes, feed and recorder are tasks that begin within, so what they log has these fields, too
    before = tally.by_status.copy()
    with (
        bound_contextvars(issue=issue.id, newsletter=newsletter.slug, slot=issue.slot),
        tracing.span("send", issue=issue.id, newsletter=newsletter.id, slot=issue.slot) as span,
    ):
        await _deliver(issue, newsletter, store, press, sender, stop, tally, patience)
        span.tell(**{str(status): copies for status, copies in (tally.by_status - before).items()})


async def _deliver(
    issue: Issue,
    newsletter: Newsletter,
    store: Database,
    press: Press,
    sender: Sender,
    stop: asyncio.Event,
    tally: Tally,
    patience: Patience,
) -> None:
    give_up = timedelta(minutes=newsletter.give_up_minutes)
    if sender.now() >= issue.begins_at + give_up:
        planned_by = sender.now() - give_up
        gone = await patience.through(partial(expire, store, issue.id, planned_by), stop=stop)
        tally.count(DeliveryStatus.EXPIRED, gone)
    pulled = await patience.through(partial(_without_retracted, store, issue.id), stop=stop)
    tally.skip(Counter({Skip.RETRACTED.value: pulled.skipped} if pulled.skipped else {}))
    feed = Feed(issue.id, store, press, sender, stop, tally, patience)
    left = await feed.copies_left()
    lanes = min(sender.allowance.most(left), _lanes(sender))
    if lanes:
        tally.progress.expect(sender.allowance.most(left))
        recorder = Recorder(
            store,
            sender.owner,
            now=sender.now,
            wall=sender.wall,
            patience=patience,
            lanes=lanes,
            took=sender.stopwatch.commits.add,
        )
        async with feed, recorder:
            at_work = [LaneAtWork(issue, give_up, feed, press, recorder, sender, tally) for _ in range(lanes)]
            await _all_end(at_work)
        left = await feed.copies_left()
        troubles = [lane.trouble for lane in at_work if lane.trouble]
        # a lane less than wished is no trouble, as long as the others sent everything
        tally.trouble = (
            next(filter(None, [sender.refusals.words, *troubles, feed.trouble]), "") if left else ""
        )
    elif left and not sender.refusals.may_knock(sender.clock()):
        tally.trouble = sender.refusals.words
    if left and not sender.allowance.most(1) and not sender.allowance.is_part:
        tally.beyond_ceiling += left
    await patience.through(partial(_close, store, issue.id), stop=stop)


async def expire(store: Database, issue_id: int, planned_by: datetime) -> int:
    """Give up the copies of an issue that wait for too long: how many."""
    async with store.write() as connection:
        # what is taken back or corrected meanwhile locks the same rows in another order
        await hold_off(connection)
        # the readers before the copies, as who takes a leaving back does
        await issue_states.keep_planning_off(connection, issue_id)
        return len(await deliveries.expire(connection, issue_id, planned_by=planned_by))


async def _without_retracted(store: Database, issue_id: int) -> pulling.Pulled:
    """Take what was retracted out of copies that were on the wire then, and are tried again."""
    async with store.read() as connection:
        if not await pulling.carries_retracted(connection, issue_id):
            return pulling.Pulled()
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        return await correcting.pull_retracted(connection, issue_id)


async def _close(store: Database, issue_id: int) -> None:
    async with store.write() as connection:
        await issues.close_when_settled(connection, issue_id)


def _lanes(sender: Sender) -> int:
    """How many lanes to open at most: all, but one alone to a server that may still refuse everything."""
    if not sender.refusals.words:
        return sender.lanes
    return 1 if sender.refusals.may_knock(sender.clock()) else 0


async def _all_end(lanes: Sequence[LaneAtWork]) -> None:
    """Let all come to their ends; if one failed, its error comes out then."""
    ends = await asyncio.gather(*(lane.work() for lane in lanes), return_exceptions=True)
    for failure in ends:
        if failure is not None:
            raise failure
