"""The short way from letter to letter: what is passed on without a task, and when it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from digest.core.model import Outcome, Stage
from digest.mail.lane import Letter
from digest.mail.limits import Reuse
from digest.mail.outbox import FileLane
from digest.mail.post import FailoverLane
from digest.mail.smtp import SmtpLane
from tests.mail.lanes import IMPATIENT, UNHURRIED, envelope, lane_to, letters, numbers_taken
from tests.mail.smtpd import HANG_UP, SILENCE, smtpd
from tests.mail.test_pipelining import DOT, anyio_backend

pytestmark = pytest.mark.anyio
__all__ = ["anyio_backend"]


def untold(outcome: Outcome) -> None:
    """For who must not be told of anything."""
    raise AssertionError(f"told of {outcome}")


class Stride:
    """Passes letters on as long as the lane takes them, each when the one before was accepted."""

    def __init__(self, lane: SmtpLane | FailoverLane, row: Sequence[Letter]) -> None:
        self._lane, self._row = lane, [*row, None]
        self.outcomes: list[Outcome] = []
        self.end: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def go_on(self) -> None:
        letter, self._row = self._row[0], self._row[1:]
        if letter is None or not self._lane.pass_on(letter, self._row[0], self._answered):
            self.end.set_result(len(self.outcomes))

    def _answered(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if outcome.accepted:
            # the answers to the envelope may be on their way still
            asyncio.get_running_loop().call_later(0.05, self.go_on)
        else:
            self.end.set_result(len(self.outcomes))


async def passed_on(lane: SmtpLane | FailoverLane, row: Sequence[Letter]) -> list[Outcome]:
    """Post the first and pass the others on; what came of these."""
    assert (await lane.post(row[0], row[1])).accepted
    await asyncio.sleep(0.05)
    stride = Stride(lane, row[1:])
    stride.go_on()
    await stride.end
    return stride.outcomes


async def test_what_is_passed_on_travels_as_what_is_posted() -> None:
    row = letters(4)
    async with smtpd(pipelining=True) as record:
        lane = FailoverLane([lane_to(record, UNHURRIED)])
        assert await passed_on(lane, row) == [Outcome(Stage.FINAL_DOT, 250, "2.0.0", "Taken")] * 3
        await lane.close()
    contents = [b"".join((one.content, DOT, envelope(two))) for one, two in pairwise(row)]
    assert record.arrivals[1:] == [envelope(row[0]), *contents, row[3].content + DOT, b"QUIT\r\n"]
    assert numbers_taken(record) == [0, 1, 2, 3]


async def test_nothing_is_passed_on_but_the_letter_that_was_begun() -> None:
    one, two, three = letters(3)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        told: list[Outcome] = []
        assert not lane.pass_on(one, two, told.append)
        assert (await lane.post(one)).accepted
        assert not lane.pass_on(two, three, told.append)
        assert (await lane.post(two, three)).accepted
        await asyncio.sleep(0.05)
        assert not lane.pass_on(one, two, told.append)
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), told) == ([0, 1, 2], [])


@pytest.mark.parametrize("answer", ["550 5.1.1 Unknown", "451 4.7.1 Later"])
async def test_a_letter_whose_envelope_was_not_welcome_has_to_be_posted(answer: str) -> None:
    one, two, three = letters(3)
    async with smtpd({"RCPT": [None, answer]}, pipelining=True) as record:
        lane = lane_to(record, UNHURRIED)
        assert (await lane.post(one, two)).accepted
        await asyncio.sleep(0.05)
        assert not lane.pass_on(two, three, untold)
        assert (await lane.post(two, three)).stage is Stage.RCPT
        await lane.close()
    assert numbers_taken(record) == [0]


async def test_without_pipelining_everything_is_posted() -> None:
    one, two, three = letters(3)
    async with smtpd() as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert not lane.pass_on(two, three, untold)
        await lane.close()


async def test_a_worn_connection_passes_nothing_on() -> None:
    row = letters(4)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record, reuse=Reuse(letters=3))
        assert len(await passed_on(lane, row)) == 2
        assert (await lane.post(row[3])).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2, 3], 2)


@pytest.mark.parametrize(
    ("answer", "code"), [("452 4.3.1 Full", 452), ("554 5.7.1 No", 554), (HANG_UP, 0), (SILENCE, 0)]
)
async def test_whatever_the_answer_to_the_content_it_is_told(answer: str, code: int) -> None:
    row = letters(3)
    async with smtpd({"DOT": [None, answer]}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT if answer == SILENCE else UNHURRIED)
        (outcome,) = await passed_on(lane, row)
        await lane.close()
    assert (outcome.stage, outcome.code) == (Stage.FINAL_DOT, code)


async def test_a_lane_that_is_closed_meanwhile_tells_nobody_and_waits_for_nothing() -> None:
    one, two = letters(2)
    async with smtpd({"DOT": [None, SILENCE]}, pipelining=True) as record:
        lane = lane_to(record, UNHURRIED)
        assert (await lane.post(one, two)).accepted
        await asyncio.sleep(0.05)
        told: list[Outcome] = []
        assert lane.pass_on(two, None, told.append)
        async with asyncio.timeout(2):
            await lane.close()
        assert (lane.connected, told) == (False, [])


async def test_while_another_server_is_preferred_nothing_is_passed_on() -> None:
    one, two = letters(2)
    async with smtpd() as gone:
        pass
    async with smtpd(pipelining=True) as second:
        lane = FailoverLane([lane_to(gone), lane_to(second)])
        assert (await lane.post(one, two)).accepted
        await asyncio.sleep(0.05)
        assert not lane.pass_on(two, None, untold)
        assert (await lane.post(two)).accepted
        await lane.close()
    assert numbers_taken(second) == [0, 1]


def test_a_folder_has_no_short_way(tmp_path: Path) -> None:
    one, two = letters(2)
    assert not FileLane(tmp_path).pass_on(one, two, untold)
