"""Who is killed while the mailbox of returned mail is read loses nothing, and nothing counts twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.core.settling import Effect
from digest.flows.read_mailbox import MailboxReader
from digest.mail.mailbox.address import parse_mailbox
from digest.store import returned_mails
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import reader
from tests.flows.returning import NINE, back_to, report, sent_to, settling
from tests.mail.dovecot import Dovecot, running
from tests.stores import NewStore, opened
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running() as one:
        yield one


async def killed(database: str, dovecot: Dovecot, scheme: str, when: str) -> None:
    """Read in a process of its own that dies at that moment."""
    arguments = (database, dovecot.url(scheme), str(dovecot.folder / "cert.pem"), when)
    command = (sys.executable, "-m", "tests.crash.mailbox_reader", *arguments)
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    assert await process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("scheme", first_of(["imaps", "pop3s"]))
async def test_who_is_killed_beside_the_record_leaves_the_mails_for_the_next_one(
    scheme: str, when: str, server: Dovecot, new_store: NewStore
) -> None:
    dovecot = server.of(f"{scheme}{when}")
    database = await asyncio.to_thread(new_store, "sqlite", True)
    async with opened(database) as store:
        (copy,) = await sent_to(store, "ana@readers.example")
        dovecot.lay("bounce", report("ana@readers.example", to=back_to(copy)))
        await killed(database, dovecot, scheme, when)
        assert (len(dovecot.lying()), len(await rows(store))) == (1, 0 if when == "before" else 1)
        intake, address = settling(store, NINE), parse_mailbox(dovecot.url(scheme))
        reading = MailboxReader(address=address, intake=intake, context=dovecot.context)
        found = await reading.read(asyncio.Event())
        expected = Effect.STOPPED if when == "before" else Effect.SEEN
        assert ([one.effect for one in found.events], found.trouble) == ([expected], "")
        assert (dovecot.lying(), len(await rows(store))) == ([], 1)
        assert (await reader(store, "ana@readers.example")).standing is Standing.BOUNCING


async def rows(store: Database) -> tuple[returned_mails.Return, ...]:
    """What is recorded."""
    async with store.read() as connection:
        return await returned_mails.page(connection)
