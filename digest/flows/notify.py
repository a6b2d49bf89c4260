"""What is written down as a notice is sent: claimed by tens, begun, posted, judged, recorded, one by one.

One lane is enough for mails that people cause one at a time, and each result is durable before the lane takes
the next notice: at most one message is unrecorded. The rules are those of issues (`core/verdict.py`).
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from msgspec import Struct, field

from digest.core.families import family_of
from digest.core.model import DeliveryStatus, Outcome, Verdict
from digest.core.notices import Notice
from digest.core.reasons import OurReason
from digest.core.verdict import judge
from digest.errors import StoreError, TransportError, words_of
from digest.flows.notice_press import NoticePress
from digest.flows.patience import Patience
from digest.flows.sender import Sender
from digest.mail.headers import RecipientError
from digest.mail.lane import Lane, Letter
from digest.store import notices
from digest.store.database import Database

log = structlog.get_logger(__name__)

#: Claimed at a time: so few that a lease outlives them all, even when each answer takes its time.
TOGETHER: Final = 20


class Notified(Struct):
    """What became of the notices of a run."""

    by_status: Counter[DeliveryStatus] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    #: why some were left though they could have gone
    trouble: str = ""

    def add(self, more: Notified) -> None:
        """Count what came of others too."""
        self.by_status.update(more.by_status)
        self.skipped.update(more.skipped)


async def notify(*, store: Database, press: NoticePress, sender: Sender, stop: asyncio.Event) -> Notified:
    """Send whatever is due; whatever happens to a notice is written down, and counted.

    Ends when nothing is left that could be sent at `sender.now()`, when `stop` is set, or when no server can
    be used: then the rest stays as it is and no attempt is counted.
    """
    at_work = _AtWork(store, press, sender, stop)
    async with store.write() as connection:
        at_work.told.by_status[DeliveryStatus.EXPIRED] += await notices.expire(connection, sender.now())
    if not sender.refusals.may_knock(sender.clock()):
        at_work.told.trouble = sender.refusals.words
        return at_work.told
    lane = sender.lane()
    try:
        while at_work.may_go_on() and (batch := await at_work.claim()):
            for notice in batch:
                if at_work.may_go_on():
                    await at_work.send(notice, lane)
    except TransportError as error:
        at_work.told.trouble = str(error)
    finally:
        await lane.close()
        async with store.write() as connection:
            await notices.release(connection, sender.owner)
    return at_work.told


class _AtWork(Struct):
    store: Database
    press: NoticePress
    sender: Sender
    stop: asyncio.Event
    told: Notified = field(default_factory=Notified)
    patience: Patience = field(default_factory=Patience)
    _is_open: bool = False

    def may_go_on(self) -> bool:
        """False when nothing new may begin."""
        return not (self.stop.is_set() or self.told.trouble)

    async def claim(self) -> tuple[Notice, ...]:
        """The next notices, under our name."""
        sender = self.sender
        async with self.store.write() as connection:
            return await notices.claim(
                connection,
                sender.owner,
                now=sender.now(),
                wall=sender.wall(),
                limit=TOGETHER,
                resend_uncertain=sender.resend_uncertain,
            )

    async def send(self, notice: Notice, lane: Lane) -> None:
        """Print, begin, post, judge and record one notice."""
        letter = await self._printed(notice)
        if letter is None:
            return
        if not self._is_open:
            # before anything begins: where no server can be used, no notice is in doubt
            await lane.open()
            self._is_open = True
        reason = await self._begin(notice)
        if reason == "":
            outcome = await lane.post(letter)
            await self._record(notice, self._judge(notice, outcome), outcome)
        elif reason is not None:
            self.told.skipped[reason] += 1

    async def _printed(self, notice: Notice) -> Letter | None:
        """The letter; one that cannot be made is refused, and the others go on."""
        try:
            return await self.press.letter(notice)
        except StoreError:
            raise
        except RecipientError as error:
            verdict = Verdict(DeliveryStatus.REFUSED, OurReason.BAD_ADDRESS, str(error))
        except Exception as error:
            words = words_of(error)
            log.error("a notice cannot be printed", notice=notice.id, kind=notice.kind, error=words)
            verdict = Verdict(DeliveryStatus.REFUSED, OurReason.UNPRINTABLE, words)
        await self._record(notice, verdict)
        return None

    async def _begin(self, notice: Notice) -> str | None:
        async with self.store.write() as connection:
            return await notices.begin(connection, self.sender.owner, notice, self.sender.wall())

    async def _record(self, notice: Notice, verdict: Verdict, outcome: Outcome | None = None) -> None:
        ours = await self.patience.through(partial(self._write, notice, verdict))
        if not ours:
            log.warning("a result came too late and was refused", notice=notice.id)
        if verdict.stop_run:
            self.told.trouble = verdict.detail
            return
        self.told.by_status[verdict.status] += 1
        if outcome is not None:
            refusals = self.sender.refusals
            refusals.heard(family_of(_domain_of(notice)), outcome, verdict, self.sender.clock())
            self.told.trouble = refusals.words

    async def _write(self, notice: Notice, verdict: Verdict) -> bool:
        async with self.store.write() as connection:
            return await notices.record(connection, self.sender.owner, notice, verdict, self.sender.now())

    def _judge(self, notice: Notice, outcome: Outcome) -> Verdict:
        return judge(
            outcome,
            attempts=notice.attempts,
            doubts=notice.doubts,
            now=self.sender.now(),
            due_at=notice.due_at,
            give_up_minutes=int((notice.expires_at - notice.due_at) / timedelta(minutes=1)),
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        )


def _domain_of(notice: Notice) -> str:
    return notice.address.rpartition("@")[2]
