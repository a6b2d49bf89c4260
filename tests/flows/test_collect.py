"""What comes in twice is one briefing; what changed is a revision of it; what is new gets the next number."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from digest.core.model import Briefing, BriefingStatus, DraftBriefing
from digest.errors import InputError, NotFoundError
from digest.flows import edit_briefing
from digest.flows.collect import Collected, collect
from digest.flows.edit_briefing import Edit
from digest.ingest.gathered import Gathered
from digest.ingest.identity import body_key, title_key
from digest.store import briefings, changes, counters, numbered
from digest.store.database import Database
from subscribers.model import Section
from tests.flows.newsroom import TUESDAY, at, item, publish_news
from tests.stores import NewStore, opened

pytestmark = pytest.mark.anyio


@contextmanager
def statements(store: Database) -> Iterator[list[str]]:
    """The statements that are given to a store meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(store.engine.sync_engine, "before_cursor_execute", note)


def _unlike_others(day: int, place: int) -> DraftBriefing:
    """An item that is not of one event with any other."""
    first, *others = (f"{sound}{chr(97 + place // 26)}{chr(97 + place % 26)}{day}" for sound in "klmnrst")
    return item(f"{first.capitalize()}", paragraphs=(f"{' '.join(others)}.",))


async def every(store: Database) -> tuple[Briefing, ...]:
    async with store.read() as connection:
        return await briefings.page(connection)


async def test_new_items_are_numbered_in_page_order_without_gaps(store: Database) -> None:
    first = await publish_news(store, TUESDAY, item("Tariffs"), item("Solar"))
    second = await publish_news(store, at(25, 6), item("Schools"))
    assert [len(first.added), len(second.added)] == [2, 1]
    assert [(one.number, one.title) for one in await every(store)] == [
        (1, "Tariffs"),
        (2, "Solar"),
        (3, "Schools"),
    ]


async def test_the_same_page_again_adds_nothing(store: Database) -> None:
    page = [item("Tariffs", "economy"), item("Solar")]
    await publish_news(store, TUESDAY, *page)
    before = await every(store)
    again = await publish_news(store, at(25, 6), *page)
    assert again == Collected(unchanged=2)
    assert await every(store) == before


async def test_an_item_printed_twice_on_a_page_is_one_briefing(store: Database) -> None:
    told = item("“Fair” tariffs", paragraphs=("He said “no”.",))
    typed = item('"Fair" tariffs', paragraphs=('He said "no".',))
    page = [told, item("Solar"), told, typed]
    found = await publish_news(store, TUESDAY, *page)
    assert (len(found.added), found.updated, found.unchanged) == (2, (), 2)
    assert (await every(store))[0].title == "“Fair” tariffs"
    assert await publish_news(store, TUESDAY, *page) == Collected(unchanged=4)


async def test_two_stories_under_one_headline_are_two_briefings(store: Database) -> None:
    page = [item("Markets", paragraphs=("Copper rose.",)), item("Markets", paragraphs=("Copper fell.",))]
    assert len((await publish_news(store, TUESDAY, *page)).added) == 2
    assert await publish_news(store, TUESDAY, *page) == Collected(unchanged=2)


async def test_a_changed_body_is_a_new_revision_under_the_old_number(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    found = await publish_news(store, at(25, 6), item("Tariffs", paragraphs=("Now they are higher.",)))
    (one,) = await every(store)
    assert (found.added, found.updated) == ((), (one.id,))
    assert (one.number, one.revision, one.paragraphs) == (1, 2, ("Now they are higher.",))
    async with store.read() as connection:
        first = await numbered.by_numbers(connection, {1: 1})
    assert first[1].paragraphs == item("Tariffs").paragraphs


async def test_a_corrected_headline_is_a_new_revision_of_the_same_briefing(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tarifs", paragraphs=("They rise.",)))
    found = await publish_news(store, at(25, 6), item("Tariffs", paragraphs=("They rise.",)))
    (one,) = await every(store)
    assert (found.updated, one.title, one.revision, one.number) == ((one.id,), "Tariffs", 2, 1)


async def test_a_story_that_only_its_typesetting_changed_is_revised_where_both_fit(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Markets", paragraphs=("It’s up.",)))
    await publish_news(store, TUESDAY, item("Markets", paragraphs=("All is down.",)), item("Solar"))
    page = [item("Markets", paragraphs=("It's up.",))]
    first, second = (await every(store))[:2]
    assert (await publish_news(store, at(25, 6), *page)).updated in {(first.id,), (second.id,)}


async def test_a_source_by_its_other_name_is_the_same_source_and_is_printed_as_given(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", source="Voice of America"))
    other = item("Tariffs", source="VOA", paragraphs=("More is known now.",))
    found = await publish_news(store, at(25, 6), other)
    (one,) = await every(store)
    assert (found.updated, one.source) == ((one.id,), "VOA")


async def test_the_same_words_from_another_source_are_another_briefing(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    found = await publish_news(store, TUESDAY, item("Tariffs", source="The Quay Gazette"))
    assert len(found.added) == 1


async def test_topics_come_from_the_item_else_from_the_rules_and_keep_their_reason(store: Database) -> None:
    await publish_news(
        store,
        TUESDAY,
        item("Gallium", "society"),
        item("Gallium is short"),
        item("Nothing that a rule knows"),
    )
    told = [[(mark.slug, mark.reason) for mark in one.topics] for one in await every(store)]
    assert told == [
        [("society", "given with the item")],
        [("energy", "gallium")],
        [("general", "no rule matched")],
    ]


async def test_an_item_with_an_unknown_topic_is_refused_and_the_rest_is_taken(store: Database) -> None:
    page = Gathered((item("Tariffs", "gardening", line=3), item("Solar", line=9)), source="page.txt")
    found = await collect(page, store=store, now=TUESDAY)
    assert [one.title for one in await every(store)] == ["Solar"]
    (refusal,) = found.rejected
    assert (refusal.source, refusal.line) == ("page.txt", 3)
    assert "gardening" in refusal.reason


async def test_items_that_come_together_cost_no_statements_of_their_own(store: Database) -> None:
    costs = []
    for day, count in ((24, 2), (25, 40)):
        page = [_unlike_others(day, place) for place in range(count)]
        with statements(store) as asked:
            await collect(Gathered(tuple(page)), store=store, now=at(day, 6), publish=False)
        async with store.write() as connection:
            drafts = [one.id for one in await briefings.page(connection) if one.number is None]
            await briefings.appoint(connection, drafts, at(day, 7))
        with statements(store) as published:
            assert await edit_briefing.publish_due(store=store, now=at(day, 7)) == tuple(drafts)
        costs.append((len(asked), len(published)))
    assert costs[0] == costs[1]
    assert [one.number for one in await every(store)] == list(range(1, 43))
    async with store.read() as connection:
        numbered_ = await numbered.newest_of(connection, list(range(1, 43)))
        noted = [change for change in await changes.page(connection) if change.act == "briefing.publish"]
    assert [numbered_[number].title for number in (3, 42)] == [
        _unlike_others(25, 0).title,
        _unlike_others(25, 39).title,
    ]
    assert len(noted) == 42
    assert noted[0].before == {"status": "draft"}
    assert noted[0].after == {"status": "published", "number": 42}


async def test_refused_item_takes_none_of_its_page_with_it_nor_a_number(store: Database) -> None:
    twice = item("Solar")
    page = [item("Tariffs"), twice, item("Gallium", "gardening", line=7), twice, item("Schools")]
    found = await publish_news(store, TUESDAY, *page)
    assert (len(found.added), found.unchanged, [one.line for one in found.rejected]) == (3, 1, [7])
    assert [(one.number, one.title) for one in await every(store)] == [
        (1, "Tariffs"),
        (2, "Solar"),
        (3, "Schools"),
    ]


async def test_a_draft_gets_its_number_when_it_is_published(store: Database) -> None:
    await collect(Gathered((item("Tariffs"),)), store=store, now=TUESDAY, publish=False)
    await publish_news(store, TUESDAY, item("Solar"))
    (draft, _solar) = await every(store)
    assert (draft.status, draft.number) == (BriefingStatus.DRAFT, None)
    published = await edit_briefing.publish(draft.id, store=store, now=at(25, 6))
    assert (published.number, published.published_at) == (2, at(25, 6))
    assert await edit_briefing.publish(draft.id, store=store, now=at(26, 6)) == published


async def test_a_publication_that_fails_gives_its_number_back(store: Database) -> None:
    class PowerCutError(Exception):
        pass

    async def fail() -> None:
        async with store.write() as connection:
            assert await counters.take(connection, counters.BRIEFINGS, 3) == range(1, 4)
            raise PowerCutError

    with pytest.raises(PowerCutError):
        await fail()
    await publish_news(store, TUESDAY, item("Tariffs"))
    assert [one.number for one in await every(store)] == [1]


async def test_publications_at_once_take_different_numbers(store: Database, second_store: Database) -> None:
    pages = [[item(f"Story {page}.{place}") for place in range(3)] for page in range(6)]
    await asyncio.gather(
        *(
            publish_news(one, TUESDAY, *page)
            for one, page in zip([store, second_store] * 3, pages, strict=True)
        )
    )
    numbers = {one.title: one.number for one in await every(store)}
    assert sorted(number or 0 for number in numbers.values()) == list(range(1, 19))
    for page in pages:
        first = numbers[page[0].title] or 0
        assert [numbers[one.title] for one in page] == [first, first + 1, first + 2]


async def test_a_page_that_comes_in_twice_at_once_is_taken_once(
    store: Database, second_store: Database
) -> None:
    page = [item(f"Story {place}") for place in range(3)]
    done = await asyncio.gather(*(publish_news(one, TUESDAY, *page) for one in [store, second_store] * 3))
    assert sum(len(one.added) for one in done) == 3
    assert len(await every(store)) == 3


# --- Editors ------------------------------------------------------------------------------------------------


async def test_an_editors_correction_survives_the_same_page(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tarifs"))
    (one,) = await every(store)
    wish = Edit(title="Tariffs", section=Section.ANALYSIS, topics=("energy", "society"))
    edited = await edit_briefing.edit(one.id, wish, store=store, now=TUESDAY)
    assert (edited.title, edited.revision, edited.section) == ("Tariffs", 2, Section.ANALYSIS)
    assert await publish_news(store, at(25, 6), item("Tarifs")) == Collected(unchanged=1)
    assert await every(store) == (edited,)


async def test_an_editors_topics_survive_a_changed_page(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Gallium"))
    (one,) = await every(store)
    await edit_briefing.edit(one.id, Edit(topics=("society",)), store=store, now=TUESDAY)
    await publish_news(store, at(25, 6), item("Gallium", paragraphs=("Solar, tariffs and gallium.",)))
    (changed,) = await every(store)
    assert changed.revision == 2
    assert [mark.slug for mark in changed.topics] == ["society"]


async def test_flags_and_topics_alone_make_no_revision(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    (one,) = await every(store)
    edited = await edit_briefing.edit(
        one.id, Edit(lead=True, weight=5, topics=("economy",)), store=store, now=TUESDAY
    )
    assert (edited.revision, edited.lead, edited.weight) == (1, True, 5)


async def test_a_retracted_briefing_keeps_its_number_and_is_not_brought_back_by_the_page(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"), item("Solar"))
    first, _second = await every(store)
    assert (
        await edit_briefing.retract(first.id, store=store, now=TUESDAY)
    ).status is BriefingStatus.RETRACTED
    await publish_news(store, at(25, 6), item("Tariffs"))
    assert (await every(store))[0].status is BriefingStatus.RETRACTED
    back = await edit_briefing.publish(first.id, store=store, now=at(26, 6))
    assert (back.number, back.status, back.published_at) == (1, BriefingStatus.PUBLISHED, TUESDAY)


async def test_editing_refuses_what_makes_no_sense_and_changes_nothing(store: Database) -> None:
    await collect(Gathered((item("Tariffs"),)), store=store, now=TUESDAY, publish=False)
    (one,) = await every(store)
    with pytest.raises(InputError, match="title is empty"):
        await edit_briefing.edit(one.id, Edit(title="  ", topics=("energy",)), store=store, now=TUESDAY)
    with pytest.raises(InputError, match="topic 'gardening' is not known: choose among economy"):
        await edit_briefing.edit(one.id, Edit(topics=("gardening",)), store=store, now=TUESDAY)
    with pytest.raises(InputError, match="is a draft: there is nothing to retract"):
        await edit_briefing.retract(one.id, store=store, now=TUESDAY)
    with pytest.raises(NotFoundError, match="briefing 99 does not exist"):
        await edit_briefing.edit(99, Edit(), store=store, now=TUESDAY)
    assert await every(store) == (one,)


# --- Whatever comes -----------------------------------------------------------------------------------------

_TITLES = st.sampled_from(["Markets", "“Markets”", '"Markets"', "Tariffs", "Solar"])
_BODIES = st.sampled_from([("Up.",), ("Down.",), ("Up. ",), ("Up.", "Down.")])
_SOURCES = st.sampled_from(["VOA", "Voice of America", "Reuters"])
_DRAFTS = st.builds(
    lambda title, paragraphs, source: item(title, paragraphs=paragraphs, source=source),
    _TITLES,
    _BODIES,
    _SOURCES,
)
_PAGES = st.lists(_DRAFTS, max_size=7)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=_PAGES, page=_PAGES)
def test_whatever_a_page_holds_reading_it_twice_changes_nothing_more(
    new_store: NewStore, before: Sequence[DraftBriefing], page: Sequence[DraftBriefing]
) -> None:
    made = new_store("sqlite", True)

    async def scene() -> None:
        async with opened(made) as store:
            await publish_news(store, TUESDAY, *before)
            first = await publish_news(store, TUESDAY, *page)
            held = await every(store)
            assert await publish_news(store, at(25, 6), *page) == Collected(unchanged=len(page))
            assert await every(store) == held
            assert len(first.added) + len(first.updated) + first.unchanged == len(page)
            assert not set(first.added) & set(first.updated)
            assert {_known_by(one) for one in page} <= {_known_by(one) for one in held}

    asyncio.run(scene())


def _known_by(one: DraftBriefing | Briefing) -> tuple[str, str]:
    return title_key(one.title, one.source, one.source_date), body_key(one.paragraphs, one.source)
