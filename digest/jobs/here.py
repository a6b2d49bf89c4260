"""Issues are planned and sent in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from structlog.contextvars import bound_contextvars

from digest.core.model import DueSlot, Issue
from digest.core.pace import Limit, Limits, Pace
from digest.core.refusals import Refusals
from digest.core.stopwatch import Stopwatch
from digest.core.warmup import WarmingUp
from digest.errors import PassingStoreError, StoreError, words_of
from digest.flows.deliver import deliver
from digest.flows.patience import Patience
from digest.flows.press import Press
from digest.flows.publish import Announce, Memory, Planned, due_slots, publish_some
from digest.flows.reputation import Watch
from digest.flows.roll import Names, Roll
from digest.flows.sender import LONGEST_WAIT, Allowance, Sender, close
from digest.flows.tally import Progress, Tally, Unwatched
from digest.jobs.sharing import Share, all_of, share_of
from digest.mail.kept import KeptLanes
from digest.mail.post import Post
from digest.store import issues, ledger, newsletters
from digest.store.database import Database

log = structlog.get_logger(__name__)


class Here:
    """Plans and sends, and remembers between two rounds what it learned of servers and families."""

    def __init__(
        self,
        *,
        store: Database,
        press: Press,
        post: Post,
        names: Names,
        watch: Watch,
        lanes: int,
        resend_uncertain: bool,
        limits: Limits | None = None,
        warm_up: WarmingUp | None = None,
        progress: Progress | None = None,
        clock: Callable[[], float] = time.monotonic,
        longest_wait: float = LONGEST_WAIT,
        roll: Roll | None = None,
        kept: KeptLanes | None = None,
        announce: Announce | None = None,
    ) -> None:
        """Take the parts.

        With a `roll` the limits are those of all who stand on it together. Lanes that are `kept` are used
        again by the next piece of work. `announce` is told of each issue that was planned.
        """
        self._store: Final = store
        self._press: Final = press
        self._post: Final = post
        self._names: Final = names
        self.watch: Final = watch
        self._lanes: Final = lanes
        self._resend_uncertain: Final = resend_uncertain
        #: what is known of the server and of the families outlives a run
        self._pace: Final = Pace(limits or Limits(Limit(lanes), Limit(lanes)))
        self._refusals: Final = Refusals()
        self._warm_up: Final = warm_up
        self._progress: Final = progress or Unwatched()
        self._clock: Final = clock
        self._longest_wait: Final = longest_wait
        self._roll: Final = roll
        self._kept: Final = kept
        self._announce: Final = announce
        #: why slots could not be planned, as long as nobody was told
        self._unplanned: list[str] = []
        #: what sending takes in this process
        self.stopwatch: Final = Stopwatch()

    async def plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Plan every slot that is due."""
        return await self.plan_slots(await due_slots(store=self._store, now=now), now, stop)

    async def plan_slots(self, due: Sequence[DueSlot], now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Plan these slots, in transactions of so many readers that nobody waits for long.

        One that cannot be planned does not hold up the others: see `unplanned`.
        """
        planned, patience, memory = [], Patience(), Memory()

        async def plan(slot: DueSlot) -> Planned | None:
            nonlocal memory
            # what a transaction found out that was rolled back is not to be trusted
            known, memory = memory, Memory()
            done = await publish_some(slot, store=self._store, now=now, memory=known, announce=self._announce)
            memory = known
            return done

        slugs = await self._slugs() if due else {}
        for slot in due:
            if stop.is_set():
                break
            with bound_contextvars(newsletter=slugs.get(slot.newsletter_id), slot=slot.slot.label):
                try:
                    done = await patience.through(partial(plan, slot), stop=stop)
                    while done is not None and done.goes_on and not stop.is_set():
                        done = done.with_more(await patience.through(partial(plan, slot), stop=stop))
                except StoreError:
                    raise
                except Exception as error:
                    # it stays due, and late; the others do not wait for it
                    words = words_of(error)
                    log.error("a slot cannot be planned", error=words)
                    where = f"{slugs.get(slot.newsletter_id)}, {slot.slot.label} ({slot.cadence.in_words})"
                    self._unplanned.append(f"{where} cannot be planned: {words}")
                    continue
                if done is not None:
                    planned.append(done)
                    log.info("planned an issue", issue=done.issue_id, copies=done.copies)
        return planned

    def unplanned(self) -> list[str]:
        """Why slots could not be planned since this was asked last."""
        words, self._unplanned = self._unplanned, []
        return words

    async def send(
        self, issue_ids: Sequence[int], now: datetime, stop: asyncio.Event, *, at_most: int | None = None
    ) -> Tally:
        """Send what can be sent of these issues, `at_most` so many copies in all."""
        if issue_ids:
            # what it took to plan is of no use from here on, and sending takes hours
            await self._store.let_go()
        whole = Tally(self._progress)
        allowance: Allowance | None = None
        async with self._signed_on() as owner:
            for issue_id in issue_ids:
                is_done = False
                while not (is_done or stop.is_set() or whole.trouble):
                    async with self._sharing(owner, stop) as share:
                        if allowance is None or share.is_one_of_many:
                            allowance = await self._allowance(now, share, at_most)
                        sender = self.sender(share.owner, now, allowance, share)
                        issue = await Patience().through(partial(self._issue, issue_id), stop=stop)
                        with bound_contextvars(issue=issue_id):
                            await self._deliver(issue, sender, share.halt, whole)
                        # without its share it waits for another one, and goes on
                        is_done = not share.halt.is_set() or at_most is not None
        return whole

    def sender(self, owner: str, now: datetime, allowance: Allowance, share: Share | None = None) -> Sender:
        """Who sends under a name, by the rules of this process."""
        kept = self._kept
        return Sender(
            owner=owner,
            lane=self._post.lane if kept is None else kept.lane,
            lanes=self._lanes if share is None else share.lanes,
            resend_uncertain=self._resend_uncertain,
            now=lambda: now,
            wall=_our_clock if self._roll is None else self._roll.wall,
            pace=self._pace,
            refusals=self._refusals,
            allowance=allowance,
            clock=self._clock,
            watch=self.watch,
            longest_wait=self._longest_wait,
            put_away=close if kept is None else kept.put_away,
            stopwatch=self.stopwatch,
        )

    @asynccontextmanager
    async def _signed_on(self) -> AsyncIterator[str]:
        """The name under which copies are claimed; on the roll it may become another one."""
        if self._roll is not None:
            yield self._roll.owner
            return
        owner = self._names.sign_on()
        try:
            yield owner
        finally:
            self._names.sign_off(owner)

    @asynccontextmanager
    async def _sharing(self, owner: str, stop: asyncio.Event) -> AsyncIterator[Share]:
        if self._roll is None:
            yield all_of(owner, self._lanes, stop)
            return
        async with share_of(self._roll, self._pace, stop, lanes=self._lanes, clock=self._clock) as share:
            yield share

    async def _slugs(self) -> dict[int, str]:
        """What the newsletters are called, by number."""
        async with self._store.read() as connection:
            return await newsletters.slugs(connection)

    async def _issue(self, issue_id: int) -> Issue:
        async with self._store.read() as connection:
            issue = await issues.by_id(connection, issue_id)
        assert issue is not None
        return issue

    async def _allowance(self, now: datetime, share: Share, at_most: int | None) -> Allowance:
        """How many copies may begin: as many as were asked for, within what a warm-up leaves for today."""
        ceiling = await self._left_today(now, share)
        if at_most is None or (ceiling is not None and ceiling <= at_most):
            return Allowance(ceiling)
        return Allowance(at_most, is_part=True)

    async def _left_today(self, now: datetime, share: Share) -> int | None:
        """What a new sender may still send today, of several this one; None without a plan."""
        today = now.astimezone(UTC)
        if self._warm_up is None or self._warm_up.is_over(today.date()):
            return None
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._store.read() as connection:
            sent = await ledger.sent_between(connection, midnight, midnight + timedelta(days=1))
            if share.is_one_of_many:
                sent += await ledger.under_way(connection)
        left = self._warm_up.allowance(today.date(), sent)
        return None if left is None else share.copies_of(left)

    async def _deliver(self, issue: Issue, sender: Sender, stop: asyncio.Event, whole: Tally) -> None:
        """Send one issue; one that cannot be printed stays planned and does not hold up the others."""
        try:
            await deliver(issue, store=self._store, press=self._press, sender=sender, stop=stop, tally=whole)
        except PassingStoreError as error:
            # what could not be recorded is in doubt, by name, and the next run finds it
            log.error("the store cannot be used: the run ends", issue=issue.id, error=str(error))
            whole.trouble = str(error)
        except StoreError:
            raise
        except Exception as error:
            words = words_of(error)
            log.error("an issue cannot be sent", issue=issue.id, error=words)
            whole.failures.append(f"issue {issue.id} cannot be sent: {words}")


def _our_clock() -> datetime:
    return datetime.now(UTC)
