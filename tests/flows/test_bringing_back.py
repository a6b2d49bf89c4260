"""What was taken back and comes out again is owed to those whose copies left it out, and to nobody else."""

from __future__ import annotations

import pytest

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, Verdict
from digest.flows import by_link, edit_briefing, issue_acts, readers, settling, stories
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.correcting import Word
from digest.flows.deep_look import deep_look
from digest.flows.edit_briefing import Edit
from digest.flows.explain import Answer, explain
from digest.flows.publish import due_slots, publish
from digest.flows.readers import Enrolment
from digest.store import deliveries, issues
from digest.store.changes import page
from digest.store.database import Database
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    claim_all,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
    wishes,
)
from tests.flows.old_issues import settle
from tests.flows.test_correcting import mark_doubtful

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@example.org", "bob@example.org"
EDITOR = Actor("Ines", Via.DESK)


async def _planned(store: Database, *titles: str) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY)
    await publish_news(store, TUESDAY, *(item(title, "economy") for title in titles))
    await plan_all(store, at(24, 7))


async def _sound(store: Database) -> None:
    assert (await deep_look(store=store)).differences == ()


async def test_a_slip_costs_nobody_the_item(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await mark_sent(store, BOB, at(24, 7))
    await edit_briefing.retract(1, Word(), store=store, now=at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 7, 1))
    (why,) = await explain(ANN, 1, store=store, now=at(24, 7, 2))
    assert why.answer is Answer.WAITING
    await mark_sent(store, ANN, at(24, 7))
    await plan_all(store, at(25, 7))
    # the news of the withdrawal, number 3, is owed to Bob and pointless by now
    assert await carried(store, ANN) == [(2,), (1,)]
    assert await carried(store, BOB) == [(1, 2)]
    await _sound(store)
    async with store.read() as connection:
        change = next(one for one in await page(connection) if one.act == "briefing.publish")
    assert change.after["readers_owed_it_again"] == 1


async def test_a_copy_that_held_nothing_else_comes_after_all(store: Database) -> None:
    await _planned(store, "Tariffs")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    assert {one.status for one in await copies(store)} == {DeliveryStatus.SKIPPED}
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,)]
    assert await carried(store, BOB) == [(1,)]
    await _sound(store)


async def test_who_was_planned_meanwhile_gets_it_if_it_is_wanted(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Wind", "energy"))
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    await plan_all(store, at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    assert await carried(store, BOB) == [(2,)]
    (why,) = await explain(BOB, 1, store=store, now=at(25, 8))
    assert why.answer is Answer.LEFT_OUT
    assert any("none of its topics is followed" in reason for reason in why.reasons)
    await _sound(store)


async def test_it_comes_in_the_text_of_today(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await edit_briefing.edit(1, Edit(title="Tariffs put off"), store=store, now=at(24, 8))
    await edit_briefing.publish(1, store=store, now=at(24, 9))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    async with store.read() as connection:
        assert await issues.pinned_revisions(connection, 2, 1) == {1: 2}


async def test_each_time_it_comes_back_it_is_owed_once_and_not_to_who_had_it(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await edit_briefing.retract(1, store=store, now=at(24, 9))
    await edit_briefing.publish(1, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    await mark_sent(store, ANN, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    await edit_briefing.retract(1, Word(), store=store, now=at(25, 8))
    await edit_briefing.publish(1, store=store, now=at(25, 9))
    await plan_all(store, at(26, 7))
    # Bob's copy had not begun, and lost it once more
    assert await carried(store, ANN) == [(2,), (1,)]
    assert await carried(store, BOB) == [(2,), (1,)]
    assert [copy.issue_id for copy in await copies(store, address=BOB)][-1] == 3
    await _sound(store)


async def test_a_change_that_was_not_told_meanwhile_is_told_after_all(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    for address in (ANN, BOB):
        await mark_sent(store, address, at(24, 7))
    newer = Edit(paragraphs=("Tariffs: they are 15 percent, and not 50.",))
    await edit_briefing.edit(1, newer, store=store, now=at(24, 8))
    await edit_briefing.retract(1, Word(), store=store, now=at(24, 9))
    await plan_all(store, at(25, 7))
    # 3 is the change, and 4 the withdrawal
    assert await carried(store, ANN) == [(1, 2), (4,)]
    await mark_sent(store, ANN, at(25, 7))
    await edit_briefing.publish(1, store=store, now=at(25, 8))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1, 2), (4,), (3,)]
    assert await carried(store, BOB) == [(1, 2), (3,)]
    await _sound(store)


async def test_a_text_that_was_changed_meanwhile_is_told_though_a_copy_had_the_news_of_the_withdrawal(
    store: Database,
) -> None:
    await _planned(store, "Tariffs", "Ports")
    await settle(store, 1, sent_at=at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 8))
    newer = Edit(paragraphs=("Tariffs: they are 15 percent, and not 50.",))
    await edit_briefing.edit(1, newer, store=store, now=at(24, 9))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1, 2), (3,)]
    await mark_sent(store, BOB, at(25, 7))
    await edit_briefing.publish(1, store=store, now=at(25, 8))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1, 2), (4,)]
    assert await carried(store, BOB) == [(1, 2), (3,), (4,)]
    await _sound(store)


async def test_who_has_another_telling_of_the_event_does_not_get_it_too(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("New tariffs", "economy"))
    await stories.join([1, 2], store=store, now=TUESDAY)
    await plan_all(store, at(24, 7))
    ((first,),) = await carried(store, ANN)
    await edit_briefing.retract(first, store=store, now=at(24, 7))
    assert await carried(store, ANN) == [(3 - first,)]
    await edit_briefing.publish(first, store=store, now=at(24, 8))
    assert (await reader(store, ANN)).bookmark.deferred == ()
    await _sound(store)


async def test_a_one_off_that_lost_it_leaves_it_to_the_next_issue(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_by_hand(OneOff("daily", briefing_ids=(1, 2)), store=store, now=at(24, 6, 30))
    await edit_briefing.retract(1, store=store, now=at(24, 6, 31))
    assert await carried(store, ANN) == [(2,)]
    await edit_briefing.publish(1, store=store, now=at(24, 6, 32))
    await plan_all(store, at(24, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    await _sound(store)


async def test_news_at_once_is_caught_up_with_by_the_slot_for_leftovers(store: Database) -> None:
    await join(store, ANN, TUESDAY, at_once="yes")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_all(store, at(24, 6, 1))
    await edit_briefing.retract(1, store=store, now=at(24, 6, 2))
    await edit_briefing.publish(1, store=store, now=at(24, 6, 3))
    await plan_all(store, at(25, 23))
    assert await carried(store, ANN) == [(2,), (1,)]


async def test_who_was_paused_since_gets_it_too(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    for address in (ANN, BOB):
        await mark_sent(store, address, at(24, 7))
    await readers.pause(BOB, None, until=None, catch_up=False, store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Rails", "economy"))
    await readers.resume(BOB, None, store=store, now=at(24, 10))
    await edit_briefing.publish(1, store=store, now=at(24, 11))
    await plan_all(store, at(25, 7))
    assert await carried(store, BOB) == [(2,), (1,)]
    await _sound(store)


async def test_who_left_gets_it_after_a_change_of_mind_and_not_after_a_new_beginning(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    for address in (ANN, BOB):
        await mark_sent(store, address, at(24, 7))
        mine = await reader(store, address)
        await by_link.leave(mine.id, reason="by one click", store=store, now=at(24, 8))
    await by_link.take_back((await reader(store, ANN)).id, reason="undone", store=store, now=at(24, 9))
    again = Enrolment(BOB, "daily", wishes(), True, "came again")
    await readers.subscribe(again, store=store, now=at(24, 9))
    await edit_briefing.publish(1, store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Rails", "economy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1, 3)]
    assert await carried(store, BOB) == [(2,), (3,)]
    await _sound(store)


async def test_an_issue_that_is_held_goes_without_it_and_the_next_one_brings_it(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await issue_acts.hold(1, by=EDITOR, store=store, now=at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await issue_acts.release(1, by=EDITOR, store=store, now=at(24, 9))
    assert len((await claim_all(store, at(24, 9))).copies) == 2
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]


async def test_an_issue_that_is_cancelled_gives_both_back(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await issue_acts.hold(1, by=EDITOR, store=store, now=at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await issue_acts.cancel(1, by=EDITOR, store=store, now=at(24, 8))
    await edit_briefing.publish(1, store=store, now=at(24, 9))
    await plan_all(store, at(25, 7))
    assert [sorted(one) for one in await carried(store, ANN)][-1] == [1, 2]
    await _sound(store)


async def test_several_that_come_back_together_are_owed_alike(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports", "Rails")
    for number in (1, 3):
        await edit_briefing.retract(number, store=store, now=at(24, 7))
    await edit_briefing.publish_together([1, 3], store=store, now=at(24, 8))
    assert (await reader(store, ANN)).bookmark.deferred == (1, 3)
    assert (await reader(store, BOB)).bookmark == (await reader(store, ANN)).bookmark


async def test_a_copy_that_was_on_the_wire_and_waits_still_brings_it_and_no_other_does(
    store: Database,
) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    for address in (ANN, BOB):
        await mark_sent(store, address, at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    ids = [one.delivery_id for one in (await claim_all(store, at(25, 7), issue_id=2)).copies]
    async with store.write() as connection:
        assert len(await deliveries.begin(connection, "sender", ids, at(25, 7))) == 2
    await edit_briefing.retract(1, store=store, now=at(25, 7))
    later = Verdict(DeliveryStatus.DEFERRED, "greylisted", retry_at=at(25, 7, 5))
    async with store.write() as connection:
        results = [deliveries.Recorded(id_, later) for id_ in ids]
        await deliveries.record(connection, "sender", results, at(25, 7))
    # before anybody looked for what to take out of it
    await edit_briefing.publish(1, store=store, now=at(25, 7, 1))
    for address in (ANN, BOB):
        assert not (await reader(store, address)).bookmark.is_new(1)
    await _sound(store)


async def test_a_copy_that_was_refused_may_be_tried_again_and_so_nobody_is_owed_what_it_holds(
    store: Database,
) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await settle(store, 1, sent_at=at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    await settle(store, 2, status="refused", reason="mailbox-full")
    await edit_briefing.retract(1, store=store, now=at(25, 8))
    await edit_briefing.publish(1, store=store, now=at(25, 9))
    assert await settling.retry_refused(2, by=EDITOR, store=store, now=at(25, 10)) == 2
    await _sound(store)
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(2,), (1,)]


async def test_who_may_have_had_it_from_a_copy_in_doubt_does_not_get_it_in_another(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await mark_doubtful(store, ANN)
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    (why,) = await explain(ANN, 1, store=store, now=at(24, 8))
    assert any("that copy may have come with it before" in reason for reason in why.reasons)
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,)]
    assert await carried(store, BOB) == [(2,), (1,)]
    await _sound(store)


async def test_a_copy_that_went_into_doubt_without_it_does_not_stand_in_its_way(store: Database) -> None:
    await _planned(store, "Tariffs", "Ports")
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    await mark_doubtful(store, ANN)
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    await _sound(store)


async def test_a_run_that_began_before_it_came_out_may_have_planned_it(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, at(24, 7, 1), item("Tariffs", "economy"), item("Ports", "economy"))
    # other issues took their time before this one, and all are of the time at which the run began
    (due,) = await due_slots(store=store, now=at(24, 7))
    await publish(due, store=store, now=at(24, 7))
    await edit_briefing.retract(1, store=store, now=at(24, 7, 2))
    await edit_briefing.publish(1, store=store, now=at(24, 7, 3))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    await _sound(store)


async def test_who_was_told_of_the_event_by_what_is_taken_back_in_its_turn_gets_it_after_all(
    store: Database,
) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("New tariffs", "economy"))
    await stories.join([1, 2], store=store, now=TUESDAY)
    await plan_all(store, at(24, 7))
    ((first,),) = await carried(store, ANN)
    other = 3 - first
    await edit_briefing.retract(other, store=store, now=at(24, 7))
    await edit_briefing.publish(other, store=store, now=at(24, 8))
    assert (await reader(store, ANN)).bookmark.deferred == ()
    await edit_briefing.retract(first, store=store, now=at(24, 9))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(other,)]
    await _sound(store)


async def test_a_run_that_began_before_its_reader_came_back_is_of_the_new_beginning(store: Database) -> None:
    mine = (await join(store, ANN, TUESDAY, at_once="yes")).id
    await by_link.leave(mine, reason="by one click", store=store, now=TUESDAY)
    await publish_news(store, at(24, 6, 30), item("Tariffs", "economy"), item("Ports", "economy"))
    await edit_briefing.retract(1, store=store, now=at(24, 6, 40))
    again = Enrolment(ANN, "daily", wishes(at_once="yes"), True, "came again")
    await readers.subscribe(again, store=store, now=at(24, 7, 1))
    await plan_all(store, at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 23))
    assert await carried(store, ANN) == [(2,), (1,)]
    await _sound(store)
