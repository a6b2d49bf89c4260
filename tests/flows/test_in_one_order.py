"""Acts whose ways cross take what they need in one order: none is ended for the sake of another."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, Verdict
from digest.core.returned import Kind, Returned
from digest.core.settling import Effect
from digest.flows import (
    by_link,
    confirming,
    consequences,
    edit_briefing,
    importing,
    moving,
    readers,
    sign_up,
    suppressing,
    taking_back,
)
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.matching import Origin
from digest.flows.patience import Patience
from digest.flows.recorder import Recorder
from digest.flows.sign_up import Came
from digest.store import crossing, deliveries, notices
from digest.store.database import Database
from digest.store.deliveries import Recorded
from subscribers.model import Standing
from tests.flows.meanwhile import Meanwhile
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
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
from tests.flows.returning import sent_to, settling
from tests.flows.test_importing import taken, work
from tests.flows.test_sign_up import ANA, add_weekly, entered, mine

pytestmark = pytest.mark.anyio

ANN, BO, NEW = "ann@example.org", "bo@example.org", "ana@new.example"
EDITOR = Actor("Anna", Via.DESK)


@pytest.fixture(autouse=True)
def _once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be mended by another try is seen."""
    monkeypatch.setattr(crossing, "TRIES", 1)


async def test_a_reader_moves_and_leaves_everything_at_once(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await add_weekly(postgres_store)
    await join(postgres_store, ANA, TUESDAY)
    weekly = await join(postgres_store, ANA, TUESDAY, newsletter="weekly")
    parts: dict[str, Any] = {"store": postgres_store, "now": TUESDAY}
    await moving.ask_to_move(weekly.id, NEW, seen_from="192.0.2.7", **parts)
    leaving = partial(
        by_link.leave, weekly.id, reason="enough", everything=True, store=second_postgres_store, now=TUESDAY
    )
    meanwhile.around(moving, "_take", leaving)
    await moving.answer(1, **parts)
    assert await meanwhile.done() is True
    assert {one.standing for one in await mine(postgres_store, NEW)} == {Standing.LEFT}


async def test_a_yes_to_several_newsletters_and_an_edit_of_them_all(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await add_newsletter(postgres_store, "weekly", sign_up=True)
    await sign_up.sign_up(entered(), store=postgres_store, now=TUESDAY)
    later = TUESDAY + timedelta(days=2)
    await sign_up.sign_up(entered(ANA, "weekly", "daily"), store=postgres_store, now=later)
    editing = partial(readers.edit, ANA, None, wishes(at="09:00"), store=second_postgres_store, now=later)
    # the question is read for what can be expected, then to be answered, then once more under the lock
    meanwhile.around(notices, "by_id", editing, call=3)
    await confirming.confirm(2, seen_from="192.0.2.7", store=postgres_store, now=later)
    await meanwhile.done()
    assert {(one.standing, one.cadence.at.hour) for one in await mine(postgres_store)} == {
        (Standing.ACTIVE, 9)
    }


async def test_a_reader_asks_to_move_and_is_entered_on_a_form_at_once(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    ana = await join(postgres_store, ANA, TUESDAY)
    asking = partial(
        moving.ask_to_move,
        *(ana.id, "other@example.org"),
        seen_from="198.51.100.4",
        store=second_postgres_store,
        now=TUESDAY,
    )
    # both count for the domain that they name
    meanwhile.around(sign_up, "hold_addresses", asking)
    came = await sign_up.sign_up(entered(), store=postgres_store, now=TUESDAY)
    assert (came, await meanwhile.done()) == (Came.LINKS_SENT, "")


async def test_an_address_is_forbidden_and_erased_at_once(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await join(postgres_store, ANA, TUESDAY)
    erasing = partial(readers.erase, ANA, store=second_postgres_store, now=TUESDAY)
    meanwhile.around(suppressing, "suppress_by_hand", erasing, after=True)
    found = await suppressing.suppress_addresses(ANA, note="", by=EDITOR, store=postgres_store, now=TUESDAY)
    await meanwhile.done()
    assert found.added == 1
    assert await mine(postgres_store) == ()


async def test_complaints_of_several_readers_and_a_one_off_to_them(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await sent_to(postgres_store, ANN, BO)
    await publish_news(postgres_store, at(24, 8), item("Solar", "energy"))
    sending = partial(plan_by_hand, OneOff("daily"), store=second_postgres_store, now=at(24, 9))
    meanwhile.around(consequences, "suppress", sending)
    events = [Returned(Kind.COMPLAINT, one, permanent=True) for one in (BO, ANN)]
    settled = await settling(postgres_store, at(24, 9)).settle(events, Origin("play", vouched=True))
    assert [one.effect for one in settled] == [Effect.COMPLAINED] * 2
    with pytest.raises(Exception, match="nothing would be sent"):
        await meanwhile.done()


async def test_a_copy_that_was_refused_for_good_and_a_correction_of_the_next_one(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await join(postgres_store, "cleo@example.org", TUESDAY, topics="economy,energy")
    await join(postgres_store, ANN, TUESDAY, topics="economy")
    await join(postgres_store, BO, TUESDAY, topics="energy")
    await plan_all(postgres_store, at(24, 7))
    await mark_sent(postgres_store, "cleo@example.org", at(24, 7))
    await claim_all(postgres_store, at(24, 7))
    ids = {one.address: one.id for one in await copies(postgres_store)}
    wish = edit_briefing.Edit(paragraphs=("Told anew: 17 ships.",))
    correcting = partial(edit_briefing.edit, 2, wish, store=second_postgres_store, now=at(24, 8))
    gone = Verdict(DeliveryStatus.REFUSED, "unknown", hard_bounce=True)
    recorder = Recorder(
        postgres_store, "sender", now=lambda: at(24, 7), wall=lambda: at(24, 7), patience=Patience(), lanes=1
    )
    async with postgres_store.write() as connection:
        assert await deliveries.begin(connection, "sender", [ids[ANN]], at(24, 7))
    meanwhile.around(deliveries, "begin", correcting)
    async with recorder:
        assert await recorder.note(Recorded(ids[ANN], gone), ids[BO])
    await meanwhile.done()
    assert (await reader(postgres_store, ANN)).standing is Standing.BOUNCING


async def test_an_import_is_taken_back_and_a_one_off_goes_to_all_whom_it_changed(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    # Ann was there before, and Bo came with the roster
    await join(postgres_store, ANN, TUESDAY, topics="economy")
    number = await taken(postgres_store, f"email,name,,topics\n{ANN},Ann,,energy\n{BO},Bo,,energy\n")
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await importing.undo(number, by=EDITOR, store=postgres_store, now=TUESDAY)
    sending = partial(plan_by_hand, OneOff("daily"), store=second_postgres_store, now=TUESDAY)
    # who came is gone by then, and whose wishes were changed has them still
    meanwhile.around(taking_back, "_end_again", sending)
    await work(postgres_store)
    await meanwhile.done()
    assert [(copy.address, copy.numbers) for copy in await copies(postgres_store)] == [(ANN, (1,))]
