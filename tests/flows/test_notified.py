"""A notification of SES that comes by mail stops whom our own signature names, and nobody else."""

from __future__ import annotations

import pytest

from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.flows.matching import Origin
from digest.store import returned_mails
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import reader
from tests.flows.returning import back_to, id_of, sent_to, settling, take
from tests.mail.hooks.samples import ses_bounce
from tests.mail.test_notified import told

pytestmark = pytest.mark.anyio

ANA = "ana@readers.example"


def bounce(**mail: object) -> dict[str, object]:
    """No such reader as Ana, said of a mail with these fields."""
    document = ses_bounce(emailAddress=ANA, status="5.1.1", diagnosticCode="smtp; 550 5.1.1 no such user")
    return {**document, "mail": {"messageId": "0102", "destination": [ANA], **mail}}


@pytest.mark.parametrize("proof", ["return-path", "message-id"])
async def test_what_we_signed_names_the_reader(proof: str, store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    header = {"name": "Message-ID", "value": await id_of(store, copy)}
    mail = {"source": back_to(copy)} if proof == "return-path" else {"headers": [header]}
    (done,) = await take(store, told(bounce(**mail)))
    assert (done.event.kind, done.effect, done.delivery_id) == (Kind.HARD, Effect.STOPPED, copy.id)
    assert (await reader(store, ANA)).standing is Standing.BOUNCING


async def test_the_address_alone_stops_nobody_and_waits_for_a_person(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    forged = back_to(copy).replace(".", ".0", 1)[: len(back_to(copy))]
    for mail in ({}, {"source": "bounces@news.example"}, {"source": forged}):
        (done,) = await take(store, told({**bounce(**mail), "n": len(mail)}))
        assert done.effect in {Effect.UNMATCHED, Effect.SEEN}
    assert (await reader(store, ANA)).standing is Standing.ACTIVE
    async with store.read() as connection:
        assert {one.waits for one in await returned_mails.page(connection)} == {True}


async def test_a_wish_to_leave_that_somebody_else_tells_of_ends_nothing_without_proof(
    store: Database,
) -> None:
    await sent_to(store, ANA)
    wish = {"newTopicPreferences": {"unsubscribeAll": True}}
    document = {"eventType": "Subscription", "mail": {"destination": [ANA]}, "subscription": wish}
    (done,) = await take(store, told(document))
    assert (done.event.kind, done.effect) == (Kind.UNSUBSCRIBE, Effect.UNMATCHED)
    assert (await reader(store, ANA)).standing is Standing.ACTIVE


async def test_told_by_a_call_and_by_mail_it_counts_once(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    (first,) = await take(store, told(bounce(source=back_to(copy))))
    (second,) = await settling(store).settle([first.event], Origin("ses", vouched=True))
    assert (first.effect, second.effect) == (Effect.STOPPED, Effect.SEEN)


async def test_what_is_of_no_interest_is_no_answer_of_a_reader(store: Database) -> None:
    await sent_to(store, ANA)
    assert await take(store, told({"eventType": "Open", "mail": {"destination": [ANA]}})) == []
    async with store.read() as connection:
        assert await returned_mails.page(connection) == ()
