"""Mail that came back to a newsroom: of each kind something, from plain to hostile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from digest.core.settling import Score
from digest.flows.settle import Mail
from digest.store import returned
from digest.store.database import Database
from digest.store.ledger import Entry
from tests.flows.newsroom import add_newsletter, at
from tests.flows.returning import back_to, complaint, id_of, report, sent_to, settling

SCRIPT: Final = '<script>alert("subject")</script>'
#: Of the week, in the order of its copies.
READERS: Final = tuple(
    f"{name}@readers.example" for name in ["carla", "dov", "eve", "fritz", "gus", "ana", "hela", "ida", "jo"]
)
#: What nobody can match; it names a reader, which proves nothing.
FORGED: Final = report("ana@readers.example", said="550 5.1.1 User unknown <b>forged</b>")


def answer(
    to: str, said: str, *, subject: str = "Re: your digest", sender: str = "Ana <ana@readers.example>"
) -> bytes:
    """A person wrote."""
    head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return f"{head}\r\n{said}\r\n".encode()


def hostile() -> bytes:
    """A script for a subject, a page for a body, signs that are none, and far too much of it."""
    head = (
        f"From: {SCRIPT} <MAILER-DAEMON@bad.example>\r\nTo: bounces@news.example\r\n"
        f"Subject: Undeliverable: {SCRIPT}\r\n"
        "Content-Type: text/html; charset=utf-8\r\nX-\0Odd: \x1b[31mred\x1b[0m \u202egnp.exe\r\n\r\n"
    )
    body = f"<h1>550 5.1.1 user unknown</h1>\0{SCRIPT}<img src=x onerror=alert(1)></pre><form action=/leave>"
    return (head + body + "\x07bell & <b>bold</b> 550 5.1.1 no such user " * 4000).encode()


async def at_risk(store: Database, subscriber_id: int, points: int, now: datetime) -> None:
    """So much speaks against this reader's address since yesterday."""
    asked = now - timedelta(days=2) if points >= 5 else None
    async with store.write() as connection:
        score = Score(points, (now - timedelta(days=1)).date(), asked)
        await returned.save_score(connection, subscriber_id, score)


async def a_week_of_it(store: Database, copies: list[Entry], now: datetime) -> None:
    """Of these copies four came back, one was called spam and one was answered; two mails prove nothing."""
    gone, full, later, policy, spam, away = copies[:6]
    names = [one.address or "" for one in copies]
    path = back_to
    mails = (
        report(names[0], to=path(gone), said="550 5.1.1 <mailbox> does not exist"),
        report(names[1], to=path(full), status="5.2.2", said="552 5.2.2 mailbox full, 2.0 GB of 2.0 GB used"),
        report(
            names[2], to=path(later), status="4.4.7", said="451 4.4.7 no answer from the host in five days"
        ),
        report(names[3], to=path(policy), status="5.7.1", said="554 5.7.1 refused: too many links"),
        complaint(f"Message-ID: {await id_of(store, spam)}"),
        answer(path(away), "Could you also write about ferries?", sender=f"Ana <{names[5]}>"),
        report(names[6], said="550 5.1.1 user unknown in virtual mailbox table"),
        report("someone@elsewhere.example", status="5.2.2", said="552 5.2.2 over quota"),
    )
    # what readers write goes on to the newsroom
    await settling(store, now, replies_to="desk@news.example").take_in([Mail(raw) for raw in mails])


async def a_week(store: Database) -> None:
    """The same with readers of its own, and a second newsletter that nobody reads."""
    await add_newsletter(store, "weekly")
    await a_week_of_it(store, await sent_to(store, *READERS), at(24, 9))
