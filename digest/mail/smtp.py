"""One lane to one mail server: a connection that carries letter after letter, made again when it is worn."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from time import monotonic

from digest.core.model import Outcome
from digest.errors import TransportError
from digest.mail.connection import NoConnectionError, connect, own_name, strict_tls
from digest.mail.lane import Letter
from digest.mail.library import LibraryConversation
from digest.mail.limits import Reuse, Timeouts
from digest.mail.manners import Manners
from digest.mail.pipelining import Conversation, ElsewhereError
from digest.mail.servers import Carrier, Security, Server
from digest.mail.wire import Wire


class SmtpLane:
    """A `Lane` to one server; `reach` lets a caller try the next server instead."""

    def __init__(
        self,
        server: Server,
        *,
        tls: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        reuse: Reuse | None = None,
        helo: str | None = None,
    ) -> None:
        """Nothing is connected yet; `helo` is our name, None asks the resolver for it."""
        if tls is None and server.security is not Security.PLAIN:
            tls = strict_tls()
        self.server = server
        self._tls = tls
        self._timeouts = timeouts or Timeouts()
        self._reuse = reuse or Reuse()
        self._helo = helo
        self._manners = Manners()
        self._talk: Conversation | LibraryConversation | None = None
        #: letters posted over this connection, and when the last one was
        self._carried = 0
        self._last = 0.0
        #: who is to be told of the outcome of what was passed on
        self._then: Callable[[Outcome], None] | None = None

    async def open(self) -> None:
        """Connect; raises TransportError when the server cannot be used."""
        trouble = await self.reach()
        if trouble is not None:
            raise TransportError(f"mail server {told(self.server, trouble)}")

    async def reach(self) -> Outcome | None:
        """Make ready for the next letter; the outcome says what stood in the way, None that nothing did."""
        if self.is_ready:
            return None
        await self.close()
        if not self._helo:
            self._helo = await asyncio.to_thread(own_name)
        try:
            smtp = await connect(self.server, tls=self._tls, timeouts=self._timeouts, helo=self._helo)
        except NoConnectionError as failed:
            return failed.trouble
        wire = Wire.over(smtp)
        if wire is None:
            self._talk = LibraryConversation(smtp, self._timeouts)
        else:
            self._talk = Conversation(smtp, wire, self._timeouts, self._manners)
        self._carried, self._last = 0, monotonic()
        return None

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Hand over one letter; whatever goes wrong is told by the outcome."""
        if not self.is_ready:
            trouble = await self.reach()
            if trouble is not None:
                return trouble
        return await self.carry(letter, following)

    async def carry(self, letter: Letter, following: Letter | None) -> Outcome:
        """Hand over one letter over the connection that `is_ready`."""
        assert self._talk is not None
        self._carried += 1
        try:
            outcome = await self._talk.carry(
                letter, following if self._carried < self._reuse.letters else None
            )
        except ElsewhereError:
            self._drop()
            return await self.post(letter, following)
        except BaseException:
            self._drop()
            raise
        self._last = monotonic()
        return outcome

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Hand over at once what the connection is ready for; see `Lane`."""
        talk = self._talk
        if not isinstance(talk, Conversation) or self._worn:
            return False
        is_last = self._carried + 1 >= self._reuse.letters
        if not talk.pass_on(letter, None if is_last else following, self._heard):
            return False
        self._carried += 1
        self._then = then
        return True

    def _heard(self, outcome: Outcome) -> None:
        self._last = monotonic()
        then, self._then = self._then, None
        if then is not None:
            then(outcome)

    async def close(self) -> None:
        """Say QUIT when there is somebody to say it to."""
        if self._then is not None:
            # nobody waits for the answer any more
            self._then = None
            self._drop()
        talk, self._talk = self._talk, None
        if talk is not None:
            try:
                await talk.leave()
            except BaseException:
                talk.drop()
                raise

    @property
    def is_ready(self) -> bool:
        """True when the next letter can be posted over the connection that is there."""
        return self.connected and not self._worn

    @property
    def connected(self) -> bool:
        """True while there is a connection, as far as can be known without speaking."""
        return self._talk is not None and self._talk.usable

    @property
    def _worn(self) -> bool:
        """True when the connection has served its time and should be exchanged for a new one."""
        return self._carried >= self._reuse.letters or monotonic() - self._last >= self._reuse.idle

    def _drop(self) -> None:
        """Close without a word; what was not answered is not waited for."""
        if self._talk is not None:
            self._talk.drop()
        self._talk = None


def told(server: Server | Carrier, trouble: Outcome) -> str:
    """One line that says which server failed where and why."""
    answer = " ".join(part for part in (str(trouble.code or ""), trouble.enhanced, trouble.text) if part)
    return f"{server} failed at {trouble.stage.value}: {answer}"
