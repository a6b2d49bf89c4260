"""What pages keep of the store is what the store says, from the first page after a change on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.model import DraftBriefing, Topic
from digest.flows import coming
from digest.flows.remembered import COUNTS_KEPT_FOR, Remembered
from digest.store import briefings, counters, newsletters, topics
from digest.store.database import Database
from subscribers.model import Bookmark, Profile, Section
from tests.flows.newsroom import SLUGS, TUESDAY, at, change_newsletter, item, publish_news

pytestmark = pytest.mark.anyio

NEWS = [item(f"Item {number}", SLUGS[number % 3]) for number in range(1, 9)]
EVERYTHING = Profile()
NUMBERS = st.integers(1, len(NEWS))


async def shown(store: Database, remembered: Remembered, profile: Profile, bookmark: Bookmark) -> coming.Held:
    """What a page says that the next mail would hold."""
    async with store.glance() as connection:
        known = await remembered.as_of_now(connection)
        return await known.held(connection, profile, bookmark, await known.newsletter(connection, 1))


async def true(store: Database, profile: Profile, bookmark: Bookmark) -> coming.Held:
    """What it would hold."""
    async with store.read() as connection:
        newsletter = await newsletters.by_id(connection, 1)
        newest = await counters.newest_number(connection)
        return await coming.held(connection, profile, bookmark, newsletter, newest)


@st.composite
def standings(draw: st.DrawFn) -> tuple[Profile, Bookmark]:
    """What somebody wants, and how far they are."""
    cut = draw(st.integers(0, len(NEWS) + 1))
    deferred, ahead = draw(st.frozensets(NUMBERS)), draw(st.frozensets(NUMBERS))
    bookmark = Bookmark(
        cut, tuple(sorted(n for n in deferred if n <= cut)), tuple(sorted(n for n in ahead if n > cut))
    )
    followed = st.frozensets(st.sampled_from(SLUGS), min_size=1)
    profile = Profile(
        topics=draw(st.none() | followed),
        sections=draw(st.none() | st.just(frozenset({Section.BRIEFING}))),
        max_items=draw(st.none() | st.integers(1, 3)),
    )
    return profile, bookmark


@given(st.lists(standings(), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_kept_is_what_each_mail_would_hold(
    sqlite_store: Database, asked: list[tuple[Profile, Bookmark]]
) -> None:
    async with sqlite_store.read() as connection:
        published = await counters.newest_number(connection)
    if not published:
        await publish_news(sqlite_store, TUESDAY, *NEWS)
    remembered = Remembered()
    for profile, bookmark in [*asked, *asked]:
        assert await shown(sqlite_store, remembered, profile, bookmark) == await true(
            sqlite_store, profile, bookmark
        )


async def publish_another(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Another one", "economy"))


async def retract(store: Database) -> None:
    async with store.write() as connection:
        await briefings.retract(connection, 1)


async def retitle(store: Database) -> None:
    draft = DraftBriefing("A better title", ("The same story.",))
    async with store.write() as connection:
        await briefings.revise(connection, 3, draft, TUESDAY)


async def move_to_another_topic(store: Database) -> None:
    async with store.write() as connection:
        await briefings.set_topics(connection, 3, [])


async def make_it_the_lead(store: Database) -> None:
    async with store.write() as connection:
        await briefings.set_flags(connection, 6, lead=True)


async def cap(store: Database) -> None:
    await change_newsletter(store, max_items=2)


async def turn_topics_round(store: Database) -> None:
    async with store.write() as connection:
        for topic in await topics.every(connection):
            await topics.save(connection, replace(topic, position=10 - topic.position))


@pytest.mark.parametrize(
    "change",
    [
        publish_another,
        retract,
        retitle,
        move_to_another_topic,
        make_it_the_lead,
        cap,
        turn_topics_round,
    ],
)
async def test_a_change_by_another_process_shows_on_the_next_page(
    store: Database, second_store: Database, change: Callable[[Database], Coroutine[Any, Any, None]]
) -> None:
    await publish_news(store, TUESDAY, *NEWS)
    remembered, bookmark = Remembered(), Bookmark()
    before = await shown(store, remembered, EVERYTHING, bookmark)
    await change(second_store)
    after = await shown(store, remembered, EVERYTHING, bookmark)
    assert after == await true(store, EVERYTHING, bookmark)
    assert after != before


async def test_topics_and_newsletters_are_those_of_the_store(store: Database) -> None:
    remembered = Remembered()

    async def known() -> tuple[list[str], list[str]]:
        async with store.glance() as connection:
            found = await remembered.as_of_now(connection)
            titles = [topic.title for topic in await found.topics(connection)]
            return titles, [one.title for one in await found.newsletters(connection)]

    before = await known()
    async with store.write() as connection:
        await topics.save(connection, Topic("economy", "Money", 1, {}))
    await change_newsletter(store, title="The Evening Post")
    after = await known()
    assert (before[0][0], after[0][0]) == ("Economy and trade", "Money")
    assert (before[1], after[1]) == (["The Daily Digest"], ["The Evening Post"])


async def test_who_came_before_a_change_leaves_nothing_old_behind(store: Database) -> None:
    await publish_news(store, TUESDAY, *NEWS)
    remembered = Remembered()
    async with store.read() as connection:
        early = await remembered.as_of_now(connection)
    await retract(store)
    await shown(store, remembered, EVERYTHING, Bookmark())
    async with store.read() as connection:
        newsletter = await early.newsletter(connection, 1)
        await early.held(connection, EVERYTHING, Bookmark(2), newsletter)
        assert await remembered.as_of_now(connection) is not early
    now = await shown(store, remembered, EVERYTHING, Bookmark(2))
    assert now == await true(store, EVERYTHING, Bookmark(2))


async def test_counts_of_a_week_may_be_some_minutes_old(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, *NEWS)
    remembered = Remembered()

    async def count(minutes: int) -> int:
        async with sqlite_store.read() as connection:
            newsletter = await newsletters.by_id(connection, 1)
            now = at(24, 6) + timedelta(minutes=minutes)
            return sum((await remembered.per_week(connection, newsletter, now)).values())

    before = await count(0)
    many = [item(f"More {number}", "general") for number in range(40)]
    await publish_news(sqlite_store, TUESDAY, *many)
    assert await count(1) == before
    assert await count(1 + COUNTS_KEPT_FOR // timedelta(minutes=1)) > before
