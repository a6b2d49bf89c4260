"""Mail servers hand over what comes back: only what is ours is taken, and acknowledged once it is durable."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from digest.errors import SettingsError, StoreError
from digest.mail.listener import ListenAt, listening, parse_listen

pytestmark = pytest.mark.anyio

OURS = ["bounces+1.aa@news.example", "bounces+2.bb@news.example"]
REPORT = b"Subject: returned\r\n\r\n.a line that begins with a dot\r\n"


class Books:
    """Who takes mails in, and remembers."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, str, str]] = []
        self.away = False

    async def is_ours(self, address: str) -> bool:
        return address in OURS

    async def take_in(self, raw: bytes, recipient: str, sender: str) -> None:
        if self.away:
            raise StoreError("the store is away")
        self.mails.append((raw, recipient, sender))


@asynccontextmanager
async def listener(lmtp: bool = True) -> AsyncIterator[tuple[int, Books]]:
    books = Books()
    at = ListenAt(lmtp, "127.0.0.1", 0)
    async with listening(at, is_ours=books.is_ours, take_in=books.take_in) as server:
        yield server.sockets[0].getsockname()[1], books


def talk(port: int, *recipients: str, lmtp: bool = True) -> list[Any]:
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
        client.send(REPORT.replace(b"\r\n.", b"\r\n..") + b".\r\n")
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
