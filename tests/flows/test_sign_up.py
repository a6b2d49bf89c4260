"""Somebody enters an address: its owner is asked once for all of it; what is there already stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.core.limits import BY_NETWORK
from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.errors import NotFoundError
from digest.flows import by_link, confirming, readers
from digest.flows.seed import FIRST_NEWSLETTER
from digest.flows.sign_up import Came, SignUp, send_links, sign_up
from digest.store import newsletters
from digest.store.database import Database
from subscribers import consents
from subscribers import store as shelf
from subscribers.consents import Shown
from subscribers.model import Standing
from subscribers.subscription import Subscription
from tests.flows.newsroom import TUESDAY, change_newsletter, item, join, publish_news, wishes
from tests.flows.post_office import all_notices, link_in, send_notices
from tests.walk.recording import recording
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
AGREED = "Send me The Daily Digest by e-mail."


def entered(address: str = ANA, *slugs: str, seen_from: str = "192.0.2.7", **words: str) -> SignUp:
    return SignUp(address, slugs or ("daily",), wishes(**words), Shown("/subscribe", AGREED, seen_from))


async def add_weekly(store: Database, **changes: Any) -> None:
    async with store.write() as connection:
        new = replace(FIRST_NEWSLETTER, slug="weekly", title="The Weekly Review", **changes)
        await newsletters.add(connection, new)


async def mine(store: Database, address: str = ANA) -> tuple[Subscription, ...]:
    async with store.read() as connection:
        return await shelf.subscriptions_of(connection, address)


async def test_the_owner_is_asked_and_a_yes_begins_it_with_evidence(store: Database, tmp_path: Path) -> None:
    came = await sign_up(entered(topics="economy", at="08:30", name="Ana"), store=store, now=TUESDAY)
    assert came is Came.ASKED
    (waiting,) = await mine(store)
    assert (waiting.standing, waiting.profile.topics) == (Standing.PENDING, frozenset({"economy"}))
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    (letter,) = record.accepted
    assert link_in(letter.content, "confirm")
    later = TUESDAY + timedelta(hours=3)
    put = await confirming.confirm(1, seen_from="198.51.100.4", store=store, now=later)
    assert put is not None
    (active,) = await mine(store)
    assert active.standing is Standing.ACTIVE
    async with store.read() as connection:
        (kept,) = await consents.of_subscription(connection, active.id)
    assert (kept.form, kept.words, kept.asked_from) == ("/subscribe", AGREED, "192.0.2.7")
    assert (kept.asked_at, kept.confirmed_at, kept.confirmed_from) == (TUESDAY, later, "198.51.100.4")
    assert kept.version == Shown("", AGREED, "").version != Shown("", AGREED + " ", "").version


async def test_one_yes_is_for_all_that_was_entered_together(store: Database, tmp_path: Path) -> None:
    await add_weekly(store)
    await sign_up(entered(ANA, "daily", "weekly"), store=store, now=TUESDAY)
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    (letter,) = record.accepted
    for text in texts_of(letter.content).values():
        assert "Your answer is also for The Weekly Review." in " ".join(text.split())
    put = await confirming.look(1, store=store, now=TUESDAY)
    assert put is not None
    assert put.also == ("The Weekly Review",)
    await asyncio.gather(
        *(confirming.confirm(1, seen_from="x", store=store, now=TUESDAY) for _time in range(10))
    )
    assert [one.standing for one in await mine(store)] == [Standing.ACTIVE] * 2
    assert len(await all_notices(store, kind=NoticeKind.WELCOME)) == 2
    async with store.read() as connection:
        for one in await mine(store):
            (kept,) = await consents.of_subscription(connection, one.id)
            assert kept.confirmed_at == TUESDAY


async def test_who_reads_already_is_sent_the_link_and_nothing_changes(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANA, TUESDAY, at="08:00", topics="energy", name="Ana")
    before = await mine(store)
    assert await sign_up(entered(topics="economy"), store=store, now=TUESDAY) is Came.LINKS_SENT
    assert await mine(store) == before
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    (letter,) = record.accepted
    text = " ".join(texts_of(letter.content)["text/plain"].split())
    assert "you have a subscription already" in text
    assert link_in(letter.content, "preferences")
    # once a day, whatever is pressed
    assert await sign_up(entered(), store=store, now=TUESDAY + timedelta(hours=5)) is Came.NOTHING
    asked_today = await all_notices(store, status=DeliveryStatus.SKIPPED)
    assert [(one.kind, one.reason) for one in asked_today] == [(NoticeKind.LINKS, "asked-today")]
    assert await sign_up(entered(), store=store, now=TUESDAY + timedelta(days=1)) is Came.LINKS_SENT


async def test_who_reads_one_is_asked_about_the_other(store: Database) -> None:
    await add_weekly(store)
    await join(store, ANA, TUESDAY)
    assert await sign_up(entered(ANA, "daily", "weekly"), store=store, now=TUESDAY) is Came.ASKED
    assert [one.standing for one in await mine(store)] == [Standing.ACTIVE, Standing.PENDING]
    (question,) = await all_notices(store, kind=NoticeKind.CONFIRM)
    assert "also" not in question.data


@pytest.mark.parametrize("gone", [Standing.LEFT, Standing.BOUNCING])
async def test_a_stranger_who_enters_an_address_takes_nothing_from_who_left(
    store: Database, gone: Standing
) -> None:
    await add_weekly(store)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    ana = await join(store, ANA, TUESDAY)
    if gone is Standing.LEFT:
        await by_link.leave(ana.id, reason="enough", store=store, now=TUESDAY)
    else:
        async with store.write() as connection:
            await shelf.mark_bouncing(connection, ana.id, "550 no such user", TUESDAY)
    before = (await mine(store))[0]
    assert before.standing is gone
    assert await sign_up(entered(topics="energy"), store=store, now=TUESDAY) is Came.LINKS_SENT
    # what is new is asked about, and the link is on its way already
    assert await sign_up(entered(ANA, "daily", "weekly"), store=store, now=TUESDAY) is Came.ASKED
    after, weekly = await mine(store)
    assert (after, weekly.standing) == (before, Standing.PENDING)
    if gone is Standing.LEFT:
        assert await by_link.take_back(ana.id, reason="undone", store=store, now=TUESDAY)
        assert (await mine(store))[0] == ana


async def test_a_newsletter_that_is_closed_takes_nobody(store: Database) -> None:
    await change_newsletter(store, sign_up=False)
    for slug in ("daily", "nowhere"):
        with pytest.raises(NotFoundError):
            await sign_up(entered(ANA, slug), store=store, now=TUESDAY)
    assert await mine(store) == ()


@pytest.mark.parametrize("standing", [Standing.COMPLAINED, Standing.SUPPRESSED])
async def test_who_complained_is_not_written_to(store: Database, standing: Standing) -> None:
    ana = await join(store, ANA, TUESDAY)
    async with store.write() as connection:
        await shelf.save(connection, replace(ana, standing=standing))
    assert await sign_up(entered(), store=store, now=TUESDAY) is Came.NOTHING
    assert await send_links(ANA, seen_from="x", store=store, now=TUESDAY) is Came.NOTHING
    assert await all_notices(store) == ()


async def test_who_was_erased_comes_back_by_their_own_word_alone(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    await readers.erase(ANA, store=store, now=TUESDAY)
    assert await sign_up(entered(), store=store, now=TUESDAY) is Came.ASKED
    (waiting,) = await mine(store)
    assert waiting.standing is Standing.PENDING
    (question,) = await all_notices(store, kind=NoticeKind.CONFIRM)
    await confirming.confirm(question.id, seen_from="x", store=store, now=TUESDAY)
    assert [one.standing for one in await mine(store)] == [Standing.ACTIVE]
    # nothing forbids to write there any more
    await readers.erase(ANA, store=store, now=TUESDAY)
    await sign_up(entered(), store=store, now=TUESDAY)
    assert [one.standing for one in await mine(store)] == [Standing.PENDING]


async def test_links_go_to_readers_and_to_nobody_else(store: Database, tmp_path: Path) -> None:
    await join(store, ANA, TUESDAY)
    await join(store, "bo@example.org", TUESDAY, confirmed=False)
    came = {
        address: await send_links(address, seen_from="192.0.2.7", store=store, now=TUESDAY)
        for address in (ANA, "bo@example.org", "eve@example.org")
    }
    assert came == {ANA: Came.LINKS_SENT, "bo@example.org": Came.ASKED, "eve@example.org": Came.NOTHING}
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    # the question to who has not confirmed was out already, and is not put twice in a day
    assert sorted(one.recipient for one in record.accepted) == [ANA, "bo@example.org"]


async def test_a_network_that_enters_too_much_is_stopped_and_others_are_not(sqlite_store: Database) -> None:
    most = BY_NETWORK[0].most
    came = [
        await sign_up(entered(f"r{n}@example.org"), store=sqlite_store, now=TUESDAY) for n in range(most + 2)
    ]
    assert came == [Came.ASKED] * most + [Came.TOO_MANY] * 2
    elsewhere = entered("other@example.org", seen_from="203.0.113.5")
    assert await sign_up(elsewhere, store=sqlite_store, now=TUESDAY) is Came.ASKED
    later = TUESDAY + timedelta(hours=1)
    assert await sign_up(entered("late@example.org"), store=sqlite_store, now=later) is Came.ASKED


@pytest.mark.parametrize("entries", [450, pytest.param(10_000, marks=pytest.mark.long)])
async def test_ten_thousand_entries_of_nine_addresses_are_twenty_seven_mails_at_most(
    sqlite_store: Database, tmp_path: Path, entries: int
) -> None:
    await add_weekly(sqlite_store)
    victims = [f"victim{number}@place{number}.example" for number in range(9)]
    sent = 0
    async with recording() as record:
        for day in range(10):
            now = TUESDAY + timedelta(days=day)
            for turn in range(entries // 10 // len(victims)):
                network = f"10.{day}.{turn}.1"
                for victim in victims:
                    new = entered(victim, "daily", "weekly", seen_from=network)
                    await sign_up(new, store=sqlite_store, now=now + timedelta(seconds=turn))
                    sent += 1
            await send_notices(sqlite_store, tmp_path, record.server, now=now + timedelta(hours=12))
    assert sent >= entries * 0.98
    by_address = [one.recipient for one in record.accepted]
    assert len(by_address) == 27
    assert {by_address.count(victim) for victim in victims} == {3}


async def test_what_is_entered_makes_no_sign_of_who_reads(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, ANA, TUESDAY)
    await sign_up(entered(topics="energy", days="mon", name="Eve"), store=store, now=TUESDAY)
    (still,) = await mine(store)
    assert (still.name, still.profile.topics, len(still.cadence.days)) == ("", None, 7)
