"""What one of several may do goes with the name by which it stands on the roll."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.pace import Limit, Limits
from digest.flows.reputation import Watch
from digest.flows.roll import FELL_SILENT, Roll
from digest.jobs.engine import SendSome
from digest.jobs.here import Here
from digest.jobs.liveness import Liveness
from digest.jobs.on_procrastinate import OnProcrastinate
from digest.jobs.worker import Worker
from digest.mail.kept import KeptLanes
from digest.mail.post import Post
from digest.store import deliveries, workers
from digest.store.database import Database
from digest.store.tables import deliveries as rows
from digest.store.workers import Kind
from tests.flows.newsroom import TUESDAY, at, copies, item, join_many, plan_all, publish_news
from tests.jobs.office import jobs_for, press_for, run
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio

LIMITS: Final = Limits(Limit(1), Limit(1))


async def test_who_was_off_the_roll_goes_on_under_the_name_by_which_it_is_known_now(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 4, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    roll = Roll(
        store=store,
        kind=Kind.SENDER,
        name="desk",
        names=Liveness(tmp_path / "senders"),
        limits=LIMITS,
        beat=3600,
    )
    #: under which name each letter came, and by which its sender was known then
    names: list[tuple[str, str]] = []

    async def take_off(message: Accepted) -> None:
        if not names:
            former = roll.owner
            async with store.write() as connection:
                await workers.sign_off(connection, [former], FELL_SILENT)
                wall = await workers.clock(connection)
                await deliveries.sweep(connection, dead=[former], wall=wall)
            # it is the only one that sends, and has its share at once
            await roll.beat()
            assert roll.owner != former
            assert roll.limits().of_server() == Limit(1)
            names.append((former, former))
            return
        async with store.read() as connection:
            query = select(rows.c.owner).where(rows.c.id == message.delivery_id)
            names.append(((await connection.execute(query)).scalar_one(), roll.owner))

    async with recording() as record, roll:
        record.at_data = take_off
        jobs = jobs_for(store, tmp_path, record.server, lanes=1, limits=LIMITS, roll=roll)
        report = await run(jobs, at(24, 7))
    assert report.trouble == ""
    assert {copy.status for copy in await copies(store)} == {DeliveryStatus.SENT}
    # the one on the wire came again, and no other
    assert sorted(record.times_accepted().values()) == [1, 1, 1, 2]
    assert [under for under, _known in names] == [known for _under, known in names]


async def test_a_worker_that_had_to_wait_for_its_share_sends_by_the_time_at_which_it_has_it(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await join_many(store, 1, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    times, seconds = [at(24, 7)], [0.0]

    async def clock(_connection: AsyncConnection) -> datetime:
        return times[0]

    monkeypatch.setattr(workers, "clock", clock)
    names = Liveness(tmp_path / "senders")
    roll = Roll(
        store=store,
        kind=Kind.WORKER,
        name="mail-1",
        names=names,
        limits=LIMITS,
        beat=3600,
        clock=lambda: seconds[0],
    )
    async with recording() as record, roll:
        post = Post([record.server], helo="desk.example")
        kept = KeptLanes(post.lane)
        here = Here(
            store=store,
            press=press_for(store),
            post=post,
            names=names,
            watch=Watch(store=store, acts=False, alerts_to=()),
            lanes=1,
            resend_uncertain=True,
            limits=LIMITS,
            roll=roll,
            kept=kept,
        )
        worker = Worker(store=store, here=here, engine=OnProcrastinate(store), roll=roll, kept=kept)
        # its last look counts no more
        seconds[0] = 60.0
        working = asyncio.create_task(worker.do(SendSome(planned.issue_id)))
        await asyncio.sleep(0.05)
        times[0] += timedelta(hours=5)
        await roll.beat()
        await working
        await kept.close()
    (copy,) = await copies(store)
    assert (copy.status, copy.sent_at) == (DeliveryStatus.SENT, at(24, 12))
