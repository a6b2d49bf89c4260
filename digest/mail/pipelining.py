"""What is said over one connection, letter by letter, in as few round trips as the server allows (RFC 2920).

Without PIPELINING each command waits for its answer: four round trips a letter. With it MAIL, RCPT and DATA
go in one write and the content in another: two. When the next letter is known already, its MAIL, RCPT and
DATA follow the final dot in the same write as the content (*ahead*): one round trip a letter. Its own content
waits until it is posted itself, that is until the result of the letter before it is durable.

What is known when the connection breaks:

| the break comes before          | this letter | the letter begun ahead                         |
|---------------------------------|-------------|------------------------------------------------|
| the content is written          | not sent    | (not begun)                                    |
| the final dot is answered       | uncertain   | not sent                                       |
| what was said ahead is answered | as answered | not sent; once posted it goes over another one |

So a connection has one uncertain letter at most. A server may hold back its answer to the final dot until it
has dealt with the commands behind it: a letter can be uncertain for longer, but no more letters are.

After the go-ahead to DATA there is no way back (RFC 5321 section 4.1.1.4): a transaction begun for a letter
that is not posted after all is ended by dropping the connection, for a dot would send an empty letter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from aiosmtplib import SMTP

from digest.core.model import Outcome, Stage
from digest.mail.datapath import transparent
from digest.mail.envelope import Envelope, Offer, envelope_of
from digest.mail.lane import Letter
from digest.mail.limits import Timeouts
from digest.mail.manners import Manner, Manners
from digest.mail.replies import broken_outcome, reply_outcome
from digest.mail.wire import Reply, Wire

#: The final dot; the content's own CR LF comes before it.
_DOT: Final = b".\r\n"
_DATA: Final = b"DATA\r\n"
_RSET: Final = b"RSET\r\n"
_QUIT: Final = b"QUIT\r\n"
#: A server that says this hangs up (RFC 5321 section 3.8).
CLOSING: Final = 421
#: What servers answer to commands in an order, or at a time, that they cannot follow.
_OUT_OF_STEP: Final = frozenset({500, 501, 502, 503, 554})
#: The stages of an envelope, and the first digit that lets it go on.
_STEPS: Final = ((Stage.MAIL, 2), (Stage.RCPT, 2), (Stage.DATA, 3))
_GO_AHEAD: Final = tuple(wanted for _, wanted in _STEPS)


class ElsewhereError(Exception):
    """The letter was not sent, and not for a reason of its own: another connection may take it."""


class Conversation:
    """One connection after EHLO; used by one task."""

    def __init__(self, smtp: SMTP, wire: Wire, timeouts: Timeouts, manners: Manners) -> None:
        """Speak over the wire that was taken from aiosmtplib's connection."""
        self._smtp: Final = smtp
        self._wire: Final = wire
        self._timeouts: Final = timeouts
        self._patience: Final = (timeouts.command, timeouts.command, timeouts.data.data)
        self._manners: Final = manners
        self._offer: Final = Offer.of(smtp.esmtp_extensions)
        #: nothing was asked yet, so a break is no sign of a connection closed while it was idle
        self._fresh = True
        #: no more may be said
        self._over = False
        #: what a refused letter leaves to be said before the next one
        self._owed: list[bytes] = []
        #: said ahead, its answers not looked at yet; and the letter for which it was said
        self._begun: Envelope | None = None
        self._begun_for: Letter | None = None

    @property
    def usable(self) -> bool:
        """False when another connection is needed, as far as can be known without speaking.

        What was answered to a letter begun ahead counts, even when the server has hung up behind it.
        """
        return not self._over and (self._begun is not None or not self._wire.trouble)

    async def carry(self, letter: Letter, following: Letter | None) -> Outcome:
        """Hand over a letter; `following` is begun with it when server and letter allow that.

        Raises ElsewhereError when the letter was not sent and another connection may take it.
        """
        begun = self._begun if letter is self._begun_for else None
        envelope = begun or envelope_of(letter, self._offer)
        if isinstance(envelope, Outcome):
            return envelope
        if not self._may_go_on(envelope):
            refused = await self._present(envelope)
            if refused is not None:
                return refused
        return await self._send(letter, following)

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Send the content at once when its envelope went ahead and all of it was welcome; else say nothing.

        `then` is told of the outcome, from within the event loop.
        """
        begun = self._begun
        if begun is None or letter is not self._begun_for or not self._may_go_on(begun):
            return False
        self._say_content(letter, following)
        self._wire.when_heard(self._timeouts.data.final_dot, partial(self._tell, then))
        return True

    async def leave(self) -> None:
        """Say QUIT when there is somebody to say it to."""
        if not self.usable or self._begun is not None:
            self.drop()
            return
        # a reset can be spared, the lone dot that may stand before it cannot
        farewell = [*self._owed[:-1], _QUIT]
        try:
            self._wire.say(farewell, len(farewell))
            for _ in farewell:
                await self._wire.hear(self._timeouts.farewell)
        except ConnectionError:
            self.drop()
        self._smtp.close()

    def drop(self) -> None:
        """Close without a word; what was not answered is not waited for."""
        self._over = True
        self._wire.abort()
        self._smtp.close()

    # --- the envelope ---------------------------------------------------------------------------------------

    async def _present(self, envelope: Envelope) -> Outcome | None:
        """Say MAIL, RCPT and DATA, unless that was done ahead; None when the content may follow."""
        fresh, self._fresh = self._fresh, False
        if self._begun is None:
            manner = min(self._manners.allowed, Manner.GROUPED) if self._offer.pipelining else Manner.SINGLE
            await self._start(envelope, manner)
        elif self._begun == envelope:
            manner, self._begun = Manner.AHEAD, None
        else:
            raise ElsewhereError
        answers = await self._answers(envelope, manner)
        refused = _first_refusal(answers)
        if refused is not None:
            self._settle(answers)
            if self._is_about_the_connection(refused, answers, manner, fresh=fresh):
                raise ElsewhereError
        if len(answers) == len(_STEPS):
            self._manners.worked(manner)
        return refused

    def _may_go_on(self, envelope: Envelope) -> bool:
        """Whether the content may follow at once: the envelope went ahead, and all of it was welcome."""
        if self._begun != envelope or not self._wire.has_heard(_GO_AHEAD):
            return False
        self._begun, self._fresh = None, False
        self._manners.worked(Manner.AHEAD)
        return True

    async def _start(self, envelope: Envelope, manner: Manner) -> None:
        """Clear away what the last letter left; in a group, say the whole envelope together with that."""
        owed, self._owed = self._owed, []
        try:
            if manner is not Manner.SINGLE:
                self._wire.say((*owed, *envelope, _DATA), len(owed) + len(_STEPS))
            for command in owed:
                if manner is Manner.SINGLE:
                    self._wire.say((command,), 1)
                answer = await self._wire.hear(self._timeouts.command)
                if command == _RSET and answer.code // 100 != 2:
                    raise ElsewhereError
        except ConnectionError:
            # when nothing was owed, it is met again where the answer to MAIL is missing
            if owed:
                raise ElsewhereError from None

    async def _answers(self, envelope: Envelope, manner: Manner) -> list[Reply]:
        """What the server says to MAIL, RCPT and DATA, up to the first refusal when they are said singly.

        A connection that broke counts as a last answer with code 0.
        """
        answers: list[Reply] = []
        try:
            for (_, wanted), command, patience in zip(
                _STEPS, (*envelope, _DATA), self._patience, strict=True
            ):
                if manner is Manner.SINGLE:
                    self._wire.say((command,), 1)
                answer = await self._wire.hear(patience)
                answers.append(answer)
                if answer.code == CLOSING or (manner is Manner.SINGLE and answer.code // 100 != wanted):
                    return answers
        except ConnectionError as error:
            answers.append(Reply(0, str(error)))
        else:
            if self._wire.trouble and _first_refusal(answers) is None:
                # hung up behind its go-ahead: noticed before the content is written, nothing is uncertain
                answers[-1] = Reply(0, self._wire.trouble)
        return answers

    def _settle(self, answers: Sequence[Reply]) -> None:
        """Note what a refused envelope leaves to be said, or that no more may be said."""
        digits = [answer.code // 100 for answer in answers]
        if _is_odd(answers) or answers[-1].code == CLOSING:
            self._over = True
        elif digits[2:] != [3]:
            self._owed = [_RSET]
        elif digits[1] != 2:
            # RFC 2920 section 3.1: waiting for content that nobody may get; a lone dot says that it is empty
            self._owed = [_DOT, _RSET]
        else:
            # MAIL was refused, RCPT was not: who knows who would get the empty letter
            self._over = True

    def _is_about_the_connection(
        self, refused: Outcome, answers: Sequence[Reply], manner: Manner, *, fresh: bool
    ) -> bool:
        """True when a refusal may be about the manner or the moment and says nothing of the letter."""
        about_mail = refused.stage is Stage.MAIL
        if manner is Manner.AHEAD and (_is_odd(answers) or (about_mail and refused.code // 100 == 5)):
            self._manners.failed(manner)
            return True
        if about_mail and refused.code in (0, CLOSING) and not fresh:
            # closed while it was idle, or after as many letters as the server takes over one
            return True
        if _is_odd(answers) or (about_mail and refused.code in _OUT_OF_STEP):
            return self._manners.failed(manner)
        return False

    # --- the content ----------------------------------------------------------------------------------------

    async def _send(self, letter: Letter, following: Letter | None) -> Outcome:
        """Write the content, with the next envelope behind it when there is one, and hear the verdict."""
        try:
            self._say_content(letter, following)
            return self._verdict(await self._wire.hear(self._timeouts.data.final_dot))
        except ConnectionError as error:
            return self._broken(error)

    def _say_content(self, letter: Letter, following: Letter | None) -> None:
        pieces = letter.whole if letter.vouched else (transparent(letter.content),)
        self._begun = begun = self._may_begin(following)
        self._begun_for = following
        if begun is None:
            self._wire.say((*pieces, _DOT), 1)
        else:
            self._wire.say((*pieces, _DOT, *begun, _DATA), 1 + len(_STEPS))

    def _tell(self, then: Callable[[Outcome], None]) -> None:
        try:
            outcome = self._verdict(self._wire.heard())
        except ConnectionError as error:
            outcome = self._broken(error)
        then(outcome)

    def _verdict(self, reply: Reply) -> Outcome:
        """The outcome of the answer to the final dot, and what it leaves to be said."""
        code, text = reply
        if code // 100 not in (2, 4, 5) or code == CLOSING:
            self._over = True
        elif code // 100 != 2 and self._begun is None:
            self._owed = [_RSET]
        return reply_outcome(Stage.FINAL_DOT, code, text)

    def _broken(self, error: ConnectionError) -> Outcome:
        self._over = True
        if self._begun is not None:
            self._manners.failed(Manner.AHEAD)
        return broken_outcome(Stage.FINAL_DOT, error)

    def _may_begin(self, following: Letter | None) -> Envelope | None:
        """The envelope that may travel ahead."""
        if following is None or self._manners.allowed is not Manner.AHEAD or not self._offer.pipelining:
            return None
        found = envelope_of(following, self._offer)
        return None if isinstance(found, Outcome) else found


def _first_refusal(answers: Sequence[Reply]) -> Outcome | None:
    """The outcome that the answers to an envelope amount to; None when the content may follow."""
    for (stage, wanted), (code, text) in zip(_STEPS, answers, strict=False):
        if code == 0:
            return broken_outcome(stage, ConnectionError(text))
        if code // 100 != wanted:
            return reply_outcome(stage, code, text)
    return None


def _is_odd(answers: Sequence[Reply]) -> bool:
    """True when one is missing, or is neither a yes nor a no to its command."""
    return any(
        code // 100 not in (wanted, 4, 5) for (_, wanted), (code, _) in zip(_STEPS, answers, strict=False)
    )
