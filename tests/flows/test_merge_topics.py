"""A topic becomes part of another: who chose it chooses that, and nobody loses an item or gets one twice."""

from __future__ import annotations

from datetime import datetime

import pytest

from digest.core.access import PROGRAM
from digest.core.audience import with_topic_renamed
from digest.core.model import Topic
from digest.errors import InputError, NotFoundError
from digest.flows import importing, merge_topics, readers
from digest.flows.by_hand import OneOff
from digest.flows.confirming import confirm
from digest.flows.deep_look import deep_look
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.flows.merge_topics import merge_topic
from digest.flows.newsletters import edit_newsletter
from digest.flows.orders import place
from digest.ingest.topics import TopicRules
from digest.store import briefings, newsletters, orders, searching
from digest.store import topics as shelf
from digest.store.changes import page
from digest.store.database import Database
from digest.store.tables import listings
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.test_importing import ANNA, taken, work

pytestmark = pytest.mark.anyio

ANN, BOB, CEM, DORA = (f"{name}@example.org" for name in ("ann", "bob", "cem", "dora"))


async def _merge(
    store: Database, slug: str = "energy", into: str = "economy", now: datetime | None = None
) -> None:
    await merge_topic(slug, into, store=store, now=now or at(24, 12))


async def _chosen(store: Database, address: str) -> list[str]:
    return sorted((await reader(store, address)).profile.topics or ())


async def test_who_chose_it_chooses_the_other_one_and_misses_nothing(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await join(store, BOB, TUESDAY, topics="energy,economy")
    await join(store, CEM, TUESDAY)
    await join(store, DORA, TUESDAY, topics="society")
    await publish_news(store, TUESDAY, item("Wind", "energy"), item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    for address in (ANN, BOB, CEM):
        await mark_sent(store, address, at(24, 7))
    await publish_news(store, at(24, 9), item("Sun", "energy"), item("Both", "economy", "energy"))
    await _merge(store)
    await publish_news(store, at(24, 13), item("Ports", "economy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (5, 3, 4)]
    assert await carried(store, BOB) == [(2, 1), (5, 3, 4)]
    assert [len(copy) for copy in await carried(store, CEM)] == [2, 3]
    assert await carried(store, DORA) == []
    assert await _chosen(store, ANN) == ["economy"]
    assert await _chosen(store, DORA) == ["society"]
    assert (await deep_look(store=store)).differences == ()


async def test_what_a_cap_put_off_still_comes(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy", max_items="1")
    await publish_news(store, TUESDAY, item("Wind", "energy"), item("Sun", "energy"))
    await plan_all(store, at(24, 7))
    await mark_sent(store, ANN, at(24, 7))
    await _merge(store)
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_readers_who_want_the_same_now_share_a_group(store: Database) -> None:
    for address, topics in ((ANN, "energy"), (BOB, "economy"), (CEM, "energy,economy")):
        await join(store, address, TUESDAY, topics=topics)
    await _merge(store)
    async with store.read() as connection:
        rows = await connection.exec_driver_sql("SELECT DISTINCT group_id FROM subscriptions")
        assert len(rows.all()) == 1


async def test_briefings_and_the_archive_name_the_other_one_once(store: Database) -> None:
    await publish_news(
        store, TUESDAY, item("Wind", "energy"), item("Both", "energy", "economy"), item("Tariffs", "economy")
    )
    await _merge(store)
    async with store.read() as connection:
        found = [await briefings.by_id(connection, id_) for id_ in (1, 2, 3)]
        assert [[mark.slug for mark in one.topics] for one in found if one is not None] == [["economy"]] * 3
        named = listings.c.kind == searching.Kind.TOPIC
        listed = (await connection.execute(listings.select().where(named))).all()
        assert sorted((row.name, row.number) for row in listed) == [("economy", n) for n in (1, 2, 3)]
        (change, *_) = await page(connection)
    assert (change.act, change.subject) == ("topic.merge", "energy")
    assert (change.after["into"], change.after["briefings"], change.after["readers"]) == ("economy", 2, 0)


async def test_its_names_and_rules_go_on_meaning_the_other_one(store: Database) -> None:
    await _merge(store)
    async with store.read() as connection:
        every = await shelf.every(connection)
    economy = next(one for one in every if one.slug == "economy")
    assert economy.aliases == ("trade", "energy")
    assert economy.rules == {"gallium": 5, "solar": 4, "tariff": 4, "exports": 4}
    assert TopicRules(every).slug_of("Energy") == "economy"
    await publish_news(store, at(24, 13), item("Wind", "energy"))
    async with store.read() as connection:
        found = await briefings.by_id(connection, 1)
    assert found is not None
    assert [mark.slug for mark in found.topics] == ["economy"]


async def test_the_rules_of_the_one_that_stays_win() -> None:
    gone = Topic("sea", "Sea", 1, {"quay": 2, "tide": 3}, ("Ships", "harbour"))
    stays = Topic("harbour", "Harbour", 2, {"quay": 4}, ("ships",))
    after = merge_topics.taken_in(gone, stays)
    assert after.rules == {"quay": 4, "tide": 3}
    assert after.aliases == ("ships", "sea")


async def test_feeds_first_wishes_and_one_offs_that_wait_name_the_other_one(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Wind", "energy"))
    wish = FeedWish(topics=("energy", "society"))
    await add_feed("https://harbour.example/feed.xml", wish, store=store, now=TUESDAY)
    await edit_newsletter("daily", {"first_wishes": ["topics=society,energy"]}, store=store, now=TUESDAY)
    by_topic = OneOff("daily", topics=frozenset({"energy"}))
    by_words = OneOff("daily", audience="topic:energy and not topic:energy-prices")
    for number, one_off in enumerate((by_topic, by_words)):
        token = f"token-{number}"
        await place(one_off, 1, token=token, due_at=at(24, 18), by=PROGRAM, store=store, now=TUESDAY)
    await _merge(store)
    async with store.read() as connection:
        daily = await newsletters.by_slug(connection, "daily")
        feeds = (await connection.exec_driver_sql("SELECT topics FROM feeds")).scalars().all()
        waiting = await orders.page(connection, after=0, limit=9)
    assert daily is not None
    assert dict(daily.first_wishes)["topics"] == "society,economy"
    assert "economy" in str(feeds)
    assert "energy" not in str(feeds)
    assert [one.wish["topics"] for one in waiting] == [["economy"], []]
    assert waiting[1].wish["audience"] == "topic:economy and not topic:energy-prices"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("topic = energy", "topic = economy"),
        ('topic:"energy"', "topic:economy"),
        ("TOPIC:Energy", "TOPIC:economy"),
        ("not topic!=energy", "not topic!=economy"),
        ("(topic:energy-x or topic:energy) and zone:UTC", "(topic:energy-x or topic:economy) and zone:UTC"),
        ('zone:energy and language:"topic:energy"', 'zone:energy and language:"topic:energy"'),
        ("", ""),
    ],
)
def test_a_filter_names_the_other_one_however_it_is_written(before: str, after: str) -> None:
    assert with_topic_renamed(before, "energy", "economy") == after


async def test_who_has_not_said_yes_so_far_begins_with_the_other_one(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy", confirmed=False)
    await _merge(store)
    await confirm(1, seen_from="a test", store=store, now=at(24, 13))
    assert await _chosen(store, ANN) == ["economy"]


async def test_who_left_and_returns_comes_back_with_the_other_one(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await readers.unsubscribe(ANN, None, reason="", store=store, now=TUESDAY)
    await _merge(store)
    assert await _chosen(store, ANN) == ["economy"]


@pytest.mark.parametrize(
    ("slug", "into", "words"),
    [
        ("general", "economy", "cannot be removed"),
        ("energy", "energy", "into itself"),
        ("gossip", "economy", "topic 'gossip' does not exist"),
        ("energy", "gossip", "topic 'gossip' does not exist"),
    ],
)
async def test_what_cannot_be_merged_is_refused(
    sqlite_store: Database, slug: str, into: str, words: str
) -> None:
    with pytest.raises((InputError, NotFoundError), match=words):
        await _merge(sqlite_store, slug, into)
    async with sqlite_store.read() as connection:
        assert len(await shelf.every(connection)) == 4


async def test_what_is_merged_into_the_last_resort_is_of_that(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Wind", "energy"))
    await _merge(store, "energy", "general", TUESDAY)
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(1,)]


@pytest.mark.parametrize("slug", ["energy", "economy"])
async def test_an_import_that_is_taken_back_gives_back_wishes_for_topics_there_are(
    store: Database, slug: str
) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    number = await taken(store, f"email,name,x,topics\n{ANN},Ann,,economy\n")
    assert await _chosen(store, ANN) == ["economy"]
    await _merge(store, slug, "society", at(24, 6))
    await importing.undo(number, by=ANNA, store=store, now=at(24, 8))
    await work(store)
    assert await _chosen(store, ANN) == ["society" if slug == "energy" else "energy"]
