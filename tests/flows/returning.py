"""What a mail server sends back: reports as bytes, and a newsroom whose copies were sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from digest.flows.settle import Mail, Settled, Settling
from digest.mail.identifiers import message_id, return_path
from digest.store import facts
from digest.store.database import Database
from digest.store.ledger import Entry
from subscribers.tokens import Tokens
from tests.flows.newsroom import TUESDAY, at, copies, item, join, mark_sent, plan_all, publish_news

KEY: Final = b"a key for what comes back, long enough"
TOKENS: Final = Tokens([KEY])
OUR_DOMAIN: Final = "news.example"
#: An hour after the copies were sent.
NINE: Final = at(24, 9)


def settling(store: Database, now: datetime = TUESDAY, **parts: Any) -> Settling:
    """What settles, at a moment."""
    return Settling(store=store, tokens=TOKENS, return_keys=[KEY], now=lambda: now, **parts)


async def sent_to(store: Database, *addresses: str) -> list[Entry]:
    """One copy for each of these new readers, sent on Tuesday at eight."""
    for address in addresses:
        await join(store, address, TUESDAY)
    await publish_news(store, at(24, 6, 30), item("Tariffs fall", "economy"))
    await plan_all(store, at(24, 7, 30))
    for address in addresses:
        await mark_sent(store, address, at(24, 8))
    found = {one.address: one for one in await copies(store)}
    return [found[address] for address in addresses]


def back_to(copy: Entry) -> str:
    """The return path of a copy."""
    return return_path(copy.id, key=KEY, domain=OUR_DOMAIN)


async def id_of(store: Database, copy: Entry) -> str:
    """The Message-ID of a copy."""
    async with store.read() as connection:
        name = await facts.store_name(connection)
    return message_id(copy.issue_id, copy.id, key=name, domain=OUR_DOMAIN)


def report(
    recipient: str,
    *,
    to: str = "bounces@news.example",
    status: str = "5.1.1",
    action: str = "failed",
    said: str = "550 5.1.1 no such user here",
    original: str = "Subject: News\r\n",
) -> bytes:
    """A report as RFC 3464 has it, with the headers of what came back."""
    lines = f"""From: Mail Delivery System <MAILER-DAEMON@mx.readers.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

Your mail to <{recipient}> could not be delivered: {said}

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.readers.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--edge
Content-Type: text/rfc822-headers

"""
    return (lines.replace("\n", "\r\n") + original + "\r\n--edge--\r\n").encode()


def complaint(original: str, recipient: str = "") -> bytes:
    """A complaint as RFC 5965 has it; most providers hide the recipient."""
    whose = f"Original-Rcpt-To: {recipient}\n" if recipient else ""
    lines = f"""From: feedback@provider.example
To: abuse@news.example
Subject: complaint about message
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="edge"

--edge
Content-Type: text/plain

This is a complaint about a mail.

--edge
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1
Version: 1
{whose}
--edge
Content-Type: message/rfc822

"""
    return (lines.replace("\n", "\r\n") + original + "\r\n\r\nnews\r\n--edge--\r\n").encode()


def bulk_mail(to: str) -> bytes:
    """What says nothing of any copy."""
    head = (
        f"From: Shop <shop@else.example>\r\nTo: {to}\r\nSubject: Buy now\r\nList-Id: <shop.else.example>\r\n"
    )
    return f"{head}\r\nCheap.\r\n".encode()


async def take(store: Database, *mails: bytes, now: datetime = NINE) -> list[Settled]:
    """Settle these mails; what became of each thing that they say."""
    done = await settling(store, now).take_in([Mail(raw) for raw in mails])
    return [one for of_mail in done for one in of_mail]
