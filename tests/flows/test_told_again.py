"""What is told once more is recorded once, and what is said anew counts anew, be it in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus
from digest.core.settling import Effect
from digest.core.webhooks import headers_for
from digest.flows.matching import Origin
from digest.flows.settle import Mail
from digest.flows.settling import retry
from digest.mail.hooks.called import Call, Provider
from digest.store.database import Database
from digest.store.ledger import Entry
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.returning import NINE, back_to, report, sent_to, settling, take
from tests.mail.hooks.signing import NOW, WHSEC, read, said_by

pytestmark = pytest.mark.anyio

ANA = "ana@readers.example"


def written(copy: Entry, subject: str, number: int, words: str = "") -> bytes:
    """A mail of a person, or of a button: the same words each time, and a head of its own."""
    head = (
        f"From: Ana <{ANA}>\r\nTo: {back_to(copy)}\r\nSubject: {subject}\r\n"
        f"Message-ID: <m{number}@readers.example>\r\nDate: Tue, 24 Nov 2026 0{number % 10}:00:00 +0000\r\n"
    )
    return f"{head}\r\n{words}\r\n".encode()


async def sent_again(store: Database, day: int) -> Entry:
    """Another issue, which the reader gets who came back the day before."""
    await join(store, ANA, at(day - 1, 9))
    await publish_news(store, at(day, 6, 30), item(f"Exports rise on the {day}th", "economy"))
    await plan_all(store, at(day, 7, 30))
    await mark_sent(store, ANA, at(day, 8))
    return max(await copies(store), key=lambda one: one.id)


async def test_who_leaves_two_newsletters_by_mail_leaves_both(store: Database) -> None:
    await add_newsletter(store, "weekly", title="The Weekly Review")
    for slug in ("daily", "weekly"):
        await join(store, ANA, TUESDAY, newsletter=slug)
    await publish_news(store, at(24, 6, 30), item("Tariffs fall", "economy"))
    await plan_all(store, at(24, 7, 30))
    both = await copies(store)
    assert len(both) == 2
    for copy in both:
        await take(store, written(copy, "unsubscribe", copy.id, "unsubscribe"))
    async with store.read() as connection:
        mine = await shelf.subscriptions_of(connection, ANA)
    assert [one.standing for one in mine] == [Standing.LEFT] * 2


async def test_who_came_back_leaves_by_mail_once_more(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    mail = written(copy, "unsubscribe", 1)
    assert [one.effect for one in await take(store, mail, mail)] == [Effect.LEFT, Effect.SEEN]
    newer = await sent_again(store, 26)
    # the mail of then tells nothing new
    assert [one.effect for one in await take(store, mail, now=at(26, 9))] == [Effect.SEEN]
    assert (await reader(store, ANA)).standing is Standing.ACTIVE
    (left,) = await take(store, written(newer, "unsubscribe", 2), now=at(26, 9))
    assert left.effect is Effect.LEFT
    assert (await reader(store, ANA)).standing is Standing.LEFT


async def test_two_answers_in_the_same_words_are_both_handed_on(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    answers = [written(copy, "Re: News", number, "The links do not work.") for number in (1, 2)]
    desk = settling(store, NINE, replies_to="desk@newsroom.example")
    done = await desk.take_in([Mail(raw) for raw in (*answers, answers[0])])
    assert [one.effect for (one,) in done] == [Effect.FORWARDED, Effect.FORWARDED, Effect.SEEN]


async def test_a_copy_that_is_tried_again_may_come_back_again(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    refused = report(ANA, to=back_to(copy), status="5.7.1", said="550 5.7.1 refused by policy")
    assert [one.effect for one in await take(store, refused, refused)] == [Effect.REFUSED, Effect.SEEN]
    await retry([copy.id], by=PROGRAM, store=store, now=at(24, 10))
    # one that was on its way is about the first try
    assert [one.effect for one in await take(store, refused, now=at(24, 10))] == [Effect.SEEN]
    await mark_sent(store, ANA, at(24, 10, 30))
    assert [one.effect for one in await take(store, refused, now=at(24, 11))] == [Effect.REFUSED]
    (copy,) = await copies(store)
    assert (copy.status, copy.reason) == (DeliveryStatus.REFUSED, "policy")


# --- providers ----------------------------------------------------------------------------------------------


def of_sendgrid(number: int, **more: str) -> dict[str, Any]:
    return {"email": ANA, "event": "unsubscribe", "sg_event_id": f"e{number}", **more}


def of_postmark(number: int) -> dict[str, Any]:
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "00000000-0000-0000-0000-000000000000",
        "Recipient": ANA,
        "Origin": "Recipient",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "ChangedAt": f"2026-11-24T09:00:0{number}Z",
    }


def of_mailgun(number: int) -> dict[str, Any]:
    return {"event": "unsubscribed", "recipient": ANA, "id": f"n{number}"}


def of_sparkpost(number: int) -> dict[str, Any]:
    return {"type": "list_unsubscribe", "raw_rcpt_to": ANA, "event_id": f"n{number}"}


@pytest.mark.parametrize(
    ("provider", "event_of"),
    [
        (Provider.SENDGRID, lambda number: [of_sendgrid(number)]),
        (Provider.POSTMARK, of_postmark),
        (Provider.MAILGUN, of_mailgun),
        (Provider.SPARKPOST, lambda number: [{"msys": {"unsubscribe_event": of_sparkpost(number)}}]),
    ],
)
async def test_events_about_an_address_are_told_apart_by_their_numbers(
    store: Database, provider: Provider, event_of: Callable[[int], Any]
) -> None:
    await sent_to(store, ANA)

    async def effects(now: datetime, *numbers: int) -> list[Effect]:
        events = [one for number in numbers for one in said_by(provider, event_of(number)).events]
        told = await settling(store, now).settle(events, Origin(provider, vouched=True))
        return [one.effect for one in told]

    assert await effects(NINE, 1, 1) == [Effect.LEFT, Effect.SEEN]
    await sent_again(store, 26)
    assert await effects(at(26, 9), 1, 2) == [Effect.SEEN, Effect.LEFT]
    assert (await reader(store, ANA)).standing is Standing.LEFT


async def test_soft_bounces_in_the_same_words_on_several_days_count_each(store: Database) -> None:
    await sent_to(store, ANA)
    found = []
    for number in range(3):
        said = {"event": "bounce", "type": "bounce", "reason": "451 4.3.0 try later", "status": "4.3.0"}
        events = said_by(Provider.SENDGRID, [of_sendgrid(number, **said)]).events
        (told,) = await settling(store, at(24 + number, 9)).settle(events, Origin("sendgrid", vouched=True))
        found.append(told.effect)
    assert Effect.SEEN not in found


def test_events_of_one_generic_call_are_numbered_by_it() -> None:
    said = {"type": "mail.returned", "data": {"events": [{"kind": "soft", "recipient": ANA}] * 2}}
    body = json.dumps(said).encode()
    calls = [Call(headers_for(name, NOW, body, [WHSEC]), body) for name in ("evt_1", "evt_1", "evt_2")]
    prints = [[one.fingerprint for one in read(Provider.GENERIC, call).events] for call in calls]
    assert prints[0] == prints[1]
    assert len({*prints[0], *prints[2]}) == 4
