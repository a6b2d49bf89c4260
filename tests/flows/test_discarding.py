"""Drafts are thrown away and brought back; nothing that was taken in is lost by it, and ingest knows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.core.model import Briefing, BriefingStatus
from digest.errors import DigestError, InputError, NotFoundError
from digest.flows import edit_briefing, stories
from digest.flows.collect import collect
from digest.flows.discarding import discard, restore
from digest.flows.edit_briefing import Flags
from digest.ingest.gathered import Gathered
from digest.store import attention, briefings, counters, editing
from digest.store.changes import page
from digest.store.database import Database
from digest.store.editing import Filter
from tests.flows.newsroom import TUESDAY, at, item, publish_news

pytestmark = pytest.mark.anyio


async def _draft(store: Database, title: str, flags: Flags = Flags()) -> Briefing:  # noqa: B008
    return await edit_briefing.write(item(title, "economy"), flags, store=store, now=TUESDAY)


async def _stored(store: Database, id_: int) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, id_)
    assert found is not None
    return found


async def test_a_draft_that_is_discarded_waits_for_nobody_and_can_be_brought_back(store: Database) -> None:
    drafts = [await _draft(store, title) for title in ("One", "Two", "Three")]
    done = await discard([one.id for one in drafts[:2]], store=store, now=TUESDAY)
    assert [one.status for one in done] == [BriefingStatus.DISCARDED] * 2
    async with store.read() as connection:
        assert await attention.drafts(connection) == 1
        listed = [one.title for one in await editing.page(connection, Filter(), limit=10)]
        thrown = Filter(status=BriefingStatus.DISCARDED)
        apart = [one.title for one in await editing.page(connection, thrown, limit=10)]
    assert (listed, apart) == (["Three"], ["Two", "One"])
    await discard([drafts[0].id], store=store, now=TUESDAY)
    (back,) = await restore([drafts[0].id], store=store, now=TUESDAY)
    assert back == drafts[0], "nothing of it is lost"
    await edit_briefing.publish(back.id, store=store, now=TUESDAY)
    async with store.read() as connection:
        acts = [(one.act, one.subject) for one in reversed(await page(connection))][3:]
    assert acts == [
        ("briefing.discard", str(drafts[0].id)),
        ("briefing.discard", str(drafts[1].id)),
        ("briefing.restore", str(drafts[0].id)),
        ("briefing.publish", str(drafts[0].id)),
    ]


async def test_all_are_discarded_or_none(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Published", "economy"))
    draft = await _draft(store, "Draft")
    with pytest.raises(InputError, match="briefing 1 is published: only what was never published"):
        await discard([draft.id, 1], store=store, now=TUESDAY)
    with pytest.raises(NotFoundError):
        await discard([draft.id, 77], store=store, now=TUESDAY)
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    with pytest.raises(InputError, match="briefing 1 is retracted"):
        await restore([1], store=store, now=TUESDAY)
    assert (await _stored(store, draft.id)).status is BriefingStatus.DRAFT


async def test_it_does_not_come_out_at_the_time_that_it_was_appointed_for(store: Database) -> None:
    draft = await _draft(store, "Later", Flags(publish_at=at(24, 8)))
    await discard([draft.id], store=store, now=TUESDAY)
    assert await edit_briefing.publish_due(store=store, now=at(24, 9)) == ()
    (back,) = await restore([draft.id], store=store, now=at(24, 9))
    assert back.publish_at is None
    assert await edit_briefing.publish_due(store=store, now=at(24, 9)) == (), "somebody says so first"


async def test_what_is_discarded_is_not_published_and_takes_no_number(store: Database) -> None:
    one, other = await _draft(store, "One"), await _draft(store, "Two")
    await discard([one.id], store=store, now=TUESDAY)
    with pytest.raises(InputError, match="is discarded: bring it back as a draft first"):
        await edit_briefing.publish(one.id, store=store, now=TUESDAY)
    with pytest.raises(InputError, match="is discarded"):
        await edit_briefing.publish_together([other.id, one.id], store=store, now=TUESDAY)
    async with store.write() as connection:
        assert await briefings.publish(connection, [one.id, other.id], TUESDAY) == {other.id: 1}
        assert await counters.newest_number(connection) == 1


async def test_one_is_published_or_discarded_whoever_is_first(store: Database) -> None:
    for number in range(1, 9):
        draft = await _draft(store, f"Item {number}")
        done = await asyncio.gather(
            edit_briefing.publish(draft.id, store=store, now=TUESDAY),
            discard([draft.id], store=store, now=TUESDAY),
            return_exceptions=True,
        )
        failed = [one for one in done if isinstance(one, BaseException)]
        assert len(failed) == 1, done
        assert isinstance(failed[0], DigestError)
        stored = await _stored(store, draft.id)
        assert (stored.number is None) == (stored.status is BriefingStatus.DISCARDED)


async def test_it_leaves_its_story(store: Database) -> None:
    await publish_news(store, TUESDAY, item("One", "economy"))
    drafts = [await _draft(store, "Two"), await _draft(store, "Three")]
    await stories.join([1, *(one.id for one in drafts)], store=store, now=TUESDAY)
    await discard([drafts[0].id], store=store, now=TUESDAY)
    told = await stories.put_in_front(1, store=store, now=TUESDAY)
    assert [one.id for one in told.members] == [1, drafts[1].id]
    await discard([drafts[1].id], store=store, now=TUESDAY)
    assert (await _stored(store, 1)).story_id is None, "one alone is no story"


async def test_the_same_item_again_stays_discarded_and_a_changed_one_is_its_revision(store: Database) -> None:
    page_ = Gathered((item("A page", "economy"),), source="a page")
    taken = await collect(page_, store=store, now=TUESDAY, publish=False)
    await discard(taken.added, store=store, now=TUESDAY)
    later = TUESDAY + timedelta(hours=1)
    again = await collect(page_, store=store, now=later)
    assert (again.added, again.unchanged, again.discarded) == ((), 1, taken.added)
    changed = Gathered((item("A page", "economy", paragraphs=("Other words.",)),), source="a page")
    more = await collect(changed, store=store, now=later)
    assert (more.added, more.updated, more.discarded) == ((), taken.added, taken.added)
    stored = await _stored(store, taken.added[0])
    assert (stored.status, stored.revision, stored.number) == (BriefingStatus.DISCARDED, 2, None)
