"""Empties a mailbox: what lies there is taken in, some at a time, and put away once that is durable."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from digest.core.settling import Effect
from digest.errors import TransportError
from digest.flows.intake import Intake
from digest.flows.settle import Mail, Settled
from digest.mail.mailbox import MailboxAddress, OpenMailbox, Put, entered

log = structlog.get_logger(__name__)

#: Mails that are fetched and recorded together.
TOGETHER: Final = 50
#: After a refusal the server is left alone for so long, doubled up to the longest: nobody hammers at a login.
FIRST_REST: Final = timedelta(minutes=1)
LONGEST_REST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MailboxRead:
    """What came of reading a mailbox once."""

    mails: int = 0
    #: of those, how many nobody could make anything of
    aside: int = 0
    events: tuple[Settled, ...] = field(default=())
    #: why it was not read to its end; empty when it was
    trouble: str = ""


class MailboxReader:
    """Reads one mailbox again and again."""

    def __init__(
        self,
        *,
        address: MailboxAddress,
        intake: Intake,
        aside: str = "Unmatched",
        every: timedelta = timedelta(minutes=1),
        context: ssl.SSLContext | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """What nobody understands goes into the folder `aside`; the mailbox is read once in `every`."""
        self._address: Final = address
        self._intake: Final = intake
        self._aside: Final = aside
        self._every: Final = every
        self._context: Final = context
        self._wall: Final = wall
        self._busy: Final = asyncio.Lock()
        self._next_at: datetime | None = None
        self._rest: timedelta | None = None
        #: what was wrong last; empty when nothing was
        self.trouble = ""

    async def read_when_due(self, stop: asyncio.Event) -> MailboxRead:
        """Read it unless that was done a moment ago, or the server wants its rest."""
        if self._busy.locked() or (self._next_at is not None and self._wall() < self._next_at):
            return MailboxRead()
        async with self._busy:
            found = await self.read(stop)
            if found.trouble:
                self._rest = FIRST_REST if self._rest is None else min(2 * self._rest, LONGEST_REST)
                if found.trouble != self.trouble:
                    log.warning("the mailbox of returned mail cannot be read", error=found.trouble)
            else:
                self._rest = None
            self.trouble = found.trouble
            self._next_at = self._wall() + max(self._every, self._rest or timedelta())
        if found.mails:
            log.info("the mailbox was read", mails=found.mails, aside=found.aside)
        return found

    async def read(self, stop: asyncio.Event) -> MailboxRead:
        """Read what lies there now. Raises StoreError: then what was not recorded lies there still."""
        loop = asyncio.get_running_loop()
        # one thread for the whole session: the libraries' connections belong to who opened them
        with ThreadPoolExecutor(1, "mailbox") as thread:
            opened = ExitStack()
            found = MailboxRead()
            try:
                mailbox = await loop.run_in_executor(thread, self._enter, opened)
                try:
                    names = await loop.run_in_executor(thread, mailbox.names)
                    for first in range(0, len(names), TOGETHER):
                        if stop.is_set():
                            break
                        some = names[first : first + TOGETHER]
                        mails = await loop.run_in_executor(thread, mailbox.fetch, some)
                        found = _with(found, await self._take(mails, mailbox, thread))
                finally:
                    # POP3 deletes when it is left
                    await loop.run_in_executor(thread, opened.close)
            except TransportError as error:
                found = replace(found, trouble=str(error))
        return found

    def _enter(self, opened: ExitStack) -> OpenMailbox:
        return opened.enter_context(entered(self._address, aside=self._aside, context=self._context))

    async def _take(
        self, mails: Sequence[tuple[str, bytes]], mailbox: OpenMailbox, thread: ThreadPoolExecutor
    ) -> MailboxRead:
        """Take some mails in, and only then put them away."""
        done = await self._intake.take_in([Mail(raw, name=name) for name, raw in mails])
        places: dict[Put, list[str]] = {Put.AWAY: [], Put.ASIDE: []}
        for (name, _), settled in zip(mails, done, strict=True):
            places[_place_of(settled)].append(name)
        loop = asyncio.get_running_loop()
        for where, names in places.items():
            await loop.run_in_executor(thread, mailbox.put, names, where)
        events = tuple(one for settled in done for one in settled or ())
        return MailboxRead(len(mails), len(places[Put.ASIDE]), events)


def _place_of(settled: tuple[Settled, ...] | None) -> Put:
    """A story, and what was understood, goes away; what says nothing, or nobody is behind, waits aside."""
    if settled is None:
        return Put.AWAY
    if not settled or all(one.effect is Effect.UNMATCHED for one in settled):
        return Put.ASIDE
    return Put.AWAY


def _with(before: MailboxRead, more: MailboxRead) -> MailboxRead:
    return MailboxRead(
        before.mails + more.mails, before.aside + more.aside, (*before.events, *more.events), before.trouble
    )
