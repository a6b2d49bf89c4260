"""A mailbox at a real Dovecot is emptied: recorded first, then put away, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from digest.core.settling import Effect
from digest.errors import StoreError
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.read_mailbox import MailboxReader
from digest.flows.settle import Mail
from digest.mail.mailbox import Put, entered, parse_mailbox
from digest.store import returned_mails
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import at, reader
from tests.flows.returning import KEY, back_to, report, sent_to, settling
from tests.mail.dovecot import Dovecot, running

pytestmark = pytest.mark.anyio

NOW = at(24, 9)
SCHEMES = ["imap", "imaps", "imap+starttls", "pop3", "pop3s", "pop3+starttls"]


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running() as one:
        yield one


def reading(store: Database, dovecot: Dovecot, scheme: str = "imaps", **changes: Any) -> MailboxReader:
    mail_in = MailIn(store=store, mailbox="", keys=[KEY])
    intake = Intake(settling=settling(store, NOW), mail_in=mail_in, now=lambda: NOW)
    parts = {"address": parse_mailbox(dovecot.url(scheme)), "intake": intake, "context": dovecot.context}
    return MailboxReader(**{**parts, **changes})


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_lies_there_is_settled_and_put_away(
    scheme: str, sqlite_store: Database, dovecot: Dovecot
) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    dovecot.lay("bounce", report("ana@readers.example", to=back_to(copy)))
    dovecot.lay("advert", b"From: shop@else.example\r\nSubject: Buy now\r\n\r\nCheap.\r\n")
    found = await reading(sqlite_store, dovecot, scheme).read(asyncio.Event())
    assert (found.mails, found.aside, found.trouble) == (2, 1, "")
    assert [one.effect for one in found.events] == [Effect.STOPPED]
    assert (await reader(sqlite_store, "ana@readers.example")).standing is Standing.BOUNCING
    assert dovecot.lying() == []
    aside = dovecot.lying("Unmatched")
    # POP3 has no folders
    assert len(aside) == (1 if scheme.startswith("imap") else 0)


async def test_nothing_is_put_away_before_it_is_recorded(sqlite_store: Database, dovecot: Dovecot) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    dovecot.lay("bounce", report("ana@readers.example", to=back_to(copy)))

    class StoreIsAway(Intake):
        async def take_in(self, mails: Any) -> Any:
            raise StoreError("the store is away")

    mail_in = MailIn(store=sqlite_store, mailbox="", keys=[KEY])
    away = StoreIsAway(settling=settling(sqlite_store), mail_in=mail_in, now=lambda: NOW)
    with pytest.raises(StoreError):
        await reading(sqlite_store, dovecot, intake=away).read(asyncio.Event())
    assert len(dovecot.lying()) == 1
    assert (await reading(sqlite_store, dovecot).read(asyncio.Event())).mails == 1


async def test_a_mail_that_was_recorded_and_not_put_away_is_recorded_once(
    sqlite_store: Database, dovecot: Dovecot
) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    raw = report("ana@readers.example", to=back_to(copy))
    dovecot.lay("bounce", raw)
    # as if the process had died in between
    await settling(sqlite_store, NOW).take_in([Mail(raw)])
    found = await reading(sqlite_store, dovecot).read(asyncio.Event())
    assert [one.effect for one in found.events] == [Effect.SEEN]
    assert dovecot.lying() == []
    async with sqlite_store.read() as connection:
        assert len(await returned_mails.page(connection)) == 1


async def test_looking_leaves_flags_as_they_are(dovecot: Dovecot) -> None:
    dovecot.lay("one", b"Subject: one\r\n\r\nfirst\r\n")
    address = parse_mailbox(dovecot.url("imaps"))
    with entered(address, aside="Für Menschen", context=dovecot.context) as mailbox:
        names = mailbox.names()
        assert [raw.partition(b"\r\n")[0] for _, raw in mailbox.fetch(names)] == [b"Subject: one"]
        assert mailbox.fetch(["4711"]) == []
    assert list((dovecot.folder / "mail" / "cur").glob("*,*S*")) == []
    with entered(address, aside="Für Menschen", context=dovecot.context) as mailbox:
        mailbox.put(names, Put.ASIDE)
        assert mailbox.names() == []
    assert len(dovecot.lying("F&APw-r Menschen")) == 1


async def test_a_large_mailbox_is_emptied_by_and_by(sqlite_store: Database, dovecot: Dovecot) -> None:
    for number in range(130):
        dovecot.lay(f"n{number}", report(f"r{number}@readers.example", said=f"550 no such user {number}"))
    found = await reading(sqlite_store, dovecot).read(asyncio.Event())
    assert (found.mails, found.aside, dovecot.lying()) == (130, 130, [])
    assert len(dovecot.lying("Unmatched")) == 130


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("password", "refuses"),
        ("folder", "refuses"),
        ("certificate", "safely"),
        ("nobody", "cannot be reached"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_is_told_in_a_line_and_left_alone_for_a_while(
    changed: str, words: str, sqlite_store: Database, dovecot: Dovecot
) -> None:
    url = dovecot.url("imaps", "/No%20such" if changed == "folder" else "")
    if changed == "password":
        url = dovecot.url("imaps", password="wrong")
    if changed == "nobody":
        url = url.replace(str(dovecot.ports["imaps"]), "1")
    clock = [NOW]
    parts: dict[str, Any] = {"address": parse_mailbox(url), "wall": lambda: clock[0]}
    if changed == "certificate":
        parts["context"] = None
    reader_ = reading(sqlite_store, dovecot, **parts)
    found = await reader_.read_when_due(asyncio.Event())
    assert words in found.trouble
    assert "\n" not in found.trouble
    assert "wrong" not in found.trouble
    # not before a minute, then not before two
    clock[0] += timedelta(seconds=59)
    assert (await reader_.read_when_due(asyncio.Event())).trouble == ""
    clock[0] += timedelta(seconds=2)
    assert words in (await reader_.read_when_due(asyncio.Event())).trouble
    clock[0] += timedelta(seconds=61)
    assert (await reader_.read_when_due(asyncio.Event())).trouble == ""


@pytest.mark.parametrize(
    "url",
    [
        *(
            "imaps://mail.example",
            "imaps://me@mail.example",
            "smtp://me:word@mail.example",
            "imaps://me:word@",
        ),
        *("imap://me:word@mail.example", "imaps://me:word@mail.example:99999", "nonsense"),
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"should be|unencrypted") as raised:
        parse_mailbox(url)
    assert "word@" not in str(raised.value)
