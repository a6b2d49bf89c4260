"""A leaving that is taken back leaves no trace in what the reader gets: nothing twice, nothing lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest.core.model import DeliveryStatus
from digest.core.reasons import OurReason
from digest.flows import by_link
from digest.flows.explain import Answer, explain
from digest.flows.publish import due_slots
from digest.store import deliveries, issues
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, copies, item, join, mark_sent, plan_all, publish_news, reader

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def leave(store: Database, now: datetime) -> bool:
    return await by_link.leave((await reader(store, ANA)).id, reason="left", store=store, now=now)


async def take_back(store: Database, now: datetime) -> bool:
    return await by_link.take_back((await reader(store, ANA)).id, reason="came back", store=store, now=now)


async def claim_all(store: Database, now: datetime) -> dict[str, int]:
    """Claim what is planned, as a sender does; how many copies were skipped for which reason."""
    skipped: dict[str, int] = {}
    async with store.write() as connection:
        for issue in await issues.still_sending(connection):
            claim = await deliveries.claim(
                connection, issue.id, "a sender", now=now, wall=now, limit=100, resend_uncertain=True
            )
            skipped |= claim.skipped
    return skipped


async def get_mail(store: Database, now: datetime) -> list[int]:
    """Plan and send what is due; the briefing numbers that came."""
    planned = [one.issue_id for one in await plan_all(store, now)]
    await mark_sent(store, ANA, now)
    return [number for one in await copies(store) if one.issue_id in planned for number in one.numbers]


async def test_a_leaving_taken_back_at_once_leaves_the_subscription_as_it_was(store: Database) -> None:
    await join(store, ANA, TUESDAY, max_items="1")
    await publish_news(
        store, TUESDAY, item("One", "economy"), item("Two", "energy"), item("Three", "society")
    )
    assert await get_mail(store, at(24, 7)) == [1]
    before = await reader(store, ANA)
    assert before.bookmark.deferred == (2, 3)
    assert await leave(store, at(24, 8))
    assert await take_back(store, at(24, 9))
    assert await reader(store, ANA) == before
    assert [await get_mail(store, at(day, 7)) for day in (25, 26)] == [[2], [3]]


async def test_leaving_twice_is_leaving_once_and_so_is_coming_back(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    assert [await leave(sqlite_store, TUESDAY) for _ in range(2)] == [True, False]
    assert [await take_back(sqlite_store, TUESDAY) for _ in range(2)] == [True, False]


async def test_what_was_published_meanwhile_comes_with_the_slot_that_is_owed(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    await leave(sqlite_store, at(24, 6, 30))
    await publish_news(sqlite_store, at(24, 6, 45), item("One", "economy"))
    assert await get_mail(sqlite_store, at(24, 7)) == []
    await publish_news(sqlite_store, at(26, 12), item("Two", "energy"))
    await take_back(sqlite_store, at(26, 13))
    (owed,) = await due_slots(store=sqlite_store, now=at(26, 13))
    assert owed.slot.due_at == at(26, 7)
    assert sorted(await get_mail(sqlite_store, at(26, 13))) == [1, 2]


async def test_a_copy_skipped_meanwhile_is_owed_again_exactly_once(store: Database) -> None:
    await join(store, ANA, TUESDAY)
    published = await publish_news(store, TUESDAY, item("One", "economy"))
    await plan_all(store, at(24, 7))
    for _ in range(2):
        await leave(store, at(24, 8))
        skipped = await claim_all(store, at(24, 8))
        await take_back(store, at(24, 9))
        assert (await reader(store, ANA)).bookmark.deferred == (1,)
    assert skipped == {}
    (copy,) = await copies(store)
    assert (copy.status, copy.reason) == (DeliveryStatus.SKIPPED, OurReason.LEFT_AND_CAME_BACK)
    (told,) = await explain(ANA, published.added[0], store=store, now=at(24, 9))
    assert told.answer is Answer.WAITING
    assert await get_mail(store, at(25, 7)) == [1]
    await leave(store, at(25, 8))
    await take_back(store, at(25, 9))
    assert await get_mail(store, at(26, 7)) == []


async def test_several_copies_skipped_meanwhile_are_all_owed_again(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, at_once="yes")
    for minute, title in enumerate(("One", "Two", "Three")):
        await publish_news(sqlite_store, at(24, 9, minute), item(title, "economy"))
        await plan_all(sqlite_store, at(24, 9, minute))
    await leave(sqlite_store, at(24, 10))
    await claim_all(sqlite_store, at(24, 10))
    assert [copy.reason for copy in await copies(sqlite_store)] == ["left"] * 3
    await take_back(sqlite_store, at(24, 11))
    assert (await reader(sqlite_store, ANA)).bookmark.deferred == (1, 2, 3)


async def test_a_copy_that_is_still_planned_goes_out_after_all(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("One", "economy"))
    await plan_all(sqlite_store, at(24, 7))
    await leave(sqlite_store, at(24, 7))
    await take_back(sqlite_store, at(24, 7))
    assert await claim_all(sqlite_store, at(24, 7)) == {}
    (copy,) = await copies(sqlite_store)
    assert copy.status is DeliveryStatus.SENDING


async def test_what_was_skipped_in_an_earlier_stay_stays_skipped(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("One", "economy"))
    await plan_all(sqlite_store, at(24, 7))
    await leave(sqlite_store, at(24, 8))
    assert await claim_all(sqlite_store, at(24, 8)) == {"left": 1}
    await join(sqlite_store, ANA, at(25, 12))
    await leave(sqlite_store, at(26, 8))
    await take_back(sqlite_store, at(26, 9))
    assert (await reader(sqlite_store, ANA)).bookmark.deferred == ()
    (copy,) = await copies(sqlite_store)
    assert copy.reason == "left"


async def test_a_backlog_of_more_than_a_week_is_not_built_up(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    await leave(sqlite_store, TUESDAY)
    late = TUESDAY + by_link.UNDO_WITHIN + timedelta(seconds=1)
    assert not await take_back(sqlite_store, late)
    assert await take_back(sqlite_store, TUESDAY + by_link.UNDO_WITHIN)


async def test_a_link_to_nobody_does_nothing(sqlite_store: Database) -> None:
    nobody = 987_654_321
    assert await by_link.look(nobody, store=sqlite_store, now=TUESDAY) is None
    assert not await by_link.leave(nobody, reason="left", store=sqlite_store, now=TUESDAY)
    assert not await by_link.take_back(nobody, reason="came back", store=sqlite_store, now=TUESDAY)
