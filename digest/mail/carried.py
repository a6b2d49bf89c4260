"""A transport of a plugin as a lane: one message at a time, and whatever goes wrong is an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from digest.core.model import Outcome, Stage
from digest.errors import PluginError, SettingsError, TransportError
from digest.mail.lane import Letter
from digest.mail.outbox import message_id_in
from digest.mail.replies import broken_outcome, reply_outcome
from digest.mail.servers import SETTING, Carrier
from digest.mail.smtp import told
from digest.plugins import Connection, Fate, Handed, Message, shelf

#: Seconds that getting ready and taking leave may take.
_READY_WITHIN: Final = 60.0
_LEAVE_WITHIN: Final = 10.0
#: As long as we wait for the answer to a final dot (RFC 5321 section 4.5.3.2.6).
_TAKEN_WITHIN: Final = 600.0
#: What a fate is in the words of SMTP, where no code was told.
_FATES: Final[Mapping[Fate, tuple[Stage, int]]] = {
    Fate.TAKEN: (Stage.FINAL_DOT, 250),
    Fate.LATER: (Stage.RCPT, 451),
    Fate.REFUSED: (Stage.RCPT, 554),
    Fate.NOT_TRIED: (Stage.CONNECT, 0),
    Fate.UNKNOWN: (Stage.FINAL_DOT, 0),
}
#: The first digit of codes that go with a fate; another one would turn it into something else.
_DIGITS: Final[Mapping[Fate, int]] = {Fate.TAKEN: 2, Fate.LATER: 4, Fate.REFUSED: 5}


class CarriedLane:
    """A `Lane` over a connection of a plugin."""

    def __init__(self, server: Carrier, connection: Connection) -> None:
        """Nothing is opened yet."""
        self.server: Final = server
        self._connection: Final = connection
        self._is_open = False

    async def open(self) -> None:
        """Get ready; raises TransportError when that is not possible."""
        trouble = await self.reach()
        if trouble is not None:
            raise TransportError(f"mail server {told(self.server, trouble)}")

    async def reach(self) -> Outcome | None:
        """Make ready for the next letter; the outcome says what stood in the way, None that nothing did."""
        if self._is_open:
            return None
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await self._connection.open()
        except shelf.FAULTS as error:
            return broken_outcome(Stage.CONNECT, error)
        self._is_open = True
        return None

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Hand over one letter; whatever goes wrong is told by the outcome."""
        trouble = await self.reach()
        return await self.carry(letter, following) if trouble is None else trouble

    async def carry(self, letter: Letter, following: Letter | None) -> Outcome:
        """Hand over one letter over the connection that is open; nothing of the following one travels."""
        content = letter.content
        message = Message(letter.sender, letter.recipient, content, message_id_in(content))
        try:
            async with asyncio.timeout(_TAKEN_WITHIN):
                outcome = _outcome(await self._connection.send(message))
        except shelf.FAULTS as error:
            # it may have gone: the careful side
            outcome = broken_outcome(Stage.FINAL_DOT, error)
        except BaseException:
            self._is_open = False
            raise
        if outcome.code == 0:
            await self.close()
        return outcome

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Never: a plugin is waited for."""
        return False

    async def close(self) -> None:
        """Take leave, whatever the plugin makes of it."""
        self._is_open = False
        with suppress(*shelf.FAULTS):
            async with asyncio.timeout(_LEAVE_WITHIN):
                await self._connection.close()

    @property
    def connected(self) -> bool:
        """True while there is a connection."""
        return self._is_open

    @property
    def is_ready(self) -> bool:
        """True when the next letter can be posted without getting ready before."""
        return self._is_open


def carried_lane(carrier: Carrier) -> CarriedLane:
    """A new lane, not yet open; raises PluginError, and SettingsError for an address that is no good."""
    transport = shelf.transport(carrier.scheme)
    try:
        connection = transport.connect(carrier.url)
    except ValueError as error:
        raise SettingsError(f"{SETTING}, {carrier}: {' '.join(str(error).split())}") from None
    except shelf.FAULTS as error:
        raise shelf.broken(shelf.Kind.TRANSPORT, carrier.scheme, error, doing="connect()") from error
    for called in ("open", "send", "close"):
        if not callable(getattr(connection, called, None)):
            missing = TypeError(f"its connection has no {called}()")
            raise shelf.broken(shelf.Kind.TRANSPORT, carrier.scheme, missing)
    return CarriedLane(carrier, connection)


def _outcome(handed: Handed) -> Outcome:
    """What a plugin answered, in the words of SMTP; raises for what is no answer."""
    if not isinstance(handed, Handed):
        raise PluginError(f"send() answered with {type(handed).__name__}, not with Handed")
    stage, code = _FATES[Fate(handed.fate)]
    if handed.code and handed.code // 100 == _DIGITS.get(handed.fate):
        code = handed.code
    words = f"{handed.enhanced} {handed.text}" if handed.enhanced else handed.text
    return reply_outcome(stage, code, words)
