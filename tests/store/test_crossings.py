"""Two whose ways cross on PostgreSQL: they wait in no circle, and neither misses what the other does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, Group, IssueStatus
from digest.flows import edit_briefing, readers, settling
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.by_link import leave, take_back
from digest.flows.deep_look import deep_look
from digest.flows.deliver import expire
from digest.flows.issue_acts import cancel, settle_stopped
from digest.store import deliveries, issues, ledger, one_offs, pulling, telling
from digest.store.database import Database
from digest.store.tables import deliveries as delivery_table
from subscribers.groups import hold_alone
from subscribers.interning import intern_bookmarks, intern_cadences
from subscribers.model import Bookmark
from tests.flows.newsroom import (
    TUESDAY,
    at,
    change_newsletter,
    claim_all,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.waiting import begun

pytestmark = pytest.mark.anyio

ANN, BO = "ann@example.org", "bo@example.org"
EDITOR = Actor("Anna", Via.DESK)


async def test_a_copy_that_goes_while_something_is_taken_out_counts_where_it_is(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"), item("Schools", "society"))
    await join(postgres_store, ANN, TUESDAY)
    await plan_all(postgres_store, at(24, 7))
    pinned = pulling._pin_again

    async def pinned_once_it_has_gone(*asked: Any, **more: Any) -> None:
        await mark_sent(second_postgres_store, ANN, at(24, 7))
        await pinned(*asked, **more)

    monkeypatch.setattr(pulling, "_pin_again", pinned_once_it_has_gone)
    await edit_briefing.retract(1, store=postgres_store, now=at(24, 7))
    assert (await deep_look(store=postgres_store)).differences == ()


async def refuse(store: Database, delivery_id: int) -> None:
    async with store.write() as connection:
        mine = update(delivery_table).where(delivery_table.c.id == delivery_id)
        await connection.execute(mine.values(status=DeliveryStatus.REFUSED))


async def test_who_comes_in_while_a_one_off_is_planned_for_all_is_counted_with_them(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, ANN, TUESDAY)
    counted = one_offs.groups

    async def counted_before_bo_comes(*asked: Any) -> tuple[Group, ...]:
        # Cleo comes after the readers were held, and goes before the copies are made
        cleo = await join(second_postgres_store, "cleo@example.org", TUESDAY, max_items="1")
        found = await counted(*asked)
        await leave(cleo.id, reason="enough", store=second_postgres_store, now=TUESDAY)
        await join(second_postgres_store, BO, TUESDAY)
        return found

    monkeypatch.setattr(one_offs, "groups", counted_before_bo_comes)
    await plan_by_hand(OneOff("daily"), store=postgres_store, now=TUESDAY)
    assert [copy.numbers for copy in await copies(postgres_store)] == [(1,), (1,)]
    assert (await deep_look(store=postgres_store)).differences == ()


async def test_who_begins_with_a_bookmark_that_a_plan_is_just_making(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    ann = await join(postgres_store, ANN, TUESDAY - timedelta(days=20))
    await publish_news(postgres_store, TUESDAY - timedelta(days=10), item("Tariffs", "economy"))
    async with postgres_store.write() as connection:
        (cadence_id,) = (await intern_cadences(connection, [ann.cadence])).values()
        await hold_alone(connection, cadence_id)
        beginning = await begun(second_postgres_store, join(second_postgres_store, BO, TUESDAY))
        assert not beginning.done()
        await intern_bookmarks(connection, [Bookmark(1)])
    assert (await beginning).bookmark == Bookmark(1)


@pytest.mark.parametrize("all_of_it", [True, False])
async def test_a_copy_that_is_tried_again_while_its_issue_is_cancelled_does_not_wait_for_ever(
    postgres_store: Database,
    second_postgres_store: Database,
    monkeypatch: pytest.MonkeyPatch,
    all_of_it: bool,
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, ANN, TUESDAY)
    await join(postgres_store, BO, TUESDAY)
    (planned,) = await plan_all(postgres_store, at(24, 7))
    refused, _waiting = await copies(postgres_store)
    await refuse(postgres_store, refused.id)
    again = ledger.retry
    cancelling: list[asyncio.Task[Any]] = []

    async def again_after_a_cancel(*asked: Any) -> bool:
        taking_back = cancel(planned.issue_id, by=EDITOR, store=second_postgres_store, now=at(24, 8))
        cancelling.append(await begun(second_postgres_store, taking_back))
        return await again(*asked)

    monkeypatch.setattr(ledger, "retry", again_after_a_cancel)
    by_whom: dict[str, Any] = {"by": EDITOR, "store": postgres_store, "now": at(24, 8)}
    if all_of_it:
        await settling.retry_refused(planned.issue_id, **by_whom)
    else:
        await settling.retry([refused.id], **by_whom)
    await asyncio.gather(*cancelling)
    async with postgres_store.read() as connection:
        found = await issues.by_id(connection, planned.issue_id)
    assert found is not None
    assert found.status is IssueStatus.CANCELLED
    assert {copy.status for copy in await copies(postgres_store)} == {DeliveryStatus.SKIPPED}


async def test_an_issue_that_nobody_approved_is_let_go_by_several_schedulers_at_once(
    store: Database, second_store: Database
) -> None:
    await change_newsletter(store, approval=True)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join(store, ANN, TUESDAY)
    await plan_all(store, at(24, 7))
    await asyncio.gather(
        *(settle_stopped(store=one, now=at(26, 7)) for one in [store, second_store] * 3),
    )
    assert [copy.reason for copy in await copies(store)] == ["not-approved"]
    assert (await reader(store, ANN)).bookmark.deferred == (1,)


async def test_a_page_that_corrects_several_items_and_a_claim_that_skips_a_paused_reader(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ann has had the first item; the second is planned for Bo, who has paused since
    await join(postgres_store, ANN, TUESDAY, topics="economy")
    await join(postgres_store, BO, TUESDAY, topics="energy")
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await plan_all(postgres_store, at(24, 7))
    await mark_sent(postgres_store, ANN, at(24, 7))
    await readers.pause(BO, None, until=None, catch_up=True, store=postgres_store, now=at(24, 7))
    owe = telling.owe
    claiming: list[asyncio.Task[Any]] = []

    async def owed_and_then_claimed(*asked: Any) -> int:
        told = await owe(*asked)
        claiming.append(await begun(second_postgres_store, claim_all(second_postgres_store, at(24, 8))))
        return told

    monkeypatch.setattr(telling, "owe", owed_and_then_claimed)
    changed = {"paragraphs": ("Told anew: 17 ships.",)}
    page = [item("Tariffs", "economy", **changed), item("Solar", "energy", **changed)]
    done = await publish_news(postgres_store, at(24, 8), *page)
    assert len(done.updated) == 2
    (claimed,) = await asyncio.gather(*claiming)
    assert claimed.copies == ()
    # passed over for a moment, and skipped by the next claim, which gives the item back
    await claim_all(postgres_store, at(24, 9))
    assert [copy.reason for copy in await copies(postgres_store, address=BO)] == ["paused"]
    assert (await reader(postgres_store, BO)).bookmark.deferred == (2,)


async def test_late_copies_are_given_up_while_their_reader_takes_a_leaving_back(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    ann = await join(postgres_store, ANN, TUESDAY)
    (planned,) = await plan_all(postgres_store, at(24, 7))
    await leave(ann.id, reason="enough", store=postgres_store, now=at(24, 8))
    give_back = deliveries.give_back
    undoing: list[asyncio.Task[Any]] = []

    async def given_back_while_ann_returns(*asked: Any) -> None:
        back = take_back(ann.id, reason="undone", store=second_postgres_store, now=at(24, 9))
        undoing.append(await begun(second_postgres_store, back))
        await give_back(*asked)

    monkeypatch.setattr(deliveries, "give_back", given_back_while_ann_returns)
    assert await expire(postgres_store, planned.issue_id, at(25, 9)) == 1
    assert await asyncio.gather(*undoing) == [True]
    assert (await reader(postgres_store, ANN)).bookmark.deferred == (1,)
    assert (await deep_look(store=postgres_store)).differences == ()
