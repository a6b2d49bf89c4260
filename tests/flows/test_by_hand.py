"""A one-off goes to whom the editor names, with what is new to each of them, and is not repeated later."""

from __future__ import annotations

import pytest

from digest.core.model import IssueStatus
from digest.errors import InputError, NotFoundError
from digest.flows import edit_briefing, readers
from digest.flows.by_hand import OneOff, plan_by_hand, rehearse
from digest.flows.collect import collect
from digest.ingest.gathered import Gathered
from digest.store import deliveries, issues
from digest.store.database import Database
from subscribers.model import Bookmark
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@example.org", "bob@example.org"


async def two_readers_and_three_stories(store: Database) -> None:
    """Ann follows the economy and may have one item a mail, Bob follows energy."""
    await join(store, ANN, TUESDAY, topics="economy", max_items="1")
    await join(store, BOB, TUESDAY, topics="energy")
    await publish_news(
        store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"), item("Ports", "economy")
    )


async def send(store: Database, wish: OneOff) -> None:
    await plan_by_hand(wish, store=store, now=at(24, 6))


async def test_everybody_gets_what_their_own_wishes_choose_without_a_cap(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await send(store, OneOff("daily"))
    assert await carried(store, ANN) == [(1, 3)]
    assert await carried(store, BOB) == [(2,)]
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(1, 3)]
    assert (await reader(store, ANN)).bookmark == Bookmark(3)


async def test_chosen_briefings_go_to_everybody_addressed_whatever_their_topics(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await send(store, OneOff("daily", briefing_ids=(2,), subject="Look at this", intro="A few words."))
    assert await carried(store, ANN) == await carried(store, BOB) == [(2,)]
    assert (await reader(store, ANN)).bookmark == Bookmark(0, (), (2,))
    async with store.read() as connection:
        (issue,) = await issues.page(connection)
    assert (issue.subject, issue.intro, issue.cadence_id) == ("Look at this", "A few words.", None)
    for day in (24, 25):
        await plan_all(store, at(day, 7))
    assert await carried(store, ANN) == [(2,), (1,), (3,)]


async def test_readers_named_alone_are_addressed(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await send(store, OneOff("daily", to=("BOB@example.org",), briefing_ids=(1, 2)))
    assert [copy.address for copy in await copies(store)] == [BOB]


async def test_followers_of_a_topic_are_addressed_and_those_who_follow_all(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await join(store, "all@example.org", TUESDAY)
    await send(store, OneOff("daily", topics=frozenset({"energy"}), briefing_ids=(1,)))
    assert {copy.address for copy in await copies(store)} == {BOB, "all@example.org"}


async def test_what_a_reader_had_or_was_decided_against_is_kept_back(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await plan_all(store, at(24, 7))
    with pytest.raises(InputError, match="nothing would be sent: no reader addressed has anything new"):
        await send(store, OneOff("daily", briefing_ids=(1, 2)))
    # deferred under Ann's cap, so still owed to her
    await send(store, OneOff("daily", briefing_ids=(3,)))
    assert await carried(store, ANN) == [(1,), (3,)]
    assert await carried(store, BOB) == [(2,)]
    assert (await reader(store, ANN)).bookmark == Bookmark(3)


async def test_bookmarks_that_are_ignored_stay_where_they_are(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await plan_all(store, at(24, 7))
    before = (await reader(store, ANN)).bookmark
    await send(store, OneOff("daily", briefing_ids=(1, 2), ignore_bookmarks=True))
    assert await carried(store, ANN) == [(1,), (1, 2)]
    assert (await reader(store, ANN)).bookmark == before
    async with store.write() as connection:
        await deliveries.give_back(connection, [copy.id for copy in (await copies(store, address=ANN))[1:]])
    assert (await reader(store, ANN)).bookmark == before


async def test_only_what_was_published_since_is_considered(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await publish_news(store, at(24, 8), item("Docks", "economy"))
    await send(store, OneOff("daily", since=at(24, 8)))
    assert await carried(store, ANN) == [(4,)]
    assert await carried(store, BOB) == []


async def test_a_retracted_briefing_is_not_sent_even_when_chosen(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await edit_briefing.retract(2, store=store, now=TUESDAY)
    await send(store, OneOff("daily", briefing_ids=(1, 2)))
    assert {copy.numbers for copy in await copies(store)} == {(1,)}
    assert [copy.left_out for copy in await copies(store)] == [{"retracted": [2]}] * 2


async def test_a_one_off_serves_no_day(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await send(store, OneOff("daily", briefing_ids=(1,)))
    await plan_all(store, at(24, 7))
    assert await carried(store, BOB) == [(1,), (2,)]


async def test_a_copy_that_was_not_delivered_is_owed_again(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await send(store, OneOff("daily", briefing_ids=(1, 2)))
    async with store.write() as connection:
        gone = await deliveries.expire(connection, 1, at(24, 6))
        await issues.close_when_settled(connection, 1)
        issue = await issues.by_id(connection, 1)
    assert len(gone) == 2
    assert issue is not None
    assert issue.status is IssueStatus.DONE
    assert (await reader(store, BOB)).bookmark == Bookmark(0)
    await plan_all(store, at(24, 7))
    assert await carried(store, BOB) == [(1, 2), (2,)]


async def test_a_rehearsal_says_who_would_get_what_and_changes_nothing(store: Database) -> None:
    await two_readers_and_three_stories(store)
    before = [await reader(store, address) for address in (ANN, BOB)]
    plan = await rehearse(OneOff("daily"), store=store)
    assert (plan.counts.copies, plan.ids) == (2, {1: 1, 2: 2, 3: 3})
    who_gets_what = sorted((one.group.size, one.selection.numbers) for one in plan.cohorts)
    assert who_gets_what == [(1, (1, 3)), (1, (2,))]
    assert await copies(store) == ()
    assert [await reader(store, address) for address in (ANN, BOB)] == before
    async with store.read() as connection:
        assert await issues.page(connection) == ()


async def test_readers_who_are_not_active_are_not_addressed(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await readers.pause(BOB, None, until=None, catch_up=True, store=store, now=at(24, 6))
    await send(store, OneOff("daily", briefing_ids=(1,)))
    assert [copy.address for copy in await copies(store)] == [ANN]
    with pytest.raises(NotFoundError, match=r"subscriber 'bob@example\.org' .* or is not active"):
        await rehearse(OneOff("daily", to=(ANN, BOB)), store=store)


async def test_what_does_not_exist_is_refused_by_name(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await collect(Gathered((item("Draft"),)), store=store, now=TUESDAY, publish=False)
    for wish, words in (
        (OneOff("weekly"), "newsletter 'weekly' does not exist"),
        (OneOff("daily", briefing_ids=(99,)), "briefing 99 does not exist"),
        (OneOff("daily", briefing_ids=(4,)), "briefing 4 is a draft: publish it first"),
        (
            OneOff("daily", to=("nobody@example.org",)),
            r"subscriber 'nobody@example\.org' does not read daily",
        ),
    ):
        with pytest.raises((InputError, NotFoundError), match=words):
            await send(store, wish)
    assert await copies(store) == ()


async def test_readers_of_other_newsletters_are_left_alone(store: Database) -> None:
    await two_readers_and_three_stories(store)
    await add_newsletter(store, "weekly")
    await join(store, "cat@example.org", TUESDAY, newsletter="weekly")
    await send(store, OneOff("daily", briefing_ids=(1,)))
    assert "cat@example.org" not in {copy.address for copy in await copies(store)}
    assert (await reader(store, "cat@example.org")).bookmark == Bookmark(0)
