"""What copies lost that were in doubt or on the wire, once it is known that they did not arrive."""

from __future__ import annotations

import pytest

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, Verdict
from digest.flows import edit_briefing, issue_acts, settling, stories
from digest.flows.correcting import pull_retracted
from digest.flows.deep_look import deep_look
from digest.store import deliveries
from digest.store.database import Database
from digest.store.kept_apart import hold_off
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
from tests.flows.test_correcting import mark_doubtful

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@example.org", "bob@example.org"
EDITOR = Actor("Ines", Via.DESK)


async def _in_doubt(store: Database) -> int:
    """The copy of Ann, which may have come with number 1, and has lost it since."""
    for address in (ANN, BOB):
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_all(store, at(24, 7))
    for address in (ANN, BOB):
        await mark_doubtful(store, address)
    await edit_briefing.retract(1, store=store, now=at(24, 7))
    (copy,) = await copies(store, address=ANN)
    return copy.id


async def _not_sent(store: Database, copy_id: int) -> None:
    await settling.resolve(copy_id, was_sent=False, by=EDITOR, store=store, now=at(24, 9))


async def _sound(store: Database) -> None:
    assert (await deep_look(store=store)).differences == ()


async def test_a_copy_that_did_not_come_is_no_reason_any_more(store: Database) -> None:
    copy_id = await _in_doubt(store)
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await _not_sent(store, copy_id)
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    assert await carried(store, BOB) == [(2,)]
    await _sound(store)


async def test_nor_when_that_was_known_before_it_came_back(store: Database) -> None:
    copy_id = await _in_doubt(store)
    await _not_sent(store, copy_id)
    assert not (await reader(store, ANN)).bookmark.is_new(1)
    await edit_briefing.publish(1, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    assert await carried(store, BOB) == [(2,)]
    await _sound(store)


@pytest.mark.parametrize("is_early", [True, False])
async def test_a_copy_that_came_brought_it(store: Database, is_early: bool) -> None:
    copy_id = await _in_doubt(store)
    if not is_early:
        await edit_briefing.publish(1, store=store, now=at(24, 8))
    await settling.resolve(copy_id, was_sent=True, by=EDITOR, store=store, now=at(24, 9))
    if is_early:
        await edit_briefing.publish(1, store=store, now=at(24, 10))
    assert not (await reader(store, ANN)).bookmark.is_new(1)
    await _sound(store)


async def test_a_copy_that_is_in_doubt_anew_may_have_come_without_it_at_most(store: Database) -> None:
    copy_id = await _in_doubt(store)
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await _not_sent(store, copy_id)
    await mark_doubtful(store, ANN)
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(2,), (1,)]
    await _sound(store)


async def test_what_comes_back_by_an_issue_that_was_cancelled_comes_whole(store: Database) -> None:
    copy_id = await _in_doubt(store)
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await issue_acts.cancel(1, by=EDITOR, store=store, now=at(24, 8))
    await _not_sent(store, copy_id)
    assert {1, 2} <= {*(await reader(store, ANN)).bookmark.deferred}
    await _sound(store)


async def _told_by_another(store: Database) -> tuple[int, int]:
    """Ann's copy tells of an event by the first of two; the other was away for an hour."""
    await join(store, ANN, TUESDAY)
    titles = ("Tariffs", "New tariffs", "Ports")
    await publish_news(store, TUESDAY, *(item(title, "economy") for title in titles))
    await stories.join([1, 2], store=store, now=TUESDAY)
    await plan_all(store, at(24, 7))
    (held,) = await carried(store, ANN)
    (first,) = {1, 2}.intersection(held)
    await edit_briefing.retract(3 - first, store=store, now=at(24, 7))
    await edit_briefing.publish(3 - first, store=store, now=at(24, 8))
    return first, 3 - first


async def test_who_was_not_told_of_the_event_after_all_gets_the_other(store: Database) -> None:
    first, other = await _told_by_another(store)
    await mark_doubtful(store, ANN)
    await edit_briefing.retract(first, store=store, now=at(24, 9))
    assert not (await reader(store, ANN)).bookmark.is_new(other)
    (copy,) = await copies(store, address=ANN)
    await _not_sent(store, copy.id)
    await plan_all(store, at(25, 7))
    assert other in (await carried(store, ANN))[-1]
    await _sound(store)


async def test_a_copy_that_was_on_the_wire_when_it_lost_what_told_of_the_event_owes_the_other(
    store: Database,
) -> None:
    first, other = await _told_by_another(store)
    (claimed,) = (await claim_all(store, at(24, 9))).copies
    async with store.write() as connection:
        assert await deliveries.begin(connection, "sender", [claimed.delivery_id], at(24, 9))
    await edit_briefing.retract(first, store=store, now=at(24, 9))
    async with store.write() as connection:
        later = Verdict(DeliveryStatus.DEFERRED, "greylisted", retry_at=at(24, 9, 5))
        result = deliveries.Recorded(claimed.delivery_id, later)
        await deliveries.record(connection, "sender", [result], at(24, 9))
    assert not (await reader(store, ANN)).bookmark.is_new(other)
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        await pull_retracted(connection, 1)
    await plan_all(store, at(25, 7))
    assert other in (await carried(store, ANN))[-1]
    await _sound(store)
