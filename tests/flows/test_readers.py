"""Readers come, change their minds, pause, leave and return: nothing is repeated, lost, or said twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from digest.core.beginnings import DEFAULT_CADENCE, DEFAULT_PROFILE
from digest.core.model import DeliveryStatus
from digest.errors import InputError, NotFoundError
from digest.flows import readers
from digest.flows.recover import Recovered, recover
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Bookmark, Standing
from subscribers.subscription import Gap, Subscription
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    claim_all,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
    wishes,
)

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"


async def gaps_of(store: Database, address: str) -> tuple[Gap, ...]:
    async with store.read() as connection:
        return await shelf.gaps_of(connection, (await reader(store, address)).id)


async def history_of(store: Database, address: str) -> list[tuple[str | None, str, str]]:
    async with store.read() as connection:
        rows = await shelf.standing_history(connection, (await reader(store, address)).id)
    return [(row.before, row.after, row.reason) for row in rows]


async def wake(store: Database, day: int, hour: int = 0) -> Recovered:
    return await recover(store=store, is_dead=lambda _: False, now=at(day, hour), wall=at(day, hour))


# --- Coming -------------------------------------------------------------------------------------------------


async def test_a_reader_who_says_nothing_gets_everything_every_morning(store: Database) -> None:
    ann = await join(store, "Ann@EXAMPLE.org", TUESDAY)
    assert (ann.cadence, ann.profile) == (DEFAULT_CADENCE, DEFAULT_PROFILE)
    assert await reader(store, "ann@example.org") == ann
    assert await history_of(store, ANN) == [(None, "active", "added by a test")]


async def test_an_address_in_another_case_is_the_same_reader(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    with pytest.raises(
        InputError, match=r"already reads daily and is active: change .* edit, pause or resume"
    ):
        await join(store, "ANN@example.org", TUESDAY)


async def test_a_reader_of_a_newsletter_that_does_not_exist_is_refused(store: Database) -> None:
    with pytest.raises(NotFoundError, match="newsletter 'weekly' does not exist"):
        await join(store, ANN, TUESDAY, newsletter="weekly")
    with pytest.raises(NotFoundError, match=r"subscriber 'ann@example\.org' does not exist"):
        await readers.unsubscribe(ANN, None, reason="no more", store=store, now=TUESDAY)


async def test_a_reader_who_has_not_confirmed_gets_nothing_until_then(store: Database) -> None:
    await join(store, ANN, TUESDAY, confirmed=False)
    await publish_news(store, TUESDAY, item("Tariffs"))
    assert await plan_all(store, at(24, 7)) == []
    await join(store, ANN, at(24, 8), topics="economy,general")
    assert (await reader(store, ANN)).standing is Standing.ACTIVE
    await plan_all(store, at(24, 9))
    assert await carried(store, ANN) == []
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,)]
    assert [after for _before, after, _reason in await history_of(store, ANN)] == ["pending", "active"]


async def test_one_address_may_read_two_newsletters_with_different_wishes(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, ANN, TUESDAY, topics="economy", name="Ann")
    await join(store, ANN, TUESDAY, newsletter="weekly", days="mon", topics="energy", name="Ann Lee")
    async with store.read() as connection:
        first, second = await shelf.subscriptions_of(connection, ANN)
    assert first.subscriber_id == second.subscriber_id
    assert (first.name, first.profile.topics, second.profile.topics) == (
        "Ann Lee",
        frozenset({"economy"}),
        frozenset({"energy"}),
    )


# --- Changing -----------------------------------------------------------------------------------------------


async def edited(store: Database, day: int, hour: int, **words: str) -> Subscription:
    (found,) = await readers.edit(ANN, None, wishes(**words), store=store, now=at(day, hour))
    return found


async def test_who_takes_a_second_newsletter_keeps_name_and_address(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, "ann@example.org", TUESDAY, name="Ann")
    second = await join(store, "Ann@Example.org", TUESDAY, newsletter="weekly", confirmed=False)
    assert (second.address, second.name) == ("ann@example.org", "Ann")


async def test_other_topics_hold_from_the_next_issue_and_repeat_nothing(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="economy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await plan_all(store, at(24, 7))
    await edited(store, 24, 8, topics="all")
    await publish_news(store, at(24, 9), item("Grids", "energy"))
    await plan_all(store, at(25, 7))
    assert await carried(store, ANN) == [(1,), (3,)]


@pytest.mark.parametrize("hour", ["05:00", "08:00", "23:59"])
async def test_a_day_that_was_served_is_not_served_again_at_another_time(store: Database, hour: str) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    await publish_news(store, at(24, 7), item("Solar"))
    await edited(store, 24, 8, at=hour)
    assert await plan_all(store, at(24, 23, 59)) == []
    await plan_all(store, at(25, 23, 59))
    assert await carried(store, ANN) == [(1,), (2,)]


async def test_a_day_that_was_not_served_yet_is_not_skipped_by_an_earlier_time(store: Database) -> None:
    await join(store, ANN, TUESDAY, at="18:00")
    await publish_news(store, TUESDAY, item("Tariffs"))
    await edited(store, 24, 9, at="08:00")
    (planned,) = await plan_all(store, at(24, 9))
    assert planned.copies == 1


async def test_a_new_reader_who_chooses_a_later_time_on_the_first_day_gets_that_days_issue(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, ANN, at(24, 8))
    assert await plan_all(store, at(24, 9)) == []
    await edited(store, 24, 9, at="18:00")
    await plan_all(store, at(24, 18))
    assert await carried(store, ANN) == [(1,)]


async def test_a_move_to_another_zone_neither_skips_nor_repeats_a_day(store: Database) -> None:
    await join(store, ANN, TUESDAY, timezone="Pacific/Auckland", at="07:00")
    for hours in range(0, 120, 6):
        now = TUESDAY + timedelta(hours=hours)
        await publish_news(store, now, item(f"Story {hours}"))
        if hours == 36:
            await readers.edit(ANN, None, wishes(timezone="America/Los_Angeles"), store=store, now=now)
        await plan_all(store, now)
    # 07:00 on the 25th in Auckland, then on the 26th, 27th and 28th in Los Angeles
    assert [copy.due_at for copy in await copies(store)] == [at(24, 18), at(26, 15), at(27, 15), at(28, 15)]
    numbers = [number for numbers in await carried(store, ANN) for number in numbers]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


async def test_a_new_address_is_the_same_reader(store: Database) -> None:
    ann = await join(store, ANN, TUESDAY)
    (moved,) = await readers.edit(
        ANN, None, wishes(), store=store, now=TUESDAY, new_address="Ann.Lee@example.net"
    )
    assert (moved.id, moved.address) == (ann.id, "Ann.Lee@example.net")
    (respelt,) = await readers.edit(
        "ann.lee@example.net", None, wishes(), store=store, now=TUESDAY, new_address="ann.lee@example.net"
    )
    assert respelt.address == "ann.lee@example.net"
    with pytest.raises(NotFoundError):
        await edited(store, 24, 7)


async def test_an_address_that_belongs_to_somebody_else_is_refused(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, "bob@example.org", TUESDAY)
    with pytest.raises(InputError, match=r"address 'bob@example\.org' belongs to another reader"):
        await readers.edit(
            ANN, None, wishes(topics="energy"), store=store, now=TUESDAY, new_address="bob@example.org"
        )
    assert (await reader(store, ANN)).profile.topics is None


# --- Pausing ------------------------------------------------------------------------------------------------


async def pause(store: Database, *, until: date | None = None, catch_up: bool = False) -> None:
    await readers.pause(ANN, None, until=until, catch_up=catch_up, store=store, now=at(24, 8))


async def scene_with_a_pause(store: Database, *, catch_up: bool) -> None:
    """Story 1 is sent and 2 deferred before the pause; 3 comes before it too, 4 during it, 5 after it."""
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("First"), item("Second"))
    await plan_all(store, at(24, 7))
    await publish_news(store, at(24, 7), item("Third"))
    await pause(store, catch_up=catch_up)
    await publish_news(store, at(24, 9), item("Fourth"))
    assert await plan_all(store, at(26, 7)) == []
    await readers.resume(ANN, None, store=store, now=at(26, 8))
    await publish_news(store, at(26, 9), item("Fifth"))
    for day in range(26, 31):
        await plan_all(store, at(day, 23))


async def test_after_a_pause_what_was_owed_before_comes_and_what_came_meanwhile_does_not(
    store: Database,
) -> None:
    await scene_with_a_pause(store, catch_up=False)
    assert sorted(await carried(store, ANN)) == [(1,), (2,), (3,), (5,)]
    assert await gaps_of(store, ANN) == (Gap(3, 4, (), "paused"),)


async def test_after_a_pause_with_catching_up_everything_comes(store: Database) -> None:
    await scene_with_a_pause(store, catch_up=True)
    assert sorted(await carried(store, ANN)) == [(1,), (2,), (3,), (4,), (5,)]
    assert await gaps_of(store, ANN) == ()


async def test_a_pause_until_a_date_ends_when_that_day_begins_where_the_reader_is(store: Database) -> None:
    await join(store, ANN, TUESDAY, timezone="Asia/Tokyo", at="00:00")
    await pause(store, until=date(2026, 11, 27), catch_up=True)
    await publish_news(store, at(25, 6), item("Tariffs"))
    assert (await wake(store, 26, 14)).resumed == 0
    assert (await wake(store, 26, 15)).resumed == 1
    await plan_all(store, at(26, 15))
    assert await carried(store, ANN) == [(1,)]
    assert (await history_of(store, ANN))[-2:] == [
        ("active", "paused", "paused until 2026-11-27"),
        ("paused", "active", "pause ended"),
    ]


async def test_a_pause_whose_end_was_slept_through_owes_what_came_since(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await pause(store, until=date(2026, 11, 26))
    await publish_news(store, at(25, 6), item("During"))
    await publish_news(store, at(26, 6), item("Since"))
    assert (await wake(store, 28)).resumed == 1
    await plan_all(store, at(28, 0))
    assert await carried(store, ANN) == [(2,)]
    assert await gaps_of(store, ANN) == (Gap(0, 1, (), "paused"),)


async def test_a_copy_that_was_planned_before_the_pause_is_owed_after_it(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    await pause(store)
    claim = await claim_all(store, at(24, 7))
    assert (claim.copies, claim.skipped) == ((), {"paused": 1})
    await readers.resume(ANN, None, store=store, now=at(25, 6))
    await plan_all(store, at(25, 7))
    first, second = await copies(store)
    assert (first.status, first.reason) == (DeliveryStatus.SKIPPED, "paused")
    assert (second.numbers, second.status) == ((1,), DeliveryStatus.PLANNED)


async def test_a_pause_refuses_what_makes_no_sense(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    with pytest.raises(InputError, match="until 2026-11-24 is not in the future: say a later date"):
        await pause(store, until=date(2026, 11, 24))
    with pytest.raises(InputError, match=r"ann@example\.org: a reader who is active cannot be resumed"):
        await readers.resume(ANN, None, store=store, now=TUESDAY)
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=TUESDAY)
    with pytest.raises(InputError, match=r"ann@example\.org: a reader who is left cannot be paused"):
        await pause(store)


async def test_a_pause_of_all_newsletters_leaves_those_that_were_left_alone(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, ANN, TUESDAY)
    await join(store, ANN, TUESDAY, newsletter="weekly")
    await readers.unsubscribe(ANN, "weekly", reason="enough", store=store, now=TUESDAY)
    await pause(store)
    async with store.read() as connection:
        standings = [one.standing for one in await shelf.subscriptions_of(connection, ANN)]
    assert standings == [Standing.PAUSED, Standing.LEFT]
    await readers.resume(ANN, None, store=store, now=at(25, 6))


# --- Leaving ------------------------------------------------------------------------------------------------


async def test_a_reader_who_left_gets_no_planned_copy_any_more(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await join(store, "bob@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    await readers.unsubscribe(ANN, None, reason="too much mail", store=store, now=at(24, 7))
    await readers.unsubscribe(ANN, None, reason="again", store=store, now=at(24, 7))
    claim = await claim_all(store, at(24, 7))
    assert [copy.address for copy in claim.copies] == ["bob@example.org"]
    assert claim.skipped == {"left": 1}
    assert (await history_of(store, ANN))[1:] == [("active", "left", "too much mail")]


async def test_who_returns_gets_nothing_twice_and_nothing_from_the_time_away(store: Database) -> None:
    await join(store, ANN, TUESDAY, max_items="1")
    await publish_news(store, TUESDAY, item("Sent"), item("Deferred"))
    await plan_all(store, at(24, 7))
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(24, 8))
    await publish_news(store, at(24, 9), item("Long ago"))
    later = at(24, 9).replace(year=2027)
    await publish_news(store, later, item("Just now"))
    back = await join(store, ANN, later)
    assert back.bookmark == Bookmark(3)
    await plan_all(store, later.replace(day=25))
    assert await carried(store, ANN) == [(1,), (4,)]
    assert await gaps_of(store, ANN) == (Gap(2, 3, (2,), "left"),)
    assert (await history_of(store, ANN))[-1] == ("left", "active", "added by a test")


async def test_who_returns_soon_gets_what_came_meanwhile(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("First"))
    await plan_all(store, at(24, 7))
    await readers.unsubscribe(ANN, None, reason="enough", store=store, now=at(24, 8))
    await publish_news(store, at(25, 9), item("Second"))
    await join(store, ANN, at(26, 6))
    await plan_all(store, at(26, 7))
    assert await carried(store, ANN) == [(1,), (2,)]
