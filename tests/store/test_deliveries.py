"""What a row may go through between planning and its end, and what each crash leaves of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from digest.core.model import Claimed, DeliveryStatus, IssueStatus, Verdict
from digest.store import deliveries, issues, ledger
from digest.store.claimable import MOST_RESENDS, claimable_count
from digest.store.database import Database
from digest.store.deliveries import Claim, Recorded
from digest.store.recording import LEASE
from digest.store.tables import deliveries as table
from digest.store.taking import Taken, Taking
from subscribers import store as shelf
from subscribers.model import Bookmark, Standing
from tests.flows.newsroom import TUESDAY, at, copies, item, join_many, plan_all, publish_news, reader

pytestmark = pytest.mark.anyio

NOW = at(24, 7)
SENT = Verdict(DeliveryStatus.SENT)
DEFERRED = Verdict(DeliveryStatus.DEFERRED, "greylisted", "451 later", retry_at=NOW + timedelta(minutes=5))
UNCERTAIN = Verdict(DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot", "lost", retry_at=NOW)


async def planned(store: Database, readers: int = 3) -> list[str]:
    """An issue with a copy for each reader."""
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    addresses = await join_many(store, readers, TUESDAY)
    await plan_all(store, NOW)
    return addresses


async def claim(store: Database, owner: str = "one", *, now: Any = NOW, **options: Any) -> Claim:
    async with store.write() as connection:
        wishes = {"wall": now, "limit": 100, "resend_uncertain": True, **options}
        return await deliveries.claim(connection, 1, owner, now=now, **wishes)


async def begin(store: Database, *ids: int, owner: str = "one") -> set[int]:
    async with store.write() as connection:
        return await deliveries.begin(connection, owner, ids, NOW)


async def record(store: Database, verdict: Verdict, *ids: int, owner: str = "one") -> None:
    async with store.write() as connection:
        results = [Recorded(delivery_id, verdict) for delivery_id in ids]
        await deliveries.record(connection, owner, results, NOW)


async def sweep(store: Database, *dead: str, wall: Any = NOW) -> tuple[int, int, int]:
    async with store.write() as connection:
        return await deliveries.sweep(connection, dead=dead, wall=wall)


async def rows(store: Database, *columns: str) -> list[tuple[Any, ...]]:
    async with store.read() as connection:
        query = select(*(table.c[name] for name in columns)).order_by(table.c.id)
        return [tuple(row) for row in await connection.execute(query)]


# --- The straight way ---------------------------------------------------------------------------------------


async def test_a_copy_is_claimed_begun_and_sent(store: Database) -> None:
    (address,) = await planned(store, 1)
    assert (await claim(store)).copies == (
        Claimed(
            delivery_id=1,
            cohort_id=1,
            issue_id=1,
            subscription_id=1,
            address=address,
            name="",
            attempts=0,
        ),
    )
    assert await rows(store, "status", "owner", "lease_until", "started_at", "claims") == [
        ("sending", "one", NOW + LEASE, None, 1)
    ]
    assert await begin(store, 1) == {1}
    assert await rows(store, "started_at") == [(NOW,)]
    await record(store, SENT, 1)
    assert await rows(store, "status", "owner", "lease_until", "started_at", "attempts", "sent_at") == [
        ("sent", None, None, None, 1, NOW)
    ]
    assert (await claim(store)).copies == ()


async def test_a_claim_takes_no_more_than_asked_and_nothing_twice(store: Database) -> None:
    await planned(store, 5)
    first, second = await claim(store, limit=2), await claim(store, "two", limit=10)
    assert [copy.delivery_id for copy in first.copies] == [1, 2]
    assert [copy.delivery_id for copy in second.copies] == [3, 4, 5]


async def test_an_issue_is_done_when_its_last_copy_is_settled(store: Database) -> None:
    await planned(store, 2)
    await claim(store)
    await begin(store, 1, 2)

    async def close() -> bool:
        async with store.write() as connection:
            return await issues.close_when_settled(connection, 1)

    await record(store, SENT, 1)
    assert await close() is False
    await record(store, Verdict(DeliveryStatus.REFUSED, "spam"), 2)
    assert await close() is True
    assert await close() is False
    async with store.read() as connection:
        assert await issues.still_sending(connection) == ()
        assert await issues.outcome_counts(connection, 1) == {"sent": 1, "refused": 1}


async def test_standing_is_asked_at_the_claim_and_others_are_taken_instead(store: Database) -> None:
    addresses = await planned(store, 6)
    for address, standing in zip(
        addresses, (Standing.LEFT, Standing.BOUNCING, Standing.PAUSED), strict=False
    ):
        one = await reader(store, address)
        async with store.write() as connection:
            from msgspec.structs import replace

            await shelf.save(connection, replace(one, standing=standing))
    found = await claim(store, limit=3)
    assert [copy.delivery_id for copy in found.copies] == [4, 5, 6]
    assert found.skipped == {"left": 1, "bouncing": 1, "paused": 1}
    assert await rows(store, "status", "reason", "owner", "attempts") == [
        ("skipped", "left", None, 0),
        ("skipped", "bouncing", None, 0),
        ("skipped", "paused", None, 0),
        *[("sending", "", "one", 0)] * 3,
    ]
    # only who paused may be owed it again
    marks = [(await reader(store, address)).bookmark for address in addresses[:3]]
    assert marks == [Bookmark(1), Bookmark(1), Bookmark(1, (1,))]


# --- Tries that come to nothing -----------------------------------------------------------------------------


async def test_a_deferred_copy_is_taken_again_when_its_time_has_come(store: Database) -> None:
    await planned(store, 1)
    await claim(store)
    await begin(store, 1)
    await record(store, DEFERRED, 1)
    assert await rows(store, "status", "reason", "detail", "attempts", "retry_at") == [
        ("deferred", "greylisted", "451 later", 1, NOW + timedelta(minutes=5))
    ]
    assert (await claim(store, now=NOW + timedelta(minutes=4))).copies == ()
    (copy,) = (await claim(store, now=NOW + timedelta(minutes=5))).copies
    assert copy.attempts == 1


async def test_trouble_of_the_server_counts_no_attempt(store: Database) -> None:
    await planned(store, 1)
    await claim(store)
    await begin(store, 1)
    await record(store, Verdict(DeliveryStatus.PLANNED, "no-connection", "refused", stop_run=True), 1)
    assert await rows(store, "status", "reason", "attempts", "owner") == [
        ("planned", "no-connection", 0, None)
    ]


async def test_a_hard_bounce_stops_all_mail_to_the_address(store: Database) -> None:
    (address,) = await planned(store, 1)
    await claim(store)
    await begin(store, 1)
    await record(store, Verdict(DeliveryStatus.REFUSED, "no-such-address", "550 5.1.1", hard_bounce=True), 1)
    assert (await reader(store, address)).standing is Standing.BOUNCING
    async with store.read() as connection:
        history = await shelf.standing_history(connection, 1)
    assert (history[-1].before, history[-1].after, history[-1].reason) == ("active", "bouncing", "550 5.1.1")


async def test_what_is_not_delivered_in_time_is_owed_again(store: Database) -> None:
    addresses = await planned(store, 3)
    await claim(store)
    await begin(store, 1, 2, 3)
    await record(store, SENT, 1)
    await record(store, DEFERRED, 2)
    await record(store, Verdict(DeliveryStatus.EXPIRED, "gave-up", "after 9 tries"), 3)
    async with store.write() as connection:
        assert await deliveries.expire(connection, 1, NOW - timedelta(seconds=1)) == []
        assert await deliveries.expire(connection, 1, NOW) == [2]
    assert await rows(store, "status", "reason") == [
        ("sent", ""),
        ("expired", "gave-up"),
        ("expired", "gave-up"),
    ]
    marks = [(await reader(store, address)).bookmark for address in addresses]
    assert marks == [Bookmark(1), Bookmark(1, (1,)), Bookmark(1, (1,))]


# --- Crashes ------------------------------------------------------------------------------------------------


async def test_of_a_dead_sender_what_was_not_begun_is_planned_and_what_was_begun_is_in_doubt(
    store: Database,
) -> None:
    await planned(store, 4)
    await claim(store, limit=3)
    await begin(store, 1, 2)
    await record(store, SENT, 1)
    assert await sweep(store, "somebody else") == (0, 0, 0)
    assert await sweep(store, "one") == (1, 1, 0)
    assert await rows(store, "status", "reason", "attempts", "owner", "started_at") == [
        ("sent", "", 1, None, None),
        ("uncertain", "interrupted", 1, None, None),
        ("planned", "", 0, None, None),
        ("planned", "", 0, None, None),
    ]


async def test_a_silent_sender_loses_its_claims_when_the_lease_is_over(store: Database) -> None:
    await planned(store, 2)
    await claim(store)
    await begin(store, 1)
    assert await sweep(store, wall=NOW + LEASE) == (0, 0, 0)
    assert await sweep(store, wall=NOW + LEASE + timedelta(seconds=1)) == (1, 1, 0)


async def test_a_sender_who_lost_a_claim_can_neither_begin_nor_record_it(store: Database) -> None:
    await planned(store, 3)
    await claim(store)
    await begin(store, 1)
    await sweep(store, "one")
    assert {copy.delivery_id for copy in (await claim(store, "two")).copies} == {1, 2, 3}
    assert await begin(store, 1, 2) == set()
    await record(store, SENT, 1)
    await record(store, DEFERRED, 2)
    assert await rows(store, "status", "owner") == [("sending", "two")] * 3
    await begin(store, 1, 2, 3, owner="two")
    await record(store, SENT, 1, 2, 3, owner="two")
    await record(store, Verdict(DeliveryStatus.REFUSED, "spam"), 1, 2, 3)
    assert await rows(store, "status") == [("sent",)] * 3


async def test_claims_that_are_given_back_leave_no_trace(store: Database) -> None:
    await planned(store, 3)
    await claim(store)
    await begin(store, 1)
    async with store.write() as connection:
        assert await deliveries.release(connection, "one", 1) == 2
    assert await rows(store, "status", "owner", "attempts", "claims") == [
        ("sending", "one", 0, 1),
        ("planned", None, 0, 0),
        ("planned", None, 0, 0),
    ]


async def test_copies_are_put_off_until_their_turn_and_no_try_is_counted(store: Database) -> None:
    await planned(store, 3)
    await claim(store)
    await begin(store, 1)
    later = NOW + timedelta(seconds=95)
    async with store.write() as connection:
        await deliveries.put_off(connection, "one", {1: later, 2: later})
        await deliveries.put_off(connection, "somebody else", {3: later})
    assert await rows(store, "status", "reason", "attempts", "claims", "retry_at") == [
        ("sending", "", 0, 1, None),
        ("deferred", "waits-its-turn", 0, 0, NOW + timedelta(seconds=100)),
        ("sending", "", 0, 1, None),
    ]
    assert (await claim(store, "two")).copies == ()
    later += timedelta(seconds=10)
    assert [copy.delivery_id for copy in (await claim(store, "two", now=later)).copies] == [2]


# --- Doubt --------------------------------------------------------------------------------------------------


async def in_doubt(store: Database, owner: str = "one") -> None:
    """The only copy was on the wire when the answer was lost."""
    (copy,) = (await claim(store, owner)).copies
    await begin(store, copy.delivery_id, owner=owner)
    await record(store, UNCERTAIN, copy.delivery_id, owner=owner)


async def test_a_copy_in_doubt_is_sent_again_or_held_as_the_setting_says(store: Database) -> None:
    await planned(store, 1)
    await in_doubt(store)
    assert (await claim(store, resend_uncertain=False)).copies == ()
    assert len((await claim(store)).copies) == 1


async def test_a_copy_that_stays_in_doubt_waits_for_a_person_in_the_end(store: Database) -> None:
    await planned(store, 1)
    for _ in range(MOST_RESENDS):
        await in_doubt(store)
    assert (await claim(store)).copies == ()
    async with store.read() as connection:
        (entry,) = await ledger.page(connection, status=DeliveryStatus.UNCERTAIN)
        assert [issue.id for issue in await issues.still_sending(connection)] == [1]
    assert (entry.attempts, entry.reason) == (MOST_RESENDS, "no-reply-to-final-dot")


@pytest.mark.parametrize(("was_sent", "status"), [(True, "sent"), (False, "planned")])
async def test_a_person_settles_a_doubt_once(store: Database, was_sent: bool, status: str) -> None:
    await planned(store, 1)
    await in_doubt(store)
    async with store.write() as connection:
        assert await ledger.resolve(connection, 1, was_sent=was_sent, now=NOW)
        assert not await ledger.resolve(connection, 1, was_sent=was_sent, now=NOW)
    sent_at = NOW if was_sent else None
    assert await rows(store, "status", "sent_at", "reason", "retry_at") == [(status, sent_at, "", None)]
    assert len((await claim(store)).copies) == (not was_sent)


async def test_a_refused_copy_that_is_tried_again_reopens_its_issue(store: Database) -> None:
    await planned(store, 1)
    await claim(store)
    await record(store, Verdict(DeliveryStatus.REFUSED, "spam", "554"), 1)
    async with store.write() as connection:
        await issues.close_when_settled(connection, 1)
        assert not await ledger.retry(connection, 1, DeliveryStatus.DEFERRED)
        assert await ledger.retry(connection, 1, DeliveryStatus.REFUSED)
        issue = await issues.by_id(connection, 1)
    assert issue is not None
    assert issue.status is IssueStatus.SENDING
    assert len((await claim(store)).copies) == 1


# --- Looking ------------------------------------------------------------------------------------------------


async def test_deliveries_are_listed_by_what_is_asked_for(store: Database) -> None:
    addresses = await planned(store, 5)
    await claim(store, limit=2)
    assert [entry.id for entry in await copies(store, status=DeliveryStatus.SENDING)] == [1, 2]
    assert [entry.id for entry in await copies(store, address=addresses[3].upper())] == [4]
    assert [entry.id for entry in await copies(store, issue_id=2)] == []
    async with store.read() as connection:
        assert [entry.id for entry in await ledger.page(connection, after=2, limit=2)] == [3, 4]
        assert await ledger.by_id(connection, 99) is None
        found = await ledger.by_id(connection, 5)
    assert found is not None
    assert (found.newsletter, found.briefing_ids, found.due_at) == ("daily", (1,), NOW)


async def test_the_number_of_copies_that_could_go_is_what_a_claim_would_take(store: Database) -> None:
    await planned(store, 6)
    await claim(store, limit=4)
    await begin(store, 1, 2, 3)
    await record(store, DEFERRED, 1)
    await record(store, UNCERTAIN, 2)
    async with store.write() as connection:
        await connection.execute(update(table).where(table.c.id == 6).values(status="skipped"))
    for resend in (True, False):
        for now in (NOW, NOW + timedelta(minutes=5)):
            async with store.read() as connection:
                count = await claimable_count(connection, 1, now=now, resend_uncertain=resend)
            assert count == 1 + resend + (now > NOW)


async def test_who_took_a_leaving_back_while_a_claim_was_under_way_is_not_skipped(
    postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that began before sees the standing of then: it is looked at once more."""
    await planned(postgres_store)
    take = Taking.take

    def take_with_an_old_look(taking: Taking, *asked: Any) -> list[Taken]:
        return [one._replace(standing=Standing.LEFT) for one in take(taking, *asked)]

    monkeypatch.setattr(Taking, "take", take_with_an_old_look)
    found = await claim(postgres_store)
    assert [copy.delivery_id for copy in found.copies] == [1, 2, 3]
    assert not found.skipped
