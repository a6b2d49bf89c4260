"""One lane at work: letter after letter is printed, begun, posted and judged, until the feed ends.

Its task does all that is out of the ordinary. As long as nothing is, the lane strides: letter after letter by
callbacks, without a task that wakes up and falls asleep three times for each. What is to be done for many
lanes at a time is then done in a row.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from functools import wraps
from typing import Concatenate, ParamSpec

import structlog

from digest.core.model import DeliveryStatus, Issue, Outcome, Verdict
from digest.core.pace import Hint, hint_of
from digest.core.reasons import OurReason
from digest.core.verdict import SENT, judge
from digest.errors import StoreError, TransportError, words_of
from digest.flows.feed import Feed, Turn
from digest.flows.press import Press
from digest.flows.recorder import Recorder
from digest.flows.sender import Sender
from digest.flows.tally import Tally
from digest.mail.headers import RecipientError
from digest.mail.lane import Lane
from digest.store.deliveries import Recorded

log = structlog.get_logger(__name__)

P = ParamSpec("P")


class _Left(Enum):
    """What is left to be done for the copy whose turn it is."""

    #: nothing, it has ended
    NOTHING = auto()
    #: it has begun and was not posted
    LETTER = auto()
    #: it was posted, and the answer is no plain yes
    ANSWER = auto()
    #: somebody else has it
    FAREWELL = auto()


def _striding(call: Callable[Concatenate[LaneAtWork, P], None]) -> Callable[Concatenate[LaneAtWork, P], None]:
    """A step that is called by others: only while the lane strides, and what fails comes out of its task."""

    @wraps(call)
    def step(lane: LaneAtWork, /, *told: P.args, **none: P.kwargs) -> None:
        if lane.strides:
            try:
                call(lane, *told, **none)
            except Exception as error:
                lane.hand_back(error)

    return step


@dataclass(slots=True)
class LaneAtWork:
    """One lane and its task: at most one message of it is unrecorded at any time.

    The envelope of the next letter travels with the content of this one; its own content waits until what
    came of this one, and that the next one is begun, is durable.
    """

    issue: Issue
    give_up: timedelta
    feed: Feed
    press: Press
    recorder: Recorder
    sender: Sender
    tally: Tally
    #: why it ended before the feed did
    trouble: str = ""
    #: what came of the last letter, as long as that is not written down
    _result: Recorded | None = field(default=None, init=False)
    _turn: Turn | None = field(default=None, init=False)
    #: the copy whose envelope travels with this one's content
    _ahead: Turn | None = field(default=None, init=False)
    #: what is left to the task; there while the lane strides
    _end_of_stride: asyncio.Future[_Left] | None = field(default=None, init=False)
    _lane: Lane = field(init=False)
    _outcome: Outcome | None = field(default=None, init=False)
    #: what a server's answer calls: a connection that is kept calls from among what it was opened for
    _then: Callable[[Outcome], None] = field(init=False)
    #: when the letter was handed to the server, by the sender's clock
    _handed_at: float = field(default=0.0, init=False)

    async def work(self) -> None:
        """Post copy after copy until the feed ends, or no server can be used.

        A failure of this lane closes the feed: the messages of the others come to a good end first.
        """
        self._lane = lane = self.sender.lane()
        context = copy_context()

        def then(outcome: Outcome) -> None:
            context.run(self._answered, outcome)

        self._then = then
        self.sender.stopwatch.connections += 1
        try:
            await lane.open()
            await self._work_on(lane)
        except TransportError as error:
            self.trouble = str(error)
        except Exception:
            self.feed.close()
            # what came of the message before is known, and must not become a doubt
            await self._settle()
            raise
        finally:
            self.sender.stopwatch.connections -= 1
            for turn in filter(None, (self._turn, self._ahead)):
                self.feed.ended(turn, Hint.NONE)
            # a connection on which a letter was begun is of no use for any other
            is_clean = self._ahead is None and not self.trouble and sys.exception() is None
            await (self.sender.put_away(lane) if is_clean else lane.close())

    async def _work_on(self, lane: Lane) -> None:
        while (turn := await self._next(lane)) is not None:
            self._look_ahead(turn)
            left = _Left.LETTER if await self._begin(turn) else _Left.FAREWELL
            while left is not _Left.NOTHING:
                assert self._turn is not None
                if not await self._done(left, self._turn, lane):
                    return
                left = await self._stride()

    async def _done(self, left: _Left, turn: Turn, lane: Lane) -> bool:
        """Do what is left; False when this lane can go on no longer."""
        if left is _Left.FAREWELL:
            self.feed.ended(turn, Hint.NONE, self._ahead)
            # the envelope of what is no longer ours may have travelled already
            await lane.close()
            return True
        outcome = self._outcome
        if left is _Left.LETTER:
            assert turn.letter is not None
            await turn.letter.sealed()
            self._handed_at = self.sender.clock()
            outcome = await lane.post(turn.letter, self._ahead.letter if self._ahead else None)
        assert outcome is not None
        return await self._judged(turn, outcome)

    async def _next(self, lane: Lane) -> Turn | None:
        """The copy to be posted next, printed; None when the feed has ended."""
        turn, self._turn, self._ahead = self._ahead, self._ahead, None
        if turn is not None:
            if not self.feed.may_go_on(turn):
                self.feed.put_back(turn)
                await self._settle()
                # only a new connection forgets an envelope that was begun (see mail/pipelining.py)
                await lane.close()
            elif turn.letter is not None or await self._print(turn):
                return turn
        while True:
            self._turn = turn = self.feed.at_hand()
            if turn is None:
                # with no message to pair it with, a result may not wait for the next turn
                await self._settle()
                self._turn = turn = await self.feed.next()
            if turn is None or await self._print(turn):
                return turn

    def _look_ahead(self, turn: Turn) -> None:
        """Take the copy whose envelope may travel with this letter, if one is at hand, and print it.

        When that fails it comes to light at its turn: now it might cost the letter that has begun.
        """
        self._ahead = ahead = self.feed.behind(turn)
        if ahead is not None:
            with suppress(Exception):
                ahead.letter = self.press.letter_at_once(ahead.copy)

    async def _print(self, turn: Turn) -> bool:
        """Make the letter; where that fails the run goes on with the others."""
        try:
            turn.letter = await self.press.letter(turn.copy)
        except RecipientError as error:
            verdict = Verdict(DeliveryStatus.REFUSED, OurReason.BAD_ADDRESS, str(error))
            await self.recorder.note(Recorded(turn.copy.delivery_id, verdict), None)
            self.feed.ended(turn, Hint.NONE)
            self.tally.count(verdict.status)
            return False
        except StoreError:
            raise
        except Exception as error:
            self._tell_unprintable(turn, words_of(error))
            self.feed.put_aside(turn)
            return False
        return True

    def _tell_unprintable(self, turn: Turn, words: str) -> None:
        """Say once an issue why letters cannot be printed: many may share the reason."""
        said = f"copies of issue {self.issue.id} cannot be printed, and wait: {words}"
        if said not in self.tally.failures:
            self.tally.failures.append(said)
            log.error("copies cannot be printed", cohort=turn.copy.cohort_id, error=words)

    async def _begin(self, turn: Turn) -> bool:
        """Write down what came of the last letter and that this one begins; False when it is not ours."""
        result, self._result = self._result, None
        return await self.recorder.note(result, turn.copy.delivery_id)

    async def _settle(self) -> None:
        result, self._result = self._result, None
        if result is not None:
            await self.recorder.note(result, None)

    async def _judged(self, turn: Turn, outcome: Outcome) -> bool:
        """Take note of an outcome; False when this lane can go on no longer."""
        verdict = SENT if outcome.accepted else self._judge(turn, outcome)
        if not verdict.stop_run:
            self._note(turn, outcome, verdict)
            return True
        self.feed.ended(turn, hint_of(outcome, verdict), self._ahead)
        self._result = Recorded(turn.copy.delivery_id, verdict)
        await self._settle()
        self.trouble = verdict.detail
        return False

    def _note(self, turn: Turn, outcome: Outcome, verdict: Verdict) -> None:
        """Tell of an end whoever is concerned; it is to be written down."""
        self.feed.ended(turn, hint_of(outcome, verdict), self._ahead)
        self._result = Recorded(turn.copy.delivery_id, verdict)
        self.tally.count(verdict.status)
        sender, clock = self.sender, self.sender.clock()
        sender.stopwatch.letter(verdict, clock - self._handed_at)
        sender.watch.heard(self.issue.id, turn.family, verdict)
        refusals = sender.refusals
        refusals.heard(turn.family, outcome, verdict, clock)
        if refusals.words:
            self.trouble = refusals.words
            self.feed.close()

    def _judge(self, turn: Turn, outcome: Outcome) -> Verdict:
        return judge(
            outcome,
            attempts=turn.copy.attempts,
            doubts=turn.copy.doubts,
            now=self.sender.now(),
            due_at=self.issue.begins_at,
            give_up_minutes=int(self.give_up / timedelta(minutes=1)),
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        )

    # --- the stride -----------------------------------------------------------------------------------------

    async def _stride(self) -> _Left:
        """Go on by callbacks after a letter that has ended well, while all goes well; what is left then."""
        if self._ahead is None or self._result is None:
            return _Left.NOTHING
        end = self._end_of_stride = asyncio.get_running_loop().create_future()
        self._step()
        try:
            left: _Left = await end
        finally:
            self._end_of_stride = None
        return left

    def _step(self) -> None:
        """The letter has ended well: write that down, and that the next one begins."""
        turn = self._ahead
        if turn is None or turn.letter is None or not self.feed.may_go_on(turn):
            self.hand_back(_Left.NOTHING)
            return
        self._turn, self._ahead = turn, None
        result, self._result = self._result, None
        self.recorder.note_then(result, turn.copy.delivery_id, self._begun, self._meanwhile)

    @_striding
    def _meanwhile(self) -> None:
        """Have the letter after the next one ready."""
        assert self._turn is not None
        self._look_ahead(self._turn)

    @_striding
    def _begun(self, answer: bool | Exception) -> None:
        """The last result and this beginning are durable: the letter may go."""
        if answer is not True:
            self.hand_back(answer or _Left.FAREWELL)
            return
        turn, ahead = self._turn, self._ahead
        assert turn is not None
        assert turn.letter is not None
        following = None if ahead is None else ahead.letter
        self._handed_at = self.sender.clock()
        if not (turn.letter.is_sealed and self._lane.pass_on(turn.letter, following, self._then)):
            self.hand_back(_Left.LETTER)

    @_striding
    def _answered(self, outcome: Outcome) -> None:
        """The server has taken the letter, or not."""
        if outcome.accepted:
            assert self._turn is not None
            self._note(self._turn, outcome, SENT)
            self._step()
        else:
            self._outcome = outcome
            self.hand_back(_Left.ANSWER)

    @property
    def strides(self) -> bool:
        """Whether the task waits for the end of a stride."""
        return self._end_of_stride is not None

    def hand_back(self, left: _Left | Exception) -> None:
        """End the stride."""
        end, self._end_of_stride = self._end_of_stride, None
        if end is None or end.done():
            return
        if isinstance(left, Exception):
            end.set_exception(left)
        else:
            end.set_result(left)
