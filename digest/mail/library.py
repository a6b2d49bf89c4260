"""The slow way, should a later aiosmtplib not give its transport away: each command through the library.

Its `data()` does not tell whether a connection broke before or after the content, so a break there counts as
one after the final dot: the careful side.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from aiosmtplib import SMTP, SMTPDataError, SMTPException

from digest.core.model import Outcome, Stage
from digest.mail.envelope import Offer, envelope_of
from digest.mail.lane import Letter
from digest.mail.limits import Timeouts
from digest.mail.pipelining import CLOSING, ElsewhereError
from digest.mail.replies import broken_outcome, reply_outcome


class LibraryConversation:
    """One connection after EHLO, a command at a time; see `Conversation`."""

    def __init__(self, smtp: SMTP, timeouts: Timeouts) -> None:
        """Speak through aiosmtplib."""
        self._smtp: Final = smtp
        self._timeouts: Final = timeouts
        self._offer: Final = Offer.of(smtp.esmtp_extensions)
        self._fresh = True
        self._reset_due = False

    @property
    def usable(self) -> bool:
        """False when another connection is needed."""
        return self._smtp.is_connected

    async def carry(self, letter: Letter, following: Letter | None) -> Outcome:
        """Hand over a letter; `following` has to wait. Raises ElsewhereError as `Conversation` does."""
        envelope = envelope_of(letter, self._offer)
        if isinstance(envelope, Outcome):
            return envelope
        if self._reset_due and await self._ask(Stage.MAIL, b"RSET") is not None:
            raise ElsewhereError
        self._reset_due = False
        refused = await self._ask(Stage.MAIL, envelope.mail)
        if refused is not None and refused.code in (0, CLOSING) and not self._fresh:
            raise ElsewhereError
        self._fresh = False
        outcome = refused or await self._ask(Stage.RCPT, envelope.rcpt) or await self._data(letter)
        self._settle(outcome)
        return outcome

    async def leave(self) -> None:
        """Say QUIT when there is somebody to say it to."""
        with suppress(SMTPException, OSError):
            await self._smtp.quit(timeout=self._timeouts.farewell)
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self._smtp.close()

    async def _ask(self, stage: Stage, command: bytes) -> Outcome | None:
        """Give a command; None when the answer begins with 2, else the outcome."""
        try:
            reply = await self._smtp.execute_command(command.rstrip(), timeout=self._timeouts.command)
        except (SMTPException, OSError) as error:
            return broken_outcome(stage, error)
        return None if reply.code // 100 == 2 else reply_outcome(stage, reply.code, reply.message)

    async def _data(self, letter: Letter) -> Outcome:
        try:
            code, text = await self._smtp.data(letter.content, timeout=self._timeouts.data.final_dot)
        except SMTPDataError as refused:
            code, text = refused.code, refused.message
        except (SMTPException, OSError) as error:
            return broken_outcome(Stage.FINAL_DOT, error)
        return reply_outcome(Stage.FINAL_DOT, code, text)

    def _settle(self, outcome: Outcome) -> None:
        """Leave the connection as the next letter may find it."""
        if outcome.code == CLOSING or outcome.code // 100 not in (2, 4, 5):
            self.drop()
        else:
            self._reset_due = not outcome.accepted
