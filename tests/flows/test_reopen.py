"""A store that was put back is opened: nothing goes out twice from it that went out since the backup."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus, IssueStatus, Skip
from digest.core.quiet import QuietDay
from digest.errors import InputError, StoreError
from digest.flows import edit_briefing, orders, readers
from digest.flows.by_hand import OneOff
from digest.flows.reopen import Opened, reopen_restored
from digest.store.closing import reopen
from digest.store.database import Database
from digest.store.openness import require_open
from digest.store.tables import deliveries, issues
from subscribers.tables import subscriptions
from tests.flows.feeding import newsdesk
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    claim_all,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.putting_back import GONE, NIGHT, NOW, put_back
from tests.ingest.feed_samples import entry
from tests.stores import NewStore

pytestmark = pytest.mark.anyio


@pytest.fixture
async def newsroom(store: Database) -> Database:
    """At night two items wait for three readers who get them at seven."""
    for name in ("ana", "bob", "cleo"):
        await join(store, f"{name}@example.org", TUESDAY - timedelta(days=1))
    await publish_news(store, TUESDAY - timedelta(hours=10), item("Tariffs"), item("Schools"))
    return store


async def open_it(back: Database, sent_until: datetime | None, now: datetime = NOW) -> Opened:
    return await reopen_restored(back, sent_until=sent_until, by=PROGRAM, now=now)


async def appoint(store: Database, title: str, when: datetime) -> None:
    """A draft that comes out at its time."""
    flags = edit_briefing.Flags(publish_at=when)
    await edit_briefing.write(item(title), flags, store=store, now=NIGHT)


async def fates(store: Database) -> set[tuple[str, str]]:
    """What became of copies: status and reason; but for the one that goes to nobody."""
    return {(one.status, one.reason) for one in await copies(store) if one.address}


async def test_nothing_can_be_done_in_it_before(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        with pytest.raises(StoreError, match="was put back from the backup"):
            await require_open(back)
        with pytest.raises(StoreError, match="is closed: it was put back from"):
            await join(back, "dora@example.org", NOW)
        with pytest.raises(StoreError, match="--sent-until TIME, or --send-again"):
            await reopen(back)


async def test_what_was_due_by_then_is_settled_and_not_sent(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        done = await open_it(back, GONE)
        assert (done.issues, done.settled.copies) == (1, 3)
        await require_open(back)
        assert await fates(back) == {(DeliveryStatus.SKIPPED, Skip.SENT_ELSEWHERE)}
        assert {one.numbers for one in await copies(back) if one.address} == {(1, 2)}
        # nothing is left of it for today, nor for tomorrow
        assert await plan_all(back, NOW) == []
        await publish_news(back, NOW, item("Solar power"))
        await plan_all(back, at(25, 7))
        tomorrow = await copies(back, status=DeliveryStatus.PLANNED)
        assert {one.numbers for one in tomorrow} == {(3,)}
        assert len(tomorrow) == 3


async def test_what_was_not_due_by_then_is_sent(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await join(newsroom, "late@example.org", NIGHT, at="10:00")
    async with put_back(newsroom, new_store, tmp_path) as back:
        await open_it(back, GONE)
        await plan_all(back, NOW)
        (one,) = await copies(back, status=DeliveryStatus.PLANNED)
        assert (one.address, one.numbers) == ("late@example.org", (1, 2))


async def test_each_day_since_has_its_issue(newsroom: Database, new_store: NewStore, tmp_path: Path) -> None:
    # one item at a time: what a cap puts off comes the day after, as it came elsewhere
    await change_newsletter(newsroom, max_items=1)
    async with put_back(newsroom, new_store, tmp_path, of=NIGHT - timedelta(days=1)) as back:
        done = await open_it(back, GONE)
        assert done.issues == 2
        assert sorted(one.numbers for one in await copies(back, address="ana@example.org")) == [(1,), (2,)]
        assert await plan_all(back, NOW) == []


# --- What came at a time of its own came then, not with the next slot


async def test_a_one_off_has_no_news_that_came_after_it(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    wish = OneOff("daily")
    await orders.place(wish, 3, token="t", due_at=at(24, 4), by=PROGRAM, store=newsroom, now=NIGHT)
    await appoint(newsroom, "Solar power", at(24, 5))
    async with put_back(newsroom, new_store, tmp_path) as back:
        await open_it(back, GONE)
        assert await carried(back, "ana@example.org") == [(1, 2), (3,)]


async def test_news_at_once_came_when_each_item_came_out(
    store: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await join(store, "ana@example.org", TUESDAY - timedelta(days=1), at_once="yes")
    await appoint(store, "Tariffs", at(24, 4))
    await appoint(store, "Solar power", at(24, 5))
    await appoint(store, "Wind power", at(24, 6))
    async with put_back(store, new_store, tmp_path) as back:
        await open_it(back, at(24, 5, 30))
        assert await carried(back, "ana@example.org") == [(1,), (2,)]
        # what had not come out by then is news
        assert len(await plan_all(back, NOW)) == 0
        await edit_briefing.publish_due(store=back, now=NOW)
        await plan_all(back, NOW)
        assert await carried(back, "ana@example.org") == [(1,), (2,), (3,)]


async def test_news_at_once_came_when_a_quiet_day_was_over(
    store: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await change_newsletter(store, quiet_days=(QuietDay(date(2026, 11, 24), "A day off"),))
    await join(store, "ana@example.org", TUESDAY - timedelta(days=1), at_once="yes")
    await publish_news(store, NIGHT, item("Tariffs"))
    await appoint(store, "Solar power", at(25, 1))
    async with put_back(store, new_store, tmp_path) as back:
        await open_it(back, at(25, 9), at(25, 12))
        assert await carried(back, "ana@example.org") == [(1,), (2,)]


async def test_who_came_out_of_a_pause_had_an_issue_each_day_since(
    store: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await change_newsletter(store, max_items=1)
    await join(store, "ana@example.org", TUESDAY - timedelta(days=1))
    await publish_news(store, TUESDAY - timedelta(hours=10), item("Tariffs"), item("Schools"), item("Solar"))
    await readers.pause(
        "ana@example.org", None, until=date(2026, 11, 24), catch_up=True, store=store, now=at(23, 22)
    )
    async with put_back(store, new_store, tmp_path, of=at(23, 23)) as back:
        await open_it(back, at(25, 9), at(25, 12))
        assert len(await carried(back, "ana@example.org")) == 2


async def test_mails_that_were_open_are_not_sent_either(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await plan_all(newsroom, at(24, 7))
    await claim_all(newsroom, at(24, 7))
    async with put_back(newsroom, new_store, tmp_path, of=at(24, 7)) as back:
        done = await open_it(back, GONE)
        assert (done.issues, done.settled.copies) == (0, 3)
        assert await fates(back) == {(DeliveryStatus.SKIPPED, Skip.SENT_ELSEWHERE)}
        async with back.read() as connection:
            status = select(issues.c.status).where(issues.c.id == 1)
            assert (await connection.execute(status)).scalar() == IssueStatus.DONE


async def test_or_all_of_it_is_sent_again(newsroom: Database, new_store: NewStore, tmp_path: Path) -> None:
    await plan_all(newsroom, at(24, 7))
    await claim_all(newsroom, at(24, 7))
    async with put_back(newsroom, new_store, tmp_path, of=at(24, 7)) as back:
        done = await open_it(back, None)
        assert (done.issues, done.settled) == (0, (0, 0))
        # whoever had them in hand is gone, and none was begun
        assert await fates(back) == {(DeliveryStatus.PLANNED, "")}


async def test_an_issue_that_a_person_held_waits_for_that_person(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    await plan_all(newsroom, at(24, 7))
    async with newsroom.write() as connection:
        await connection.execute(issues.update().values(status=IssueStatus.HELD))
    async with put_back(newsroom, new_store, tmp_path, of=at(24, 7)) as back:
        assert (await open_it(back, GONE)).settled.copies == 0
        assert await fates(back) == {(DeliveryStatus.PLANNED, "")}


async def test_a_correction_reaches_who_may_have_had_the_text(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await open_it(back, GONE)
        async with back.read() as connection:
            query = select(deliveries.c.doubts).join(issues, issues.c.id == deliveries.c.issue_id)
            scheduled = query.where(issues.c.cadence_id.isnot(None))
            assert (await connection.execute(scheduled)).scalars().all() == [1, 1, 1]


@pytest.mark.parametrize("sent_until", [GONE, None], ids=["settled", "again"])
async def test_no_id_that_may_have_gone_out_is_given_again(
    newsroom: Database, new_store: NewStore, tmp_path: Path, sent_until: datetime | None
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        # what the other store gave after the backup
        await join(newsroom, "dora@example.org", NIGHT)
        lost = (await reader(newsroom, "dora@example.org")).id
        await plan_all(newsroom, at(24, 7))
        theirs = {one.id for one in await copies(newsroom)}
        await open_it(back, sent_until)
        await join(back, "eve@example.org", NOW)
        assert (await reader(back, "eve@example.org")).id > lost + 100_000
        await publish_news(back, NOW, item("Solar power"))
        await plan_all(back, at(25, 7))
        ours = {one.id for one in await copies(back) if one.address}
        assert ours & theirs == set()
        assert min(ours) > max(theirs) + 1_000_000


async def test_who_is_made_for_that_is_no_reader(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await open_it(back, GONE)
        async with back.read() as connection:
            query = select(subscriptions.c.id).where(subscriptions.c.standing == "active")
            assert len((await connection.execute(query)).all()) == 3
        await publish_news(back, NOW, item("Solar power"))
        (planned,) = await plan_all(back, at(25, 7))
        assert (planned.copies, planned.skipped) == (3, {})


@pytest.mark.parametrize(
    ("sent_until", "words"),
    [
        (NOW + timedelta(minutes=1), "is still to come"),
        (NIGHT - timedelta(minutes=1), "by 2026-11-24 02:59 UTC it had all that was sent"),
    ],
    ids=["future", "before"],
)
async def test_a_time_that_cannot_be_meant_is_refused(
    newsroom: Database, new_store: NewStore, tmp_path: Path, sent_until: datetime, words: str
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        with pytest.raises(InputError, match=words):
            await open_it(back, sent_until)
        with pytest.raises(StoreError, match="was put back"):
            await require_open(back)


async def test_a_store_that_was_not_put_back_is_refused(newsroom: Database) -> None:
    with pytest.raises(StoreError, match="was not put back from a backup"):
        await open_it(newsroom, GONE)


async def test_what_a_feed_brings_again_waits_for_a_person(
    newsroom: Database, new_store: NewStore, tmp_path: Path
) -> None:
    async with newsdesk(newsroom, TUESDAY - timedelta(hours=12)) as desk:
        desk.site.post("Ferry")
        await desk.add(settle_minutes=0)
        await desk.poll()
        async with put_back(newsroom, new_store, tmp_path) as back:
            # the other store took it in, and sent it
            desk.site.entries.insert(0, entry("bridge", "Bridge", day="Tue, 24 Nov 2026 05:00:00 GMT"))
            await open_it(back, GONE)
            desk.site.entries.insert(0, entry("market", "Market", day="Tue, 24 Nov 2026 10:00:00 GMT"))
            desk.go_on_in(back)
            desk.now = NOW
            await desk.poll()
            assert (await desk.published())[-2:] == ["Ferry", "Market"]
            drafts = [one.title for one in await desk.briefings() if one.number is None]
            assert drafts == ["Bridge"]
            # what comes later is out by itself, whatever day it says
            desk.site.post("Library")
            await desk.poll(60)
            assert (await desk.published())[-1] == "Library"
