"""One lane at work: letter after letter is printed, begun, posted and judged, until the feed ends."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from digest.core.model import DeliveryStatus, Issue, Outcome, Verdict
from digest.core.pace import Hint, hint_of
from digest.core.verdict import SENT, judge
from digest.errors import TransportError
from digest.flows.feed import Feed, Turn
from digest.flows.press import Press
from digest.flows.recorder import Recorder
from digest.flows.sender import Sender
from digest.flows.tally import Tally
from digest.mail.lane import Lane
from digest.store.deliveries import Recorded

#: The reason of a copy whose address cannot stand on an envelope or in a header.
BAD_ADDRESS: Final = "bad-address"


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

    async def work(self) -> None:
        """Post copy after copy until the feed ends, or no server can be used.

        A failure of this lane closes the feed: the messages of the others come to a good end first.
        """
        lane = self.sender.lane()
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
            for turn in filter(None, (self._turn, self._ahead)):
                self.feed.ended(turn, Hint.NONE)
            await lane.close()

    async def _work_on(self, lane: Lane) -> None:
        while (turn := await self._next(lane)) is not None:
            await self._look_ahead(turn)
            if await self._begin(turn):
                assert turn.letter is not None
                outcome = await lane.post(turn.letter, self._ahead.letter if self._ahead else None)
                if not await self._judged(turn, outcome):
                    return
            else:
                self.feed.ended(turn, Hint.NONE, self._ahead)
                # the envelope of what is no longer ours may have travelled already
                await lane.close()

    async def _next(self, lane: Lane) -> Turn | None:
        """The copy to be posted next, printed; None when the feed has ended."""
        turn, self._turn, self._ahead = self._ahead, self._ahead, None
        if turn is not None:
            if self.feed.may_go_on(turn):
                return turn
            self.feed.put_back(turn)
            await self._settle()
            # only a new connection forgets an envelope that was begun (see mail/pipelining.py)
            await lane.close()
        while True:
            self._turn = turn = self.feed.at_hand()
            if turn is None:
                # with no message to pair it with, a result may not wait for the next turn
                await self._settle()
                self._turn = turn = await self.feed.next()
            if turn is None or await self._print(turn):
                return turn

    async def _look_ahead(self, turn: Turn) -> None:
        """Have the next letter ready, if there is one at hand whose envelope may travel with this one."""
        self._ahead = self.feed.behind(turn)
        if self._ahead is not None and not await self._print(self._ahead):
            self._ahead = None
            self.feed.disown(turn)

    async def _print(self, turn: Turn) -> bool:
        """Make the letter; a copy that cannot stand on an envelope is refused, and the run goes on."""
        try:
            turn.letter = await self.press.letter(turn.copy)
        except ValueError as error:
            verdict = Verdict(DeliveryStatus.REFUSED, BAD_ADDRESS, str(error))
            await self.recorder.note(Recorded(turn.copy.delivery_id, verdict), None)
            self.feed.ended(turn, Hint.NONE)
            self.tally.count(verdict.status)
            return False
        return True

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
        self.feed.ended(turn, hint_of(outcome, verdict), self._ahead)
        self._result = Recorded(turn.copy.delivery_id, verdict)
        if verdict.stop_run:
            await self._settle()
            self.trouble = verdict.detail
            return False
        self.tally.count(verdict.status)
        refusals = self.sender.refusals
        refusals.heard(turn.family, outcome, verdict, self.sender.clock())
        if refusals.words:
            self.trouble = refusals.words
            self.feed.close()
        return True

    def _judge(self, turn: Turn, outcome: Outcome) -> Verdict:
        return judge(
            outcome,
            attempts=turn.copy.attempts,
            doubts=turn.copy.doubts,
            now=self.sender.now(),
            due_at=self.issue.planned_at,
            give_up_minutes=int(self.give_up / timedelta(minutes=1)),
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
        )
