"""A lane against a real server in the process, well-behaved and not."""

from __future__ import annotations

import asyncio

import pytest

from digest.core.model import Outcome, Stage
from digest.errors import TransportError
from digest.mail.lane import Letter
from digest.mail.limits import DataTimeouts, Timeouts
from digest.mail.servers import Server
from digest.mail.smtp import SmtpLane
from digest.mail.wire import Wire
from tests.mail.smtpd import (
    DROPS_AFTER_THE_FINAL_DOT,
    GREYLISTS,
    HANG_UP,
    HANGS_UP_AFTER_ONE,
    KNOWS_NO_EHLO,
    REFUSES_THE_FIRST_READER,
    SILENCE,
    SPEAKS_IN_MANY_LINES,
    Smtpd,
    smtpd,
)

pytestmark = pytest.mark.anyio

IMPATIENT = Timeouts(connect=5, greeting=0.2, command=0.2, data=DataTimeouts(data=0.2, final_dot=0.2))


def lane_to(record: Smtpd, timeouts: Timeouts | None = None) -> SmtpLane:
    return SmtpLane(record.server(), timeouts=timeouts, helo="news.example")


async def test_a_letter_arrives_byte_for_byte(letter: Letter) -> None:
    async with smtpd() as record:
        lane = lane_to(record)
        await lane.open()
        outcome = await lane.post(letter)
        await lane.close()
    assert outcome == Outcome(Stage.FINAL_DOT, 250, "2.0.0", "Taken")
    assert outcome.accepted
    (taken,) = record.taken
    assert (taken.sender, taken.recipient, taken.content) == (letter.sender, letter.recipient, letter.content)
    assert taken.options == [f"SIZE={len(letter.content)}"]


async def test_one_connection_carries_many_letters_with_four_commands_each(letter: Letter) -> None:
    async with smtpd() as record:
        lane = lane_to(record)
        for n in range(20):
            assert (await lane.post(letter._replace(recipient=f"r{n}@reader.example"))).accepted
        await lane.close()
    assert record.connections == 1
    assert record.verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 20]
    assert [taken.recipient for taken in record.taken] == [f"r{n}@reader.example" for n in range(20)]


@pytest.mark.parametrize("direct", [True, False], ids=["short way", "by the library"])
@pytest.mark.parametrize(
    "content",
    [
        b"Subject: a\r\n\r\n.hidden\r\n..two\r\n.\r\nend\r\n",
        b".first\r\n",
        b"Subject: b\n\nbare\nlines\n.dot\n",
        b"Subject: c\r\n\r\nno end",
        b"Subject: d\r\rold\r.dot\r",
        b"\r\n.\r\nMAIL FROM:<evil@example.org>\r\n",
        b"a\n.\nMAIL FROM:<evil@example.org>\r\n",
    ],
)
async def test_dots_and_line_ends_cannot_end_a_message_early(
    content: bytes, direct: bool, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not direct:
        monkeypatch.setattr(Wire, "over", lambda _smtp: None)
    async with smtpd() as record:
        lane = lane_to(record)
        assert (await lane.post(letter._replace(pieces=(content,), vouched=False))).accepted
        assert (await lane.post(letter)).accepted
        await lane.close()
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n") + b"\n"
    assert [taken.content for taken in record.taken] == [text.replace(b"\n", b"\r\n"), letter.content]
    assert record.verbs.count("MAIL") == 2


@pytest.mark.parametrize(
    ("step", "stage"),
    [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.FINAL_DOT)],
)
@pytest.mark.parametrize(
    ("reply", "code", "enhanced", "text"),
    [
        ("451 4.3.2 Later", 451, "4.3.2", "Later"),
        ("550 5.7.1 No", 550, "5.7.1", "No"),
        ("550-5.7.1 Not\r\n550-5.7.1 at\r\n550 5.7.1 all", 550, "5.7.1", "Not at all"),
        ("499 Hm", 499, "", "Hm"),
        ("599 Hm (#5.1.1)", 599, "5.1.1", "Hm (#5.1.1)"),
    ],
)
async def test_a_refusal_is_told_and_the_connection_goes_on(
    step: str, stage: Stage, reply: str, code: int, enhanced: str, text: str, letter: Letter
) -> None:
    async with smtpd({step: [reply]}) as record:
        lane = lane_to(record)
        assert await lane.post(letter) == Outcome(stage, code, enhanced, text)
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 1
    assert record.verbs.count("RSET") == 1
    assert len(record.taken) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DOT"])
async def test_an_unknown_2xx_counts_by_its_first_digit(step: str, letter: Letter) -> None:
    async with smtpd({step: "299 odd"}) as record:
        lane = lane_to(record)
        outcome = await lane.post(letter)
        await lane.close()
    assert outcome.accepted
    assert len(record.taken) == 1


@pytest.mark.parametrize(
    ("step", "stage"),
    [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.FINAL_DOT)],
)
async def test_after_421_the_next_letter_takes_a_new_connection(
    step: str, stage: Stage, letter: Letter
) -> None:
    async with smtpd({step: ["421 4.3.2 Shutting down"]}) as record:
        lane = lane_to(record)
        assert await lane.post(letter) == Outcome(stage, 421, "4.3.2", "Shutting down")
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 2
    assert len(record.taken) == 1


@pytest.mark.parametrize(
    ("step", "stage"),
    [("MAIL", Stage.MAIL), ("RCPT", Stage.RCPT), ("DATA", Stage.DATA), ("DOT", Stage.FINAL_DOT)],
)
@pytest.mark.parametrize("failure", [HANG_UP, SILENCE, "not a reply at all"])
async def test_without_a_reply_the_stage_is_told_and_the_next_letter_connects_anew(
    step: str, stage: Stage, failure: str, letter: Letter
) -> None:
    async with smtpd({step: [failure]}) as record:
        lane = lane_to(record, IMPATIENT)
        outcome = await lane.post(letter)
        assert (outcome.stage, outcome.code, outcome.enhanced) == (stage, 0, "")
        assert outcome.text
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 2


async def test_a_lost_answer_to_the_final_dot_is_not_a_refusal(letter: Letter) -> None:
    async with smtpd(DROPS_AFTER_THE_FINAL_DOT) as record:
        lane = lane_to(record)
        outcome = await lane.post(letter)
        await lane.close()
    assert (outcome.stage, outcome.code, outcome.accepted) == (Stage.FINAL_DOT, 0, False)
    assert len(record.taken) == 1


async def test_a_connection_closed_while_idle_costs_the_letter_nothing(letter: Letter) -> None:
    async with smtpd(HANGS_UP_AFTER_ONE) as record:
        lane = lane_to(record)
        assert (await lane.post(letter)).accepted
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 2
    assert len(record.taken) == 2


async def test_a_greylisted_letter_is_taken_on_the_next_try(letter: Letter) -> None:
    async with smtpd(GREYLISTS) as record:
        lane = lane_to(record)
        assert (await lane.post(letter)).code == 451
        assert (await lane.post(letter)).accepted
        await lane.close()


async def test_one_refused_reader_does_not_hurt_the_next(letter: Letter) -> None:
    async with smtpd(REFUSES_THE_FIRST_READER) as record:
        lane = lane_to(record)
        assert await lane.post(letter) == Outcome(Stage.RCPT, 550, "5.1.1", "No such user here")
        assert (await lane.post(letter._replace(recipient="bob@reader.example"))).accepted
        await lane.close()
    assert [taken.recipient for taken in record.taken] == ["bob@reader.example"]


async def test_replies_of_many_lines_are_read_as_one(letter: Letter) -> None:
    async with smtpd(SPEAKS_IN_MANY_LINES) as record:
        lane = lane_to(record)
        assert await lane.post(letter) == Outcome(
            Stage.FINAL_DOT, 250, "2.0.0", "Taken and kept as number 17"
        )
        await lane.close()


async def test_a_server_that_knows_only_helo_is_served(letter: Letter) -> None:
    async with smtpd(KNOWS_NO_EHLO) as record:
        lane = lane_to(record)
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.taken[0].options == []


async def test_an_address_beyond_ascii_goes_with_smtputf8(letter: Letter) -> None:
    abroad = letter._replace(recipient="jürgen@bücher.example", smtputf8=True)
    async with smtpd(enable_SMTPUTF8=True) as record:
        lane = lane_to(record)
        assert (await lane.post(abroad)).accepted
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.taken[0].recipient == "jürgen@bücher.example"
    assert "SMTPUTF8" in record.taken[0].options
    assert "SMTPUTF8" not in record.taken[1].options


async def test_without_smtputf8_only_the_reader_who_needs_it_is_refused(letter: Letter) -> None:
    async with smtpd() as record:
        lane = lane_to(record)
        outcome = await lane.post(letter._replace(recipient="jürgen@bücher.example"))
        assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.MAIL, 553, "5.6.7")
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.verbs.count("MAIL") == 1


async def test_a_message_above_the_size_limit_is_not_sent_to_be_refused(letter: Letter) -> None:
    async with smtpd(data_size_limit=1000) as record:
        lane = lane_to(record)
        outcome = await lane.post(letter._replace(pieces=(b"x" * 990 + b"\r\n" * 6,)))
        assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.MAIL, 552, "5.3.4")
        assert "1000" in outcome.text
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.verbs.count("MAIL") == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "ann@reader.example>\r\nRCPT TO:<evil@example.org",
        "ann@reader.example> SIZE=1",
        "ann\x00@reader.example",
        "ann",
        f"{'a' * 250}@reader.example",
        "",
    ],
)
async def test_what_is_no_address_never_reaches_a_command(recipient: str, letter: Letter) -> None:
    async with smtpd() as record:
        lane = lane_to(record)
        outcome = await lane.post(letter._replace(recipient=recipient, vouched=False))
        assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.MAIL, 553, "5.1.3")
        await lane.close()
    assert "MAIL" not in record.verbs


@pytest.mark.parametrize(
    ("greeting", "code"), [("554 5.3.2 Go away", 554), ("421 Busy", 421), (HANG_UP, 0), (SILENCE, 0)]
)
async def test_a_server_that_does_not_greet_is_no_server(greeting: str, code: int, letter: Letter) -> None:
    async with smtpd({"GREETING": greeting}) as record:
        lane = lane_to(record, IMPATIENT)
        outcome = await lane.post(letter)
        assert (outcome.stage, outcome.code) == (Stage.GREETING, code)
        with pytest.raises(TransportError, match=f"smtp://localhost:{record.port} failed at greeting"):
            await lane.open()


async def test_a_port_where_nobody_listens_is_told_as_no_connection(letter: Letter) -> None:
    async with smtpd() as record:
        server = record.server()
    lane = SmtpLane(server, helo="news.example")
    outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code) == (Stage.CONNECT, 0)
    with pytest.raises(TransportError, match="failed at connect"):
        await lane.open()


async def test_a_host_that_does_not_exist_is_told_as_no_connection(letter: Letter) -> None:
    lane = SmtpLane(Server("no-such-host.invalid", 25), helo="news.example")
    assert (await lane.post(letter)).stage is Stage.CONNECT


async def test_a_post_that_is_called_off_leaves_no_half_spoken_connection(letter: Letter) -> None:
    async with smtpd({"RCPT": [SILENCE]}) as record:
        lane = lane_to(record)
        posting = asyncio.create_task(lane.post(letter))
        await record.heard("RCPT")
        posting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await posting
        assert not lane.connected
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 2


async def test_closing_twice_and_before_opening_does_no_harm() -> None:
    async with smtpd() as record:
        lane = lane_to(record)
        await lane.close()
        await lane.open()
        await lane.close()
        await lane.close()
    assert not lane.connected
