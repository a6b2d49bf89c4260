"""The feed: claims the copies of an issue batch by batch and hands them to the lanes when it is their turn.

A batch is claimed while the one before is being sent, so no lane waits for the store. Copies whose family of
mailboxes must wait step aside; who would wait too long goes back to the store until then. Copies that were
claimed again and again and never came to a result come last and each alone: should one of them be what ends
the process, it takes no other with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest import tracing
from digest.core.families import family_of
from digest.core.model import Claimed, DeliveryStatus
from digest.core.pace import Hint, Wait
from digest.core.reasons import OurReason
from digest.core.turns import Turns
from digest.flows.patience import Patience
from digest.flows.press import Press
from digest.flows.sender import Sender
from digest.flows.tally import Tally
from digest.mail.lane import Letter
from digest.store import deliveries, family_pauses
from digest.store.claimable import claimable_count
from digest.store.database import Database
from digest.store.deliveries import Claim
from digest.store.family_pauses import Pause
from digest.store.kept_apart import hold_off

#: Copies claimed at a time for each lane: enough to keep it busy, few to be given back at a stop.
CLAIMS_PER_LANE: Final = 25
#: Leases must not run out while copies wait for the server's rate: it takes what is claimed within a minute.
_SECONDS_HELD: Final = 60.0
#: Batches at hand, when many copies stand aside.
_BATCHES_HELD: Final = 4
#: The latest that a copy is put off: by then more may be known. And that of one which others may send.
_LONGEST_PUT_OFF: Final = timedelta(minutes=10)
_SOON: Final = timedelta(seconds=1)
#: How much the last copy counts in the average of how long one takes.
_WEIGHT_OF_ONE: Final = 0.05


class Turn(Struct, eq=False):
    """A copy in the hands of a lane, from the moment when it may begin until its end is told."""

    copy: Claimed
    family: str
    #: when it began, by the sender's clock, and when its lane had no other any more
    began: float
    since: float
    letter: Letter | None = None
    #: the next letter of the lane travels with it and takes its place
    has_heir: bool = False
    is_over: bool = False


class Feed(AbstractAsyncContextManager["Feed"]):
    """The copies of one issue; what was claimed and not begun goes back when the block ends."""

    def __init__(
        self,
        issue_id: int,
        store: Database,
        press: Press,
        sender: Sender,
        stop: asyncio.Event,
        tally: Tally,
        patience: Patience,
    ) -> None:
        """Claim nothing yet; the press is told of each claim, so that letters wait for no query."""
        self._issue_id: Final = issue_id
        self._store: Final = store
        self._press: Final = press
        self._sender: Final = sender
        self._pace: Final = sender.pace
        self._clock: Final = sender.clock
        self._stop: Final = stop
        self._tally: Final = tally
        self._patience: Final = patience
        self._turns: Final[Turns[Claimed]] = Turns(sender.pace)
        #: copies that cannot be printed, until they are given back
        self._aside: Final[list[Claimed]] = []
        #: one lane waits for all; the others stand in line behind it
        self._one_waits: Final = asyncio.Lock()
        #: something has changed for whoever waits
        self._stirred: Final = asyncio.Event()
        self._claiming: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._under_way = 0
        self._seconds_each = 0.0
        self._closed = False
        #: families that were paused when a batch was claimed last, each until then
        self._resting: Mapping[str, datetime] = {}
        #: nothing is left to be claimed together with others, and then: each is claimed alone
        self._all_claimed = False
        self._suspects: int | None = None
        #: why the whole server was given up for now
        self.trouble = ""

    async def __aenter__(self) -> Feed:
        self._stop_watch = asyncio.create_task(self._watch_stop(), name="feed")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._stop_watch.cancel()
        await asyncio.gather(*filter(None, [self._claiming]), return_exceptions=True)
        await self._give_aside_back()
        await self._give_back()

    async def copies_left(self) -> int:
        """How many copies could be sent now, as far as it matters."""
        at_most = self._sender.allowance.worth_counting
        return await self._patience.through(partial(self._count, at_most=at_most), stop=self._stop)

    def close(self) -> None:
        """Hand out no more."""
        self._closed = True
        self._stirred.set()

    def at_hand(self) -> Turn | None:
        """A copy that may begin at once, if one is at hand."""
        found = self._look()
        return found if isinstance(found, Turn) else None

    def behind(self, turn: Turn) -> Turn | None:
        """The copy that goes over the same lane after this one, if one is at hand that may."""
        if self._is_over() or self._suspects:
            return None
        self._claim_when_low()
        if self._all_claimed and len(self._turns) < self._sender.lanes:
            # the last ones are for lanes that have nothing to do
            return None
        now = self._clock()
        taken = self._turns.take_behind(turn.family, now)
        if taken is None:
            return None
        turn.has_heir = True
        return self._handed_out(taken, now)

    async def next(self) -> Turn | None:
        """The next copy that may begin; None when there is none left, or no more shall be begun.

        May take long: whoever asks has nothing unrecorded.
        """
        async with self._one_waits:
            while not self._is_over():
                if self._failure is not None:
                    raise self._failure
                found = self._look()
                if isinstance(found, Turn):
                    return found
                if not await self._wait_for(found):
                    break
            return None

    def may_go_on(self, turn: Turn) -> bool:
        """Whether a copy that was to follow may begin now that it would be its turn."""
        return not self._is_over() and self._pace.still_may(turn.family, turn.began)

    def put_back(self, turn: Turn) -> None:
        """A copy that was to follow begins later, or not in this run."""
        turn.is_over = True
        self._under_way -= 1
        self._turns.put_back(turn.family, turn.copy, self._clock())
        self._stirred.set()

    def put_aside(self, turn: Turn) -> None:
        """A copy that cannot be printed goes back to the store, with others, until that may be mended."""
        self.ended(turn, Hint.NONE)
        self._aside.append(turn.copy)

    def ended(self, turn: Turn, hint: Hint, heir: Turn | None = None) -> None:
        """A copy has ended, well or not; telling it again does no harm. The heir has the lane from now on."""
        if turn.is_over:
            return
        turn.is_over = True
        now = self._clock()
        self._pace.ended(turn.family, hint, now, has_heir=turn.has_heir)
        self._under_way -= 1
        self._seconds_each += _WEIGHT_OF_ONE * (now - turn.since - self._seconds_each)
        if heir is not None:
            heir.since = now
        self._stirred.set()

    # --- whose turn it is -----------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        return self._closed or self._stop.is_set()

    def _look(self) -> Turn | Wait | None:
        if self._is_over():
            return None
        self._claim_when_low()
        now = self._clock()
        taken = self._turns.take(now)
        return self._handed_out(taken, now) if isinstance(taken, tuple) else taken

    def _handed_out(self, taken: tuple[str, Claimed], now: float) -> Turn:
        self._under_way += 1
        return Turn(taken[1], taken[0], began=now, since=now)

    async def _wait_for(self, found: Wait | None) -> bool:
        """Wait until it is worth looking again; False when that would take too long, or for ever."""
        if isinstance(found, Wait):
            return await self._wait_until(found.until)
        if self._claiming is not None:
            return await self._stir()
        if self._suspects is None:
            self._suspects = await self._count_suspects()
            return True
        if not self._suspects:
            return False
        return await self._stir() if self._under_way else await self._claim(alone=True)

    async def _wait_until(self, until: float) -> bool:
        if await self._put_off():
            return True
        now = self._clock()
        seconds = until - now
        if seconds <= self._sender.longest_wait:
            return await self._stir(seconds)
        if self._under_way or self._claiming is not None:
            # an end may open a family, and a batch may hold others; neither takes long
            return await self._stir()
        server = self._pace.may_send_any(now)
        if isinstance(server, Wait):
            self.trouble = f"the mail server asks for patience, for {server.until - now:.0f} seconds more"
        return False

    async def _stir(self, seconds: float | None = None) -> bool:
        self._stirred.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        return True

    async def _watch_stop(self) -> None:
        await self._stop.wait()
        self._stirred.set()

    # --- from the store and back to it ----------------------------------------------------------------------

    @property
    def _batch(self) -> int:
        within = self._pace.copies_within(_SECONDS_HELD)
        return int(min(self._sender.lanes * CLAIMS_PER_LANE, within + 1))

    def _claim_when_low(self) -> None:
        """Have a batch claimed when not much is left to come, unless that is under way."""
        if self._claiming is not None or self._all_claimed:
            return
        coming = self._turns.coming
        if coming > self._sender.lanes * CLAIMS_PER_LANE // 2:
            return
        batch = self._batch
        if coming <= batch // 2 and len(self._turns) < _BATCHES_HELD * batch:
            self._claiming = asyncio.create_task(self._fetch(), name="claim")

    async def _fetch(self) -> None:
        try:
            await self._put_off()
            await self._give_aside_back()
            await self._claim()
        except Exception as error:
            self._failure = error
        finally:
            self._claiming = None
            self._stirred.set()

    async def _claim(self, *, alone: bool = False) -> bool:
        """Claim a batch, or one that must be alone; False when there is none left."""
        limit = self._sender.allowance.most(1 if alone else self._batch)
        if self._is_over():
            return False
        watch = self._sender.watch
        await self._patience.through(partial(watch.meanwhile, self._sender.now()), stop=self._stop)
        claim = await self._patience.through(partial(self._take, limit, alone), stop=self._stop)
        self._sender.allowance.take(len(claim.copies))
        await self._patience.through(partial(self._press.prepare, claim.copies), stop=self._stop)
        for copy in claim.copies:
            self._turns.add(family_of(copy.address), copy)
        self._tally.skip(claim.skipped)
        if len(claim.copies) < limit or not limit:
            self._all_claimed = True
            self._suspects = 0 if alone else None
        return bool(claim.copies)

    async def _take(self, limit: int, alone: bool) -> Claim:
        now, began = self._sender.now(), self._clock()

        async def take(connection: AsyncConnection) -> tuple[Sequence[Pause], Claim]:
            paused = await family_pauses.under_way(connection, now)
            claim = await deliveries.claim(
                connection,
                self._issue_id,
                self._sender.owner,
                now=now,
                wall=self._sender.wall(),
                limit=limit,
                resend_uncertain=self._sender.resend_uncertain,
                alone=alone,
            )
            return paused, claim

        # off the event loop, where letters go on, and over the connection that has the pages at hand
        with tracing.span("claim", issue=self._issue_id, wanted=limit) as span:
            paused, claim = await self._store.write_briefly(take)
            span.tell(copies=len(claim.copies), skipped=claim.skipped.total())
        clock = self._clock()
        self._sender.stopwatch.claims.add(clock - began)
        # before each claim, since any process, or a person, may have paused a family or let it go on
        self._resting = {one.family: one.until for one in paused}
        self._pace.close(
            {family: clock + (until - now).total_seconds() for family, until in self._resting.items()}
        )
        return claim

    async def _count_suspects(self) -> int:
        """Copies that are claimed alone; none when no more may begin today."""
        if not self._sender.allowance.most(1):
            return 0
        return await self._patience.through(partial(self._count, alone=True), stop=self._stop)

    async def _count(self, *, alone: bool | None = None, at_most: int | None = None) -> int:
        async with self._store.read() as connection:
            return await claimable_count(
                connection,
                self._issue_id,
                now=self._sender.now(),
                resend_uncertain=self._sender.resend_uncertain,
                alone=alone,
                at_most=at_most,
            )

    async def _put_off(self) -> bool:
        """Give the store back what would wait too long, until it should be its turn; False for nothing."""
        late = self._turns.take_late(self._sender.longest_wait, self._clock(), self._seconds_each)
        if not late:
            return False
        now = self._sender.now()
        until, paused = dict[int, datetime](), dict[int, datetime]()
        for copy, wait in late:
            family = family_of(copy.address)
            if family in self._resting:
                paused[copy.delivery_id] = self._resting[family]
                self._tally.paused[family] += 1
            else:
                # what somebody else may send goes back at once, rather than when this sender may
                longest = _SOON if self._pace.is_barred(family) else _LONGEST_PUT_OFF
                until[copy.delivery_id] = now + min(timedelta(seconds=wait), longest)
                self._tally.put_off[family] += 1
        await self._defer({OurReason.WAITS_ITS_TURN: until, OurReason.FAMILY_PAUSED: paused})
        self._sender.allowance.take(-len(late))
        self._tally.count(DeliveryStatus.DEFERRED, sum(not copy.doubts for copy, _ in late))
        return True

    async def _give_aside_back(self) -> None:
        """Give the store back what cannot be printed, until that may be mended."""
        if not (aside := self._aside[:]):
            return
        waiting = dict.fromkeys((c.delivery_id for c in aside), self._sender.now() + _LONGEST_PUT_OFF)
        await self._defer({OurReason.UNPRINTABLE: waiting})
        del self._aside[: len(aside)]
        self._sender.allowance.take(-len(aside))
        self._tally.count(DeliveryStatus.DEFERRED, sum(not copy.doubts for copy in aside))

    async def _give_back(self) -> None:
        """Release what was claimed and not begun, be it here or in the hands of a lane that failed."""
        released = await self._patience.through(self._release, stop=self._stop)
        self._sender.allowance.take(-released)

    async def _defer(self, until_by_reason: Mapping[str, Mapping[int, datetime]]) -> None:
        async def put_off() -> None:
            async with self._store.write() as connection:
                # who takes back or corrects changes the same copies in another order
                await hold_off(connection)
                for reason, until in until_by_reason.items():
                    await deliveries.put_off(connection, self._sender.owner, until, reason)

        await self._patience.through(put_off, stop=self._stop)

    async def _release(self) -> int:
        async with self._store.write() as connection:
            await hold_off(connection)
            return await deliveries.release(connection, self._sender.owner, self._issue_id)
