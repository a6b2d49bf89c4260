"""A real and strict Postfix takes every digest, and what lies in the mailbox is what was sent."""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections.abc import Iterator
from typing import Final

import pytest

from digest.mail.dkim import DkimKey
from digest.mail.lane import Letter
from digest.mail.servers import Server
from digest.mail.smtp import SmtpLane
from tests.stores import NewStore, opened
from tests.wire.conducting import digests_of, press_of
from tests.wire.newsrooms import newsroom
from tests.wire.postfix import Postfix, running_postfix
from tests.wire.sample import CONTENT

pytestmark = pytest.mark.anyio

#: The fields that Postfix puts above a message when it takes and when it delivers it.
_ADDED: Final = re.compile(rb"\A(?:(?:Return-Path|X-Original-To|Delivered-To|Received): .*\n(?:[ \t].*\n)*)+")


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    """A server with an empty mailbox."""
    with running_postfix() as server:
        yield server


async def letters_of(seed: int, new_store: NewStore, keys: tuple[DkimKey, ...]) -> list[Letter]:
    """The letters of one newsroom."""
    async with opened(await asyncio.to_thread(new_store, "sqlite", True)) as store:
        digests = await digests_of(newsroom(seed), store, press_of(store, keys))
    return [digest.letter for digest in digests]


async def post(letters: list[Letter], postfix: Postfix) -> None:
    """Send them through one of our lanes; each must be taken."""
    lane = SmtpLane(Server("127.0.0.1", postfix.port), helo="desk.example")
    for letter, following in zip(letters, [*letters[1:], None], strict=True):
        outcome = await lane.post(letter, following)
        assert outcome.accepted, f"{outcome}: {letter.recipient}"
    await lane.close()


def assert_all_arrived(letters: list[Letter], postfix: Postfix) -> None:
    """Each lies in the mailbox below the lines that Postfix adds, with nothing in it changed."""
    found = postfix.delivered(len(letters))
    assert len(found) == len(letters), postfix.log[-2000:]
    kept = {_ADDED.sub(b"", message, count=1) for message in found}
    lost = [one.recipient for one in letters if one.content.replace(b"\r\n", b"\n") not in kept]
    assert lost == []


async def test_postfix_takes_all_digests_and_changes_none(
    postfix: Postfix, new_store: NewStore, keys: tuple[DkimKey, ...]
) -> None:
    letters = []
    for seed in range(200, 205):
        letters += await letters_of(seed, new_store, keys if seed % 3 == 0 else ())
    assert any(letter.smtputf8 for letter in letters)
    await post(letters, postfix)
    await asyncio.to_thread(assert_all_arrived, letters, postfix)


@pytest.mark.long
async def test_postfix_takes_two_thousand_digests(
    postfix: Postfix, new_store: NewStore, keys: tuple[DkimKey, ...]
) -> None:
    letters = []
    for seed in range(3_000, 3_110):
        letters += await letters_of(seed, new_store, keys if seed % 5 == 0 else ())
    assert len(letters) >= 2_000
    await post(letters, postfix)
    await asyncio.to_thread(assert_all_arrived, letters, postfix)


def test_this_postfix_refuses_a_bare_newline(postfix: Postfix) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, "desk.example") as talk:
        for content, code in ((CONTENT, 250), (CONTENT.replace(b"hidden\r\n", b"hidden\n"), 550)):
            talk.mail("bounces+17.abcdefgh@news.example")
            talk.rcpt("ann@example.org")
            talk.docmd("DATA")
            talk.send(content + b".\r\n")
            answer, words = talk.getreply()
            assert answer == code, words
    assert b"bare <LF> received" in words
