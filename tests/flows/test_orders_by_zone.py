"""A mail by hand on each reader's own clocks: zone by zone, once for each reader, the same news for all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from digest.core.access import Actor, Via
from digest.errors import InputError
from digest.flows import readers
from digest.flows.by_hand import OneOff
from digest.flows.orders import place, plan_due, take_back
from digest.store import orders
from digest.store.database import Database
from digest.store.one_off_tables import OrderStatus
from digest.store.orders import Order
from tests.flows.newsroom import TUESDAY, at, carried, copies, item, join, publish_news, wishes
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio
EDITOR = Actor("Anna", Via.DESK, None)
TOKYO, BERLIN, NEW_YORK = "tokyo@example.org", "berlin@example.org", "york@example.org"
#: Eight o'clock on the 25th: 23:00 UTC of the day before in Tokyo, 07:00 in Berlin, 13:00 in New York.
EIGHT = datetime(2026, 11, 25, 8)  # noqa: DTZ001
IN_TOKYO, IN_BERLIN, IN_NEW_YORK = at(24, 23), at(25, 7), at(25, 13)


async def three_zones(store: Database) -> None:
    for address, zone in ((TOKYO, "Asia/Tokyo"), (BERLIN, "Europe/Berlin"), (NEW_YORK, "America/New_York")):
        await join(store, address, TUESDAY, timezone=zone, days="sat")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))


async def order(store: Database, now: datetime, wish: OneOff | None = None, copies: int = 3) -> Order:
    wish = wish or OneOff("daily", subject="Look")
    return await place(
        *(wish, copies), token="t", due_at=now, local_at=EIGHT, by=EDITOR, store=store, now=now
    )


async def the_order(store: Database) -> Order:
    async with store.read() as connection:
        found = await orders.by_id(connection, 1)
    assert found is not None
    return found


async def readers_at(store: Database, now: datetime) -> list[str]:
    """Who is in the part that is planned at an instant."""
    before = {one.id for one in await copies(store)}
    await plan_due(store=store, now=now)
    return [str(one.address) for one in await copies(store) if one.id not in before]


async def test_each_reader_gets_it_when_it_is_time_there(store: Database, tmp_path: Path) -> None:
    await three_zones(store)
    assert (await order(store, at(24, 12))).due_at == IN_TOKYO
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 22, 59))).totals.sent == 0
    sent = []
    for now in (IN_TOKYO, at(25, 0), IN_BERLIN, at(25, 12, 59), IN_NEW_YORK, at(25, 14)):
        sent.append((await run(jobs, now)).totals.sent)
    assert sent == [1, 0, 1, 0, 1, 0]
    assert (await the_order(store)).status is OrderStatus.PLANNED
    assert [await carried(store, who) for who in (TOKYO, BERLIN, NEW_YORK)] == [[(1,)]] * 3


async def test_where_the_time_is_past_it_comes_at_once(store: Database) -> None:
    await three_zones(store)
    await order(store, at(25, 8))
    assert await readers_at(store, at(25, 8)) == [TOKYO, BERLIN]
    assert await readers_at(store, IN_NEW_YORK) == [NEW_YORK]


async def test_a_scheduler_that_slept_makes_up_for_it_in_one_part(store: Database) -> None:
    await three_zones(store)
    await order(store, at(24, 12))
    assert len(await readers_at(store, at(25, 20))) == 3
    assert await readers_at(store, at(25, 21)) == []


@pytest.mark.parametrize(
    ("who", "moves_to", "moves_at", "parts"),
    [
        pytest.param(TOKYO, "America/New_York", at(25, 1), [[TOKYO], [BERLIN], [NEW_YORK]], id="had it"),
        pytest.param(NEW_YORK, "Asia/Tokyo", at(25, 1), [[TOKYO], [BERLIN, NEW_YORK], []], id="to the past"),
        pytest.param(BERLIN, "America/Chicago", at(25, 1), [[TOKYO], [], [NEW_YORK]], id="further on"),
    ],
)
async def test_who_changes_zones_meanwhile_gets_it_once(
    store: Database, who: str, moves_to: str, moves_at: datetime, parts: list[list[str]]
) -> None:
    await three_zones(store)
    await order(store, at(24, 12))
    found = [await readers_at(store, IN_TOKYO)]
    await readers.edit(who, None, wishes(timezone=moves_to), store=store, now=moves_at)
    found += [await readers_at(store, IN_BERLIN), await readers_at(store, IN_NEW_YORK)]
    assert found == parts
    await readers_at(store, at(25, 20))
    assert sorted(str(one.address) for one in await copies(store)) == sorted([TOKYO, BERLIN, NEW_YORK])
    assert (await the_order(store)).status is OrderStatus.PLANNED


async def test_all_get_the_same_news_whatever_comes_out_between(store: Database) -> None:
    await three_zones(store)
    await order(store, at(24, 12))
    await readers_at(store, IN_TOKYO)
    await publish_news(store, at(25, 1), item("Boats", "economy"))
    await readers_at(store, IN_NEW_YORK)
    assert [one.numbers for one in await copies(store)] == [(1,)] * 3


async def test_an_order_that_is_taken_back_between_parts_sends_nothing_more(store: Database) -> None:
    await three_zones(store)
    await order(store, at(24, 12))
    await readers_at(store, IN_TOKYO)
    await take_back(1, by=EDITOR, store=store, now=at(25, 1))
    assert await readers_at(store, at(25, 20)) == []


@pytest.mark.parametrize(
    "wish",
    [
        OneOff("daily", to=(TOKYO, NEW_YORK)),
        OneOff("daily", audience="not zone:Europe/Berlin"),
        OneOff("daily", topics=frozenset({"economy"}), ignore_bookmarks=True, briefing_ids=(1,)),
    ],
)
async def test_parts_are_of_those_addressed_alone(store: Database, wish: OneOff) -> None:
    await three_zones(store)
    await order(store, at(24, 12), wish, copies=3 if wish.topics else 2)
    for now in (IN_TOKYO, IN_BERLIN, IN_NEW_YORK):
        await readers_at(store, now)
    addresses = [str(one.address) for one in await copies(store)]
    assert sorted(addresses) == sorted([TOKYO, NEW_YORK] + ([BERLIN] if wish.topics else []))
    assert (await the_order(store)).status is OrderStatus.PLANNED


async def test_a_time_that_is_past_everywhere_is_refused(store: Database) -> None:
    await three_zones(store)
    with pytest.raises(InputError, match="is past"):
        await order(store, at(25, 13, 6))


async def test_an_order_for_whom_nothing_is_new_by_then_fails_in_words(store: Database) -> None:
    await three_zones(store)
    await order(store, at(24, 12))
    for who in (TOKYO, BERLIN, NEW_YORK):
        await readers.unsubscribe(who, None, reason="enough", store=store, now=at(24, 13))
    assert await readers_at(store, at(25, 20)) == []
    found: Any = await the_order(store)
    assert (found.status, found.words[:22]) == (OrderStatus.FAILED, "nothing would be sent:")
