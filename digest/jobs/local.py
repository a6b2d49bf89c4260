"""All work in this process: what `digest run` does once, and the scheduler again and again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

import structlog

from digest.core.model import DeliveryStatus, DueSlot, Issue, RunTotals
from digest.errors import DigestError, PassingStoreError, StoreError
from digest.flows.deliver import Sender, Tally, deliver
from digest.flows.patience import Patience
from digest.flows.press import Press
from digest.flows.publish import Memory, Planned, due_slots, publish
from digest.flows.recover import recover
from digest.jobs.liveness import Liveness
from digest.mail.post import Post
from digest.store import issues
from digest.store.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, and why it stopped short, if it did."""

    totals: RunTotals
    trouble: str = ""


class Jobs(Protocol):
    """Where the work of a tick is done."""

    async def run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        """Do everything that is due at `now`."""
        ...


class LocalJobs:
    """Plans and sends in this process."""

    def __init__(
        self,
        *,
        store: Database,
        press: Press,
        post: Post,
        liveness: Liveness,
        lanes: int,
        resend_uncertain: bool,
    ) -> None:
        """Take the parts; nothing is opened before the first run."""
        self._store: Final = store
        self._press: Final = press
        self._post: Final = post
        self._liveness: Final = liveness
        self._lanes: Final = lanes
        self._resend_uncertain: Final = resend_uncertain

    async def run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        """Sweep up, plan every due slot, send what can be sent; `now` alone decides what is due."""
        gone = self._liveness.gone()
        sweep = partial(
            recover, store=self._store, is_dead=gone.__contains__, now=now, wall=datetime.now(UTC)
        )
        found = await Patience().through(sweep, stop=stop)
        self._liveness.bury(gone)
        planned = await self._plan(now, stop)
        issue_ids = [issue.id for issue in await self._open_issues()]
        tally = await self._send(issue_ids, now, stop)
        in_doubt = 0 if self._resend_uncertain else found.uncertain
        return RunReport(totals_of(planned, issue_ids, tally, in_doubt), tally.whole_trouble)

    async def send(self, issue_id: int, now: datetime, stop: asyncio.Event) -> Tally:
        """Send one issue alone: a one-off by hand."""
        return await self._send([issue_id], now, stop)

    async def _plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        planned, patience, memory = [], Patience(), Memory()

        async def plan(due: DueSlot) -> Planned | None:
            nonlocal memory
            # what a transaction found out that was rolled back is not to be trusted
            known, memory = memory, Memory()
            done = await publish(due, store=self._store, now=now, memory=known)
            memory = known
            return done

        for due in await due_slots(store=self._store, now=now):
            if stop.is_set():
                break
            done = await patience.through(partial(plan, due), stop=stop)
            if done is not None:
                planned.append(done)
                log.info("planned an issue", issue=done.issue_id, copies=done.copies, slot=due.slot.label)
        return planned

    async def _open_issues(self) -> tuple[Issue, ...]:
        async with self._store.read() as connection:
            return await issues.still_sending(connection)

    async def _send(self, issue_ids: list[int], now: datetime, stop: asyncio.Event) -> Tally:
        owner = self._liveness.sign_on()
        sender = Sender(
            owner=owner,
            lane=self._post.lane,
            lanes=self._lanes,
            resend_uncertain=self._resend_uncertain,
            now=lambda: now,
            wall=lambda: datetime.now(UTC),
        )
        whole = Tally()
        try:
            for issue_id in issue_ids:
                if stop.is_set() or whole.trouble:
                    break
                async with self._store.read() as connection:
                    issue = await issues.by_id(connection, issue_id)
                assert issue is not None
                await self._deliver(issue, sender, stop, whole)
        finally:
            self._liveness.sign_off(owner)
        return whole

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
            words = str(error) if isinstance(error, DigestError) else f"{type(error).__name__}: {error}"
            log.error("an issue cannot be sent", issue=issue.id, error=words)
            whole.failures.append(f"issue {issue.id} cannot be sent: {words}")


def totals_of(
    planned: Sequence[Planned], issue_ids: Iterable[int], tally: Tally, in_doubt: int = 0
) -> RunTotals:
    """What was planned and what became of it, in the words of `digest run --json`."""
    skipped = Counter(tally.skipped)
    for one in planned:
        skipped.update(one.skipped)
    return RunTotals(
        issues=tuple(sorted({*issue_ids, *(one.issue_id for one in planned)})),
        planned=sum(one.copies for one in planned),
        sent=tally.by_status[DeliveryStatus.SENT],
        deferred=tally.by_status[DeliveryStatus.DEFERRED],
        refused=tally.by_status[DeliveryStatus.REFUSED],
        expired=tally.by_status[DeliveryStatus.EXPIRED],
        uncertain=tally.by_status[DeliveryStatus.UNCERTAIN] + in_doubt,
        skipped=dict(skipped),
    )
