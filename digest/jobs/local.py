"""All work in this process: what `digest run` does once, and the scheduler again and again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog
from msgspec import Struct
from msgspec.structs import replace

from digest import tracing
from digest.core.model import DeliveryStatus, RunTotals
from digest.core.notices import LATE_BY, WORTH_SENDING, NoticeKind
from digest.core.pace import Limits
from digest.core.retention import Keep
from digest.core.stopwatch import Stopwatch
from digest.core.warmup import WarmingUp
from digest.errors import DigestError
from digest.flows.alerts import Told, tell
from digest.flows.counting import add_up, count_families
from digest.flows.gather_pictures import Gatherer
from digest.flows.hand_over import Handed, Messenger
from digest.flows.issue_acts import settle_stopped
from digest.flows.notify import Notified, notify
from digest.flows.orders import plan_due
from digest.flows.poll import Poller, Polls
from digest.flows.press import Press
from digest.flows.publish import Planned
from digest.flows.read_mailbox import MailboxRead, MailboxReader
from digest.flows.record_leavings import LeavingRecord
from digest.flows.recover import Recovered, recover
from digest.flows.reputation import Watch
from digest.flows.roll import Roll
from digest.flows.sender import LONGEST_WAIT, Allowance
from digest.flows.tally import Progress, Tally
from digest.flows.watch import Looked, Watcher
from digest.jobs.besides import Besides
from digest.jobs.here import Here
from digest.jobs.liveness import Liveness
from digest.jobs.place import Place
from digest.jobs.seldom import Rosters, publish_due
from digest.jobs.tidying import Tidying
from digest.mail.post import Post
from digest.store import issues, notices, webhooks
from digest.store.claimable import left_in_doubt
from digest.store.database import Database
from digest.store.webhooks import Webhook

log = structlog.get_logger(__name__)

#: How long a run that ends afterwards hands over to webhooks, in seconds; what is left waits for the next.
HAND_OVER_FOR: Final = 60.0


class RunReport(Struct, frozen=True):
    """What a run did, and why it stopped short, if it did."""

    totals: RunTotals
    trouble: str = ""
    #: what was left though nothing is wrong, and why; empty when nothing was
    waiting: str = ""


class Jobs(Protocol):
    """Where the work of a tick is done."""

    async def run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        """Do everything that is due at `now`."""
        ...

    async def notify(self, now: datetime, stop: asyncio.Event) -> Notified:
        """Send the notices that are due at `now`, and nothing else: people wait for some of them."""
        ...

    async def take_in(self, now: datetime, stop: asyncio.Event) -> int:
        """Go on with rosters that are being taken in; how many pieces were done."""
        ...

    async def hand_over(self, stop: asyncio.Event) -> None:
        """Begin to hand over what webhooks are told; waits for no receiver."""
        ...

    async def end(self) -> None:
        """Break off what goes on by itself; nothing is lost by that."""
        ...

    async def poll(self, now: datetime, stop: asyncio.Event) -> Polls:
        """Ask the feeds that are due."""
        ...

    async def look(self, now: datetime, stop: asyncio.Event) -> Looked:
        """Take in what was put into the watched folder."""
        ...

    async def read_mailbox(self, stop: asyncio.Event) -> MailboxRead:
        """Read the mailbox of returned mail, when it is time."""
        ...

    async def record_leavings(self, now: datetime) -> None:
        """Write down beside the store who left since it was looked last."""
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
        limits: Limits | None = None,
        warm_up: WarmingUp | None = None,
        progress: Progress | None = None,
        alerts_to: Sequence[str] = (),
        pause_families: bool = True,
        keep_unconfirmed: timedelta | None = None,
        keep: Keep | None = None,
        messenger: Messenger | None = None,
        poller: Poller | None = None,
        watcher: Watcher | None = None,
        pictures: Gatherer | None = None,
        mailbox: MailboxReader | None = None,
        leavings: LeavingRecord | None = None,
        clock: Callable[[], float] = time.monotonic,
        longest_wait: float = LONGEST_WAIT,
        roll: Roll | None = None,
        place: Callable[[Here], Place] | None = None,
    ) -> None:
        """Take the parts; nothing is opened before the first run.

        What was not confirmed for longer than `keep_unconfirmed` is forgotten, without it nothing is. What
        is older than `keep` says shrinks, without it nothing does.
        Without `pause_families` nothing is paused or held because of what came back; admins are told anyway.
        Without `limits` all lanes may go to one family of mailboxes, as fast as it takes them. `clock` gives
        seconds for the pace; who would have to wait longer than `longest_wait` of them waits in the store.
        With a `roll` the limits are those of all on it together. `place` says where issues are planned and
        sent, when that is not here.
        """
        self._store: Final = store
        self._press: Final = press
        self._liveness: Final = liveness
        self._resend_uncertain: Final = resend_uncertain
        self._notifying: Final = asyncio.Lock()
        self._taking_in: Final = asyncio.Lock()
        self._rosters: Final = Rosters(store)
        self._besides: Final = Besides()
        #: who is told of what an admin should look at
        self._alerts_to: Final = tuple(alerts_to)
        self._watch: Final = Watch(store=store, acts=pause_families, alerts_to=alerts_to, clock=clock)
        self._here: Final = Here(
            store=store,
            press=press,
            post=post,
            names=liveness,
            watch=self._watch,
            lanes=lanes,
            resend_uncertain=resend_uncertain,
            limits=limits,
            warm_up=warm_up,
            progress=progress,
            clock=clock,
            longest_wait=longest_wait,
            roll=roll,
        )
        self._place: Final[Place] = self._here if place is None else place(self._here)
        self._roll: Final = roll
        self._tidying: Final = Tidying(store, keep_unconfirmed, keep)
        #: without one no feed is asked
        self._poller: Final = poller
        #: without one no folder is looked into
        self._watcher: Final = watcher
        #: without one mails bring along what others fetched
        self._pictures: Final = pictures
        #: without one no mailbox is read
        self._mailbox: Final = mailbox
        #: without one nobody who left is known when a backup is put back
        self._leavings: Final = leavings
        self._messenger: Final = messenger

    def wall(self) -> datetime:
        """The time by which all go who work together: the store's, where it has a clock of its own."""
        return datetime.now(UTC) if self._roll is None else self._roll.wall()

    @property
    def stopwatch(self) -> Stopwatch:
        """What sending takes in this process."""
        return self._here.stopwatch

    async def run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        """Sweep up, plan every due slot, send what can be sent; `now` alone decides what is due."""
        with tracing.span("round"):
            return await self._run(now, stop)

    async def _run(self, now: datetime, stop: asyncio.Event) -> RunReport:
        found = await self._swept(now)
        # before the issues, which may take hours: somebody may be waiting for a question
        notified = await self._besides.do("notices", partial(self.notify, now, stop), Notified())
        planned = await self._planned(now, stop)
        unplanned = self._here.unplanned()
        issue_ids, tally = await self._sent(now, stop)
        tally.failures[:0] = unplanned
        totals = self._totals(planned, issue_ids, tally, found)
        # last: a roster of a million lines may take its time, and no mail waits for it
        await self._besides.do("rosters", partial(self.take_in, now, stop), 0)
        await self._besides.do("shrinking", partial(self._tidying.after_sending, now, stop), None)
        looked = partial(self._watch.afterwards, now)
        is_well = not (tally.whole_trouble or notified.trouble)
        has_news = is_well and await self._besides.do("watching families", looked, False)
        tally.failures += self._besides.amiss()
        trouble = tally.whole_trouble or notified.trouble
        late = [one for one in planned if one.late_by >= LATE_BY]
        mailbox = "" if self._mailbox is None else self._mailbox.state.worth_telling
        told = Told(
            *(trouble, 0 if self._resend_uncertain else totals.uncertain, late),
            *(await self._turned_off(now), mailbox, await self._left_in_doubt()),
        )
        if self._alerts_to and (has_news | await tell(told, self._alerts_to, store=self._store, now=now)):
            notified.add(await self.notify(now, stop))
        return RunReport(replace(totals, notices=counts_of(notified)), trouble, tally.waiting)

    async def plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Sweep up, and plan all that is due; nothing is sent. Raises DigestError for what could not be."""
        await self._swept(now)
        planned = await self._planned(now, stop)
        if amiss := [*self._here.unplanned(), *self._besides.amiss()]:
            raise DigestError("; ".join(amiss))
        return planned

    async def deliver(self, now: datetime, stop: asyncio.Event) -> RunReport:
        """Sweep up, and send what is planned; nothing more is planned."""
        found = await self._swept(now)
        issue_ids, tally = await self._sent(now, stop)
        if not tally.trouble:
            await self._watch.afterwards(now)
        tally.failures += self._besides.amiss()
        totals = self._totals([], issue_ids, tally, found)
        return RunReport(totals, tally.whole_trouble, tally.waiting)

    async def _swept(self, now: datetime) -> Recovered:
        """What senders left that died, and what is to be settled before anything is sent."""
        gone = self._liveness.gone()
        # a store that cannot be used from the start is told at once: nothing is at stake yet
        found = await recover(store=self._store, is_dead=gone.__contains__, now=now, wall=self.wall())
        self._liveness.bury(gone)
        for what, work in (
            ("settling", partial(settle_stopped, store=self._store, now=now)),
            ("counting families", partial(count_families, store=self._store, now=now)),
            ("adding up", partial(add_up, store=self._store)),
            ("tidying", partial(self._tidying.before_sending, now)),
            # what it pauses is not sent to in this run
            ("watching families", partial(self._watch.look_now_and_then, now)),
        ):
            await self._besides.do(what, work, None)
        return found

    async def _planned(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Let come out what was appointed, and plan all that is due."""
        nothing: tuple[int, ...] = ()
        drafts = partial(publish_due, store=self._store, now=now)
        published = await self._besides.do("publishing", drafts, nothing)
        if published:
            log.info("drafts came out at their appointed time", briefings=published)
        await self._besides.do("pictures", partial(self.gather_pictures, now, stop), None)
        planned = await plan_due(store=self._store, now=now)
        return planned + await self._place.plan(now, stop)

    async def _sent(self, now: datetime, stop: asyncio.Event) -> tuple[list[int], Tally]:
        async with self._store.read() as connection:
            issue_ids = [issue.id for issue in await issues.still_sending(connection, now)]
        return issue_ids, await self._place.send(issue_ids, now, stop)

    def _totals(
        self, planned: Sequence[Planned], issue_ids: Iterable[int], tally: Tally, found: Recovered
    ) -> RunTotals:
        tally.by_status[DeliveryStatus.REFUSED] += found.refused
        return totals_of(planned, issue_ids, tally, 0 if self._resend_uncertain else found.uncertain)

    async def notify(self, now: datetime, stop: asyncio.Event) -> Notified:
        """Send the notices that are due; a call while another one is under way leaves them to that one."""
        if self._notifying.locked():
            return Notified()
        async with self._notifying:
            async with self._store.read() as connection:
                if not await notices.are_due(connection, now=now, resend_uncertain=self._resend_uncertain):
                    return Notified()
            owner = self._liveness.sign_on()
            try:
                sender = self._here.sender(owner, now, Allowance())
                return await notify(store=self._store, press=self._press.notices, sender=sender, stop=stop)
            finally:
                self._liveness.sign_off(owner)

    async def take_in(self, now: datetime, stop: asyncio.Event) -> int:
        """Go on with rosters; a call while another one is under way leaves them to that one."""
        if self._taking_in.locked():
            return 0
        async with self._taking_in:
            return await self._rosters.work(now, stop)

    async def hand_over(self, stop: asyncio.Event) -> None:
        """Begin to hand over what webhooks are told; waits for no receiver."""
        if self._messenger is not None:
            await self._messenger.begin(stop)

    async def hand_over_all(self, stop: asyncio.Event) -> Handed:
        """Hand over what can be told now, for a process that ends afterwards; not for long."""
        return Handed() if self._messenger is None else await self._messenger.go(stop, within=HAND_OVER_FOR)

    async def end(self) -> None:
        """Break off what is being handed over: whoever comes next does it again."""
        if self._messenger is not None:
            await self._messenger.end()

    async def poll(self, now: datetime, stop: asyncio.Event) -> Polls:
        """Ask the feeds that are due; a call while another one is under way leaves them to that one."""
        return Polls() if self._poller is None else await self._poller.poll_due(now, stop)

    async def gather_pictures(self, now: datetime, stop: asyncio.Event) -> None:
        """Fetch the pictures that issues may bring along which are planned next."""
        if self._pictures is not None:
            await self._pictures.gather(now, stop)

    async def look(self, now: datetime, stop: asyncio.Event) -> Looked:
        """Take in what is whole in the watched folder, and leave what has just come for the next look."""
        return Looked() if self._watcher is None else await self._watcher.look(now, stop)

    async def look_patiently(self, now: datetime, stop: asyncio.Event) -> Looked:
        """The same for a process that ends afterwards: it waits some seconds for what has just come."""
        return Looked() if self._watcher is None else await self._watcher.look_patiently(now, stop)

    async def read_mailbox(self, stop: asyncio.Event) -> MailboxRead:
        """Read the mailbox of returned mail, unless that was done a moment ago."""
        return MailboxRead() if self._mailbox is None else await self._mailbox.read_when_due(stop)

    async def record_leavings(self, now: datetime) -> None:
        """Write down beside the store who left since it was looked last; what goes wrong is logged."""
        if self._leavings is not None:
            await self._leavings.look(now)

    async def send(self, issue_id: int, now: datetime, stop: asyncio.Event) -> Tally:
        """Send one issue alone: a one-off by hand."""
        tally = await self._here.send([issue_id], now, stop)
        if not tally.trouble:
            await self._watch.afterwards(now)
        return tally

    async def _left_in_doubt(self) -> int:
        """The mails in doubt that are sent again no more, where those in doubt are."""
        if not (self._alerts_to and self._resend_uncertain):
            return 0
        async with self._store.read() as connection:
            return await left_in_doubt(connection)

    async def _turned_off(self, now: datetime) -> tuple[Webhook, ...]:
        """The webhooks that were turned off, and not by a person, within the time in which that is news."""
        if not self._alerts_to:
            return ()
        async with self._store.read() as connection:
            return await webhooks.turned_off(connection, now - WORTH_SENDING[NoticeKind.ALERT])


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


def counts_of(notified: Notified) -> dict[str, int]:
    """What became of notices, by status; empty when there were none."""
    counts = {status.value: count for status, count in notified.by_status.items() if count}
    skipped = notified.skipped.total()
    return counts | ({DeliveryStatus.SKIPPED.value: skipped} if skipped else {})
