"""Several commands in one write: what travels together, what waits, and what refusals leave behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from digest.core.model import Outcome, Stage
from digest.mail.connection import strict_tls
from digest.mail.limits import Reuse
from digest.mail.outbox import FileLane
from digest.mail.post import Post
from digest.mail.servers import Security
from digest.mail.smtp import SmtpLane
from tests.mail.conftest import Certificate
from tests.mail.lanes import envelope, lane_to, letters, numbers_taken
from tests.mail.smtpd import HANG_UP, smtpd

pytestmark = pytest.mark.anyio

DOT = b".\r\n"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops: what they do with a transport that changes hands is their own affair."""
    if request.param:
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param}


async def test_mail_rcpt_and_data_travel_together_and_the_content_waits_for_the_go_ahead() -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert await lane.post(one) == Outcome(Stage.FINAL_DOT, 250, "2.0.0", "Taken")
        assert (await lane.post(two)).accepted
        await lane.close()
    said = [envelope(one), one.content + DOT, envelope(two), two.content + DOT]
    assert record.arrivals == [b"EHLO me.example\r\n", *said, b"QUIT\r\n"]
    assert numbers_taken(record) == [0, 1]


async def test_the_next_envelope_travels_with_the_content() -> None:
    one, two, three = letters(3)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(two, three)).accepted
        assert (await lane.post(three, None)).accepted
        await lane.close()
    assert record.arrivals[1:] == [
        envelope(one),
        one.content + DOT + envelope(two),
        two.content + DOT + envelope(three),
        three.content + DOT,
        b"QUIT\r\n",
    ]
    assert numbers_taken(record) == [0, 1, 2]
    assert record.connections == 1


async def test_the_next_content_waits_until_it_is_posted() -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        await record.heard("DATA", 2)
        await asyncio.sleep(0.05)
        assert numbers_taken(record) == [0]
        assert two.content not in b"".join(record.arrivals)
        assert (await lane.post(two)).accepted
        await lane.close()
    assert numbers_taken(record) == [0, 1]


async def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    one, two = letters(2)
    async with smtpd() as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(two)).accepted
        await lane.close()
    said = [[*envelope(each).splitlines(keepends=True), each.content + DOT] for each in (one, two)]
    assert record.arrivals[1:] == [*said[0], *said[1], b"QUIT\r\n"]


async def test_another_letter_than_the_one_begun_takes_another_connection() -> None:
    one, two, three = letters(3)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(three)).accepted
        assert (await lane.post(two)).accepted
        await lane.close()
    assert numbers_taken(record) == [0, 2, 1]
    assert record.connections == 2
    assert record.swallowed == []


async def test_a_letter_with_the_same_envelope_takes_the_place_of_the_one_begun() -> None:
    one, two = letters(2)
    other = two._replace(pieces=(two.content.replace(b"well", b"fine"),))
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(other)).accepted
        await lane.close()
    assert record.connections == 1
    assert record.taken[1].content == other.content


async def test_a_lane_closed_with_a_letter_begun_sends_nothing_of_it() -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        await lane.close()
        assert not lane.connected
        await asyncio.sleep(0.02)
    assert numbers_taken(record) == [0]
    assert record.arrivals[-1].endswith(b"DATA\r\n")


@pytest.mark.parametrize(
    ("content", "wire"),
    [(b"Subject: Number 0\n\n.hidden\n.\nend", b"Subject: Number 0\r\n\r\n..hidden\r\n..\r\nend\r\n")],
)
async def test_dots_are_doubled_here_too(content: bytes, wire: bytes) -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one._replace(pieces=(content,), vouched=False), two)).accepted
        assert (await lane.post(two)).accepted
        await lane.close()
    assert record.arrivals[2] == wire + DOT + envelope(two)
    assert numbers_taken(record) == [0, 1]


async def test_a_following_letter_that_is_unfit_is_not_begun_and_told_when_posted() -> None:
    one, two, three = letters(3)
    for unfit in (
        two._replace(recipient="r1", vouched=False),
        two._replace(recipient="jürgen@reader.example"),
        two._replace(pieces=(b"x" * 2000 + b"\r\n",)),
    ):
        async with smtpd(pipelining=True, data_size_limit=1000) as record:
            lane = lane_to(record)
            assert (await lane.post(one, unfit)).accepted
            refused = await lane.post(unfit, three)
            assert (refused.stage, refused.code // 100) == (Stage.MAIL, 5)
            assert (await lane.post(three)).accepted
            await lane.close()
        assert numbers_taken(record) == [0, 2]
        assert record.verbs.count("MAIL") == 2
        assert record.connections == 1


async def test_an_unfit_letter_does_not_disturb_the_one_begun() -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert (await lane.post(one._replace(recipient="nobody", vouched=False))).code == 553
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1], 1)


async def test_size_and_smtputf8_are_told_ahead_too() -> None:
    one, two = letters(2)
    abroad = two._replace(recipient="jürgen@bücher.example", smtputf8=True)
    async with smtpd(pipelining=True, enable_SMTPUTF8=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, abroad)).accepted
        assert (await lane.post(abroad)).accepted
        await lane.close()
    assert record.taken[0].options == [f"SIZE={len(one.content)}"]
    assert record.taken[1].options == [f"SIZE={len(abroad.content)}", "SMTPUTF8"]
    assert record.taken[1].recipient == "jürgen@bücher.example"


# --- refusals -----------------------------------------------------------------------------------------------

STEPS = [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.FINAL_DOT)]
REFUSALS = [
    ("451 4.3.2 Later", 451, "4.3.2", "Later"),
    ("550 5.7.1 No", 550, "5.7.1", "No"),
    ("550-5.7.1 Not\r\n550-5.7.1 at\r\n550 5.7.1 all", 550, "5.7.1", "Not at all"),
]


@pytest.mark.parametrize(("step", "stage"), STEPS)
@pytest.mark.parametrize(("reply", "code", "enhanced", "text"), REFUSALS)
async def test_a_refusal_is_told_at_its_stage_and_the_reset_travels_with_the_next_envelope(
    step: str, stage: Stage, reply: str, code: int, enhanced: str, text: str
) -> None:
    one, two, three = letters(3)
    async with smtpd({step: [reply]}, pipelining=True) as record:
        lane = lane_to(record)
        assert await lane.post(one) == Outcome(stage, code, enhanced, text)
        assert (await lane.post(two, three)).accepted
        assert (await lane.post(three)).accepted
        await lane.close()
    assert b"RSET\r\n" + envelope(two) in record.arrivals
    assert record.connections == 1
    assert numbers_taken(record) == [1, 2]
    assert record.swallowed == []


@pytest.mark.parametrize(("step", "stage"), STEPS[1:])
@pytest.mark.parametrize(("reply", "code", "enhanced", "text"), REFUSALS)
async def test_a_refusal_of_a_letter_begun_ahead_is_told_at_its_stage(
    step: str, stage: Stage, reply: str, code: int, enhanced: str, text: str
) -> None:
    one, two, three, four = letters(4)
    async with smtpd({step: [None, reply]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert await lane.post(two, three) == Outcome(stage, code, enhanced, text)
        assert (await lane.post(three, four)).accepted
        assert (await lane.post(four)).accepted
        await lane.close()
    assert record.connections == 1
    assert numbers_taken(record) == [0, 2, 3]


async def test_a_mail_command_refused_for_now_ahead_is_told() -> None:
    one, two, three = letters(3)
    async with smtpd({"MAIL": [None, "452 4.3.1 Disk full"]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert await lane.post(two, three) == Outcome(Stage.MAIL, 452, "4.3.1", "Disk full")
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 1)


async def test_a_mail_command_refused_for_good_ahead_is_asked_again_in_its_own_place() -> None:
    one, two, three = letters(3)
    answers = [None, "550 5.7.1 Sender refused", "550 5.7.1 Sender refused"]
    async with smtpd({"MAIL": answers}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).accepted
        assert await lane.post(two, three) == Outcome(Stage.MAIL, 550, "5.7.1", "Sender refused")
        assert (await lane.post(three)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 2], 2)


async def test_a_refused_content_does_not_hurt_the_letter_begun_behind_it() -> None:
    one, two = letters(2)
    async with smtpd({"DOT": ["554 5.6.0 Looks like spam"]}, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two)).code == 554
        assert (await lane.post(two)).accepted
        await lane.close()
    assert numbers_taken(record) == [1]
    assert (record.connections, record.verbs.count("RSET")) == (1, 0)


@pytest.mark.parametrize("ahead", [False, True], ids=["grouped", "ahead"])
async def test_a_go_ahead_after_a_refused_reader_is_ended_by_a_lone_dot(ahead: bool) -> None:
    one, two, three = letters(3)
    answers = {"RCPT": [None, "550 5.1.1 Unknown"], "DATA": [None, "354 Go ahead"]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one, two if ahead else None)).accepted
        assert await lane.post(two, three) == Outcome(Stage.RCPT, 550, "5.1.1", "Unknown")
        assert (await lane.post(three)).accepted
        await lane.close()
    assert record.swallowed == [([], b"")]
    assert DOT + b"RSET\r\n" + envelope(three) in record.arrivals
    assert (numbers_taken(record), record.connections) == ([0, 2], 1)


async def test_a_lane_closed_while_a_lone_dot_is_owed_says_it_before_quit() -> None:
    (one,) = letters(1)
    answers = {"RCPT": ["550 5.1.1 Unknown"], "DATA": ["354 Go ahead"]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).code == 550
        await lane.close()
    assert record.arrivals[-1] == DOT + b"QUIT\r\n"
    assert (record.taken, record.swallowed) == ([], [([], b"")])


async def test_no_lone_dot_is_sent_when_somebody_might_get_an_empty_letter() -> None:
    one, two = letters(2)
    answers = {"MAIL": ["451 4.3.0 Later"], "RCPT": ["250 2.1.5 Fine"], "DATA": ["354 Go ahead"]}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).code == 451
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.swallowed, record.connections) == ([1], [], 2)


async def test_a_reset_that_is_refused_costs_the_connection_and_not_the_letter() -> None:
    one, two = letters(2)
    answers = {"RCPT": ["550 5.1.1 Unknown"], "RSET": "500 5.5.1 What?"}
    async with smtpd(answers, pipelining=True) as record:
        lane = lane_to(record)
        assert (await lane.post(one)).code == 550
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([1], 2)


# --- reuse --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [False, True], ids=["grouped", "ahead"])
async def test_a_connection_is_left_politely_after_its_number_of_letters(ahead: bool) -> None:
    all_letters = letters(7)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record, reuse=Reuse(letters=3))
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following if ahead else None)).accepted
        await lane.close()
    assert record.connections == 3
    assert [arrival for arrival in record.arrivals if b"QUIT" in arrival] == [b"QUIT\r\n"] * 3
    assert numbers_taken(record) == list(range(7))


@pytest.mark.parametrize("ahead", [False, True], ids=["grouped", "ahead"])
async def test_a_connection_that_was_idle_for_long_is_exchanged_before_it_is_used(ahead: bool) -> None:
    one, two = letters(2)
    async with smtpd(pipelining=True) as record:
        lane = lane_to(record, reuse=Reuse(idle=0.05))
        assert (await lane.post(one, two if ahead else None)).accepted
        await asyncio.sleep(0.06)
        assert (await lane.post(two)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1], 2)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_under_tls_it_is_the_same(security: Security, localhost_certificate: Certificate) -> None:
    context = localhost_certificate.for_server()
    on_request, at_once = (None, context) if security is Security.TLS else (context, None)
    all_letters = [letter._replace(pieces=(letter.content + b"x\r\n" * 20_000,)) for letter in letters(4)]
    async with smtpd(implicit_tls=at_once, tls_context=on_request, pipelining=True) as record:
        tls = localhost_certificate.trusted(strict_tls())
        lane = SmtpLane(record.server(security), tls=tls, helo="me.example")
        for letter, following in zip(all_letters, [*all_letters[1:], None], strict=True):
            assert (await lane.post(letter, following)).accepted
        await lane.close()
    assert (numbers_taken(record), record.connections) == ([0, 1, 2, 3], 1)
    assert [taken.content for taken in record.taken] == [letter.content for letter in all_letters]


async def test_the_next_server_gets_what_was_begun_with_the_first() -> None:
    one, two, three = letters(3)
    restarting = [None, "421 Restarting", "421 Restarting"]
    first_dies = {"DATA": [None, "354 Go ahead" + HANG_UP], "GREETING": restarting}
    async with smtpd(first_dies, pipelining=True) as first, smtpd(pipelining=True) as second:
        lane = Post([first.server(), second.server()], helo="me.example").lane()
        assert (await lane.post(one, two)).accepted
        await asyncio.sleep(0.05)
        assert (await lane.post(two, three)).accepted
        assert (await lane.post(three, None)).accepted
        await lane.close()
    assert (numbers_taken(first), numbers_taken(second)) == ([0], [1, 2])
    assert two.content + DOT + envelope(three) in second.arrivals


def test_an_outbox_takes_the_following_letter_only_when_it_is_posted(tmp_path: Path) -> None:
    one, two = (letter._replace(file_name=f"{n}.eml") for n, letter in enumerate(letters(2)))
    assert asyncio.run(FileLane(tmp_path).post(one, two)).accepted
    assert [path.name for path in tmp_path.iterdir()] == ["0.eml"]
