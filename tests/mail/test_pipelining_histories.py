"""Whatever a server does to a lane, each letter's outcome says the truth about what the server holds."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.model import Outcome, Stage
from digest.core.verdict import UNTRIED
from digest.mail.lane import Letter
from digest.mail.limits import Reuse
from tests.mail.lanes import UNHURRIED, lane_to, letters, numbers_taken
from tests.mail.smtpd import HANG_UP, Smtpd, smtpd

_TROUBLE = ["451 4.3.0 Later", "550 5.1.1 No", "421 4.3.2 Bye", "nonsense", HANG_UP, "503 5.5.1 Order!"]
_ODD = {
    "MAIL": ["354 What", "250 2.1.0 Ok" + HANG_UP],
    "RCPT": ["354 What", "250 2.1.5 Ok\r\n250 2.1.5 Ok"],
    "DATA": ["354 Go", "250 2.0.0 Ok", "354 Go" + HANG_UP, "354 Go\r\n421 4.4.2 Slow"],
    "DOT": [
        "250 2.0.0 Ok" + HANG_UP,
        "250 2.0.0 Ok\r\n250 2.0.0 Ok",
        "354 What",
        "552 5.3.4 Big\r\n552 5.3.4 Big",
    ],
    "RSET": ["250 2.0.0 Ok" + HANG_UP],
}
#: Mostly the right answer, so that trouble meets a conversation in every state.
_plans = st.fixed_dictionaries(
    {
        step: st.lists(st.none() | st.none() | st.sampled_from([*_TROUBLE, *odd]), max_size=8)
        for step, odd in _ODD.items()
    }
)
#: For each letter: what is told to follow it. True is the one that does, a number another one.
_announced = st.lists(st.sampled_from([True, True, True, None, 0, 5]), min_size=6, max_size=6)


async def _history(
    plans: dict[str, list[str | None]], announced: list[int | None], *, pipelining: bool, recycle_after: int
) -> tuple[Smtpd, list[Outcome]]:
    post = letters(6)
    async with smtpd(plans, pipelining=pipelining) as record:
        lane = lane_to(record, UNHURRIED, Reuse(letters=recycle_after))
        outcomes = []
        for number, letter in enumerate(post):
            outcomes.append(await lane.post(letter, _following(post, number, announced[number])))
        await lane.close()
    return record, outcomes


def _following(post: list[Letter], number: int, announced: int | None) -> Letter | None:
    if announced is None or (announced is True and number + 1 == len(post)):
        return None
    return post[number + 1 if announced is True else announced]


@settings(max_examples=150, deadline=None)
@given(_plans, _announced, st.booleans(), st.sampled_from([2, 3, 500]))
def test_every_outcome_is_true(
    plans: dict[str, list[str | None]], announced: list[int | None], pipelining: bool, recycle_after: int
) -> None:
    record, outcomes = asyncio.run(
        _history(plans, announced, pipelining=pipelining, recycle_after=recycle_after)
    )
    taken = numbers_taken(record)
    for recipients, content in record.swallowed:
        assert (content == b"") == (recipients == []), "an empty letter to somebody, or one to nobody"
    for number, outcome in enumerate(outcomes):
        count = taken.count(number)
        uncertain = outcome.stage is Stage.FINAL_DOT and outcome.code // 100 not in (2, 4, 5)
        if outcome.accepted:
            assert count == 1
        elif uncertain:
            assert count <= 1
        else:
            assert count == 0
            assert outcome.stage not in UNTRIED, "the server could be reached"
