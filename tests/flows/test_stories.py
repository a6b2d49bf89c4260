"""Which briefings form a story when they come out, and what editors join and split."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from digest.core.access import Actor, Via
from digest.errors import InputError, NotFoundError
from digest.flows import edit_briefing, stories
from digest.flows.collect import collect
from digest.ingest.gathered import Gathered
from digest.store import briefings, changes
from digest.store import stories as shelf
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.flows.tellings import MILL, OTHER_MILL, telling, told

pytestmark = pytest.mark.anyio

EDITOR = Actor("ann", Via.DESK)


async def stories_in(store: Database) -> list[list[int]]:
    """The ids of the briefings of each story."""
    async with store.read() as connection:
        whole = await briefings.page(connection)
    by_story: dict[int, list[int]] = {}
    for one in whole:
        if one.story_id is not None:
            by_story.setdefault(one.story_id, []).append(one.id)
    return sorted(by_story.values())


async def acts(store: Database) -> list[tuple[str, str]]:
    async with store.read() as connection:
        return [(one.act, one.actor) for one in await changes.page(connection, kind="story")]


async def test_tellings_of_one_event_form_a_story_when_they_come_out(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0), item("Something else"), told(OTHER_MILL), telling(1))
    await publish_news(store, TUESDAY + timedelta(days=1), telling(2))
    assert await stories_in(store) == [[1, 4, 5]]


async def test_ten_events_are_joined_in_as_many_statements_as_one(sqlite_store: Database) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(sqlite_store.engine.sync_engine, "before_cursor_execute", note)
    counts = []
    for events in (1, 10):
        towns = ("Kolm", "Rask", "Tarn", "Vell", "Osk", "Brunn", "Hald", "Lund", "Mors", "Ness")[-events:]
        drafts = [
            told((source, title.replace("Varna", town), text.replace("Varna", town)))
            for town in towns
            for source, title, text in MILL[:2]
        ]
        await collect(Gathered(tuple(drafts)), store=sqlite_store, now=TUESDAY, publish=False)
        async with sqlite_store.write() as connection:
            drafted = [one.id for one in await briefings.page(connection) if one.number is None]
            await briefings.publish(connection, drafted, TUESDAY)
            asked.clear()
            await stories.join_new(connection, drafted, TUESDAY)
            counts.append(len(asked))
    # the tenth was there already
    assert len(await stories_in(sqlite_store)) == 10
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("crowd", "joined"), [(1, []), (2, [[1, 2]])])
async def test_what_a_crowd_has_in_common_is_no_clue(
    store: Database, monkeypatch: pytest.MonkeyPatch, crowd: int, joined: list[list[int]]
) -> None:
    monkeypatch.setattr(shelf, "_CROWD", crowd)
    await publish_news(store, TUESDAY, telling(0), telling(1))
    assert await stories_in(store) == joined


async def test_how_the_rule_joined_is_kept(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0), telling(1))
    async with store.read() as connection:
        one = await briefings.by_id(connection, 2)
        assert one is not None
        story = await stories.story_of(connection, one)
    assert story is not None
    join = story.joins[2]
    assert (join.by, join.score is not None and join.score > 0.45) == ("", True)
    assert {"Northgate", "Varna", "850"} <= set(join.shared)


async def test_drafts_are_joined_when_they_are_published(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0))
    await collect(Gathered((telling(1), telling(2))), store=store, now=TUESDAY, publish=False)
    assert await stories_in(store) == []
    await edit_briefing.publish(2, store=store, now=TUESDAY)
    await edit_briefing.publish_together([3], store=store, now=TUESDAY)
    assert await stories_in(store) == [[1, 2, 3]]


async def test_an_event_of_last_week_is_another_one(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0))
    later = telling(1, source_date=telling(1).source_date + timedelta(days=9))  # type: ignore[operator]
    await publish_news(store, TUESDAY + timedelta(days=9), later)
    assert await stories_in(store) == []


async def test_what_was_taken_back_draws_nothing_in(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0))
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    await publish_news(store, TUESDAY, telling(1))
    assert await stories_in(store) == []


async def test_an_editor_joins_what_the_rule_did_not(store: Database) -> None:
    await publish_news(store, TUESDAY, item("One"), item("Two"), item("Three"))
    story = await stories.join([1, 3], store=store, now=TUESDAY, by=EDITOR)
    assert [one.id for one in story.members] == [1, 3]
    assert story.joins[3].by == "ann"
    assert await acts(store) == [("story.join", "ann")]


async def test_joining_two_stories_makes_one(store: Database) -> None:
    await publish_news(store, TUESDAY, *(item(title) for title in ("One", "Two", "Three", "Four")))
    await stories.join([1, 2], store=store, now=TUESDAY)
    await stories.join([3, 4], store=store, now=TUESDAY)
    await stories.join([4, 1], store=store, now=TUESDAY)
    assert await stories_in(store) == [[1, 2, 3, 4]]


async def test_what_an_editor_split_the_rule_does_not_join_again(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0), telling(1), telling(2))
    await stories.split(2, store=store, now=TUESDAY, by=EDITOR)
    assert await stories_in(store) == [[1, 3]]
    assert await acts(store) == [("story.split", "ann")]
    # taken back and published again, the rule looks at it once more
    await edit_briefing.retract(2, store=store, now=TUESDAY)
    await edit_briefing.publish(2, store=store, now=TUESDAY)
    assert await stories_in(store) == [[1, 3]]
    # an editor may think better of it
    await stories.join([2, 1], store=store, now=TUESDAY)
    assert await stories_in(store) == [[1, 2, 3]]


async def test_one_alone_is_no_story(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0), telling(1))
    await stories.split(1, store=store, now=TUESDAY)
    assert await stories_in(store) == []
    with pytest.raises(InputError, match="stands alone"):
        await stories.split(1, store=store, now=TUESDAY)


async def test_an_editor_puts_one_in_front(store: Database) -> None:
    await publish_news(store, TUESDAY, telling(0), telling(1), telling(2))
    assert (await stories.put_in_front(2, store=store, now=TUESDAY, by=EDITOR)).in_front == 2
    assert await acts(store) == [("story.front", "ann")]
    await stories.split(2, store=store, now=TUESDAY)
    async with store.read() as connection:
        story = await stories.story_of(connection, (await briefings.page(connection))[0])
    assert story is not None
    assert story.in_front is None


async def test_one_briefing_is_no_story_and_one_that_is_not_there_neither(store: Database) -> None:
    await publish_news(store, TUESDAY, item("One"))
    with pytest.raises(InputError, match="name two or more"):
        await stories.join([1, 1], store=store, now=TUESDAY)
    with pytest.raises(NotFoundError, match="briefing 7 does not exist"):
        await stories.join([1, 7], store=store, now=TUESDAY)


async def test_likely_tellings_are_named_before_a_draft_comes_out(store: Database) -> None:
    await publish_news(store, TUESDAY, told(OTHER_MILL), telling(0))
    await collect(Gathered((telling(1),)), store=store, now=TUESDAY, publish=False)
    async with store.read() as connection:
        draft = await briefings.by_id(connection, 3)
        assert draft is not None
        found = await stories.alike(connection, draft, TUESDAY)
    assert found[0].briefing.id == 2
    assert found[0].likeness.is_same
    assert not any(one.likeness.is_same for one in found[1:])


async def test_forms_that_are_filled_in_every_day_are_no_story(store: Database) -> None:
    day = telling(0).source_date
    assert day is not None
    for later in range(3):
        words = (
            "Market Slate",
            f"Harbour index ends {('Monday', 'Tuesday', 'Wednesday')[later]} {1.2 + later}% higher",
            f"The Harbour index gained {1.2 + later} percent to {4100 + 37 * later} points. Orrin Bank led.",
        )
        draft = replace(told(words), source_date=day + timedelta(days=later))
        await publish_news(store, TUESDAY + timedelta(days=later), draft)
    assert await stories_in(store) == []
