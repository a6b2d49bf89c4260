"""When a connection breaks among commands that travel together: what is known, and what is tried again."""

from __future__ import annotations

import asyncio

import pytest

from digest.core.model import Outcome, Stage
from tests.mail.lanes import IMPATIENT, envelope, lane_to, letters, numbers_taken
from tests.mail.smtpd import DEAF, HANG_UP, SILENCE, STAYS, Misbehaviour, smtpd

pytestmark = pytest.mark.anyio

BREAKS = [HANG_UP, SILENCE, "not a reply at all"]
STEPS = [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.FINAL_DOT)]
BEFORE_THE_CONTENT = STEPS[:3]


# --- the answer to the final dot ----------------------------------------------------------------------------


@pytest.mark.parametrize("failure", BREAKS)
async def test_a_lost_answer_to_the_final_dot_leaves_one_letter_uncertain_and_the_next_unsent(
    failure: str,
) -> None:
    one, two, three = letters(3)
    async with smtpd({"DOT": [failure]}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT)
        outcome = await lane.post(one, two)
        assert (outcome.stage, outcome.code, bool(outcome.text)) == (Stage.FINAL_DOT, 0, True)
        assert (await lane.post(two, three)).accepted
        assert (await lane.post(three)).accepted
        await lane.close()
    assert [number for number in numbers_taken(record) if number != 0] == [1, 2]
    assert record.connections == 2


async def test_a_farewell_instead_of_the_answer_to_the_final_dot_leaves_the_next_unsent() -> None:
    one, two = letters(2)
    async with smtpd({"DOT": ["421 4.3.2 Shutting down"]}, pipelining=True) as record:
        lane = lane_to(record)
        assert await lane.post(one, two) == Outcome(Stage.FINAL_DOT, 421, "4.3.2", "Shutting down")
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([1], 2)


async def test_a_server_that_hangs_up_right_after_taking_a_letter_loses_nothing() -> None:
    all_letters = letters(4)
    async with smtpd({"DOT": "250 2.0.0 Taken" + HANG_UP}, pipelining=True) as record:
        lane = lane_to(record)
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2, 3], 4)


# --- the answers to an envelope -----------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "stage"), BEFORE_THE_CONTENT)
@pytest.mark.parametrize("failure", BREAKS)
async def test_a_letter_begun_ahead_and_cut_off_is_sent_over_another_connection(
    step: str, stage: Stage, failure: str
) -> None:
    one, two, three = letters(3)
    async with smtpd({step: [None, failure]}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(two, three)).accepted
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2], 2)
    assert three.content not in b"".join(record.arrivals).split(envelope(three))[0]


@pytest.mark.parametrize(
    "answers",
    [
        {"DATA": [None, "354 Go ahead" + HANG_UP]},
        {"DATA": [None, "354 Go ahead\r\n421 4.4.2 Too slow" + HANG_UP]},
        {"DATA": [None, "354 Go ahead\r\n250 2.0.0 What?"]},
    ],
)
async def test_what_comes_behind_the_go_ahead_is_noticed_before_the_content_is_written(
    answers: Misbehaviour,
) -> None:
    one, two = letters(2)
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        await record.heard("DATA", 2)
        await asyncio.sleep(0.05)
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.swallowed, record.connections) == ([0, 1], [], 2)


@pytest.mark.parametrize("haste", [0, 0.03])
@pytest.mark.parametrize("end", ["", STAYS])
@pytest.mark.parametrize(("step", "stage"), BEFORE_THE_CONTENT[1:])
async def test_a_farewell_before_the_content_is_told_ahead_too(
    step: str, stage: Stage, end: str, haste: float
) -> None:
    one, two, three = letters(3)
    async with smtpd({step: [None, "421 4.7.0 Slow down" + end]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        await asyncio.sleep(haste)
        assert await lane.post(two, three) == Outcome(stage, 421, "4.7.0", "Slow down")
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 2)


@pytest.mark.parametrize("ahead", [False, True], ids=["grouped", "ahead"])
async def test_a_server_that_has_had_enough_letters_of_a_connection_gets_another_one(ahead: bool) -> None:
    one, two, three = letters(3)
    async with smtpd({"MAIL": [None, "421 4.3.0 Enough for today"]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two if ahead else None)).accepted
        assert (await lane.post(two, three if ahead else None)).accepted
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2], 2)


@pytest.mark.parametrize("end", ["", STAYS])
@pytest.mark.parametrize(("step", "stage"), STEPS)
async def test_a_farewell_is_told_at_its_stage_in_a_group_too(step: str, stage: Stage, end: str) -> None:
    one, two = letters(2)
    async with smtpd({step: ["421 4.3.2 Shutting down" + end]}, pipelining=True) as record:
        lane = lane_to(record)
        assert await lane.post(one) == Outcome(stage, 421, "4.3.2", "Shutting down")
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([1], 2)


@pytest.mark.parametrize(
    ("step", "stage", "reply"),
    [
        ("MAIL", Stage.MAIL, "354 Go ahead"),
        ("RCPT", Stage.RCPT, "354 Go ahead"),
        ("DATA", Stage.DATA, "199 Hm"),
        ("DOT", Stage.FINAL_DOT, "354 Go ahead"),
    ],
)
async def test_after_an_answer_that_makes_no_sense_the_connection_is_given_up(
    step: str, stage: Stage, reply: str
) -> None:
    one, two, three = letters(3)
    async with smtpd({step: [None, reply]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).accepted
        outcome = await lane.post(two)
        assert (outcome.stage, outcome.accepted) == (stage, False)
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 2)


@pytest.mark.parametrize(("step", "stage"), BEFORE_THE_CONTENT)
@pytest.mark.parametrize("failure", [HANG_UP, "not a reply at all"])
async def test_where_letters_were_begun_ahead_before_a_break_is_no_fault_of_theirs_either(
    step: str, stage: Stage, failure: str
) -> None:
    all_letters = letters(5)
    async with smtpd({step: [None, None, failure]}, pipelining=True) as record:
        lane = lane_to(record)
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2, 3, 4], 2)
    assert all_letters[2].content + b".\r\n" + envelope(all_letters[3]) in record.arrivals


@pytest.mark.parametrize("behind", ["", HANG_UP])
async def test_a_go_ahead_with_a_farewell_behind_it_is_no_go_ahead(behind: str) -> None:
    one, two, three = letters(3)
    answers: Misbehaviour = {"DATA": [None, "354 Go ahead\r\n421 4.4.2 Too slow" + behind]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).accepted
        outcome = await lane.post(two)
        assert (outcome.stage, outcome.code) == (Stage.DATA, 0)
        assert "421 4.4.2 Too slow" in outcome.text
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.swallowed, record.connections) == ([0, 2], [], 2)


@pytest.mark.parametrize(("step", "stage"), BEFORE_THE_CONTENT[1:])
async def test_where_groups_have_worked_a_break_in_one_is_told_at_its_stage(step: str, stage: Stage) -> None:
    one, two, three = letters(3)
    async with smtpd({step: [None, HANG_UP]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).accepted
        outcome = await lane.post(two)
        assert (outcome.stage, outcome.code) == (stage, 0)
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 2)


async def test_a_known_refusal_is_not_forgotten_over_a_later_break() -> None:
    one, two, three = letters(3)
    answers: Misbehaviour = {"RCPT": [None, "550 5.1.1 Unknown"], "DATA": [None, HANG_UP]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).accepted
        assert await lane.post(two) == Outcome(Stage.RCPT, 550, "5.1.1", "Unknown")
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 2)


async def test_a_connection_closed_while_idle_costs_the_letter_nothing() -> None:
    one, two = letters(2)
    for answers in ({"MAIL": [None, HANG_UP]}, {"DOT": ["550 5.7.1 No"], "RSET": [HANG_UP]}):
        async with smtpd(answers, pipelining=True) as record:
            lane = lane_to(record)
            assert (await lane.post(one)).code in (250, 550)
            assert (await lane.post(two)).accepted
            await lane.close()
        assert (numbers_taken(record)[-1], record.connections) == (1, 2)


async def test_a_farewell_said_while_idle_is_not_taken_for_an_answer() -> None:
    one, two = letters(2)
    async with smtpd({"DOT": ["250 2.0.0 Taken\r\n421 4.4.2 Too idle"]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).accepted
        await asyncio.sleep(0.02)
        assert await lane.post(two) == Outcome(Stage.FINAL_DOT, 250, "2.0.0", "Taken")
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1], 2)


async def test_a_post_that_is_called_off_leaves_nothing_half_spoken() -> None:
    one, two, three = letters(3)
    async with smtpd({"DOT": [SILENCE]}, pipelining=True) as record:
        lane = lane_to(record)
        posting = asyncio.create_task(lane.post(one, two))
        await record.heard("DATA")
        await asyncio.sleep(0.02)
        posting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await posting
        assert not lane.connected
        assert (await lane.post(two, three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([1], 2)


# --- servers that offer what they cannot do -----------------------------------------------------------------


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("failure", BREAKS)
async def test_a_first_group_that_fails_is_tried_again_one_command_at_a_time(step: str, failure: str) -> None:
    one, two = letters(2)
    async with smtpd({step: [failure]}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1], 2)
    assert envelope(two) not in record.arrivals


@pytest.mark.parametrize("complaint", ["554 5.5.0 Protocol synchronization", "503 5.5.1 Wait for your turn"])
async def test_a_server_that_complains_of_groups_is_served_without(complaint: str) -> None:
    one, two = letters(2)
    answers = {"MAIL": [complaint], "RCPT": [complaint], "DATA": [complaint]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1], 2)
    assert envelope(two) not in record.arrivals


async def test_a_server_that_loses_what_comes_with_mail_is_served_singly_after_one_wait() -> None:
    all_letters = letters(3)
    async with smtpd({"MAIL": [DEAF, DEAF, DEAF, DEAF]}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT)
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2], 2)


async def test_a_server_that_loses_what_comes_with_the_content_gets_groups_only() -> None:
    all_letters = letters(4)
    async with smtpd({"DOT": [DEAF] * 4}, pipelining=True) as record:
        lane = lane_to(record, IMPATIENT)
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2, 3], 2)
    assert all(envelope(letter) in record.arrivals for letter in all_letters[1:])


async def test_a_server_that_hangs_up_on_what_follows_the_dot_leaves_one_letter_uncertain_not_all() -> None:
    all_letters = letters(4)
    async with smtpd({"DOT": [HANG_UP]}, pipelining=True) as record:
        lane = lane_to(record)
        outcomes = [
            await lane.post(letter, following)
            for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True)
        ]
        await lane.close()
    assert [outcome.code for outcome in outcomes] == [0, 250, 250, 250]
    assert all(envelope(letter) in record.arrivals for letter in all_letters[1:])


async def test_a_server_that_answers_twice_does_not_shift_the_answers_of_the_next_letter() -> None:
    all_letters = letters(3)
    for answers in (["552 5.3.4 Too big\r\n552 5.3.4 Too big"], ["250 2.0.0 Taken\r\n250 2.0.0 Taken"]):
        async with smtpd({"DOT": answers}, pipelining=True) as record:
            lane = lane_to(record)
            outcomes = [
                await lane.post(letter, following)
                for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True)
            ]
            await lane.close()
        assert [outcome.code for outcome in outcomes] == [int(answers[0][:3]), 250, 250]
        assert [number for number in numbers_taken(record) if number != 0] == [1, 2]
        assert record.swallowed == []
