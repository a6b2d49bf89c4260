"""What an issue has planned is sent: claimed, begun, posted, judged, recorded, copy by copy."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from digest.core.model import Claimed, DeliveryStatus, Issue, Outcome, Verdict
from digest.core.verdict import FIRST_WAIT, judge, next_try
from digest.errors import TransportError
from digest.flows.patience import Patience
from digest.flows.press import Press
from digest.flows.recorder import Recorder
from digest.mail.lane import Lane, Letter
from digest.store import deliveries, issues
from digest.store.database import Database
from digest.store.deliveries import Recorded

#: Copies claimed at a time for each lane: enough to keep it busy, few to be given back at a stop.
CLAIMS_PER_LANE: Final = 25
#: The reason of a copy whose address cannot stand on an envelope or in a header.
BAD_ADDRESS: Final = "bad-address"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and by which rules: fixed for the life of the process."""

    #: names this process in claims
    owner: str
    #: makes a lane; each lane is one connection
    lane: Callable[[], Lane]
    lanes: int
    #: send copies of uncertain fate again (same Message-ID), or leave them for a person
    resend_uncertain: bool
    #: the time by which things are due, which a run may be told
    now: Callable[[], datetime]
    #: real time, for leases
    wall: Callable[[], datetime]


@dataclass(slots=True)
class Tally:
    """What became of the copies of a run."""

    by_status: Counter[DeliveryStatus] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    #: why copies were left though they could have gone: no server could be used
    trouble: str = ""
    #: issues that could not be sent for a reason of their own
    failures: list[str] = field(default_factory=list)

    @property
    def whole_trouble(self) -> str:
        """All that went wrong beyond single copies, in one line."""
        return "; ".join(filter(None, [self.trouble, *self.failures]))


async def deliver(
    issue: Issue, *, store: Database, press: Press, sender: Sender, stop: asyncio.Event, tally: Tally
) -> None:
    """Send whatever of an issue can be sent now; whatever happens to a copy is written down, and counted.

    Ends when nothing is left that could be sent at `sender.now()`, when `stop` is set (after the messages in
    flight), or when no server can be used: then the rest stays planned and no attempt is counted.
    """
    give_up = timedelta(minutes=(await press.newsletter_of(issue)).give_up_minutes)
    if sender.now() >= issue.planned_at + give_up:
        async with store.write() as connection:
            gone = await deliveries.expire(connection, issue.id, planned_by=sender.now() - give_up)
        tally.by_status[DeliveryStatus.EXPIRED] += len(gone)
    patience = Patience()
    feed = _Feed(issue.id, store, sender, stop, tally, patience)
    lanes = min(await feed.copies_left(), sender.lanes)
    if lanes:
        async with Recorder(
            store, sender.owner, now=sender.now, wall=sender.wall, patience=patience
        ) as recorder:
            workers = [_Worker(issue, give_up, feed, press, recorder, sender, tally) for _ in range(lanes)]
            try:
                await _all_ends(workers)
            finally:
                await feed.give_back()
        if troubles := [worker.trouble for worker in workers if worker.trouble]:
            # a lane less than wished is no trouble, as long as the others sent everything
            tally.trouble = troubles[0] if await feed.copies_left() else ""
    await patience.through(partial(_close, store, issue.id), stop=stop)


async def _close(store: Database, issue_id: int) -> None:
    async with store.write() as connection:
        await issues.close_when_settled(connection, issue_id)


class _Feed:
    """Claims copies in batches and hands them out one by one."""

    def __init__(
        self,
        issue_id: int,
        store: Database,
        sender: Sender,
        stop: asyncio.Event,
        tally: Tally,
        patience: Patience,
    ) -> None:
        self._issue_id: Final = issue_id
        self._store: Final = store
        self._sender: Final = sender
        self._stop: Final = stop
        self._tally: Final = tally
        self._patience: Final = patience
        self._claimed: Final[deque[Claimed]] = deque()
        self._one_claims: Final = asyncio.Lock()
        self._closed = False

    async def copies_left(self) -> int:
        """How many copies could be sent now."""
        async with self._store.read() as connection:
            return await deliveries.claimable_count(
                connection,
                self._issue_id,
                now=self._sender.now(),
                resend_uncertain=self._sender.resend_uncertain,
            )

    def close(self) -> None:
        """Hand out no more."""
        self._closed = True

    def at_hand(self) -> Claimed | None:
        """A copy that is already claimed, if there is one."""
        return self._claimed.popleft() if self._claimed and not self._is_over() else None

    async def next(self) -> Claimed | None:
        """The next copy; None when there is none left, or no more shall be begun."""
        async with self._one_claims:
            if not self._claimed and not self._is_over():
                await self._patience.through(self._claim, stop=self._stop)
            return self.at_hand()

    async def give_back(self) -> None:
        """Release what was claimed and not begun, be it here or in the hands of a lane that failed."""
        self._claimed.clear()
        await self._patience.through(self._release, stop=self._stop)

    async def _release(self) -> None:
        async with self._store.write() as connection:
            await deliveries.release(connection, self._sender.owner, self._issue_id)

    def _is_over(self) -> bool:
        return self._closed or self._stop.is_set()

    async def _claim(self) -> None:
        async with self._store.write() as connection:
            claim = await deliveries.claim(
                connection,
                self._issue_id,
                self._sender.owner,
                now=self._sender.now(),
                wall=self._sender.wall(),
                limit=self._sender.lanes * CLAIMS_PER_LANE,
                resend_uncertain=self._sender.resend_uncertain,
            )
        self._claimed.extend(claim.copies)
        self._tally.skipped.update(claim.skipped)


@dataclass(slots=True)
class _Worker:
    """One lane and its task: at most one message of it is unrecorded at any time."""

    issue: Issue
    give_up: timedelta
    feed: _Feed
    press: Press
    recorder: Recorder
    sender: Sender
    tally: Tally
    #: why no server could be used
    trouble: str = ""

    async def work(self) -> None:
        """Post copy after copy until the feed ends, or no server can be used.

        A failure of this lane closes the feed: the messages of the others come to a good end first.
        """
        lane = self.sender.lane()
        try:
            await lane.open()
            await self._work_on(lane)
        except TransportError as error:
            self.trouble = str(error)
        except Exception:
            self.feed.close()
            raise
        finally:
            await lane.close()

    async def _work_on(self, lane: Lane) -> None:
        result: Recorded | None = None
        while True:
            copy = self.feed.at_hand()
            if copy is None:
                # with no message to pair it with, a result may not wait for the next claim
                await self._settle(result)
                result, copy = None, await self.feed.next()
            if copy is None:
                return
            try:
                letter = await self._letter(copy)
            except Exception:
                # what came of the message before this one is known, and must not become a doubt
                await self._settle(result)
                raise
            if letter is None:
                continue
            is_ours = await self.recorder.note(result, copy.delivery_id)
            result = None
            if not is_ours:
                continue
            verdict = self._judge(copy, await lane.post(letter))
            result = Recorded(copy.delivery_id, verdict)
            if verdict.stop_run:
                await self._settle(result)
                self.trouble = verdict.detail
                return
            self.tally.by_status[verdict.status] += 1

    async def _letter(self, copy: Claimed) -> Letter | None:
        """The copy as a letter; one that cannot stand on an envelope is refused, and the run goes on."""
        try:
            return await self.press.letter(copy)
        except ValueError as error:
            verdict = Verdict(DeliveryStatus.REFUSED, BAD_ADDRESS, str(error))
            await self.recorder.note(Recorded(copy.delivery_id, verdict), None)
            self.tally.by_status[verdict.status] += 1
            return None

    async def _settle(self, result: Recorded | None) -> None:
        if result is not None:
            await self.recorder.note(result, None)

    def _judge(self, copy: Claimed, outcome: Outcome) -> Verdict:
        now, jitter = self.sender.now(), random.random()  # noqa: S311 - spreads retries, guards nothing
        verdict = judge(
            outcome,
            attempts=copy.attempts,
            now=now,
            due_at=self.issue.planned_at,
            give_up_minutes=int(self.give_up / timedelta(minutes=1)),
            jitter=jitter,
        )
        # what may have arrived stays in doubt until a server says yes, or no for good
        undecided = copy.doubts and verdict.status not in {DeliveryStatus.SENT, DeliveryStatus.REFUSED}
        if verdict.status is not DeliveryStatus.UNCERTAIN and not undecided:
            return verdict
        if verdict.stop_run:
            return replace(verdict, status=DeliveryStatus.UNCERTAIN)
        # a server that took the message and lost its voice would take it again right away
        until = self.issue.planned_at + self.give_up
        retry_at = next_try(copy.attempts, now=now, until=until, jitter=jitter) or now + FIRST_WAIT
        return replace(verdict, status=DeliveryStatus.UNCERTAIN, retry_at=retry_at)


async def _all_ends(workers: Sequence[_Worker]) -> None:
    """Run all workers to their ends; if one failed, its error comes out then."""
    ends = await asyncio.gather(*(worker.work() for worker in workers), return_exceptions=True)
    for failure in ends:
        if failure is not None:
            raise failure
