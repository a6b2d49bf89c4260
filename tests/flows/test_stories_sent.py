"""What readers get of a story: one telling in a copy, with the others named; later ones follow it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from digest.core.model import IssueStatus, LeftOut
from digest.core.telling_once import Pin
from digest.flows import edit_briefing, stories
from digest.flows.explain import Answer, explain
from digest.flows.preview import preview
from digest.store import beside, issues
from digest.store.database import Database
from digest.store.ledger import Entry
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    plan_all,
    publish_news,
)
from tests.flows.tellings import OTHER_MILL, telling, told
from tests.jobs.office import press_for

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@example.org", "bob@example.org"


async def pins(store: Database, issue_id: int = 1, round_: int = 1) -> Sequence[Pin]:
    async with store.read() as connection:
        return await beside.pinned(connection, issue_id, round_)


async def only_copy(store: Database) -> Entry:
    """The one copy of which there is to be one."""
    (found,) = [copy for copy in await copies(store) if copy.numbers]
    return found


async def text_for(store: Database, day: int) -> str:
    """What Ann's next mail says, as plain text in one line."""
    shown = await preview(ANN, "daily", store=store, press=press_for(store), now=at(day, 7))
    return " ".join(shown.text.split())


async def test_a_copy_holds_one_telling_and_says_why_the_others_are_left_out(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, telling(0), item("Tariffs"), telling(1), told(OTHER_MILL))
    await plan_all(store, at(24, 7))
    copy = await only_copy(store)
    assert sorted(copy.numbers) == [1, 2, 4]
    assert copy.left_out == {LeftOut.SAME_STORY: [3]}
    assert await pins(store) == (Pin(1, 3, 1, False),)
    (why,) = await explain(ANN, 3, store=store, now=at(24, 8))
    assert why.answer is Answer.LEFT_OUT
    assert any("another telling of the same event" in reason for reason in why.reasons)
    assert any("briefing 1 (The Harbour Post) tells of the same" in reason for reason in why.reasons)


async def test_who_follows_only_the_topic_of_another_telling_gets_that_one(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, telling(0, "economy"), telling(1, "energy"))
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(2,)]
    assert await pins(store) == (Pin(2, 1, 1, False),)


async def test_a_later_telling_is_its_own_item_that_follows_up_the_first(
    sqlite_store: Database,
) -> None:
    store = sqlite_store
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, telling(0))
    await plan_all(store, at(24, 7))
    await publish_news(store, at(25, 5), telling(1))
    before = await text_for(store, 25)
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
    assert await pins(store, 2) == (Pin(2, 1, 1, True),)
    assert "Follow-up to “Northgate Steel closes its Varna mill, 850 jobs go”, Nov 24" in before
    assert "Also reported by" not in before


async def test_a_mail_names_who_else_reports_the_same(sqlite_store: Database) -> None:
    store = sqlite_store
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, telling(0), telling(1), telling(2, url=None))
    said = await text_for(store, 24)
    assert "Also reported by Coast Wire <https://coast-wire.example/26> and Morning Ledger" in said
    assert said.count("Varna loses its steel mill") == 0
    assert "Follow-up" not in said


async def test_what_waits_under_a_cap_waits_with_its_story(store: Database) -> None:
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("First", "economy"), telling(0), telling(1))
    await plan_all(store, at(24, 7))
    copy = await only_copy(store)
    assert (copy.numbers, sorted(copy.deferred), copy.left_out) == ((1,), [2, 3], {})
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_a_mail_promises_a_story_once(sqlite_store: Database) -> None:
    store = sqlite_store
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("First", "economy"), telling(0), telling(1), item("Last"))
    assert "2 more in your next issue" in await text_for(store, 24)


async def test_when_the_telling_in_front_is_taken_back_the_next_one_takes_its_place(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, telling(0), telling(1), telling(2), item("Tariffs"))
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(1, 4)]
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    copy = await only_copy(store)
    assert (copy.numbers, copy.left_out) == (
        (2, 4),
        {LeftOut.RETRACTED: [1], LeftOut.SAME_STORY: [3]},
    )
    async with store.read() as connection:
        assert await issues.pinned_revisions(connection, 1, 2) == {2: 1, 4: 1}
    assert await pins(store, 1, 2) == (Pin(2, 3, 1, False),)
    await edit_briefing.retract(2, store=store, now=at(24, 7))
    await edit_briefing.retract(3, store=store, now=at(24, 7))
    copy = await only_copy(store)
    assert (copy.numbers, copy.left_out) == ((4,), {LeftOut.RETRACTED: [1, 2, 3]})


async def test_a_telling_that_was_taken_back_is_not_named_any_more(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, telling(0), telling(1))
    await plan_all(store, at(24, 7))
    await edit_briefing.retract(2, store=store, now=at(24, 7))
    copy = await only_copy(store)
    assert (copy.numbers, copy.left_out) == ((1,), {LeftOut.RETRACTED: [2]})
    assert await pins(store, 1, 2) == ()


async def test_what_a_waiting_issue_says_is_not_changed_by_later_joins(store: Database) -> None:
    await change_newsletter(store, approval=True)
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"), item("Ports"))
    await plan_all(store, at(24, 7))
    await stories.join([1, 2], store=store, now=at(24, 8))
    assert await pins(store) == ()
    async with store.read() as connection:
        issue = await issues.by_id(connection, 1)
    assert issue is not None
    assert issue.status is IssueStatus.WAITING
    assert await carried(store, ANN) == [(1, 2)]


async def test_readers_of_news_at_once_get_each_telling_and_see_what_it_follows_up(store: Database) -> None:
    await join(store, BOB, TUESDAY, at_once="yes")
    await publish_news(store, TUESDAY, telling(0))
    await plan_all(store, TUESDAY)
    later = TUESDAY + timedelta(hours=2)
    await publish_news(store, later, telling(1))
    await plan_all(store, later)
    assert await carried(store, BOB) == [(1,), (2,)]
    assert await pins(store, 2) == (Pin(2, 1, 1, True),)
