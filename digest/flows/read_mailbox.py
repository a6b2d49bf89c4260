"""Empties a mailbox: what lies there is taken in, some at a time, and put away once that is durable."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from msgspec import Struct, field

from digest.core.settling import Effect
from digest.errors import StoreError, TransportError
from digest.flows.own_thread import OwnThread
from digest.mail.mailbox.address import MailboxAddress
from digest.mail.mailbox.looked import Looked, OpenMailbox, Put, RefusedError
from digest.store import mailbox_states
from digest.store.database import Database
from digest.store.mailbox_states import WORTH_TELLING, MailboxSeen

if TYPE_CHECKING:
    from digest.flows.settle import Mail, Settled

log = structlog.get_logger(__name__)

#: Mails that are fetched and recorded together.
TOGETHER: Final = 50
#: Mails of one session: POP3 deletes when it is left, and what breaks off before that comes all again.
MOST_IN_SESSION: Final = 1_000
#: Seconds for one step of a session, such as fetching some mails.
LONGEST_STEP: Final = 300.0
#: After a refusal the server is left alone for so long, doubled up to the longest: nobody hammers at a login.
FIRST_REST: Final = timedelta(minutes=1)
LONGEST_REST: Final = timedelta(hours=1)


class TakesIn(Protocol):
    """Who takes mails in, wherever they come from."""

    async def take_in(self, mails: Sequence[Mail]) -> Sequence[tuple[Settled, ...] | None]:
        """What became of each, durable when this returns; raises StoreError when nothing is sure."""
        ...


class MailboxRead(Struct, frozen=True):
    """What came of reading a mailbox once."""

    mails: int = 0
    #: of those, how many nobody could make anything of
    aside: int = 0
    #: besides, mails that the server names and does not give
    withheld: int = 0
    events: tuple[Settled, ...] = field(default=())
    #: why it was not read to its end, or not emptied; empty when it was
    trouble: str = ""

    def __add__(self, more: MailboxRead) -> MailboxRead:
        """Both together; the first trouble is the one that is told."""
        return MailboxRead(
            self.mails + more.mails,
            self.aside + more.aside,
            self.withheld + more.withheld,
            (*self.events, *more.events),
            self.trouble or more.trouble,
        )


class MailboxState(Struct, frozen=True):
    """How it stands with the mailbox, for admins."""

    #: when it was last read to its end; None when it was not since this process began
    read_at: datetime | None = None
    #: mails that were taken in since this process began
    mails: int = 0
    #: of those, how many nobody could make anything of
    aside: int = 0
    #: mails that the server named last and did not give
    withheld: int = 0
    #: what was wrong last; empty when nothing was
    trouble: str = ""
    #: how many times in a row something was
    failures: int = 0
    #: when it is gone to again; None when it was not gone to yet
    again_at: datetime | None = None

    @property
    def worth_telling(self) -> str:
        """The trouble, once it does not look like a passing one."""
        return self.trouble if self.failures >= WORTH_TELLING else ""


class MailboxReader:
    """Reads one mailbox again and again."""

    def __init__(
        self,
        *,
        address: MailboxAddress,
        intake: TakesIn,
        aside: str = "Unmatched",
        done: str = "",
        every: timedelta = timedelta(minutes=1),
        context: ssl.SSLContext | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        in_session: int = MOST_IN_SESSION,
        store: Database | None = None,
    ) -> None:
        """What nobody understands goes into the folder `aside`, all else into `done`, or it is deleted.

        The mailbox is read once in `every`, with so many mails `in_session`. Into the `store`, if any, is
        written how it stands, for other processes.
        """
        self._address: Final = address
        self._intake: Final = intake
        self._folders: Final = {"aside": aside, "done": done}
        self._every: Final = every
        self._context: Final = context
        self._wall: Final = wall
        self._in_session: Final = in_session
        self._store: Final = store
        self._busy: Final = asyncio.Lock()
        self._rest: timedelta | None = None
        #: names of mails that nobody understood and that stay where they are (POP3)
        self._left: set[str] = set()
        self.state = MailboxState()

    async def read_when_due(self, stop: asyncio.Event) -> MailboxRead:
        """Read it unless that was done a moment ago, or the server wants its rest; raises StoreError."""
        again_at = self.state.again_at
        if self._busy.locked() or (again_at is not None and self._wall() < again_at):
            return MailboxRead()
        return await self.read_now(stop)

    async def read_now(self, stop: asyncio.Event) -> MailboxRead:
        """Read it, due or not, and write down how it stands; raises StoreError."""
        async with self._busy:
            try:
                found = await self.read(stop)
            except Exception:
                # a store that is away does not come back sooner by more logins, nor later
                self._rest = None
                self._note(MailboxRead(trouble="what lies there could not be recorded"))
                raise
            self._note(found)
            await self._tell(found)
        if found.mails:
            log.info("the mailbox was read", mails=found.mails, aside=found.aside, withheld=found.withheld)
        return found

    async def read(self, stop: asyncio.Event) -> MailboxRead:
        """Read what lies there now. Raises StoreError: then what was not recorded lies there still."""
        whole, goes_on = MailboxRead(), True
        while goes_on and not stop.is_set() and not whole.trouble:
            found, more_lie_there = await self._session(stop)
            whole += found
            goes_on = more_lie_there and found.mails > 0
        return whole

    async def _session(self, stop: asyncio.Event) -> tuple[MailboxRead, bool]:
        """Enter it, read some mails, and leave it; and whether more of them lie there."""
        thread, opened = OwnThread("mailbox", stop, longest=LONGEST_STEP), ExitStack()
        found: list[MailboxRead] = []
        more = False
        try:
            mailbox = await thread.do(self._enter, opened)
            thread.on_cut = mailbox.cut
            try:
                names = await self._names(mailbox, thread)
                rest = names[: self._in_session] if mailbox.lasting else names
                more = len(rest) < len(names)
                while rest and not stop.is_set():
                    looked = await thread.do(mailbox.fetch, rest[:TOGETHER])
                    rest = rest[len(looked) :]
                    await self._take(looked, mailbox, thread, found)
            finally:
                # POP3 deletes when it is left
                await thread.do(opened.close)
        except TransportError as error:
            # what is cut off because we stop is no trouble
            found.append(MailboxRead(trouble="" if stop.is_set() else str(error)))
        finally:
            thread.leave()
        return reduce(MailboxRead.__add__, found, MailboxRead()), more

    def _enter(self, opened: ExitStack) -> OpenMailbox:
        # imported here: what speaks to mailboxes is of use to those alone who have one
        from digest.mail.mailbox.entered import entered

        return opened.enter_context(entered(self._address, **self._folders, context=self._context))

    async def _names(self, mailbox: OpenMailbox, thread: OwnThread) -> list[str]:
        names = await thread.do(mailbox.names)
        # what does not lie there any more needs no memory
        self._left &= set(names) if mailbox.lasting else set()
        return [name for name in names if name not in self._left]

    async def _take(
        self, looked: Sequence[Looked], mailbox: OpenMailbox, thread: OwnThread, found: list[MailboxRead]
    ) -> None:
        """Take some mails in, and only then put them away."""
        # imported here, where there is a mailbox: what understands returned mail takes its time to load
        from digest.flows.settle import Mail

        mails = [Mail(one.raw, name=one.name) for one in looked if one.raw is not None]
        done = await self._intake.take_in(mails)
        places: dict[Put, list[str]] = {where: [] for where in Put}
        for mail, settled in zip(mails, done, strict=True):
            places[_place_of(settled)].append(mail.name)
        events = tuple(one for settled in done for one in settled or ())
        aside = len(places[Put.ASIDE]) + len(places[Put.UNKNOWN])
        found.append(MailboxRead(len(mails), aside, len(looked) - len(mails), events))
        if mailbox.lasting:
            self._left.update(places[Put.UNKNOWN])
        for where, names in places.items():
            try:
                await thread.do(mailbox.put, names, where)
            except RefusedError as error:
                # they are recorded; the others need not wait for a person to make room
                found.append(MailboxRead(trouble=str(error)))

    def _note(self, found: MailboxRead) -> None:
        """Write down how it went, and when to come again."""
        before, now = self.state, self._wall()
        if found.trouble:
            self._rest = FIRST_REST if self._rest is None else min(2 * self._rest, LONGEST_REST)
            if found.trouble != before.trouble:
                log.warning("the mailbox of returned mail cannot be read", error=found.trouble)
        else:
            self._rest = None
        self.state = MailboxState(
            before.read_at if found.trouble else now,
            before.mails + found.mails,
            before.aside + found.aside,
            found.withheld,
            found.trouble,
            before.failures + 1 if found.trouble else 0,
            now + max(self._every, self._rest or timedelta()),
        )

    async def _tell(self, found: MailboxRead) -> None:
        """Let other processes know; when they cannot, the mails are recorded nevertheless."""
        if self._store is None:
            return
        state, now = self.state, self._wall()
        read_at = None if found.trouble else now
        counts = (found.mails, found.aside, found.withheld, found.trouble, state.failures)
        seen = MailboxSeen(self._address.name, now, read_at, *counts)
        with suppress(StoreError):
            async with self._store.write() as connection:
                await mailbox_states.note(connection, seen)


def _place_of(settled: tuple[Settled, ...] | None) -> Put:
    """A story, and what was understood, goes away; what says nothing, or nobody is behind, waits aside."""
    if settled is None:
        return Put.AWAY
    # a mail that was recorded, and could not be put away, is where it was
    effects = {one.before or one.effect for one in settled}
    if effects <= {Effect.NOT_KEPT}:
        return Put.UNKNOWN
    return Put.ASIDE if effects == {Effect.UNMATCHED} else Put.AWAY
