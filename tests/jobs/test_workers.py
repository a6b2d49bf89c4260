"""Workers send together what schedulers hand out: each copy once, whoever comes, goes, dies or is lost."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from digest.cli.company import engine_of
from digest.core.model import IssueStatus
from digest.jobs.elsewhere import Elsewhere
from digest.jobs.engine import PlanSlots, SendSome
from digest.store import issues
from digest.store.tables import deliveries
from digest.store.worker_tables import engine_scripts
from digest.store.workers import Kind
from tests.crash.children import Child
from tests.flows.newsroom import item, join, plan_all, publish_news
from tests.jobs.company import CONNECTIONS, House, all_may_send, each_once, is_there, readers_and_news
from tests.walk.process import ended
from tests.walk.recording import Accepted

pytestmark = pytest.mark.anyio


async def test_workers_send_what_is_handed_to_them_and_stop_when_asked(house: House) -> None:
    await readers_and_news(house.store, 120)
    one, two = await house.worker("mail-1"), await house.worker("mail-2")
    await house.until(lambda: all_may_send(house, 2))
    serve = await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(120))
    for child in (one, two, serve):
        child.send_signal(signal.SIGTERM)
    ends = [await ended(child) for child in (one, two, serve)]
    assert [status for status, _out, _err in ends] == [0, 0, 0], ends
    assert not any("Traceback" in err for _status, _out, err in ends)
    assert await house.at_work(Kind.WORKER) == []
    await each_once(house, 120)
    # both had a hand in it
    numbers = [
        int(json.loads(err.splitlines()[-1])["event"].removeprefix("stopped; copies: "))
        for _s, _o, err in ends[:2]
    ]
    assert sum(numbers) == 120
    assert min(numbers) > 0


async def test_three_schedulers_and_two_workers_send_each_copy_once(house: House) -> None:
    await readers_and_news(house.store, 40)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for hour in range(6):
        await join(house.store, f"hour{hour}@example.org", yesterday, at=f"{hour:02}:30")
    for number in range(3):
        await house.scheduler(DIGEST_SENT_BY="workers")
        if number < 2:
            await house.worker(f"mail-{number}")
    await house.until(lambda: house.sent(46))
    await each_once(house, 46)


async def test_what_a_killed_worker_held_is_sent_by_another_one(house: House) -> None:
    await readers_and_news(house.store, 150)
    house.record.slowness = 0.03
    doomed = await house.worker("doomed")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    await house.scheduler(DIGEST_SENT_BY="workers")
    struck = asyncio.Event()

    async def strike(_message: Accepted) -> None:
        if len(house.record.accepted) >= 30 and not struck.is_set():
            doomed.send_signal(signal.SIGKILL)
            struck.set()

    house.record.at_data = strike
    await house.until(lambda: is_set(struck))
    assert await doomed.wait() == -signal.SIGKILL
    await house.worker("heir")
    await house.until(lambda: house.sent(150))
    await each_once(house, 150, doubts=CONNECTIONS)


async def is_set(event: asyncio.Event) -> bool:
    return event.is_set()


@pytest.mark.wide
async def test_a_worker_that_was_frozen_for_too_long_signs_on_again_and_doubles_nothing_more(
    house: House,
) -> None:
    await readers_and_news(house.store, 120)
    house.record.slowness = 0.03
    sleeper = await house.worker("sleeper")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(20))
    sleeper.send_signal(signal.SIGSTOP)
    await house.worker("other")
    # it has all of the work, once the sleeper is missed
    await house.until(lambda: house.sent(120))
    sleeper.send_signal(signal.SIGCONT)
    await house.until(lambda: is_there(house, Kind.WORKER, 2))
    sleeper.send_signal(signal.SIGTERM)
    status, _out, err = await ended(sleeper)
    assert (status, "Traceback" in err) == (0, False), err
    await each_once(house, 120, doubts=CONNECTIONS)


async def test_serve_sends_by_itself_until_a_worker_is_there(house: House) -> None:
    await readers_and_news(house.store, 20)
    serve = await house.scheduler()
    await house.until(lambda: house.sent(20))
    assert "no worker is there: this process sends" in serve.said()
    await house.worker("mail-1")
    await house.until(lambda: said_by(serve, "workers send"))
    await join(house.store, "late@example.org", datetime.now(UTC) - timedelta(days=1))
    await publish_news(house.store, datetime.now(UTC), item("Solar", "energy"))
    await house.until(lambda: house.sent(21))
    await each_once(house, 21)


async def said_by(child: Child, words: str) -> bool:
    return words in child.said()


@pytest.mark.wide
async def test_limits_hold_for_all_together_while_workers_come_and_go(house: House) -> None:
    await readers_and_news(house.store, 150)
    under_way, most = 0, 0

    async def watch(_message: Accepted) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.03)
        under_way -= 1

    house.record.at_data = watch
    house.command = replace(house.command, connections=3)
    first = await house.worker("mail-1")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(10))
    for name in ("mail-2", "mail-3"):
        await house.worker(name)
    await house.until(lambda: house.sent(100))
    first.send_signal(signal.SIGTERM)
    await house.until(lambda: house.sent(150))
    await each_once(house, 150)
    assert most <= 3


async def test_jobs_that_were_lost_or_came_twice_do_no_harm(house: House) -> None:
    await readers_and_news(house.store, 30)
    engine = engine_of(house.store)
    async with house.store.write() as connection:
        await engine.hand_in(connection, [PlanSlots(1, 1), SendSome(999), SendSome(1), SendSome(1)])
    await house.worker("mail-1")
    await house.until(lambda: nothing_waits(house))
    await house.scheduler(DIGEST_SENT_BY="workers")
    for _ in range(20):
        async with house.store.write() as connection:
            await connection.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'todo'"))
        await asyncio.sleep(0.1)
    await house.until(lambda: house.sent(30))
    await each_once(house, 30)


async def nothing_waits(house: House) -> bool:
    async with house.store.write() as connection:
        return not await engine_of(house.store).waiting(connection)


async def test_what_is_planned_and_rolled_back_hands_nothing_in(house: House) -> None:
    engine = engine_of(house.store)

    async def fail() -> None:
        async with house.store.write() as connection:
            await engine.hand_in(connection, [SendSome(1)] * 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with house.store.write() as connection:
        assert not await engine.waiting(connection)
        await engine.hand_in(connection, [SendSome(1)] * 3)
        assert await engine.waiting(connection) == {SendSome(1): 3}


async def test_an_issue_of_which_nothing_is_left_is_closed_though_there_is_no_job_for_it(
    house: House,
) -> None:
    # a worker ended when it had recorded the last copy, and before it had closed the issue
    await readers_and_news(house.store, 3)
    now = datetime.now(UTC)
    (planned,) = await plan_all(house.store, now)
    async with house.store.write() as connection:
        await connection.execute(update(deliveries).values(status="sent", sent_at=now))
    engine = engine_of(house.store)
    elsewhere = Elsewhere(store=house.store, engine=engine, resend_uncertain=True)
    assert (await elsewhere.send([planned.issue_id], now, asyncio.Event())).handed_over == 0
    async with house.store.read() as connection:
        found = await issues.by_id(connection, planned.issue_id)
        assert found is not None
        assert found.status is IssueStatus.DONE
        assert await issues.outcome_counts(connection, planned.issue_id) == {"sent": 3}


async def test_the_tables_of_the_engine_are_made_once_and_brought_up_to_date(house: House) -> None:
    engine = engine_of(house.store)
    assert await engine.is_set_up()
    await engine.set_up()
    async with house.store.write() as connection:
        names = (await connection.execute(select(engine_scripts.c.name))).scalars().all()
        assert len(names) > 30
        await connection.execute(engine_scripts.delete())
    assert not await engine.is_set_up()
    status, out, err = await house.command.run("worker")
    assert (status, out) == (2, "")
    assert "run digest init" in err


async def test_a_worker_answers_in_json_when_it_has_ended(house: House) -> None:
    worker = await house.start("worker", "--json")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    worker.send_signal(signal.SIGTERM)
    status, out, _err = await ended(worker)
    assert (status, json.loads(out)) == (0, {"stopped": True, "copies": 0})


@pytest.mark.wide
async def test_a_rate_holds_for_all_together(house: House) -> None:
    rate, begun = 40, list[float]()
    house.record.slowness = 0.0

    async def note(_message: Accepted) -> None:
        begun.append(asyncio.get_running_loop().time())

    house.record.at_data = note
    await readers_and_news(house.store, 160)
    for name in ("mail-1", "mail-2", "mail-3"):
        await house.worker(name, DIGEST_SMTP_RATE=str(rate))
    await house.until(lambda: all_may_send(house, 3))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(160))
    await each_once(house, 160)
    # within any time, and half a second's worth for what a busy machine lets pile up
    for first, start in enumerate(begun):
        for last in range(first, len(begun)):
            assert last - first + 1 <= rate * (begun[last] - start) + rate / 2


@pytest.mark.long
async def test_a_family_with_fewer_connections_than_workers_never_gets_more(house: House) -> None:
    under_way, most = 0, 0

    async def watch(_message: Accepted) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1

    house.record.at_data = watch
    await readers_and_news(house.store, 30)
    for name in ("mail-1", "mail-2", "mail-3"):
        await house.worker(name, DIGEST_FAMILY_LIMITS="example.org:1")
    await house.until(lambda: all_may_send(house, 3))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(30), within=110)
    await each_once(house, 30)
    assert most == 1
