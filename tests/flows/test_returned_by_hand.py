"""What a person says of a returned mail is settled by the same table; what nobody needs is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus
from digest.core.settling import Effect, Score
from digest.errors import InputError, NotFoundError
from digest.flows import returned_by_hand
from digest.flows.readers import erase
from digest.flows.tidy import KEEP_DONE_MAILS, KEEP_MAILS, tidy
from digest.store import changes, returned, returned_mails
from digest.store.database import Database
from subscribers.model import Standing
from tests.flows.newsroom import add_newsletter, copies, join, reader
from tests.flows.returning import NINE, complaint, report, sent_to, take

pytestmark = pytest.mark.anyio

ANA, BO = "ana@readers.example", "bo@readers.example"


async def apply(store: Database, **about: Any) -> Effect:
    return await returned_by_hand.apply(1, by=PROGRAM, store=store, now=NINE, **about)


async def mails(store: Database) -> int:
    async with store.read() as connection:
        return sum(one.mail_id is not None for one in await returned_mails.page(connection))


@pytest.mark.parametrize(
    ("raw", "effect", "standing"),
    [
        (report(ANA), Effect.STOPPED, Standing.BOUNCING),
        (report(ANA, status="5.2.2", said="552 full"), Effect.COUNTED, Standing.ACTIVE),
        (report(ANA, status="5.7.1", said="554 refused by policy"), Effect.REFUSED, Standing.ACTIVE),
        (complaint("Subject: News"), Effect.COMPLAINED, Standing.COMPLAINED),
    ],
    ids=["gone", "full", "policy", "spam"],
)
async def test_the_same_follows_as_if_it_had_been_proved(
    store: Database, raw: bytes, effect: Effect, standing: Standing
) -> None:
    await sent_to(store, ANA)
    await take(store, raw)
    assert await apply(store, address=ANA) is effect
    assert (await reader(store, ANA)).standing is standing
    one, mail = await returned_by_hand.look(1, store=store)
    assert (one.effect, one.proof, one.address, one.waits) == (effect, "by-hand", ANA, False)
    assert mail is not None
    assert mail.done_at == NINE


async def test_of_several_copies_it_is_about_the_newest_and_of_a_number_about_that_one(
    store: Database,
) -> None:
    await sent_to(store, ANA, BO)
    await take(store, report("somebody@elsewhere.example"))
    assert await apply(store, delivery_id=2) is Effect.STOPPED
    assert (await copies(store, address=BO))[0].status is DeliveryStatus.REFUSED
    assert (await copies(store, address=ANA))[0].status is DeliveryStatus.SENT


async def test_a_reader_who_was_sent_nothing_is_stopped_everywhere(store: Database) -> None:
    await add_newsletter(store, "weekly")
    for newsletter in ("daily", "weekly"):
        await join(store, ANA, NINE, newsletter=newsletter)
    await take(store, report("x@elsewhere.example"))
    assert await apply(store, address=ANA) is Effect.STOPPED
    one, _ = await returned_by_hand.look(1, store=store)
    assert (one.delivery_id, one.subscription_id is None) == (None, False)


async def test_what_is_settled_or_unknown_is_refused_and_nothing_is_noted(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, report(ANA))
    for about in ({"address": "nobody@x.example"}, {"delivery_id": 99}):
        with pytest.raises(NotFoundError):
            await apply(store, **about)
    async with store.read() as connection:
        assert await changes.page(connection, kind="returned") == ()
    await apply(store, address=ANA)
    with pytest.raises(InputError, match="settled already"):
        await apply(store, address=ANA)


async def test_a_copy_of_a_reader_who_was_erased_is_nobodys(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, report("x@elsewhere.example"))
    await erase(ANA, store=store, now=NINE)
    with pytest.raises(NotFoundError, match="its reader was erased"):
        await apply(store, delivery_id=1)


async def test_an_erasure_empties_the_words_of_others_that_name_the_reader(store: Database) -> None:
    await sent_to(store, ANA, BO)
    await take(
        store,
        report("x@elsewhere.example", said="550 5.1.1 forwarded from Ana@Readers.example: no such user"),
        report(BO, said="550 5.1.1 100% no such user"),
    )
    await erase(ANA, store=store, now=NINE)
    async with store.read() as connection:
        second, first = await returned_mails.page(connection)
    assert (first.text, first.address, first.mail_id) == ("", "", None)
    assert (second.text, second.address) == ("550 5.1.1 100% no such user", BO)


async def test_done_with_is_said_once_and_noted_once(store: Database) -> None:
    await take(store, report("x@elsewhere.example"))
    done = [await returned_by_hand.be_done_with(1, by=PROGRAM, store=store, now=NINE) for _ in range(2)]
    assert done == [True, False]
    async with store.read() as connection:
        assert await returned_mails.open_mails(connection) == 0
        assert [one.act for one in await changes.page(connection, kind="returned")] == ["returned.done"]


async def test_a_cleared_score_is_noted_and_an_empty_one_is_not(store: Database) -> None:
    await sent_to(store, ANA)
    async with store.write() as connection:
        await returned.save_score(connection, 1, Score(4, NINE.date()))
    for _ in range(2):
        await returned_by_hand.clear_score(1, by=PROGRAM, store=store, now=NINE)
    async with store.read() as connection:
        assert await returned.score_of(connection, 1) == Score()
        noted = [
            one for one in await changes.page(connection, kind="reader") if one.act == "reader.clear-score"
        ]
    assert [one.before for one in noted] == [{"points": 4}]


@pytest.mark.parametrize(
    ("is_done", "kept_for"), [(False, KEEP_MAILS), (True, KEEP_DONE_MAILS)], ids=["open", "done"]
)
async def test_a_kept_mail_is_forgotten_in_time_and_what_was_said_stays(
    store: Database, is_done: bool, kept_for: timedelta
) -> None:
    await take(store, report("x@elsewhere.example"))
    if is_done:
        await returned_by_hand.be_done_with(1, by=PROGRAM, store=store, now=NINE)
    month = timedelta(days=30)
    await tidy(store=store, now=NINE + kept_for, keep_unconfirmed=month)
    assert await mails(store) == 1
    await tidy(store=store, now=NINE + kept_for + timedelta(seconds=1), keep_unconfirmed=month)
    assert await mails(store) == 0
    one, mail = await returned_by_hand.look(1, store=store)
    assert (one.text, one.waits, mail) == ("550 5.1.1 no such user here", False, None)
