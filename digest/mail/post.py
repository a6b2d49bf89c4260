"""The post: gives out lanes, each of which finds the first server that can be used."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from digest.core.model import Outcome
from digest.core.verdict import UNTRIED
from digest.errors import TransportError
from digest.mail.connection import strict_tls
from digest.mail.lane import Lane, Letter
from digest.mail.limits import Reuse, Timeouts
from digest.mail.outbox import FileLane
from digest.mail.servers import Carrier, FileOutbox, Security, Server
from digest.mail.smtp import SmtpLane, told


class ServerLane(Lane, Protocol):
    """A lane to one server, of which it can be told whether it is there before a letter is given to it."""

    @property
    def server(self) -> Server | Carrier:
        """Where it leads."""
        ...

    @property
    def is_ready(self) -> bool:
        """True when the next letter can be posted over the connection that is there."""
        ...

    @property
    def connected(self) -> bool:
        """True while there is a connection, as far as can be known without speaking."""
        ...

    async def reach(self) -> Outcome | None:
        """Make ready for the next letter; the outcome says what stood in the way, None that nothing did."""
        ...

    async def carry(self, letter: Letter, following: Letter | None) -> Outcome:
        """Hand over one letter over the connection that `is_ready`."""
        ...


class Post:
    """Where letters go, read once from the settings."""

    def __init__(
        self,
        target: Sequence[Server | Carrier] | FileOutbox,
        *,
        helo: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        reuse: Reuse | None = None,
        rest: float = 300.0,
    ) -> None:
        """Connect nothing; `helo` is the name we go by, None asks the resolver for this machine's.

        A server that cannot be used is left in peace for `rest` seconds when there is another one.
        """
        self._target = target
        self._helo = helo
        secured = not isinstance(target, FileOutbox) and any(
            isinstance(one, Server) and one.security is not Security.PLAIN for one in target
        )
        #: made once for all lanes: reading the system's roots takes longer than a hundred letters
        self._tls = strict_tls() if tls is None and secured else tls
        self._timeouts = timeouts
        self._reuse = reuse
        #: until when servers are left in peace, by the loop's time; all lanes know it
        self._resting: dict[Server | Carrier, float] = {}
        self._rest = rest

    def lane(self) -> Lane:
        """A new lane, not yet open; each belongs to one task. A transport may raise PluginError."""
        if isinstance(self._target, FileOutbox):
            return FileLane(self._target.folder)
        lanes = [self._lane_to(server) for server in self._target]
        return FailoverLane(lanes, self._resting, self._rest)

    def _lane_to(self, server: Server | Carrier) -> ServerLane:
        if isinstance(server, Carrier):
            # most newsrooms send by SMTP, and never need it
            from digest.mail.carried import carried_lane

            return carried_lane(server)
        return SmtpLane(server, tls=self._tls, timeouts=self._timeouts, reuse=self._reuse, helo=self._helo)


class FailoverLane:
    """A lane over several servers in order of preference.

    It stays where it is connected while that works. A server that could not be used is left in peace for
    some minutes by all lanes of the post; then the first lane that comes between two letters tries it, and
    when it is back the others follow.
    """

    def __init__(
        self,
        lanes: Sequence[ServerLane],
        resting: dict[Server | Carrier, float] | None = None,
        rest: float = 300.0,
    ) -> None:
        """The first lane is the one preferred; at least one is needed.

        `resting` says until when servers are left in peace, by the loop's time, and is shared; `rest` is for
        how long, in seconds.
        """
        self._lanes: Final = list(lanes)
        self._resting: Final = {} if resting is None else resting
        self._rest: Final = rest
        self._current = self._lanes[0]
        #: the current one has been connected
        self._is_known = False

    async def open(self) -> None:
        """Connect to the first server that can be used; raises TransportError when none can."""
        troubles = await self._reach()
        if troubles:
            told_troubles = "; ".join(told(lane.server, trouble) for lane, trouble in troubles)
            raise TransportError(f"no mail server can be used: {told_troubles}")

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Hand over to the server we are connected to, or to the first that can be reached."""
        for _ in self._lanes:
            if not (self._current is self._lanes[0] and self._current.is_ready):
                troubles = await self._reach()
                if troubles:
                    return troubles[0][1]
                outcome = await self._current.post(letter, following)
            else:
                outcome = await self._current.carry(letter, following)
            if outcome.accepted or outcome.stage not in UNTRIED:
                break
        return outcome

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Hand over at once what the connection is ready for; while another server is preferred, nothing."""
        return self._current is self._lanes[0] and self._current.pass_on(letter, following, then)

    async def close(self) -> None:
        """Take leave of whichever server we are connected to."""
        for lane in self._lanes:
            await lane.close()

    async def _reach(self) -> list[tuple[ServerLane, Outcome]]:
        """Make one lane ready; empty when that worked, else the trouble of each."""
        better = self._better()
        if better is None and self._current.connected and await self._current.reach() is None:
            return []
        troubles = []
        for lane in self._in_order():
            trouble = await self._try(lane)
            if trouble is None:
                return []
            troubles.append((lane, trouble))
        return sorted(troubles, key=lambda one: self._lanes.index(one[0]))

    def _better(self) -> ServerLane | None:
        """A server that is preferred to the one in use, and is not left in peace (any more)."""
        if self._current is self._lanes[0]:
            return None
        now = asyncio.get_running_loop().time()
        before = self._lanes[: self._lanes.index(self._current)]
        return next((lane for lane in before if self._resting.get(lane.server, 0.0) <= now), None)

    def _in_order(self) -> list[ServerLane]:
        """By preference, but those that are left in peace last: better one of them than none."""
        now = asyncio.get_running_loop().time()

        def rests(lane: ServerLane) -> bool:
            is_ours = self._is_known and lane is self._current
            return not is_ours and self._resting.get(lane.server, 0.0) > now

        return sorted(self._lanes, key=rests)

    async def _try(self, lane: ServerLane) -> Outcome | None:
        """Make a lane ready and stay with it; the outcome says what stood in the way."""
        if lane.server in self._resting:
            # noted before the try, which may take its time: the other lanes do not wait for the same answer
            self._resting[lane.server] = asyncio.get_running_loop().time() + self._rest
        trouble = await lane.reach()
        if trouble is not None:
            self._resting[lane.server] = asyncio.get_running_loop().time() + self._rest
            return trouble
        self._resting.pop(lane.server, None)
        self._is_known = True
        if lane is not self._current:
            await self._current.close()
            self._current = lane
        return None
