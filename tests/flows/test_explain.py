"""Why a reader got a briefing, will get it, or does not: each answer, with the sentences that lead to it."""

from __future__ import annotations

import pytest

from digest.core.model import DeliveryStatus, Verdict
from digest.errors import NotFoundError
from digest.flows import edit_briefing, readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.collect import collect
from digest.flows.explain import Answer, Explanation, explain
from digest.ingest.gathered import Gathered
from digest.store import deliveries
from digest.store.database import Database
from digest.store.deliveries import Recorded
from subscribers.model import Section
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    change_newsletter,
    claim_all,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
)

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"


async def why(store: Database, briefing_id: int = 1, *, day: int = 24, hour: int = 8) -> Explanation:
    (found,) = await explain(ANN, briefing_id, store=store, now=at(day, hour))
    return found


async def settle(store: Database, status: DeliveryStatus, reason: str, *, hard: bool = False) -> None:
    """Have Ann's copy end like this."""
    claim = await claim_all(store, at(24, 7))
    verdict = Verdict(status, reason, "as the server said", hard_bounce=hard)
    async with store.write() as connection:
        results = [Recorded(copy.delivery_id, verdict) for copy in claim.copies]
        await deliveries.record(connection, "sender", results, at(24, 7))


async def planned(store: Database) -> None:
    """Ann's first issue holds one briefing, on the economy."""
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))


async def test_before_the_next_issue_it_says_when_that_is(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    found = await why(store, hour=6)
    assert (found.answer, found.next_slot) == (Answer.WAITING, at(24, 7))
    assert found.reasons == (
        "published 2026-11-24 06:00 UTC as number 1, section briefing",
        "topic economy: given with the item",
        "it would be in the next issue, due 2026-11-24 07:00 UTC",
    )


async def test_what_came_past_the_bookmark_is_told_to_come_again(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_by_hand(OneOff("daily", ignore_bookmarks=True), store=store, now=at(24, 6, 10))
    found = await why(store, hour=6)
    assert (found.answer, found.next_slot) == (Answer.ON_ITS_WAY, at(24, 7))
    assert found.reasons[-2:] == (
        "that copy asked no bookmark, so it is owed as if it had not been",
        "it would be in the next issue, due 2026-11-24 07:00 UTC",
    )
    await mark_sent(store, ANN, at(24, 6, 10))
    found = await why(store, hour=6)
    assert (found.answer, found.next_slot) == (Answer.SENT, at(24, 7))
    await plan_all(store, at(24, 7))
    assert (await why(store)).next_slot is None


async def test_a_planned_copy_is_on_its_way_and_a_sent_one_is_sent(store: Database) -> None:
    await planned(store)
    assert (await why(store)).answer is Answer.ON_ITS_WAY
    await mark_sent(store, ANN, at(24, 7, 1))
    found = await why(store)
    assert found.answer is Answer.SENT
    assert [copy.id for copy in found.deliveries] == [1]
    assert found.reasons[-1] == ("issue 1 (2026-11-24) carried it: delivery 1, sent at 2026-11-24 07:01 UTC")


async def test_what_the_next_issue_would_leave_out_says_so_and_why(store: Database) -> None:
    await change_newsletter(store, sections=frozenset({Section.BRIEFING, Section.ANALYSIS}))
    await join(store, ANN, TUESDAY, topics="economy", sections="briefings,perspectives")
    await publish_news(
        store,
        TUESDAY,
        item("Solar", "energy"),
        item("Grids", "economy", section=Section.ANALYSIS),
        item("Views", "economy", section=Section.PERSPECTIVE),
        item("Mistake", "economy"),
    )
    await edit_briefing.retract(4, store=store, now=TUESDAY)
    for briefing_id, words in enumerate(
        (
            "none of its topics is followed",
            "its section is not chosen",
            "the newsletter does not carry its section",
            "it was retracted",
        ),
        start=1,
    ):
        found = await why(store, briefing_id)
        assert found.answer is Answer.LEFT_OUT
        assert found.reasons[-1] == f"the next issue would leave it out: {words}"
    await plan_all(store, at(24, 7))
    found = await why(store)
    assert (found.answer, found.next_slot) == (Answer.LEFT_OUT, None)
    assert found.reasons[-1] == "issue 1 (2026-11-24) left it out: none of its topics is followed"


async def test_what_a_cap_put_off_waits_and_says_where_it_did_not_fit(store: Database) -> None:
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("First"), item("Second"), item("Third"))
    await plan_all(store, at(24, 7))
    second, third = await why(store, 2), await why(store, 3)
    assert second.answer is third.answer is Answer.WAITING
    assert second.reasons[-2:] == (
        "issue 1 (2026-11-24) was full: deferred to the next issue",
        "it would be in the next issue, due 2026-11-25 07:00 UTC",
    )
    assert third.reasons[-1] == "the next issue is full: it would be deferred once more"


async def test_a_refused_copy_was_not_delivered_and_says_what_the_server_said(store: Database) -> None:
    await planned(store)
    await settle(store, DeliveryStatus.REFUSED, "spam")
    found = await why(store)
    assert found.answer is Answer.NOT_DELIVERED
    assert found.reasons[-1] == "issue 1 (2026-11-24) carried it: delivery 1, refused (spam)"


async def test_a_copy_in_doubt_is_on_its_way(store: Database) -> None:
    await planned(store)
    await settle(store, DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot")
    assert (await why(store)).answer is Answer.ON_ITS_WAY


async def test_what_an_expired_copy_gave_back_waits_for_the_next_issue(store: Database) -> None:
    await planned(store)
    await settle(store, DeliveryStatus.EXPIRED, "gave-up")
    found = await why(store)
    assert (found.answer, found.next_slot) == (Answer.WAITING, at(25, 7))
    await plan_all(store, at(25, 7))
    assert (await why(store, day=25)).answer is Answer.ON_ITS_WAY


async def test_a_reader_who_is_away_waits_and_is_told_so(store: Database) -> None:
    await planned(store)
    await readers.pause(ANN, None, until=None, catch_up=True, store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Solar"))
    found = await why(store, 2, hour=9)
    assert found.answer is Answer.WAITING
    assert "the reader is paused: nothing is sent until that ends" in found.reasons
    assert found.reasons[-1] == "it would be in the next issue, of which nobody knows when it comes"
    assert found.next_slot is None


@pytest.mark.parametrize(("at_once", "hour"), [("no", 7), ("yes", 0)])
async def test_what_waits_for_the_end_of_a_pause_is_told_with_the_day_after_it(
    store: Database, at_once: str, hour: int
) -> None:
    await join(store, ANN, TUESDAY, at_once=at_once)
    await readers.pause(ANN, None, until=at(28, 0).date(), catch_up=True, store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Solar"))
    found = await why(store, hour=9)
    assert found.next_slot == at(28, hour)
    assert found.reasons[-2:] == (
        "the reader is paused: nothing is sent until that ends, 2026-11-28 00:00 UTC",
        f"it would be in the next issue, due 2026-11-28 {hour:02}:00 UTC",
    )


async def test_what_comes_in_a_pause_without_catching_up_is_left_out_while_it_lasts(store: Database) -> None:
    await planned(store)
    await readers.pause(ANN, None, until=None, catch_up=False, store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Solar"))
    found = await why(store, 2, hour=9)
    assert found.answer is Answer.LEFT_OUT
    assert found.reasons[-1] == (
        "not to be sent: it was published in a pause after which nothing is caught up with"
    )


async def test_what_came_during_a_pause_without_catching_up_is_left_out_with_that_reason(
    store: Database,
) -> None:
    await planned(store)
    await readers.pause(ANN, None, until=None, catch_up=False, store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Solar"))
    await readers.resume(ANN, None, store=store, now=at(24, 10))
    found = await why(store, 2, hour=11)
    assert found.answer is Answer.LEFT_OUT
    assert found.reasons[-1] == "not to be sent: it was published while the reader was away (paused)"


async def test_what_was_published_before_the_subscription_began_is_left_out(store: Database) -> None:
    await publish_news(store, at(10, 6), item("Long ago"))
    await join(store, ANN, TUESDAY)
    found = await why(store)
    assert found.answer is Answer.LEFT_OUT
    assert found.reasons[-1] == "it was published before the subscription began (after number 1)"


async def test_a_draft_is_not_published(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await collect(Gathered((item("Draft"),)), store=store, now=TUESDAY, publish=False)
    found = await why(store)
    assert (found.answer, found.reasons) == (
        Answer.NOT_PUBLISHED,
        ("briefing 1 is a draft: it has no publication number yet",),
    )


async def test_a_reader_who_left_gets_no_outlook(store: Database) -> None:
    await planned(store)
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(24, 7))
    await claim_all(store, at(24, 7))
    assert (await why(store)).answer is Answer.NOT_DELIVERED
    await publish_news(store, at(24, 9), item("Solar"))
    found = await why(store, 2)
    assert (found.answer, found.next_slot) == (Answer.LEFT_OUT, None)
    assert found.reasons[-1] == "the reader has left: nothing more is sent"


async def test_what_came_by_hand_is_sent_and_not_expected_again(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="energy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_by_hand(OneOff("daily", briefing_ids=(1,)), store=store, now=TUESDAY)
    await mark_sent(store, ANN, TUESDAY)
    assert (await why(store, hour=6)).answer is Answer.SENT
    await plan_all(store, at(24, 7))
    assert (await why(store)).answer is Answer.SENT


async def test_there_is_an_answer_for_each_newsletter(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, ANN, TUESDAY)
    await join(store, ANN, TUESDAY, newsletter="weekly", topics="energy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    found = await explain(ANN, 1, store=store, now=at(24, 6))
    assert {one.newsletter: one.answer for one in found} == {
        "daily": Answer.WAITING,
        "weekly": Answer.LEFT_OUT,
    }


async def test_what_does_not_exist_is_refused_by_name(store: Database) -> None:
    with pytest.raises(NotFoundError, match="briefing 7 does not exist"):
        await why(store, 7)
    await publish_news(store, TUESDAY, item("Tariffs"))
    with pytest.raises(NotFoundError, match=r"subscriber 'ann@example\.org' does not exist"):
        await why(store)
