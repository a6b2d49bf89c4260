"""A process on the roll is heard of, has its share, and takes back what those held who fell silent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import time_machine
from sqlalchemy import select, text, update

from digest.core.model import DeliveryStatus
from digest.core.pace import Limit, Limits
from digest.core.shares import LOOKS_BACK, SILENT_FOR, Part
from digest.errors import PassingStoreError, SettingsError, StoreError
from digest.flows.machines import at_work, at_work_of_late
from digest.flows.roll import ENDED, FELL_SILENT, LEFT, Names, Roll
from digest.flows.tidy import tidy
from digest.jobs.liveness import Liveness
from digest.store import deliveries, workers
from digest.store.database import Database
from digest.store.worker_tables import workers as rows
from digest.store.workers import Doing, Kind, State
from tests.flows.newsroom import TUESDAY, at, copies, item, join_many, plan_all, publish_news

pytestmark = pytest.mark.anyio

LIMITS: Final = Limits(Limit(10), Limit(10))
_NUMBERS: Final = count(1)


@dataclass
class PlayedNames:
    """Names of one machine, of which some may have ended."""

    ended: frozenset[str] = frozenset()
    given_up: list[str] = field(default_factory=list)

    def sign_on(self) -> str:
        return f"name{next(_NUMBERS)}"

    def sign_off(self, owner: str) -> None:
        self.given_up.append(owner)

    def gone(self) -> frozenset[str]:
        return self.ended

    def bury(self, owners: Iterable[str]) -> None:
        self.ended -= set(owners)


def roll_of(
    store: Database,
    name: str = "mail-1",
    kind: Kind = Kind.WORKER,
    names: Names | None = None,
    when_freed: Callable[[], Awaitable[None]] | None = None,
) -> Roll:
    names = names or PlayedNames()
    # it beats when it is told to
    return Roll(
        store=store, kind=kind, name=name, names=names, limits=LIMITS, when_freed=when_freed, beat=3600
    )


async def age(store: Database, owner: str, by: timedelta, *, silent: bool = False) -> None:
    """Somebody came so much earlier, and was heard of last so long ago if it is to be silent."""
    async with store.write() as connection:
        change = {"heard_at": rows.c.heard_at} if not silent else {}
        now = await workers.clock(connection)
        values = {"since": now - by, **change, **({"heard_at": now - by} if silent else {})}
        await connection.execute(update(rows).where(rows.c.owner == owner).values(values))


async def claim_some(store: Database, issue_id: int, owner: str) -> tuple[datetime, list[int]]:
    """Four copies are somebody's, of which one has begun: by the store's clock when, and which one."""
    async with store.write() as connection:
        wall = await workers.clock(connection)
        claim = await deliveries.claim(
            connection, issue_id, owner, now=at(24, 7), wall=wall, limit=4, resend_uncertain=True
        )
        begun = [claim.copies[0].delivery_id]
        await deliveries.begin(connection, owner, begun, wall)
    return wall, begun


async def test_who_is_alone_has_all_at_once_and_who_comes_later_waits(store: Database) -> None:
    async with roll_of(store, "mail-1") as first:
        assert first.limits().of_server() == Limit(10)
        async with roll_of(store, "mail-2") as second:
            assert second.limits().of_server() is None
            await first.beat()
            assert first.limits().of_server() == Limit(5)
            await age(store, first.owner, 2 * LOOKS_BACK)
            await age(store, second.owner, LOOKS_BACK)
            await second.beat()
            await first.beat()
            assert [first.limits().parts, second.limits().parts] == [(Part(0, 2),), (Part(1, 2),)]
        # who left in good order keeps its part in the eyes of others for a while
        await first.beat()
        assert first.limits().of_server() == Limit(5)


async def test_a_scheduler_has_no_share_and_takes_none(store: Database) -> None:
    async with roll_of(store, "mail-1") as worker, roll_of(store, "desk", Kind.SCHEDULER) as scheduler:
        await worker.beat()
        assert worker.limits().of_server() == Limit(10)
        assert scheduler.limits().of_server() is None


async def test_who_cannot_look_has_nothing_until_it_can(sqlite_store: Database) -> None:
    clock = [0.0]
    roll = Roll(
        store=sqlite_store,
        kind=Kind.WORKER,
        name="mail-1",
        names=PlayedNames(),
        limits=LIMITS,
        beat=3600,
        clock=lambda: clock[0],
    )
    async with roll:
        clock[0] = 11.0
        assert roll.limits().of_server() == Limit(10)
        clock[0] = 13.0
        assert roll.limits().of_server() is None
        await roll.beat()
        assert roll.limits().of_server() == Limit(10)


async def test_who_fell_silent_is_off_the_roll_and_what_it_held_is_free(store: Database) -> None:
    await join_many(store, 6, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    freed = asyncio.Event()

    async def when_freed() -> None:
        freed.set()

    async with roll_of(store, "judge", when_freed=when_freed) as judge, roll_of(store, "silent") as silent:
        wall, begun = await claim_some(store, planned.issue_id, silent.owner)
        name = silent.owner
        await age(store, name, SILENT_FOR * 2, silent=True)
        # it may have been the judge who could not hear
        await judge.beat()
        assert not freed.is_set()
        judge._listening_since = wall - SILENT_FOR * 2
        await judge.beat()
        assert freed.is_set()
        found = sorted(copy.status.value for copy in await copies(store))
        assert found == ["planned"] * 5 + [DeliveryStatus.UNCERTAIN.value]
        # it wakes, finds that it is off the roll, and is a newcomer
        await silent.beat()
        assert silent.owner != name
        assert silent.limits().of_server() is None
        async with store.write() as connection:
            assert await deliveries.begin(connection, name, begun, wall) == set()
    async with store.read() as connection:
        left = {(one.name, one.because) for one in await at_work_of_late(connection)}
    assert left == {("judge", LEFT), ("silent", LEFT), ("silent", FELL_SILENT)}


async def test_those_of_this_machine_that_have_ended_are_known_at_once(store: Database) -> None:
    dead = roll_of(store, "dead")
    await dead.__aenter__()
    assert dead._beating is not None
    dead._beating.cancel()
    async with roll_of(store, "next", names=PlayedNames(frozenset({dead.owner}))) as following:
        assert following.limits().of_server() == Limit(10)
        async with store.read() as connection:
            seen = {one.name: one.because for one in await at_work_of_late(connection)}
    assert seen == {"dead": ENDED, "next": ""}


async def test_what_those_held_that_have_ended_is_free_as_soon_as_another_begins_there(
    store: Database,
) -> None:
    # started anew at once, as by systemd: off the roll it is missed by nobody, and its lease is long
    await join_many(store, 6, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    freed = asyncio.Event()

    async def when_freed() -> None:
        freed.set()

    dead = roll_of(store, "mail-1")
    await dead.__aenter__()
    assert dead._beating is not None
    dead._beating.cancel()
    await claim_some(store, planned.issue_id, dead.owner)
    names = PlayedNames(frozenset({dead.owner}))
    async with roll_of(store, "mail-1", names=names, when_freed=when_freed):
        found = sorted(copy.status.value for copy in await copies(store))
    assert found == ["planned"] * 5 + [DeliveryStatus.UNCERTAIN.value]
    assert freed.is_set()
    assert names.gone() == frozenset()


async def test_whoever_leaves_gives_back_what_it_could_not_when_it_stopped(store: Database) -> None:
    # the store was away when it was told to stop, and is there when it says that it leaves
    await join_many(store, 6, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    async with roll_of(store, "mail-1") as leaving:
        await claim_some(store, planned.issue_id, leaving.owner)
    found = sorted(copy.status.value for copy in await copies(store))
    assert found == ["planned"] * 5 + [DeliveryStatus.UNCERTAIN.value]


async def test_what_is_held_by_a_former_name_is_free_too_when_its_process_has_ended(store: Database) -> None:
    await join_many(store, 6, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    # it was off the roll, and has claimed some more before it knew that
    await claim_some(store, planned.issue_id, "former")
    async with roll_of(store, "mail-1", names=PlayedNames(frozenset({"former"}))):
        found = sorted(copy.status.value for copy in await copies(store))
    assert found == ["planned"] * 5 + [DeliveryStatus.UNCERTAIN.value]


async def test_whoever_does_something_else_goes_by_another_name(store: Database) -> None:
    names = PlayedNames()
    async with roll_of(store, "desk", Kind.SCHEDULER, names) as roll:
        before = roll.owner
        await roll.become(Kind.SENDER)
        assert roll.owner != before
        assert roll.limits().of_server() == Limit(10)
        sending = roll.owner
        await roll.become(Kind.SENDER)
        assert roll.owner == sending
    assert names.given_up == [before, sending]


async def test_what_it_is_at_is_told_with_each_beat(store: Database) -> None:
    async with roll_of(store, "mail-1") as roll:
        roll.is_at(State.IDLE)
        roll.settled(40)
        await roll.beat()
        async with store.read() as connection:
            (seen,) = await at_work(connection)
        assert (seen.name, seen.state, seen.connections, seen.copies) == ("mail-1", State.IDLE, 10, 40)
        assert seen.per_second > 0
        assert seen.is_here
        assert not seen.is_late
        await roll.beat()
        async with store.read() as connection:
            (again,) = await at_work(connection)
        assert (again.copies, again.per_second) == (40, 0.0)


async def test_who_left_long_ago_is_forgotten_and_nobody_else(store: Database) -> None:
    async with roll_of(store, "long ago") as long_ago, roll_of(store, "of late"):
        pass
    async with roll_of(store, "stays"):
        async with store.write() as connection:
            left = await workers.clock(connection) - workers.KEPT_FOR - timedelta(minutes=1)
            old = update(rows).where(rows.c.owner == long_ago.owner)
            await connection.execute(old.values(until=left))
        await tidy(store=store, now=TUESDAY, keep_unconfirmed=timedelta(days=30))
        async with store.read() as connection:
            names = (await connection.execute(select(rows.c.name).order_by(rows.c.id))).scalars().all()
    assert names == ["of late", "stays"]


async def test_who_is_off_the_roll_is_told_so(store: Database) -> None:
    async with roll_of(store, "stays") as stays, store.write() as connection:
        assert await workers.beat(connection, stays.owner, Doing(State.IDLE))
        assert not await workers.beat(connection, "nobody", Doing())


async def test_the_clock_of_a_store_is_its_own(store: Database) -> None:
    async with store.read() as connection:
        now = await workers.clock(connection)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_clock_that_jumps_moves_nothing(store: Database) -> None:
    async with roll_of(store, "mail-1") as roll:
        right = datetime.now(UTC)
        with time_machine.travel(right + timedelta(minutes=7), tick=True):
            # on PostgreSQL the server has kept its time, and the next look finds nothing to correct
            assert abs(roll.wall() - right) < timedelta(seconds=5)
            if not store.is_sqlite:
                await roll.beat()
                assert abs(roll.wall() - right) < timedelta(seconds=5)


async def rename(store: Database, table: str, name: str) -> None:
    async with store.write() as connection:
        await connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


async def test_whoever_cannot_write_down_what_it_does_now_tries_again(store: Database) -> None:
    async with roll_of(store, "desk", Kind.SCHEDULER) as roll:
        before = roll.owner
        await rename(store, "workers", "away")
        with pytest.raises(StoreError):
            await roll.become(Kind.SENDER)
        await rename(store, "away", "workers")
        await roll.become(Kind.SENDER)
        assert roll.owner != before
        assert roll.limits().of_server() == Limit(10)


async def test_a_beat_in_the_middle_of_a_change_signs_nobody_on_twice(store: Database) -> None:
    async with roll_of(store, "desk", Kind.SCHEDULER) as roll:
        await asyncio.gather(roll.become(Kind.SENDER), roll.beat(), roll.beat())
        async with store.read() as connection:
            assert [one.kind for one in await workers.here(connection)] == [Kind.SENDER]


async def test_who_has_no_room_for_a_new_name_signs_on_when_there_is_some(
    store: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "senders"
    async with roll_of(store, "mail-1", names=Liveness(folder)) as roll:
        async with store.write() as connection:
            await workers.sign_off(connection, [roll.owner], FELL_SILENT)
        folder.rename(tmp_path / "away")
        folder.write_text("no folder can be made here")
        for _ in range(2):
            with pytest.raises(SettingsError, match="cannot be written to"):
                await roll.beat()
        folder.unlink()
        await roll.beat()
        async with store.read() as connection:
            assert roll.owner in {one.owner for one in await workers.here(connection)}


async def test_rows_that_somebody_has_locked_are_taken_back_later_and_nobody_waits(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await join_many(postgres_store, 6, TUESDAY)
    await publish_news(postgres_store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(postgres_store, at(24, 7))
    async with roll_of(postgres_store, "judge") as judge, roll_of(postgres_store, "frozen") as frozen:
        async with postgres_store.write() as connection:
            wall = await workers.clock(connection)
            claim = await deliveries.claim(
                connection,
                planned.issue_id,
                frozen.owner,
                now=at(24, 7),
                wall=wall,
                limit=4,
                resend_uncertain=True,
            )
        await age(postgres_store, judge.owner, SILENT_FOR * 3)
        await age(postgres_store, frozen.owner, SILENT_FOR * 2, silent=True)
        judge._listening_since = wall - SILENT_FOR * 2
        async with second_postgres_store.write() as connection:
            await deliveries.begin(connection, frozen.owner, [claim.copies[0].delivery_id], wall)
            with pytest.raises(PassingStoreError):
                await judge.beat()
            # it was heard of before, and may go on
            assert judge.limits().of_server() is not None
        await judge.beat()
    found = sorted(copy.status.value for copy in await copies(postgres_store))
    assert found == ["planned"] * 5 + [DeliveryStatus.UNCERTAIN.value]
