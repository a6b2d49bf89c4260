"""Who left after a backup was made has left when it is put back: a record beside the store knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM, Actor, Via
from digest.core.model import Skip
from digest.errors import InputError
from digest.flows import readers, suppressing
from digest.flows.leave_again import REMARK, recorded
from digest.flows.readers import Enrolment, suppression_key
from digest.flows.record_leavings import LeavingRecord
from digest.flows.reopen import Opened, reopen_restored
from digest.store import sent_elsewhere
from digest.store.database import Database
from subscribers import store as shelf
from subscribers import together
from subscribers.leaving import BY_ONE_CLICK
from subscribers.model import Standing
from subscribers.suppressions import lift_suppression, suppress
from subscribers.tables import subscribers
from tests.flows.leavers import ANA, BOB, CLEO, come_back, leave, text_in
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
from tests.flows.putting_back import GONE, NIGHT, NOW, put_back
from tests.stores import NewStore
from tests.tiers import wide_rows

pytestmark = pytest.mark.anyio

ADMIN = Actor("Anna", Via.DESK)


@pytest.fixture
async def newsroom(store: Database) -> Database:
    """At night two items wait for three readers who get them at seven."""
    for address in (ANA, BOB, CLEO):
        await join(store, address, TUESDAY - timedelta(days=1))
    await publish_news(store, TUESDAY - timedelta(hours=10), item("Tariffs"), item("Schools"))
    return store


@pytest.fixture
def record(store: Database, tmp_path: Path) -> LeavingRecord:
    return LeavingRecord(store=store, folder=tmp_path / "leavings")


async def open_by_record(back: Database, folder: Path, sent_until: datetime | None = GONE) -> Opened:
    """Open it as the command does, with what was recorded."""
    record = await recorded(folder / "leavings", store=back)
    return await reopen_restored(back, sent_until=sent_until, by=PROGRAM, now=NOW, record=record)


async def standings(store: Database) -> dict[str, str]:
    async with store.read() as connection:
        everybody = [one async for one in shelf.every_subscription(connection)]
    return {one.address: one.standing for one in everybody if one.address}


async def history(store: Database, address: str) -> list[tuple[datetime, str, str]]:
    async with store.read() as connection:
        rows = await shelf.standing_history(connection, (await reader(store, address)).id)
    return [(row.at, row.after, row.reason) for row in rows]


async def test_who_left_since_has_left(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await leave(newsroom, ANA, at(24, 8))
        await record.look(at(24, 8))
        done = await open_by_record(back, tmp_path)
        assert done.left.readers == 1
        assert await standings(back) == {ANA: "left", BOB: "active", CLEO: "active"}
        assert (await history(back, ANA))[-1] == (at(24, 8), "left", f"{BY_ONE_CLICK} ({REMARK})")
        # what came at seven had come, and what comes tomorrow goes to the others
        assert await carried(back, ANA) == [(1, 2)]
        await publish_news(back, NOW, item("Solar power"))
        await plan_all(back, at(25, 7))
        assert await carried(back, ANA) == [(1, 2)]
        assert await carried(back, BOB) == [(1, 2), (3,)]


async def test_who_had_left_before_the_slot_did_not_get_it_there(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await leave(newsroom, ANA, at(24, 6))
        await record.look(at(24, 8))
        done = await open_by_record(back, tmp_path)
        assert done.settled.copies == 2
        assert await carried(back, ANA) == []


async def test_a_copy_that_was_planned_by_then_does_not_go(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    await plan_all(newsroom, at(24, 7))
    async with put_back(newsroom, new_store, tmp_path, of=at(24, 7)) as back:
        await leave(newsroom, ANA, at(24, 8))
        await record.look(at(24, 8))
        await open_by_record(back, tmp_path, sent_until=None)
        claim = await claim_all(back, NOW)
        assert claim.skipped == {Skip("left"): 1}
        assert len(await copies(back, status="sending")) == 2


Act = Callable[[Database, datetime], Awaitable[object]]

ACTS: Sequence[tuple[str, Act, Standing]] = (
    (
        "unsubscribed",
        lambda store, now: readers.unsubscribe(ANA, None, reason="asked by mail", store=store, now=now),
        Standing.LEFT,
    ),
    (
        "bounced",
        lambda store, now: _bounce(store, now),
        Standing.BOUNCING,
    ),
    (
        "suppressed",
        lambda store, now: suppressing.suppress_addresses(ANA, note="", by=ADMIN, store=store, now=now),
        Standing.SUPPRESSED,
    ),
)


async def _bounce(store: Database, now: datetime) -> None:
    async with store.write() as connection:
        await shelf.mark_bouncing(connection, (await reader(store, ANA)).id, "550 5.1.1 unknown", now)


@pytest.mark.parametrize(
    ("act", "standing"),
    [ACTS[0][1:], *wide_rows(*(one[1:] for one in ACTS[1:]))],
    ids=[one[0] for one in ACTS],
)
async def test_however_it_ended(
    newsroom: Database,
    record: LeavingRecord,
    new_store: NewStore,
    tmp_path: Path,
    act: Act,
    standing: Standing,
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await act(newsroom, at(24, 8))
        await record.look(at(24, 8))
        await open_by_record(back, tmp_path)
        assert await standings(back) == {ANA: standing, BOB: "active", CLEO: "active"}


async def test_who_left_and_came_back_reads_on(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        await leave(newsroom, ANA, at(24, 8))
        await record.look(at(24, 8))
        await come_back(newsroom, ANA, at(24, 8, 30))
        await record.look(at(24, 8, 31))
        assert (await open_by_record(back, tmp_path)).left.readers == 0
        assert (await standings(back))[ANA] == "active"


async def test_one_newsletter_is_left_and_the_other_is_not(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    await add_newsletter(newsroom, "weekly")
    new = Enrolment(ANA, "weekly", wishes(), confirmed=True, reason="test")
    await readers.subscribe(new, store=newsroom, now=TUESDAY)
    async with put_back(newsroom, new_store, tmp_path) as back:
        await readers.unsubscribe(ANA, "daily", reason="one", store=newsroom, now=at(24, 8))
        await record.look(at(24, 8))
        assert (await open_by_record(back, tmp_path)).left.readers == 1
        async with back.read() as connection:
            mine = await shelf.subscriptions_of(connection, ANA)
        assert [one.standing for one in mine] == [Standing.LEFT, Standing.ACTIVE]


async def test_who_was_erased_is_erased_and_cannot_be_imported(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    # gone before, so that no change of standing tells of it
    await leave(newsroom, ANA, NIGHT - timedelta(hours=5))
    async with put_back(newsroom, new_store, tmp_path) as back:
        await readers.erase(ANA, store=newsroom, now=at(24, 8))
        await readers.erase(BOB, store=newsroom, now=at(24, 8))
        await record.look(at(24, 8))
        done = await open_by_record(back, tmp_path)
        assert (done.left.erased, done.left.readers, done.left.suppressed) == (2, 1, 2)
        assert await standings(back) == {CLEO: "active"}
        async with back.read() as connection:
            left = (await connection.execute(select(subscribers.c.address))).scalars().all()
        assert set(left) == {None, CLEO}
        with pytest.raises(InputError, match="erased"):
            await come_back(back, BOB, NOW)
        # the record says nothing of who that was
        assert "example.org" not in text_in(tmp_path / "leavings")


async def test_who_had_complained_and_was_erased_is_erased(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    """The address was on the list before, for another reason: that list says nothing new."""
    ana, then = await reader(newsroom, ANA), NIGHT - timedelta(hours=5)
    async with newsroom.write() as connection:
        await suppress(connection, ANA, await suppression_key(connection), "complained", then)
        await together.take_out(connection, [ana.id], Standing.COMPLAINED)
        await shelf.note_standing(connection, ana.id, ana.standing, Standing.COMPLAINED, "complained", then)
    async with put_back(newsroom, new_store, tmp_path) as back:
        before = await standings(back)
        await readers.erase(ANA, store=newsroom, now=at(24, 8))
        await record.look(at(24, 8))
        assert (await open_by_record(back, tmp_path)).left.erased == 1
        assert await standings(back) == {one: how for one, how in before.items() if one != ANA}


async def test_who_was_erased_before_and_reads_again_is_not_erased_again(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    """Within the minutes of which nobody can tell whether the backup has them."""
    await readers.erase(ANA, store=newsroom, now=NIGHT - timedelta(minutes=10))
    await record.look(NIGHT)
    async with newsroom.write() as connection:
        await lift_suppression(connection, ANA, await suppression_key(connection))
    await join(newsroom, ANA, NIGHT - timedelta(minutes=5))
    async with put_back(newsroom, new_store, tmp_path) as back:
        assert (await open_by_record(back, tmp_path)).left.erased == 0
        assert (await standings(back))[ANA] == "active"


async def test_what_was_suppressed_and_lifted_since_is_not_suppressed(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    async with put_back(newsroom, new_store, tmp_path) as back:
        for address in (ANA, BOB):
            await suppressing.suppress_addresses(
                address, note="", by=ADMIN, store=newsroom, now=at(24, 7, 30)
            )
        await record.look(at(24, 8))
        await suppressing.lift(ANA, by=ADMIN, store=newsroom, now=at(24, 8, 10))
        await record.look(at(24, 8, 10))
        done = await open_by_record(back, tmp_path)
        assert done.left.suppressed == 1
        assert await standings(back) == {ANA: "left", BOB: "suppressed", CLEO: "active"}
        # who did that by hand lifts it again
        await suppressing.lift(BOB, by=ADMIN, store=back, now=NOW)


async def test_what_the_backup_knows_is_not_done_again(
    newsroom: Database, record: LeavingRecord, new_store: NewStore, tmp_path: Path
) -> None:
    """Ana left and came back just before the backup: by clocks alone the leaving might have come after it."""
    await leave(newsroom, ANA, NIGHT - timedelta(minutes=5))
    await come_back(newsroom, ANA, NIGHT - timedelta(minutes=4))
    await leave(newsroom, BOB, NIGHT - timedelta(hours=2))
    await come_back(newsroom, BOB, NIGHT - timedelta(hours=1))
    await record.look(NIGHT)
    async with put_back(newsroom, new_store, tmp_path) as back:
        assert (await open_by_record(back, tmp_path)).left.readers == 0
        assert set((await standings(back)).values()) == {"active"}


async def test_broken_off_and_called_again_each_leaves_once(
    newsroom: Database,
    record: LeavingRecord,
    new_store: NewStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def break_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    async with put_back(newsroom, new_store, tmp_path) as back:
        await leave(newsroom, ANA, at(24, 6))
        await leave(newsroom, BOB, at(24, 8))
        await record.look(at(24, 8))
        with monkeypatch.context() as patched:
            patched.setattr(sent_elsewhere, "settle", break_off)
            with pytest.raises(KeyboardInterrupt):
                await open_by_record(back, tmp_path)
        await open_by_record(back, tmp_path)
        assert await standings(back) == {ANA: "left", BOB: "left", CLEO: "active"}
        assert [len(await history(back, one)) for one in (ANA, BOB)] == [2, 2]
