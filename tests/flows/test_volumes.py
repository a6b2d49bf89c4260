"""Old issues are bound: copies lose their rows, and every figure and answer about them stays the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from digest.core.access import PROGRAM
from digest.core.retention import Keep
from digest.errors import InputError
from digest.flows import edit_briefing, my_data, own_issues, readers, settling
from digest.flows.correcting import history
from digest.flows.edit_briefing import Edit
from digest.flows.explain import Answer, explain
from digest.flows.shrink import Shrunk, shrink, would_shrink
from digest.flows.unhurried import Unhurried
from digest.store import outcomes, reader_copies, volumes
from digest.store.database import Database
from digest.store.tables import deliveries, issues
from digest.store.volume_tables import volumes as volume_table
from tests.flows.newsroom import carried, item, join, plan_all, publish_news, reader
from tests.flows.old_issues import ANN, BOB, CEM, KEEP, LATER, a_week, bound_copies, end, rows_of, shrunk
from tests.flows.test_forgetting import everything_in

pytestmark = pytest.mark.anyio


async def in_all(store: Database) -> dict[str, Any]:
    """What pages, commands and programs say of the issues and of each reader."""
    found: dict[str, Any] = {}
    async with store.read() as connection:
        found["issues"] = [await outcomes.of_issue(connection, number) for number in (1, 2, 3, 4)]
        found["planned"] = await outcomes.planned_copies(connection, [1, 2, 3, 4])
        found["families"] = (await connection.execute(select(issues.c.families))).all()
    for address in (ANN, BOB, CEM):
        one = await reader(store, address)
        async with store.read() as connection:
            newest = await reader_copies.newest_of(connection, [one.id])
        found[f"copies of {address}"] = [
            (copy.issue_id, copy.status, copy.reason, copy.briefing_ids, copy.deferred, copy.left_out)
            for copy in newest
        ]
        shown = await own_issues.own_issues(one.id, None, store=store)
        found[f"issues of {address}"] = [
            (own.copy, own.lead, own.count, own_issues.may_have_arrived(own.copy)) for own in shown.issues
        ]
        for briefing in range(1, 7):
            (why,) = await explain(address, briefing, store=store, now=LATER)
            found[f"why {address} {briefing}"] = (why.answer, [copy.issue_id for copy in why.deliveries])
        found[f"data of {address}"] = await _data(store, address)
    return found


async def _data(store: Database, address: str) -> list[Mapping[str, Any]]:
    document = await my_data.all_of(address, store=store)
    assert document is not None
    # these go with the row
    gone = {"server_said", "attempts", "sent_at"}
    return [{key: value for key, value in one.items() if key not in gone} for one in document["issues"]]


async def test_every_figure_and_answer_is_the_same_before_and_after(store: Database) -> None:
    await a_week(store)
    before = await in_all(store)
    assert await shrunk(store) == Shrunk(9)
    assert [await rows_of(store, number) for number in (1, 2, 3, 4)] == [0, 0, 0, 3]
    assert await bound_copies(store) == 9
    assert await in_all(store) == before


async def test_what_goes_are_words_of_servers_and_minutes(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    document = await my_data.all_of(BOB, store=store)
    assert document is not None
    assert [(one["server_said"], one["attempts"], one["sent_at"]) for one in document["issues"][:3]] == [
        ("", None, None)
    ] * 3
    assert "is full" not in await everything_in(store)


async def test_a_bound_copy_is_explained_without_a_number(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    (found,) = await explain(ANN, 1, store=store, now=LATER)
    assert found.answer is Answer.SENT
    assert "issue 1 (2026-11-24) carried it: sent" in found.reasons


async def test_issues_wait_until_a_month_of_them_is_old_enough(store: Database) -> None:
    await a_week(store)
    # the first was due on the 24th at seven
    ripe = KEEP.copies + volumes.SPAN  # type: ignore[operator]
    too_early = LATER.replace(year=2026, month=11, day=24, hour=7, minute=0) + ripe - timedelta(seconds=1)
    assert (await shrunk(store, too_early)).is_nothing
    assert await shrunk(store, too_early + timedelta(seconds=1)) == Shrunk(9)


async def test_nothing_is_bound_when_rows_are_kept_for_ever(store: Database) -> None:
    await a_week(store)
    assert (await shrunk(store, keep=Keep())).is_nothing
    assert await rows_of(store, 1) == 3


async def test_a_second_time_nothing_is_left_to_do(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    assert (await shrunk(store)).is_nothing


@pytest.mark.parametrize("status", ["planned", "sending", "deferred", "uncertain"])
async def test_an_issue_of_which_a_copy_is_open_keeps_its_rows(store: Database, status: str) -> None:
    await a_week(store)
    await end(store, CEM, 2, status=status)
    async with store.write() as connection:
        await connection.execute(update(issues).where(issues.c.id == 2).values(status="sending"))
    assert await shrunk(store) == Shrunk(6)
    assert [await rows_of(store, number) for number in (1, 2, 3)] == [0, 3, 0]


@pytest.mark.parametrize("status", ["planned", "sending", "deferred", "uncertain"])
async def test_an_open_copy_stays_even_where_its_issue_is_said_to_be_done(
    store: Database, status: str
) -> None:
    await a_week(store)
    await end(store, CEM, 2, status=status)
    assert await shrunk(store) == Shrunk(8)
    async with store.read() as connection:
        (left,) = await connection.execute(select(deliveries).where(deliveries.c.issue_id == 2))
    assert left.status == status


async def test_the_newest_copy_of_all_keeps_its_number(store: Database) -> None:
    await a_week(store)
    much_later = LATER + timedelta(days=1000)
    await shrunk(store, much_later)
    # all but the newest issue: no number is ever given twice
    assert [await rows_of(store, number) for number in (1, 2, 3, 4)] == [0, 0, 0, 3]
    async with store.read() as connection:
        newest = max((await connection.execute(select(deliveries.c.id))).scalars())
    await publish_news(store, much_later - timedelta(hours=3), item("Rails", "economy"))
    await plan_all(store, much_later)
    async with store.read() as connection:
        ids = (await connection.execute(select(deliveries.c.id).where(deliveries.c.issue_id == 5))).scalars()
        assert min(ids) > newest


async def test_outcomes_that_were_not_counted_are_counted_before_the_rows_go(store: Database) -> None:
    await a_week(store)
    async with store.write() as connection:
        await connection.execute(update(issues).values(outcomes=None))
    before = await in_all(store)
    await shrunk(store)
    async with store.read() as connection:
        kept = await outcomes.kept(connection, [1, 2, 3])
    assert kept == dict(enumerate(before["issues"][:3], start=1))
    assert await in_all(store) == before


async def test_many_readers_take_many_steps_and_a_stop_comes_between_two(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_week(store)
    before = await in_all(store)
    monkeypatch.setattr(volumes, "TOGETHER", 4)
    stop = asyncio.Event()
    stop.set()
    steps = 0
    while True:
        pace = Unhurried(stop)
        done = await shrink(store=store, now=LATER, keep=KEEP, pace=pace)
        assert done.copies <= 4
        assert await in_all(store) == before, "half of a volume is as good as none, or all of it"
        steps += 1
        if not pace.broke_off:
            break
    assert steps > 3
    assert await bound_copies(store) == 9


async def test_a_reader_with_more_copies_than_fit_is_taken_whole(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_week(store)
    before = await in_all(store)
    monkeypatch.setattr(volumes, "TOGETHER", 1)
    assert await shrunk(store) == Shrunk(9)
    assert await in_all(store) == before


async def test_two_processes_at_once_bind_each_copy_once(store: Database, second_store: Database) -> None:
    await a_week(store)
    before = await in_all(store)
    done = await asyncio.gather(shrunk(store), shrunk(second_store))
    assert sum(one.copies for one in done) == await bound_copies(store) == 9
    async with store.read() as connection:
        assert len((await connection.execute(select(volume_table))).all()) == 1
    assert await in_all(store) == before


async def test_looking_says_what_would_be_done_and_does_nothing(store: Database) -> None:
    await a_week(store)
    assert await would_shrink(store=store, now=LATER, keep=KEEP) == Shrunk(9)
    assert await rows_of(store, 1) == 3
    stop = asyncio.Event()
    stop.set()
    await shrink(store=store, now=LATER, keep=KEEP, pace=Unhurried(stop))
    # begun, and nothing bound yet
    assert await would_shrink(store=store, now=LATER, keep=KEEP) == Shrunk(9)


async def test_a_bound_copy_is_not_tried_again(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    with pytest.raises(InputError, match="bound into a volume"):
        await settling.retry_refused(2, by=PROGRAM, store=store, now=LATER)


# --- corrections --------------------------------------------------------------------------------------------


async def test_a_correction_reaches_who_had_the_old_text_in_a_bound_copy(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    new_text = Edit(paragraphs=("Gallium: it was 15 percent, and not 50.",))
    await edit_briefing.edit(5, new_text, store=store, now=LATER)
    # Bob's copy was sent, Cem's may have arrived, and Ann does not read of energy
    ((_told, owed),) = await history(5, store=store)
    assert owed == 2
    await plan_all(store, LATER + timedelta(days=1))
    corrected = (await carried(store, BOB))[-1]
    assert corrected == (await carried(store, CEM))[-1] != (await carried(store, ANN))[-1]


async def test_a_withdrawal_reaches_no_reader_whose_bound_copy_was_refused(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    await edit_briefing.retract(3, store=store, now=LATER)
    # Solar: Bob's copy was refused, Cem's sent
    ((_told, owed),) = await history(3, store=store)
    assert owed == 1


async def test_readers_of_one_group_are_told_apart_by_what_they_had(store: Database) -> None:
    for number in range(6):
        await join(store, f"reader{number}@example.org", LATER - timedelta(days=500))
    await a_week(store)
    await end(store, "reader1@example.org", 1, status="refused", reason="unknown")
    await end(store, "reader4@example.org", 1, status="refused", reason="unknown")
    async with store.write() as connection:
        await connection.execute(update(issues).values(outcomes=None))
    await shrunk(store)
    await edit_briefing.retract(1, store=store, now=LATER)
    ((_told, owed),) = await history(1, store=store)
    # Ann, Cem and four of the six
    assert owed == 6
    withdrawn = 7
    for number in range(6):
        waits = withdrawn in (await reader(store, f"reader{number}@example.org")).bookmark.deferred
        assert waits == (number not in {1, 4})


# --- erasure ------------------------------------------------------------------------------------------------


async def test_who_is_erased_is_a_number_in_a_volume_that_leads_to_nobody(store: Database) -> None:
    await a_week(store)
    bob = await reader(store, BOB)
    await shrunk(store)
    await readers.erase(BOB, store=store, now=LATER)
    assert await my_data.all_of(BOB, store=store) is None
    assert await my_data.all_behind(bob.id, store=store) is None
    assert "bob@" not in await everything_in(store)
    async with store.read() as connection:
        found = await reader_copies.newest_of(connection, [bob.id])
        assert {(copy.address, copy.name) for copy in found} == {(None, "")}
        # what was counted stays
        assert (await outcomes.of_issue(connection, 2))["refused"] == {"mailbox-full": 1}


async def test_who_never_got_a_copy_has_none_in_any_volume(store: Database) -> None:
    await a_week(store)
    await shrunk(store)
    dora = await join(store, "dora@example.org", LATER)
    assert (await own_issues.own_issues(dora.id, None, store=store)).issues == ()
    assert await own_issues.rated(dora.id, 1, store=store) is None
