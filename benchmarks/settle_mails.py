"""Measures bounces from bytes to rows: read, matched, acted upon and recorded."""

from __future__ import annotations

from time import perf_counter, process_time

from sqlalchemy import select

from benchmarks.alone import peak_megabytes
from benchmarks.readers import NOW
from benchmarks.stores import copy_of
from digest.core.settling import Effect
from digest.flows.settle import TOGETHER, Mail, Settling
from digest.mail.identifiers import return_path
from digest.store.tables import deliveries
from subscribers.tables import subscribers, subscriptions
from subscribers.tokens import Tokens

_KEY = b"a key for measurements that is long enough"
_REPORT = """From: Mail Delivery System <MAILER-DAEMON@mx{domain}>
To: {back}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx{domain}. Your message could not be delivered to one or more recipients.

<{address}>: host mx{domain} said: {said} (in reply to RCPT TO command)

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx{domain}
Arrival-Date: Tue, 24 Nov 2026 08:00:00 +0000 (UTC)

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: failed
Status: {status}
Remote-MTA: dns; mx{domain}
Diagnostic-Code: smtp; {said}

--edge
Content-Type: message/rfc822

Subject: The Daily Digest
From: desk@news.example
To: {address}
MIME-Version: 1.0

{body}
--edge--
"""
#: Half are for good, half may pass.
_SAID = (("5.1.1", "550 5.1.1 User unknown"), ("4.4.7", "451 4.4.7 Delivery time expired"))


async def settle(file: str, mails: int) -> dict[str, float]:
    """So many bounces of copies that were sent; each names another reader."""
    async with copy_of(file) as store:
        async with store.read() as connection:
            query = (
                select(deliveries.c.id, subscribers.c.address)
                .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
                .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
                .limit(mails)
            )
            rows = (await connection.execute(query)).all()
        raws = [_report(row.id, row.address, number) for number, row in enumerate(rows)]
        settling = Settling(store=store, tokens=Tokens([_KEY]), return_keys=[_KEY], now=lambda: NOW)
        start, processor, effects = perf_counter(), process_time(), []
        for first in range(0, len(raws), TOGETHER):
            done = await settling.take_in([Mail(raw) for raw in raws[first : first + TOGETHER]])
            effects += [one.effect for of_mail in done for one in of_mail]
        wall = perf_counter() - start
        if effects.count(Effect.STOPPED) != mails // 2 or effects.count(Effect.COUNTED) != mails // 2:
            raise RuntimeError(f"not every bounce was settled as it should be: {set(effects)}")
        return {
            "mails": len(raws),
            "wall": wall,
            "processor": process_time() - processor,
            "peak": peak_megabytes(),
        }


def _report(delivery_id: int, address: str, number: int) -> bytes:
    status, said = _SAID[number % 2]
    back = return_path(delivery_id, key=_KEY, domain="news.example")
    words = {"back": back, "address": address, "status": status, "said": said, "body": "News. " * 200}
    return _REPORT.format(domain=address.rpartition("@")[2], **words).replace("\n", "\r\n").encode()
