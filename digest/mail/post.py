"""The post: gives out lanes, each of which finds the first server that can be used."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from digest.core.model import Outcome
from digest.core.verdict import UNTRIED
from digest.errors import TransportError
from digest.mail.connection import strict_tls
from digest.mail.lane import Lane, Letter
from digest.mail.limits import Reuse, Timeouts
from digest.mail.outbox import FileLane
from digest.mail.servers import FileOutbox, Security, Server
from digest.mail.smtp import SmtpLane, told


class Post:
    """Where letters go, read once from the settings."""

    def __init__(
        self,
        target: Sequence[Server] | FileOutbox,
        *,
        helo: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        reuse: Reuse | None = None,
    ) -> None:
        """Connect nothing; `helo` is the name we go by, None asks the resolver for this machine's."""
        self._target = target
        self._helo = helo
        secured = not isinstance(target, FileOutbox) and any(s.security is not Security.PLAIN for s in target)
        #: made once for all lanes: reading the system's roots takes longer than a hundred letters
        self._tls = strict_tls() if tls is None and secured else tls
        self._timeouts = timeouts
        self._reuse = reuse

    def lane(self) -> Lane:
        """A new lane, not yet open; each belongs to one task."""
        if isinstance(self._target, FileOutbox):
            return FileLane(self._target.folder)
        return FailoverLane([self._smtp_lane(server) for server in self._target])

    def _smtp_lane(self, server: Server) -> SmtpLane:
        return SmtpLane(server, tls=self._tls, timeouts=self._timeouts, reuse=self._reuse, helo=self._helo)


class FailoverLane:
    """A lane over several servers in order of preference; it stays where it is connected while that works."""

    def __init__(self, lanes: Sequence[SmtpLane]) -> None:
        """The first lane is the one preferred; at least one is needed."""
        self._lanes = list(lanes)
        self._current = self._lanes[0]

    async def open(self) -> None:
        """Connect to the first server that can be used; raises TransportError when none can."""
        troubles = await self._reach()
        if troubles:
            told_troubles = "; ".join(told(lane.server, trouble) for lane, trouble in troubles)
            raise TransportError(f"no mail server can be used: {told_troubles}")

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Hand over to the server we are connected to, or to the first that can be reached."""
        for _ in self._lanes:
            troubles = await self._reach()
            if troubles:
                return troubles[0][1]
            outcome = await self._current.post(letter, following)
            if outcome.stage not in UNTRIED:
                break
        return outcome

    async def close(self) -> None:
        """Take leave of whichever server we are connected to."""
        for lane in self._lanes:
            await lane.close()

    async def _reach(self) -> list[tuple[SmtpLane, Outcome]]:
        """Make one lane ready; empty when that worked, else the trouble of each."""
        if self._current.connected and await self._current.reach() is None:
            return []
        troubles = []
        for lane in self._lanes:
            trouble = await lane.reach()
            if trouble is None:
                self._current = lane
                return []
            troubles.append((lane, trouble))
        return troubles
