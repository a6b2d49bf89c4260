"""Who has had a text that was corrected or taken back is told once, in the next issue; nobody else is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from digest.core.access import Actor, Via
from digest.core.corrections import CorrectionKind, Telling
from digest.core.model import LeftOut
from digest.errors import InputError
from digest.flows import by_link, edit_briefing, issue_acts, readers, settling
from digest.flows.correcting import Word, history
from digest.flows.edit_briefing import Edit
from digest.flows.explain import Answer, explain
from digest.store import counters, deliveries, issues, numbered
from digest.store.changes import page
from digest.store.database import Database
from digest.store.tables import deliveries as delivery_table
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
)
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio

ANN, BOB, CEM = "ann@example.org", "bob@example.org", "cem@example.org"
TARIFFS = item("Tariffs", "economy")
NEW_TEXT = Edit(paragraphs=("Tariffs: they are 15 percent, and not 50.",))


async def _sent(store: Database, *addresses: str) -> None:
    """The first issue has gone out, with the text that will be wrong."""
    for address in addresses:
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, TARIFFS)
    await plan_all(store, at(24, 7))
    for address in addresses:
        await mark_sent(store, address, at(24, 7))


async def test_who_had_the_old_text_is_told_once_and_nobody_else(store: Database) -> None:
    await _sent(store, ANN, BOB)
    await join(store, CEM, at(24, 9), topics="energy")
    await edit_briefing.edit(1, replace(NEW_TEXT, word=Word(note="A figure.")), store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (3, 2)]
    assert await carried(store, BOB) == [(1,), (3, 2)]
    assert await carried(store, CEM) == []
    for address in (ANN, BOB):
        await mark_sent(store, address, at(25, 7))
    await publish_news(store, at(25, 11), item("Rails", "economy"))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (3, 2), (4,)]
    ((correction, told),) = await history(1, store=store)
    assert (correction.number, correction.kind, told) == (2, CorrectionKind.CORRECTED, 2)
    second = (await copies(store, address=ANN))[1]
    assert (second.briefing_ids, second.corrected_ids) == ((2,), (1,))


async def test_a_correction_alone_is_an_issue(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
    async with store.read() as connection:
        shown = await numbered.by_numbers(connection, {1: 1, 2: 2})
    assert shown[1].paragraphs == TARIFFS.paragraphs
    assert shown[2].paragraphs == NEW_TEXT.paragraphs
    assert shown[2].correction is not None
    assert shown[2].correction.former_title == "Tariffs"


async def test_news_at_once_brings_corrections_at_once(store: Database) -> None:
    await join(store, ANN, TUESDAY, at_once="yes")
    await join(store, BOB, TUESDAY, at_once="yes", topics="energy")
    await publish_news(store, TUESDAY, TARIFFS)
    await plan_all(store, at(24, 7))
    await mark_sent(store, ANN, at(24, 7))
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await plan_all(store, at(24, 10, 1))
    assert await carried(store, ANN) == [(1,), (2,)]
    assert await carried(store, BOB) == []


async def test_copies_that_cannot_have_arrived_carry_the_new_text(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, BOB, TUESDAY)
    await publish_news(store, TUESDAY, TARIFFS)
    await plan_all(store, at(24, 7))
    async with store.write() as connection:
        first = await deliveries.claim(
            connection, 1, "sender", now=at(24, 7), wall=at(24, 7), limit=1, resend_uncertain=True
        )
        (begun,) = [one.delivery_id for one in first.copies]
        assert await deliveries.begin(connection, "sender", [begun], at(24, 7)) == {begun}
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 7))
    (other,) = (await claim_all(store, at(24, 7))).copies
    async with store.read() as connection:
        (copy,) = await issues.copies_of(connection, [other.cohort_id])
        assert await issues.pinned_revisions(connection, 1, copy.round) == {1: 2}
        (change,) = [one for one in await page(connection) if one.act == "briefing.edit"]
    assert (change.after["readers_told"], change.after["copies_with_it"]) == (1, 1)
    await plan_all(store, at(25, 7))
    told = {copy.address: copy.corrected_ids for copy in await copies(store) if copy.issue_id == 2}
    owner = {copy.id: copy.address for copy in await copies(store)}[begun]
    assert told == {owner: (1,), (BOB if owner == ANN else ANN): ()}


async def test_nobody_is_told_of_spelling(store: Database) -> None:
    await _sent(store, ANN)
    slip = Edit(paragraphs=("Tariffs: the whole story, told in one sentance.",))
    await edit_briefing.edit(1, slip, store=store, now=at(24, 10))
    assert await history(1, store=store) == ()
    await edit_briefing.edit(
        1,
        replace(slip, paragraphs=TARIFFS.paragraphs, word=Word(Telling.ALWAYS)),
        store=store,
        now=at(24, 11),
    )
    assert [told for _, told in await history(1, store=store)] == [1]


async def test_nobody_is_told_when_the_editor_says_so(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, replace(NEW_TEXT, word=Word(Telling.NEVER)), store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,)]


async def test_without_readers_a_correction_takes_no_number(store: Database) -> None:
    await publish_news(store, TUESDAY, TARIFFS)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    async with store.read() as connection:
        assert await numbered.ids_by_number(connection, [1, 2]) == {1: 1, 2: 2}


async def test_a_page_that_came_in_again_with_another_figure_is_told(store: Database) -> None:
    await _sent(store, ANN)
    changed = replace(TARIFFS, paragraphs=("Tariffs: the whole story, told in 2 sentences.",))
    await publish_news(store, at(24, 10), changed)
    await publish_news(store, at(24, 11), changed)
    assert [told for _, told in await history(1, store=store)] == [1]


async def test_of_two_corrections_before_an_issue_the_last_is_told(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await edit_briefing.edit(1, Edit(title="Tariffs of 16 percent"), store=store, now=at(24, 11))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (3,)]
    assert (await copies(store, address=ANN))[1].left_out == {LeftOut.CORRECTED_AGAIN: [2]}
    # and who had the first correction is told of the second
    await mark_sent(store, ANN, at(25, 7))
    await edit_briefing.edit(1, Edit(title="Tariffs of 17 percent"), store=store, now=at(25, 11))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (3,), (4,)]


async def test_a_withdrawal_is_told_to_who_had_it(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.retract(1, Word(note="It was a hoax."), store=store, now=at(24, 10))
    await join(store, BOB, at(24, 11))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
    assert await carried(store, BOB) == []
    (why,) = await explain(ANN, 1, store=store, now=at(25, 8))
    assert why.answer is Answer.SENT
    assert any("as number 2 it was changed: issue 2" in reason for reason in why.reasons)


async def test_a_withdrawal_that_was_undone_is_not_told(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.retract(1, store=store, now=at(24, 10))
    await edit_briefing.publish(1, store=store, now=at(24, 11))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,)]


async def test_a_correction_of_what_was_taken_back_is_pulled_from_planned_copies(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    await edit_briefing.retract(1, store=store, now=at(25, 7))
    assert [(copy.status, copy.reason) for copy in await copies(store, address=ANN)][1] == (
        "skipped",
        "retracted",
    )
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (3,)]


async def test_a_copy_that_expired_gives_its_correction_back(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    async with store.write() as connection:
        assert len(await deliveries.expire(connection, 2, planned_by=at(25, 8))) == 1
    assert (await reader(store, ANN)).bookmark.deferred == (2,)


async def test_readers_who_share_a_group_go_on_sharing_it(store: Database) -> None:
    await _sent(store, ANN, BOB)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    assert (await reader(store, ANN)).bookmark == (await reader(store, BOB)).bookmark
    await plan_all(store, at(25, 7))
    async with store.read() as connection:
        (cohort,) = await issues.cohorts_of(connection, 2)
    assert cohort.size == 2


async def test_one_who_paused_without_catching_up_is_told_of_what_was_had_before(store: Database) -> None:
    await _sent(store, ANN)
    await readers.pause(ANN, None, until=None, catch_up=False, store=store, now=at(24, 9))
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    await readers.resume(ANN, None, store=store, now=at(26, 9))
    await plan_all(store, at(27, 7))
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_a_note_is_no_item_of_its_own() -> None:
    with pytest.raises(InputError, match="600"):
        Word(note="x" * 601)


async def test_a_second_retraction_leaves_the_news_of_the_first_alone(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.retract(1, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    await edit_briefing.retract(1, store=store, now=at(25, 7))
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_who_waits_for_a_correction_is_told_though_there_was_a_withdrawal_since(
    store: Database,
) -> None:
    await _sent(store, ANN, BOB)
    await readers.pause(BOB, None, until=None, catch_up=True, store=store, now=at(24, 9))
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await plan_all(store, at(25, 7))
    await mark_sent(store, ANN, at(25, 7))
    await edit_briefing.retract(1, store=store, now=at(25, 11))
    await edit_briefing.publish(1, store=store, now=at(25, 12))
    await readers.resume(BOB, None, store=store, now=at(25, 13))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
    assert await carried(store, BOB) == [(1,), (2,)]


@pytest.mark.parametrize("together", [False, True])
async def test_what_comes_back_with_another_text_is_told(store: Database, together: bool) -> None:
    await _sent(store, ANN)
    await edit_briefing.retract(1, store=store, now=at(24, 10))
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 11))
    if together:
        await edit_briefing.publish_together([1], store=store, now=at(24, 12))
    else:
        await edit_briefing.publish(1, store=store, now=at(24, 12))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (3,)]
    assert (await copies(store, address=ANN))[1].left_out == {LeftOut.CORRECTED_AGAIN: [2]}
    kinds = [one.kind for one, _ in await history(1, store=store)]
    assert kinds == [CorrectionKind.WITHDRAWN, CorrectionKind.CORRECTED]


async def test_a_planned_copy_does_not_tell_of_a_withdrawal_that_was_undone(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.retract(1, store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (3, 2)]
    await edit_briefing.publish(1, store=store, now=at(25, 7))
    assert await carried(store, ANN) == [(1,), (3,)]
    assert (await copies(store, address=ANN))[1].left_out == {LeftOut.CORRECTED_AGAIN: [2]}


async def test_who_waits_for_a_correction_when_the_next_one_comes_is_told_once(store: Database) -> None:
    await _sent(store, ANN)
    await edit_briefing.edit(1, NEW_TEXT, store=store, now=at(24, 10))
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    await plan_all(store, at(25, 7))
    await edit_briefing.edit(1, Edit(title="Tariffs of 16 percent"), store=store, now=at(25, 7))
    assert await carried(store, ANN) == [(1,), (3,)]
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (3,), (4,)]


@pytest.mark.parametrize("what", ["cancel", "resolve", "come back"])
async def test_what_is_done_to_copies_during_a_correction_waits_for_it_and_in_no_circle(
    postgres_store: Database, second_postgres_store: Database, what: str
) -> None:
    store, other, then = postgres_store, second_postgres_store, at(24, 7, 10)
    for address in (ANN, BOB, CEM):
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, TARIFFS)
    await plan_all(store, at(24, 7))
    await mark_sent(store, ANN, at(24, 7))
    await mark_doubtful(store, CEM)
    bob, (doubtful,) = (await reader(store, BOB)).id, await copies(store, address=CEM)
    await by_link.leave(bob, reason="by mistake", store=store, now=then)
    by = Actor("Anna", Via.DESK, None)
    acts: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "cancel": lambda: issue_acts.cancel(1, by=by, store=other, now=then),
        "resolve": lambda: settling.resolve(doubtful.id, was_sent=True, by=by, store=other, now=then),
        "come back": lambda: by_link.take_back(bob, reason="after all", store=other, now=then),
    }
    async with store.write() as connection:
        # somebody publishes: the correction has moved copies that are to come, and waits for its number
        await counters.take(connection, counters.BATCHES, 0)
        await counters.take(connection, counters.BRIEFINGS, 0)
        correcting = asyncio.create_task(edit_briefing.edit(1, NEW_TEXT, store=other, now=then))
        await until_someone_waits(store)
        acting = asyncio.create_task(acts[what]())
        await until_someone_waits(store, many=2)
    async with asyncio.timeout(10):
        await asyncio.gather(correcting, acting)
    assert (await reader(store, ANN)).bookmark.deferred == (2,)


async def mark_doubtful(store: Database, address: str) -> None:
    """The copy of somebody may have arrived."""
    (copy,) = await copies(store, address=address)
    async with store.write() as connection:
        doubt = {"status": "uncertain", "reason": "interrupted", "doubts": 1}
        await connection.execute(update(delivery_table).where(delivery_table.c.id == copy.id).values(doubt))
