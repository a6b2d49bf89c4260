"""What is taken back after planning is in no copy that begins from then on, and the record says why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, IssueStatus, LeftOut, Verdict
from digest.core.verdict import SENT
from digest.flows import edit_briefing, issue_acts, settling
from digest.flows.explain import Answer, explain
from digest.flows.publish import due_slots, publish
from digest.store import deliveries, issues, numbered
from digest.store.changes import page
from digest.store.database import Database
from digest.store.tables import cohorts
from digest.store.tables import deliveries as delivery_table
from digest.store.tables import issues as issue_table
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    claim_all,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)
from tests.jobs.office import jobs_for, run
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio

ANN, BOB, CEM = "ann@example.org", "bob@example.org", "cem@example.org"


async def _planned(store: Database, *titles: str) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY)
    await publish_news(store, TUESDAY, *(item(title, "economy") for title in titles))
    await plan_all(store, at(24, 7))


async def test_a_planned_copy_goes_out_without_what_was_taken_back(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    assert await carried(store, ANN) == [(2,)]
    (claim,) = {one.cohort_id for one in (await claim_all(store, at(24, 7))).copies}
    async with store.read() as connection:
        (copy,) = await issues.copies_of(connection, [claim])
        assert [group.numbers for group in copy.groups] == [(2,)]
        assert await issues.pinned_revisions(connection, 1, copy.round) == {2: 1}
        (shown,) = await issues.cohorts_of(connection, 1)
        assert (shown.size, shown.left_out) == (2, {LeftOut.RETRACTED: [1]})
        (change,) = [one for one in await page(connection) if one.act == "briefing.retract"]
        assert change.after["copies_without_it"] == 2
    (why,) = await explain(ANN, 1, store=store, now=at(24, 7))
    assert why.answer is Answer.LEFT_OUT
    assert any("retracted" in reason for reason in why.reasons)


async def test_what_was_sent_stays_on_record_as_it_was_sent(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    async with store.write() as connection:
        first = await deliveries.claim(
            connection, 1, "sender", now=at(24, 7), wall=at(24, 7), limit=1, resend_uncertain=True
        )
        ids = [one.delivery_id for one in first.copies]
        # its first byte may have left
        assert await deliveries.begin(connection, "sender", ids, at(24, 7)) == set(ids)
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    numbers = {copy.id: copy.numbers for copy in await copies(store)}
    assert [numbers.pop(id_) for id_ in ids] == [(1, 2)]
    assert list(numbers.values()) == [(2,)]
    async with store.read() as connection:
        assert sorted(row.size for row in await issues.cohorts_of(connection, 1)) == [1, 1]


async def test_a_sender_that_holds_a_copy_and_has_not_begun_it_cannot_send_it_any_more(
    store: Database,
) -> None:
    await _planned(store, "Tariffs", "Ports")
    held = await claim_all(store, at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    async with store.write() as connection:
        ids = [one.delivery_id for one in held.copies]
        assert await deliveries.begin(connection, "sender", ids, at(24, 7)) == set()
    # nobody has them until the lease is over: the same sender would not know the new letter from the old one
    assert not (await claim_all(store, at(24, 7))).copies
    async with store.write() as connection:
        swept = await deliveries.sweep(connection, dead=(), wall=at(24, 7) + timedelta(minutes=16))
        assert swept.freed == 2
    again = await claim_all(store, at(24, 7, 20))
    assert [one.delivery_id for one in again.copies] == ids
    assert {one.cohort_id for one in again.copies}.isdisjoint(one.cohort_id for one in held.copies)
    assert await carried(store, BOB) == [(2,)]


async def test_what_was_taken_from_a_sender_is_free_when_it_lets_go_or_has_died(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports", "Rails")
    wall = at(24, 7, 1)
    await claim_all(store, at(24, 7))
    for number in (1, 2):
        await edit_briefing.retract(number, store=store, now=at(24, 7))
    async with store.write() as connection:
        assert await deliveries.owners_at_work(connection) == {"sender"}
        assert (await deliveries.sweep(connection, dead=["another"], wall=wall)).freed == 0
        assert await deliveries.release(connection, "another", 1) == 0
        assert await deliveries.release(connection, "sender", 1) == 2
    assert len((await claim_all(store, at(24, 7))).copies) == 2
    await edit_briefing.publish(1, store=store, now=at(24, 7))
    await edit_briefing.edit(3, edit_briefing.Edit(title="Rails at last"), store=store, now=at(24, 7))
    async with store.write() as connection:
        assert (await deliveries.sweep(connection, dead=["sender"], wall=wall)).freed == 2
    assert len((await claim_all(store, at(24, 7))).copies) == 2


async def test_a_copy_that_held_nothing_else_is_not_sent_and_says_why(store: Database) -> None:
    await _planned(store, "Tariffs")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    assert {(copy.status, copy.reason) for copy in await copies(store)} == {
        (DeliveryStatus.SKIPPED, "retracted")
    }
    async with store.read() as connection:
        issue = await issues.by_id(connection, 1)
        assert issue is not None
        assert issue.status is IssueStatus.DONE


async def test_what_waits_for_the_next_issue_is_not_named_in_this_one(store: Database) -> None:
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_all(store, at(24, 7))
    await edit_briefing.retract(2, store=store, now=at(24, 7))
    (claimed,) = (await claim_all(store, at(24, 7))).copies
    async with store.read() as connection:
        (copy,) = await issues.copies_of(connection, [claimed.cohort_id])
    assert [group.numbers for group in copy.groups] == [(1,)]
    assert copy.deferred == ()
    assert await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,)]


async def test_two_items_can_be_taken_back_one_after_the_other(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports", "Schools")
    for number in (1, 3):
        await edit_briefing.retract(number, store=store, now=at(24, 7))
    assert await carried(store, ANN) == [(2,)]
    async with store.read() as connection:
        (shown,) = await issues.cohorts_of(connection, 1)
        assert shown.left_out == {LeftOut.RETRACTED: [1, 3]}
        assert shown.size == 2


async def test_an_issue_that_is_held_goes_on_without_it_when_it_is_released(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    editor = Actor("Ines", Via.DESK)
    await issue_acts.hold(1, by=editor, store=store, now=at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await issue_acts.release(1, by=editor, store=store, now=at(24, 7))
    assert len((await claim_all(store, at(24, 7))).copies) == 2
    assert await carried(store, ANN) == [(2,)]


async def test_a_refused_copy_that_is_tried_again_does_not_bring_it(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    async with store.write() as connection:
        await connection.execute(update(delivery_table).values(status="refused", reason="mailbox-full"))
        await issues.close_when_settled(connection, 1)
    await edit_briefing.retract(1, store=store, now=at(24, 8))
    assert await carried(store, ANN) == [(1, 2)], "nothing is to come of it"
    first, second = [copy.id for copy in await copies(store)]
    editor = Actor("Ines", Via.DESK)
    await settling.retry([first], by=editor, store=store, now=at(24, 9))
    assert [copy.numbers for copy in await copies(store)] == [(2,), (1, 2)]
    await settling.retry_refused(1, by=editor, store=store, now=at(24, 9))
    assert [copy.numbers for copy in await copies(store)] == [(2,), (2,)]
    taken = await claim_all(store, at(24, 9))
    assert [one.delivery_id for one in taken.copies] == [first, second]


async def test_a_copy_that_was_on_the_wire_and_is_tried_again_does_not_bring_it(
    store: Database, tmp_path: Path
) -> None:
    await _planned(store, "Tariffs", "Ports")
    ids = [one.delivery_id for one in (await claim_all(store, at(24, 7))).copies]
    later = Verdict(DeliveryStatus.DEFERRED, "greylisted", retry_at=at(24, 7, 5))
    async with store.write() as connection:
        await deliveries.begin(connection, "sender", ids, at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    async with store.write() as connection:
        results = [deliveries.Recorded(id_, later) for id_ in ids]
        assert await deliveries.record(connection, "sender", results, at(24, 7)) == 0
    assert (await run(jobs_for(store, tmp_path), at(24, 7, 6))).totals.sent == 2
    letters = [one.read_text() for one in (tmp_path / "outbox").glob("*.eml")]
    assert [("Tariffs" in one, "Ports" in one) for one in letters] == [(False, True)] * 2
    assert await carried(store, ANN) == [(2,)]


async def test_a_copy_that_was_on_the_wire_with_nothing_else_is_not_tried_again(
    store: Database, tmp_path: Path
) -> None:
    await _planned(store, "Tariffs")
    ids = [one.delivery_id for one in (await claim_all(store, at(24, 7))).copies]
    later = Verdict(DeliveryStatus.DEFERRED, "greylisted", retry_at=at(24, 7, 5))
    async with store.write() as connection:
        await deliveries.begin(connection, "sender", ids, at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    async with store.write() as connection:
        await deliveries.record(
            connection, "sender", [deliveries.Recorded(id_, later) for id_ in ids], at(24, 7)
        )
    totals = (await run(jobs_for(store, tmp_path), at(24, 7, 6))).totals
    assert (totals.sent, totals.skipped) == (0, {"retracted": 2})
    async with store.read() as connection:
        issue = await issues.by_id(connection, 1)
    assert issue is not None
    assert issue.status is IssueStatus.DONE


async def test_an_issue_that_is_done_is_left_alone(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    async with store.write() as connection:
        for one in (
            await deliveries.claim(
                connection, 1, "sender", now=at(24, 7), wall=at(24, 7), limit=9, resend_uncertain=True
            )
        ).copies:
            await deliveries.begin(connection, "sender", [one.delivery_id], at(24, 7))
            await connection.run_sync(_sent, one.delivery_id)
        await issues.close_when_settled(connection, 1)
    await edit_briefing.retract(1, store=store, now=at(24, 8))
    assert await carried(store, ANN) == [(1, 2)]
    async with store.read() as connection:
        assert len((await connection.execute(select(cohorts.c.id))).all()) == 1


def _sent(connection: object, delivery_id: int) -> None:
    from digest.store import recording

    recording.record_sent(connection, "sender", [delivery_id], at(24, 7))  # type: ignore[arg-type]


async def test_a_plan_and_a_retraction_at_once_leave_no_copy_that_carries_it(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    # SQLite has one writer at a time; on PostgreSQL each could miss what the other has not committed yet
    store, other = postgres_store, second_postgres_store
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    (due,) = await due_slots(store=store, now=at(24, 7))
    decided, go_on = asyncio.Event(), asyncio.Event()
    real = numbered.candidates

    async def slow(*args: object, **named: object) -> object:
        found = await real(*args, **named)  # type: ignore[arg-type]
        decided.set()
        await go_on.wait()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbered, "candidates", slow)
        planning = asyncio.create_task(publish(due, store=store, now=at(24, 7)))
        await decided.wait()
        retracting = asyncio.create_task(edit_briefing.retract(1, store=other, now=at(24, 7)))
        # it has to wait for the plan: give it the time to do what it would do without waiting
        await asyncio.wait({retracting}, timeout=0.5)
        assert not retracting.done()
        go_on.set()
        await asyncio.gather(planning, retracting)
    assert await carried(store, ANN) == [(2,)]


# --- What is appointed --------------------------------------------------------------------------------------


async def test_who_gets_a_copy_that_begins_during_a_retraction_is_told_of_it(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    store, other = postgres_store, second_postgres_store
    await _planned(store, "Tariffs", "Ports")
    first, second = (one.delivery_id for one in (await claim_all(store, at(24, 7))).copies)
    async with store.write() as connection:
        await deliveries.begin(connection, "sender", [first], at(24, 7))
    async with store.write() as connection:
        # whoever opens another round of the issue holds its row
        await connection.execute(select(issue_table.c.id).with_for_update(key_share=True))
        retracting = asyncio.create_task(edit_briefing.retract(1, store=other, now=at(24, 7)))
        await until_someone_waits(other)
        async with store.write() as sending:
            began = await deliveries.begin(sending, "sender", [second], at(24, 7))
    await retracting
    assert began == {second}
    async with store.write() as connection:
        results = [deliveries.Recorded(id_, SENT) for id_ in (first, second)]
        assert await deliveries.record(connection, "sender", results, at(24, 7)) == 0
    # the news of the withdrawal has the third number
    assert [(await reader(store, one)).bookmark.deferred for one in (ANN, BOB)] == [(3,), (3,)]


async def test_drafts_come_out_at_their_time_in_its_order_and_only_then(store: Database) -> None:
    drafts = [
        await edit_briefing.write(
            item(title, "economy"), edit_briefing.Flags(publish_at=at(24, hour)), store=store, now=TUESDAY
        )
        for title, hour in (("Evening", 18), ("Morning", 8), ("Noon", 12))
    ]
    assert await edit_briefing.publish_due(store=store, now=at(24, 7)) == ()
    done = await edit_briefing.publish_due(store=store, now=at(24, 13))
    assert done == (drafts[1].id, drafts[2].id)
    assert await edit_briefing.publish_due(store=store, now=at(24, 13)) == ()
    async with store.read() as connection:
        found = await numbered.newest_of(connection, [1, 2, 3])
        assert [found[number].title for number in found] == ["Morning", "Noon"]
        assert all(one.publish_at is None and one.published_at == at(24, 13) for one in found.values())
        acts = [(one.act, one.subject) for one in await page(connection)]
    assert acts[:2] == [("briefing.publish", str(drafts[2].id)), ("briefing.publish", str(drafts[1].id))]


async def test_an_appointment_can_be_taken_back(store: Database) -> None:
    flags = edit_briefing.Flags(publish_at=at(24, 8))
    draft = await edit_briefing.write(item("Ports"), flags, store=store, now=TUESDAY)
    never = edit_briefing.Edit(publish_at=edit_briefing.NOTHING)
    after = await edit_briefing.edit(draft.id, never, store=store, now=TUESDAY)
    assert after.publish_at is None
    assert after.revision == 1, "no reader sees it"
    assert await edit_briefing.publish_due(store=store, now=at(25, 8)) == ()
