"""Somebody enters an address: its owner is asked once for all of it; what is there already stays."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from digest.core.limits import BY_NETWORK
from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.errors import NotFoundError
from digest.flows import by_link, choosing, confirming, readers
from digest.flows.confirming import Question
from digest.flows.seed import FIRST_NEWSLETTER
from digest.flows.sign_up import Came, SignUp, send_links, sign_up
from digest.flows.tidy import tidy
from digest.store import newsletters
from digest.store.database import Database
from subscribers import consents
from subscribers import store as shelf
from subscribers.consents import Shown
from subscribers.model import Standing
from subscribers.subscription import Subscription
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    claim_all,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    wishes,
)
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


async def test_what_is_entered_renames_nobody_before_a_yes(store: Database) -> None:
    await add_weekly(store)
    await join(store, ANA, TUESDAY, name="Ana")
    await sign_up(entered(ANA, "weekly", name="Eve"), store=store, now=TUESDAY)
    assert {one.name for one in await mine(store)} == {"Ana"}
    (question,) = await all_notices(store, kind=NoticeKind.CONFIRM)
    assert question.data["name"] == "Eve"
    await confirming.confirm(question.id, seen_from="x", store=store, now=TUESDAY)
    assert {one.name for one in await mine(store)} == {"Eve"}


# --- subscribing again --------------------------------------------------------------------------------------


async def end(store: Database, reader: Subscription, gone: Standing, now: datetime = TUESDAY) -> None:
    """By the reader's own word, or by a mail that came back."""
    if gone is Standing.LEFT:
        await by_link.leave(reader.id, reason="enough", store=store, now=now)
    else:
        async with store.write() as connection:
            await shelf.mark_bouncing(connection, reader.id, "550 no such user", now)


@pytest.mark.parametrize("gone", [Standing.LEFT, Standing.BOUNCING])
async def test_a_stranger_who_enters_an_address_takes_nothing_from_who_left(
    store: Database, gone: Standing
) -> None:
    await add_weekly(store)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    ana = await join(store, ANA, TUESDAY, name="Ana")
    await end(store, ana, gone)
    before = (await mine(store))[0]
    assert before.standing is gone
    new = entered(ANA, "daily", "weekly", topics="energy", name="Eve")
    assert await sign_up(new, store=store, now=TUESDAY) is Came.ASKED
    after, weekly = await mine(store)
    assert (after, weekly.standing) == (before, Standing.PENDING)
    # one question about both
    (question,) = await all_notices(store)
    assert (question.kind, question.data["also"]) == (NoticeKind.CONFIRM, [weekly.id])
    if gone is Standing.LEFT:
        assert await by_link.take_back(ana.id, reason="undone", store=store, now=TUESDAY)
        assert (await mine(store))[0] == ana
        put = await confirming.confirm(question.id, seen_from="x", store=store, now=TUESDAY)
        assert put is not None
        assert put.question is Question.ANSWERED
        assert (await mine(store))[0] == ana


@pytest.mark.parametrize("gone", [Standing.LEFT, Standing.BOUNCING])
async def test_who_left_comes_back_with_what_was_chosen_by_a_yes_to_the_question(
    store: Database, tmp_path: Path, gone: Standing
) -> None:
    ana = await join(store, ANA, TUESDAY - timedelta(days=90), topics="society")
    await publish_news(store, TUESDAY - timedelta(days=80), item("Old sun", "energy"))
    await end(store, ana, gone, TUESDAY - timedelta(days=70))
    await publish_news(store, TUESDAY - timedelta(days=60), item("Sun of the time away", "energy"))
    await publish_news(store, TUESDAY - timedelta(days=1), item("New sun", "energy"), item("Port", "economy"))
    new = entered(topics="energy", at="08:30", days="mon,tue", name="Ana")
    assert await sign_up(new, store=store, now=TUESDAY) is Came.ASKED
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    (letter,) = record.accepted
    assert (letter.recipient, bool(link_in(letter.content, "confirm"))) == (ANA, True)
    before = await mine(store)
    put = await confirming.look(1, store=store, now=TUESDAY)
    assert put is not None
    assert put.seen is not None
    assert (put.question, put.seen.reader.profile.topics) == (Question.OPEN, frozenset({"energy"}))
    assert put.seen.next_due == at(24, 8, 30)
    assert await mine(store) == before
    later = TUESDAY + timedelta(hours=1)
    await asyncio.gather(
        *(confirming.confirm(1, seen_from="198.51.100.4", store=store, now=later) for _time in range(10))
    )
    (back,) = await mine(store)
    assert (back.standing, back.name, back.profile.topics) == (Standing.ACTIVE, "Ana", frozenset({"energy"}))
    assert back.cadence.in_words == "mon,tue at 08:30 UTC"
    (welcome,) = await all_notices(store, kind=NoticeKind.WELCOME)
    assert (welcome.data["first"], welcome.data["waiting"]) == (at(24, 8, 30).isoformat(), 1)
    async with store.read() as connection:
        history = await shelf.standing_history(connection, back.id)
        (kept,) = await consents.of_subscription(connection, back.id)
        gaps = await shelf.gaps_of(connection, back.id)
    assert [(row.before, row.after) for row in history][-1] == (gone, "active")
    assert len(history) == 3
    assert "from 198.51.100.4: question 1" in history[-1].reason
    assert (kept.asked_at, kept.confirmed_at, kept.words) == (TUESDAY, later, AGREED)
    assert [gap.reason for gap in gaps] == [gone]
    await plan_all(store, at(24, 8, 30))
    assert await carried(store, ANA) == [(3,)]


async def test_who_left_a_moment_ago_and_subscribes_again_misses_nothing(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Sun", "energy"))
    await plan_all(store, at(24, 7))
    await end(store, ana, Standing.LEFT, at(24, 7))
    await claim_all(store, at(24, 7))
    assert [one.status for one in await copies(store)] == [DeliveryStatus.SKIPPED]
    await sign_up(entered(topics="energy", at="09:00"), store=store, now=at(24, 8))
    await confirming.confirm(1, seen_from="x", store=store, now=at(24, 8))
    await plan_all(store, at(25, 9))
    # the copy of before was never sent
    assert (await carried(store, ANA))[-1] == (2,)


@pytest.mark.parametrize("gone", [Standing.LEFT, Standing.BOUNCING])
async def test_a_question_of_before_brings_nobody_back_who_left_once_more(
    store: Database, gone: Standing
) -> None:
    ana = await join(store, ANA, TUESDAY)
    await end(store, ana, gone)
    await sign_up(entered(), store=store, now=TUESDAY)
    assert await choosing.come_back_by_link(ana.id, store=store, now=at(24, 9))
    await end(store, ana, Standing.LEFT, at(24, 10))
    put = await confirming.confirm(1, seen_from="x", store=store, now=at(24, 11))
    assert put is not None
    assert put.question is Question.OVER
    assert [one.standing for one in await mine(store)] == [Standing.LEFT]


async def test_a_question_to_who_complained_meanwhile_is_not_sent(store: Database, tmp_path: Path) -> None:
    ana = await join(store, ANA, TUESDAY)
    await end(store, ana, Standing.LEFT)
    await sign_up(entered(), store=store, now=TUESDAY)
    async with store.write() as connection:
        await shelf.save(connection, replace(ana, standing=Standing.COMPLAINED))
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=TUESDAY)
    assert record.accepted == []
    assert [one.reason for one in await all_notices(store)] == ["complained"]


async def test_what_strangers_entered_of_who_left_is_forgotten_and_a_yes_is_kept(store: Database) -> None:
    days = timedelta(days=30)
    for address in (ANA, "bo@example.org"):
        await end(store, await join(store, address, TUESDAY), Standing.LEFT)
        await sign_up(entered(address), store=store, now=TUESDAY)
    await confirming.confirm(2, seen_from="x", store=store, now=TUESDAY)
    for now, kept in ((TUESDAY + days, [1, 1]), (TUESDAY + days + timedelta(seconds=1), [0, 1])):
        await tidy(store=store, now=now, keep_unconfirmed=days)
        async with store.read() as connection:
            ids = [one.id for address in (ANA, "bo@example.org") for one in await mine(store, address)]
            forms = [len(await consents.of_subscription(connection, one)) for one in ids]
        assert forms == kept
    assert [one.standing for one in await mine(store)] == [Standing.LEFT]


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


@pytest.mark.parametrize("entries", [180, pytest.param(10_000, marks=pytest.mark.long)])
async def test_ten_thousand_entries_of_nine_addresses_are_twenty_seven_mails_at_most(
    sqlite_store: Database, tmp_path: Path, entries: int
) -> None:
    await add_weekly(sqlite_store)
    victims = [f"victim{number}@place{number}.example" for number in range(9)]
    for victim, gone in zip(victims, (Standing.LEFT, Standing.BOUNCING), strict=False):
        await end(sqlite_store, await join(sqlite_store, victim, TUESDAY), gone)
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
