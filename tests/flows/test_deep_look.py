"""A look at every row: nothing is found where all is well, and each harm is found and named."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.core.damage import Damage
from digest.flows import edit_briefing
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.deep_look import deep_look, deep_look_in
from digest.store.database import Database
from tests.flows.harm import HARMS, do_harm, lived_in
from tests.flows.newsroom import TUESDAY, carried, item, join, plan_all, publish_news
from tests.flows.old_issues import LATER

pytestmark = pytest.mark.anyio


async def test_a_store_that_has_lived_has_no_difference(store: Database) -> None:
    await lived_in(store)
    found = await deep_look(store=store)
    assert found.differences == ()
    assert (found.readers, found.issues, found.newest) == (3, 5, 9)


async def test_each_harm_is_found_and_named_and_nothing_else(store: Database) -> None:
    await lived_in(store)
    found: dict[str, set[Damage]] = {}
    async with store.write(copies_known_ids=True) as connection:
        for harm, (_, _, statements) in HARMS.items():
            async with connection.begin_nested() as harmed:
                await do_harm(connection, statements)
                looked = await deep_look_in(connection)
                await harmed.rollback()
            found[harm] = {one.kind for one in looked.differences}
            assert all(one.line and one.mend and one.examples for one in looked.differences), harm
    assert found == {harm: {wanted, *also} for harm, (wanted, also, _) in HARMS.items()}


def test_every_kind_of_harm_is_tried() -> None:
    # a file is damaged in a test of its own, which then cannot be looked through either
    apart = {Damage.FILE_DAMAGED, Damage.UNREADABLE}
    assert {wanted for wanted, _, _ in HARMS.values()} | apart == set(Damage) - {Damage.NOTICE_FOR_NOBODY}


async def test_others_go_on_while_it_looks_and_it_sees_one_moment(store: Database) -> None:
    await lived_in(store)
    looking = asyncio.gather(*(deep_look(store=store) for _ in range(3)))
    for hour in range(23, 40):
        await publish_news(store, LATER + timedelta(hours=hour), item(f"Tin {hour}", "economy"))
        await plan_all(store, LATER + timedelta(hours=hour, minutes=30))
    assert [one.differences for one in await looking] == [(), (), ()]


async def test_whom_it_concerns_is_told(store: Database) -> None:
    await lived_in(store)
    async with store.write(copies_known_ids=True) as connection:
        await do_harm(connection, HARMS["a copy is deleted"][2])
    (first, *_) = [one for one in (await deep_look(store=store)).differences if one.kind is Damage.LOST]
    assert first.about == "briefing 7 (number 7) of daily"
    assert first.examples == ("cem@example.org",)
    assert "digest send" in first.mend


async def test_what_was_lost_and_is_sent_by_hand_is_lost_no_more(store: Database) -> None:
    await lived_in(store)
    async with store.write(copies_known_ids=True) as connection:
        # with its readers' copies gone, the cohort has none
        await do_harm(
            connection,
            (*HARMS["a copy is deleted"][2], "UPDATE cohorts SET size = 0 WHERE id = {whole5}"),
        )
    lost = [one.about for one in (await deep_look(store=store)).differences]
    assert lost == [f"briefing {n} (number {n}) of daily" for n in (7, 8, 9)]
    wish = OneOff("daily", to=("cem@example.org",), briefing_ids=(7, 8, 9), ignore_bookmarks=True)
    await plan_by_hand(wish, store=store, now=LATER + timedelta(hours=30))
    assert (await deep_look(store=store)).differences == ()


@pytest.mark.parametrize("others", [(), ("Ports",)])
async def test_what_was_taken_out_of_a_copy_by_hand_is_not_lost(
    store: Database, others: tuple[str, ...]
) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, *(item(title, "economy") for title in ("Tariffs", *others)))
    await plan_by_hand(OneOff("daily"), store=store, now=TUESDAY)
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    assert await carried(store, "ann@example.org") == ([(2,)] if others else [])
    assert (await deep_look(store=store)).differences == ()
