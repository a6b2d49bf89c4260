"""The smaller shelves: what is put there comes back the same from both kinds of store."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import func, select

from digest.core.model import BrandLink, BriefingStatus, ItemText, Topic
from digest.core.unseen import upright
from digest.flows.seed import FIRST_NEWSLETTER
from digest.store import briefings, counters, facts, newsletters, numbered, topics
from digest.store.database import Database
from subscribers import store as shelf
from subscribers import together
from subscribers.interning import (
    Preferences,
    cadence_from,
    intern_bookmarks,
    intern_cadences,
    intern_profiles,
)
from subscribers.model import WEEKDAYS, Bookmark, Cadence, Format, Profile, Section, Standing
from subscribers.subscription import Gap
from subscribers.suppressions import lift_suppression, suppress, suppression_reasons
from subscribers.tables import bookmarks, cadences
from tests.flows.newsroom import TUESDAY, at, item, join, join_many, publish_news, reader
from tests.stores import TOPICS

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"


# --- Interned preferences -----------------------------------------------------------------------------------


async def test_equal_preferences_are_one_row_whoever_has_them(store: Database) -> None:
    cadence = Cadence(WEEKDAYS[:5], time(7, 30), "Europe/Paris")
    profile = Profile(
        frozenset({"energy", "economy"}), frozenset({Section.REPORT}), Format.TEXT, 5, "zh-Hans"
    )
    bookmark = Bookmark(9, (2, 5), (11,))
    async with store.write() as connection:
        for _ in range(2):
            (cadence_id,) = set((await intern_cadences(connection, [cadence, cadence])).values())
            (profile_id,) = set((await intern_profiles(connection, [profile])).values())
            (bookmark_id,) = set((await intern_bookmarks(connection, [bookmark])).values())
        rows = await connection.execute(select(cadences).where(cadences.c.id == cadence_id))
        assert cadence_from(rows.one()) == cadence
        known = Preferences()
        assert await known.profiles(connection, [profile_id]) == {profile_id: profile}
        assert await known.bookmarks(connection, [bookmark_id]) == {bookmark_id: bookmark}
        waiting = select(bookmarks.c.waiting).where(bookmarks.c.id == bookmark_id)
        assert (await connection.execute(waiting)).scalar() == 2


async def test_more_preferences_than_fit_into_a_statement_are_interned_too(store: Database) -> None:
    marks = [Bookmark(cut) for cut in range(2500)]
    async with store.write() as connection:
        ids = await intern_bookmarks(connection, marks)
        assert len(set(ids.values())) == 2500
        found = await Preferences().bookmarks(connection, ids.values())
        assert {found[id_]: id_ for id_ in found} == ids
        assert await intern_bookmarks(connection, marks[::-1]) == ids
        assert (await connection.execute(select(func.count()).select_from(bookmarks))).scalar() == 2500


# --- Readers ------------------------------------------------------------------------------------------------


async def test_readers_are_listed_page_by_page(store: Database) -> None:
    addresses = await join_many(store, 7, TUESDAY)
    async with store.read() as connection:
        first = await shelf.page_of_subscriptions(connection, limit=3)
        rest = await shelf.page_of_subscriptions(connection, after=first[-1].id)
        everybody = [one async for one in shelf.every_subscription(connection)]
        assert await shelf.page_of_subscriptions(connection, newsletter_id=9) == ()
        assert await shelf.page_of_subscriptions(connection, standing=Standing.LEFT) == ()
        assert await shelf.count_by_standing(connection) == {"active": 7}
    assert [one.address for one in (*first, *rest)] == addresses
    assert everybody == [*first, *rest]


async def test_a_subscription_comes_back_as_it_was_saved(store: Database) -> None:
    ann = await join(store, ANN, TUESDAY, topics="economy", name="Ann", days="monthly", at_once="yes")
    changed = replace(
        ann,
        standing=Standing.PAUSED,
        bookmark=Bookmark(4, (1, 2), (7,)),
        served_day=at(25, 0).date(),
        away_after=3,
        paused_until=at(26, 5),
    )
    async with store.write() as connection:
        await shelf.save(connection, changed)
        assert await shelf.subscription_by_id(connection, ann.id) == changed
        assert await shelf.subscription_by_id(connection, 99) is None
        assert await together.pauses_ending_by(connection, at(26, 4)) == ()
        assert await together.pauses_ending_by(connection, at(26, 5)) == (changed,)
    assert await reader(store, "ANN@EXAMPLE.ORG") == changed


async def test_gaps_and_changes_of_standing_are_kept_in_their_order(store: Database) -> None:
    ann = await join(store, ANN, TUESDAY)
    spans = (Gap(1, 4, (), "paused"), Gap(6, 9, (2, 3), "left"))
    async with store.write() as connection:
        for gap in spans:
            await shelf.note_gap(connection, ann.id, gap, TUESDAY)
        await shelf.note_standing(connection, ann.id, Standing.ACTIVE, Standing.LEFT, "enough", at(25, 6))
        assert await shelf.gaps_of(connection, ann.id) == spans
        history = await shelf.standing_history(connection, ann.id)
    assert [(row.at, row.before, row.after, row.reason) for row in history] == [
        (TUESDAY, None, "active", "added by a test"),
        (at(25, 6), "active", "left", "enough"),
    ]


async def test_a_suppressed_address_is_known_by_its_hash_alone_and_can_be_freed(store: Database) -> None:
    async with store.write() as connection:
        await suppress(connection, "Ann@Example.org", b"key", "complained", TUESDAY)
        await suppress(connection, ANN, b"key", "erased", TUESDAY)
        assert await suppression_reasons(connection, [ANN, "bob@example.org"], b"key") == {ANN: "complained"}
        assert await suppression_reasons(connection, [ANN], b"other key") == {}
        assert await lift_suppression(connection, ANN, b"key")
        assert not await lift_suppression(connection, ANN, b"key")
        assert await suppression_reasons(connection, [ANN], b"key") == {}


# --- What is published --------------------------------------------------------------------------------------


async def test_candidates_are_what_a_bookmark_may_still_be_owed(store: Database) -> None:
    await publish_news(store, TUESDAY, item("One", "economy"), item("Two", "energy", "society"))
    await publish_news(store, at(25, 6), item("Three", section=Section.REPORT))
    async with store.write() as connection:
        await briefings.set_flags(connection, 3, lead=True, weight=7)
        await briefings.retract(connection, 1)
        found = await numbered.candidates(connection, after=1, upto=3, also=[1])
        assert await numbered.candidates(connection, after=3, upto=9, also=[]) == ()
        later = await numbered.candidates(connection, after=2, upto=3, also=[])
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.topics for one in found] == [("economy",), ("energy", "society"), ("general",)]
    assert [one.retracted for one in found] == [True, False, False]
    assert [one.batch for one in found] == [1, 1, 2]
    assert [(one.lead, one.weight, one.section) for one in later] == [(True, 7, Section.REPORT)]


async def test_numbers_and_ids_are_found_by_each_other(store: Database) -> None:
    await publish_news(store, TUESDAY, *(item(f"Story {number}") for number in range(5)))
    async with store.read() as connection:
        ids = await numbered.ids_by_number(connection, range(1, 9))
        assert await briefings.numbers_by_id(connection, ids.values()) == {v: k for k, v in ids.items()}
        assert await numbered.current_revisions(connection, [2, 3]) == {2: 1, 3: 1}
        assert await numbered.newest_published_before(connection, TUESDAY) == 0
        assert await numbered.newest_published_before(connection, at(24, 7)) == 5


async def test_briefings_are_listed_by_status_and_page(store: Database) -> None:
    await publish_news(store, TUESDAY, *(item(f"Story {number}") for number in range(5)))
    async with store.write() as connection:
        await briefings.retract(connection, 2)
        retracted = await briefings.page(connection, status=BriefingStatus.RETRACTED)
        assert [one.id for one in retracted] == [2]
        assert [one.id for one in await briefings.page(connection, after=2, limit=2)] == [3, 4]
        assert await briefings.by_id(connection, 99) is None


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    title=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60),
    paragraphs=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), max_size=3),
)
async def test_words_come_back_to_the_letter(store: Database, title: str, paragraphs: list[str]) -> None:
    found = await publish_news(store, TUESDAY, item(title, "economy", paragraphs=tuple(paragraphs)))
    for id_ in (*found.added, *found.updated):
        async with store.read() as connection:
            stored = await briefings.by_id(connection, id_)
        assert stored is not None
        assert (stored.title, stored.paragraphs) == (upright(title).strip(), tuple(paragraphs))


# --- Newsletters, topics, facts, counters -------------------------------------------------------------------


async def test_a_newsletter_comes_back_as_it_was_saved(store: Database) -> None:
    wanted = replace(
        FIRST_NEWSLETTER,
        slug="weekly",
        sections=frozenset({Section.REPORT, Section.ANALYSIS}),
        max_items=9,
        postal_address="1 Quay Street\nPorthaven",
        latest_start_minutes=60,
        item_text=ItemText.EXCERPT,
        logo_url="https://news.example/logo.png",
        logo_alt="A lighthouse, 灯塔",
        accent="#1a5276",
        ground="#f4f1ea",
        links=(
            BrandLink("Zeal", "https://zeal.example/@news"),
            BrandLink("Ahoy", "https://ahoy.example/?a=b"),
        ),
    )
    async with store.write() as connection:
        new_id = await newsletters.add(connection, wanted)
        assert await newsletters.by_slug(connection, "weekly") == replace(wanted, id=new_id)
        await newsletters.save(connection, replace(wanted, id=new_id, title="Weekly", max_items=None))
        await newsletters.add_if_missing(connection, wanted)
        changed = await newsletters.by_id(connection, new_id)
        assert (changed.title, changed.max_items) == ("Weekly", None)
        assert [one.slug for one in await newsletters.every(connection)] == ["daily", "weekly"]
        assert await newsletters.by_slug(connection, "monthly") is None


async def test_topics_keep_their_place_and_are_removed_from_briefings_when_they_go(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Solar", "energy", "economy"))
    async with store.write() as connection:
        assert await topics.next_position(connection) == 5
        sports = Topic("sports", "Sports", 2, {"football": 3}, ("games",))
        await topics.add(connection, sports)
        await topics.save(connection, replace(TOPICS[0], title="Trade"))
        await topics.remove(connection, "energy")
        found = await topics.every(connection)
        (briefing,) = await briefings.page(connection)
    assert [topic.slug for topic in found] == ["economy", "sports", "society", "general"]
    assert (found[0].title, found[1]) == ("Trade", sports)
    assert [mark.slug for mark in briefing.topics] == ["economy"]


async def test_a_fact_is_written_once(store: Database) -> None:
    async with store.write() as connection:
        assert await facts.remember(connection, "colour", "blue")
        assert not await facts.remember(connection, "colour", "red")
        assert await facts.recall(connection, "colour") == "blue"
        assert await facts.recall(connection, "size") is None


async def test_counters_count_without_gaps(store: Database) -> None:
    async with store.write() as connection:
        assert await counters.newest_number(connection) == 0
        assert await counters.take(connection, counters.BRIEFINGS) == range(1, 2)
        assert await counters.take(connection, counters.BRIEFINGS, 3) == range(2, 5)
        assert await counters.newest_number(connection) == 4
