"""Mail servers hand over what comes back: only what is ours is taken, and acknowledged once it is durable."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from digest.errors import SettingsError, StoreError
from digest.mail.listen_at import ListenAt, parse_listen
from digest.mail.listener import listening

pytestmark = pytest.mark.anyio

OURS = ["bounces+1.aa@news.example", "bounces+2.bb@news.example"]
REPORT = b"Subject: returned\r\n\r\n.a line that begins with a dot\r\n"


class Books:
    """Who takes mails in, and remembers."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str, str]] = []
        self.away = False
        self.fault: Exception | None = None
        self.slow = 0.0
        self.begun = asyncio.Event()

    async def is_ours(self, address: str) -> bool:
        return address in OURS

    async def take_in(self, raw: bytes, recipient: str, sender: str) -> None:
        self.begun.set()
        await asyncio.sleep(self.slow)
        if self.away:
            raise StoreError("the store is away")
        if self.fault is not None:
            raise self.fault
        self.mails.append((raw, recipient, sender))


@asynccontextmanager
async def listener(lmtp: bool = True, **bounds: Any) -> AsyncIterator[tuple[int, Books]]:
    books = Books()
    at = ListenAt(lmtp, "127.0.0.1", 0)
    async with listening(at, is_ours=books.is_ours, take_in=books.take_in, **bounds) as server:
        yield server.sockets[0].getsockname()[1], books


def talk(port: int, *recipients: str, lmtp: bool = True, mail: bytes = REPORT) -> list[Any]:
    """Hand one mail over; the answers to each recipient, and to the content."""
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    with kind("127.0.0.1", port, timeout=20) as client:
        client.ehlo() if not lmtp else client.putcmd("LHLO", "mx.example")
        if lmtp:
            client.getreply()
        client.mail("")
        answers: list[Any] = [client.rcpt(one)[0] for one in recipients]
        if 250 not in answers:
            return answers
        client.putcmd("DATA")
        client.getreply()
        client.send(mail.replace(b"\r\n.", b"\r\n..").removesuffix(b"\r\n") + b"\r\n.\r\n")
        for _ in range(answers.count(250) if lmtp else 1):
            answers.append(client.getreply()[0])
        return answers


@pytest.mark.parametrize("lmtp", [True, False], ids=["lmtp", "smtp"])
async def test_what_is_ours_is_taken_with_its_envelope(lmtp: bool) -> None:
    async with listener(lmtp) as (port, books):
        answers = await asyncio.to_thread(talk, port, OURS[0], lmtp=lmtp)
    assert answers == [250, 250]
    assert books.mails == [(REPORT, OURS[0], "")]


async def test_mail_for_anybody_else_is_refused_before_it_is_sent() -> None:
    async with listener() as (port, books):
        assert await asyncio.to_thread(talk, port, "ana@readers.example") == [550]
    assert books.mails == []


async def test_by_lmtp_each_recipient_has_an_answer() -> None:
    async with listener() as (port, books):
        answers = await asyncio.to_thread(talk, port, OURS[0], "else@else.example", OURS[1])
    assert answers == [250, 550, 250, 250, 250]
    assert [recipient for _, recipient, _ in books.mails] == OURS


@pytest.mark.parametrize("lmtp", [True, False], ids=["lmtp", "smtp"])
async def test_what_cannot_be_recorded_stays_with_the_server_that_brings_it(lmtp: bool) -> None:
    async with listener(lmtp) as (port, books):
        books.away = True
        assert await asyncio.to_thread(talk, port, OURS[0], lmtp=lmtp) == [250, 451]
        books.away = False
        assert await asyncio.to_thread(talk, port, OURS[0], lmtp=lmtp) == [250, 250]
    assert len(books.mails) == 1


async def test_a_socket_in_the_file_system_serves_as_well(tmp_path: Path) -> None:
    books = Books()
    at = parse_listen(f"lmtp+unix:{tmp_path}/returns")
    async with listening(at, is_ours=books.is_ours, take_in=books.take_in):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "returns"))
        assert (await reader.readline()).startswith(b"220")
        writer.close()
    # what an ended process left there is in nobody's way
    async with listening(at, is_ours=books.is_ours, take_in=books.take_in):
        pass


async def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    async with listener() as (port, books):
        at = ListenAt(True, "127.0.0.1", port)
        with pytest.raises(SettingsError, match=r"nothing can listen at 127\.0\.0\.1"):
            async with listening(at, is_ours=books.is_ours, take_in=books.take_in):
                pass


@pytest.mark.parametrize("text", ["lmtp://", "lmtp://host", "http://host:80", "lmtp://host:24/x", "host:24"])
def test_what_is_no_place_to_listen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should be lmtp://HOST:PORT"):
        parse_listen(text)


async def test_a_fault_of_ours_refuses_nothing_for_good() -> None:
    async with listener() as (port, books):
        books.fault = ValueError("secret words")
        answers = await asyncio.to_thread(talk, port, OURS[0])
    assert answers == [250, 451]


async def test_a_line_without_end_is_hung_up_on_before_it_fills_the_memory() -> None:
    async with listener(lmtp=False, most_octets=100_000) as (port, books):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for said in (
            b"",
            b"HELO mx\r\n",
            b"MAIL FROM:<>\r\n",
            f"RCPT TO:<{OURS[0]}>\r\n".encode(),
            b"DATA\r\n",
        ):
            writer.write(said)
            assert (await reader.readline())[:1] in b"23"
        # lines that end are a mail that is too large, and have their answer
        writer.write(b"x" * 90_000 + b"\r\n" + b"y" * 90_000 + b"\r\n.\r\n")
        assert (await reader.readline()).startswith(b"552")
        writer.write(b"MAIL FROM:<>\r\n" + f"RCPT TO:<{OURS[0]}>\r\n".encode() + b"DATA\r\n")
        assert [(await reader.readline())[:1] for _ in range(3)] == [b"2", b"2", b"3"]
        with suppress(ConnectionError):
            for _ in range(3):
                writer.write(b"x" * 50_000)
                await writer.drain()
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
    assert books.mails == []


async def test_a_line_of_any_length_is_taken() -> None:
    async with listener() as (port, books):
        long = b"Subject: long\r\n\r\n" + b"x" * 500_000 + b"\r\n"
        assert await asyncio.to_thread(partial(talk, port, OURS[0], mail=long)) == [250, 250]
    assert books.mails == [(long, OURS[0], "")]


async def test_a_mail_beyond_all_measure_is_refused_and_the_next_one_taken() -> None:
    async with listener(most_octets=1_000) as (port, books):
        assert await asyncio.to_thread(partial(talk, port, OURS[0], mail=b"x" * 70 * 100)) == [250, 552]
        assert await asyncio.to_thread(talk, port, OURS[0]) == [250, 250]
    assert [raw for raw, _, _ in books.mails] == [REPORT]


async def test_too_many_at_a_time_are_sent_away_and_may_come_again() -> None:
    async with listener(most=2) as (port, _):
        inside = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        greetings = [await lines.readline() for lines, _ in inside]
        lines, _ = await asyncio.open_connection("127.0.0.1", port)
        assert [one[:3] for one in greetings] == [b"220", b"220"]
        assert (await lines.read()).startswith(b"421 4.3.2")
        for _, answers in inside:
            answers.close()
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(talk, port, OURS[0]) == [250, 250]


async def test_a_connection_that_lasts_too_long_is_ended() -> None:
    async with listener(longest=0.2) as (port, _):
        lines, answers = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(10):
            await lines.read()
        answers.close()


async def test_a_mail_that_is_being_recorded_when_we_stop_is_answered() -> None:
    async with listener() as (port, books):
        books.slow = 0.5
        answers = asyncio.create_task(asyncio.to_thread(talk, port, OURS[0]))
        await asyncio.wait_for(books.begun.wait(), 20)
    assert await answers == [250, 250]
    assert len(books.mails) == 1


async def test_who_says_nothing_holds_up_no_stop() -> None:
    async with listener() as (port, _):
        lines, answers = await asyncio.open_connection("127.0.0.1", port)
        await lines.readline()
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    assert await lines.read() == b""
    answers.close()


async def test_a_mail_of_which_the_end_is_missing_is_not_taken() -> None:
    async with listener() as (port, books):
        lines, answers = await asyncio.open_connection("127.0.0.1", port)
        for line in (b"LHLO mx", b"MAIL FROM:<>", f"RCPT TO:<{OURS[0]}>".encode(), b"DATA", b"Subject: half"):
            answers.write(line + b"\r\n")
        await lines.readuntil(b"354 ")
        answers.close()
        await asyncio.sleep(0.1)
    assert books.mails == []


async def test_a_file_that_is_no_socket_and_a_socket_in_use_are_left_alone(tmp_path: Path) -> None:
    books = Books()
    (tmp_path / "precious").write_text("words")

    async def listen(name: str) -> None:
        at = parse_listen(f"lmtp+unix:{tmp_path}/{name}")
        async with listening(at, is_ours=books.is_ours, take_in=books.take_in):
            # a mail server runs as a user of its own
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o666
            with pytest.raises(SettingsError, match="another process listens there"):
                await listen(name)
            # who tried the socket is let in first: Python 3.13 leaves open what comes while a server closes
            await asyncio.sleep(0.1)

    with pytest.raises(SettingsError, match="a file that is no socket"):
        await listen("precious")
    assert (tmp_path / "precious").read_text() == "words"
    await listen("returns")
    assert not (tmp_path / "returns").exists()
