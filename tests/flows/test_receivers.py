"""Whatever receivers do meanwhile, and whichever process dies, every event comes under its one id."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.core.access import PROGRAM
from digest.core.webhooks import FAILING_FOR, WAITS
from digest.flows import webhooks
from digest.flows.hand_over import Handed
from digest.flows.webhooks import WebhookEdit
from digest.store import changes
from digest.store.database import Database
from digest.store.webhook_tables import handovers
from tests.flows.newsroom import TUESDAY, join, join_many
from tests.flows.receiver import CLOSES, HANGS, status
from tests.flows.telling import (
    Clock,
    as_it_is,
    hooked,
    is_signed,
    listening,
    messenger,
    noted,
    told,
)
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio


ROOT = Path(__file__).parents[2]


# --- what receivers do --------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [status(500), status(503), status(429), CLOSES])
async def test_trouble_is_waited_out_and_the_same_id_comes_again(
    sqlite_store: Database, trouble: bytes
) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(trouble, status(200)) as receiver:
        hook = await hooked(store, receiver.url)
        await join(store, "ana@example.org", TUESDAY)
        assert await told(store, clock) == Handed(failed=1)
        assert (await as_it_is(store, hook)).failing_since == TUESDAY
        clock.now += WAITS[0] - timedelta(seconds=1)
        assert await told(store, clock) == Handed()
        clock.now += timedelta(seconds=1)
        assert await told(store, clock) == Handed(taken=1)
    first, second = receiver.posted
    assert (first.id, first.body) == (second.id, second.body)
    # the signature says when it was made, so that an old one is not taken for a new one
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert is_signed(second, hook.secret)
    after = await as_it_is(store, hook)
    assert (after.failing_since, after.failures, after.rest_until) == (None, 0, None)


async def test_a_receiver_that_says_when_is_left_alone_until_then(sqlite_store: Database) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(status(503, "Retry-After: 7200"), status(200)) as receiver:
        await hooked(store, receiver.url)
        await join(store, "ana@example.org", TUESDAY)
        await told(store, clock)
        clock.now += timedelta(minutes=119)
        assert await told(store, clock) == Handed()
        clock.now += timedelta(minutes=1)
        assert await told(store, clock) == Handed(taken=1)


async def test_a_receiver_that_is_down_is_asked_once_not_with_all_that_waits(sqlite_store: Database) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(status(500)) as receiver:
        await hooked(store, receiver.url)
        await join_many(store, 50, TUESDAY)
        await told(store, clock)
        assert len(receiver.posted) <= 4
        before = len(receiver.posted)
        for _ in range(20):
            clock.now += timedelta(hours=1)
            await told(store, clock)
        assert len(receiver.posted) <= before + 20


async def test_a_redirect_is_not_followed(sqlite_store: Database) -> None:
    async with listening() as other, listening(status(307, f"Location: {other.url}")) as receiver:
        hook = await hooked(sqlite_store, receiver.url)
        await join(sqlite_store, "ana@example.org", TUESDAY)
        assert await told(sqlite_store, Clock()) == Handed(failed=1)
    assert other.connections == 0
    (one,) = await noted(sqlite_store, hook)
    assert (one.status, one.words) == (307, "a redirect is not followed")


async def test_gone_turns_a_webhook_off_at_once_and_it_is_written_down(sqlite_store: Database) -> None:
    async with listening(status(410)) as receiver:
        hook = await hooked(sqlite_store, receiver.url)
        await join(sqlite_store, "ana@example.org", TUESDAY)
        assert (await told(sqlite_store, Clock())).turned_off == (hook.id,)
        await join(sqlite_store, "bo@example.org", TUESDAY)
        assert await told(sqlite_store, Clock()) == Handed()
    assert (await as_it_is(sqlite_store, hook)).off_because == "gone"
    assert len(receiver.posted) == 1
    async with sqlite_store.read() as connection:
        (newest, *_) = await changes.page(connection, kind="webhook")
    assert (newest.act, newest.actor, newest.after) == ("webhook.off", "digest", {"because": "gone"})


async def test_one_that_fails_for_days_is_turned_off_with_a_word_to_admins(
    sqlite_store: Database, tmp_path: Path
) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(status(500), status(500), status(200)) as receiver:
        hook = await hooked(store, receiver.url)
        await join(store, "ana@example.org", TUESDAY)
        await told(store, clock)
        clock.now += FAILING_FOR
        assert (await told(store, clock)).turned_off == (hook.id,)
        jobs = jobs_for(store, tmp_path, alerts_to=["desk@newsroom.example"])
        for _ in range(2):
            await run(jobs, clock.now)
        mails = [mail.read_text() for mail in (tmp_path / "outbox").rglob("*.eml")]
        assert len([mail for mail in mails if "was turned off" in mail]) == 1
        # what waits is told once it is on again
        on = WebhookEdit(is_on=True)
        await webhooks.edit_webhook(hook.id, on, by=PROGRAM, store=store, now=clock.now)
        clock.now += WAITS[1]
        assert (await told(store, clock)).taken == 1


async def test_what_nobody_takes_is_given_up_at_last(sqlite_store: Database) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(*[status(422)] * (len(WAITS) + 1), status(200)) as receiver:
        hook = await hooked(store, receiver.url)
        await join(store, "ana@example.org", TUESDAY)
        for wait in (timedelta(), *WAITS):
            clock.now += wait
            assert (await told(store, clock)).failed == 1
        clock.now += timedelta(days=1)
        assert await told(store, clock) == Handed()
        assert (await as_it_is(store, hook)).is_on
    (one,) = await noted(store, hook)
    assert (one.attempts, one.due_at, one.taken_at, one.status) == (len(WAITS) + 1, None, None, 422)


async def test_one_that_hangs_stops_nobody_else(sqlite_store: Database) -> None:
    store, clock = sqlite_store, Clock()
    async with listening(HANGS) as slow, listening() as quick:
        hanging, well = await hooked(store, slow.url), await hooked(store, quick.url)
        office = messenger(store, clock)
        await join(store, "ana@example.org", TUESDAY)
        stop = asyncio.Event()
        async with asyncio.timeout(30):
            await office.begin(stop)
            await quick.times(1)
            await slow.times(1)
            # and while it still hangs
            await join(store, "bo@example.org", TUESDAY)
            while len(quick.posted) < 2:
                await office.begin(stop)
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await quick.times(2)
            # what came of it is being written down
            while [one for one in await noted(store, well) if one.taken_at is None]:
                await office.begin(stop)
            await office.end()
    assert all(one.taken_at for one in await noted(store, well))
    assert not any(one.tried_at for one in await noted(store, hanging))


async def test_a_run_that_ends_afterwards_does_not_wait_for_one_that_hangs(sqlite_store: Database) -> None:
    async with listening(HANGS) as receiver:
        await hooked(sqlite_store, receiver.url)
        await join(sqlite_store, "ana@example.org", TUESDAY)
        async with asyncio.timeout(10):
            office = messenger(sqlite_store, Clock())
            assert await office.go(asyncio.Event(), within=0.3) == Handed()
    assert len(receiver.posted) == 1


DISGUISES = (
    *("http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/"),
    *("http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/"),
    *("http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/"),
    *("http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[fd00::1]/", "http://192.168.0.1/"),
)


@pytest.mark.parametrize("disguise", DISGUISES)
async def test_no_connection_is_opened_to_what_is_not_on_the_open_internet(
    sqlite_store: Database, disguise: str
) -> None:
    async with listening() as receiver:
        hook = await hooked(sqlite_store, disguise.format(port=receiver.port))
        await join(sqlite_store, "ana@example.org", TUESDAY)
        async with asyncio.timeout(20):
            office = messenger(sqlite_store, Clock(), own=())
            assert await office.go(asyncio.Event()) == Handed(failed=1)
    assert receiver.connections == 0
    (one,) = await noted(sqlite_store, hook)
    assert one.status is None
    assert one.words


# --- dying in between ---------------------------------------------------------------------------------------


async def test_a_process_killed_between_post_and_note_hands_it_over_again(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await die_and_go_on(sqlite_store, tmp_path)


async def die_and_go_on(store: Database, folder: Path) -> None:
    code = "from digest.cli.main import run; run()"
    command = [sys.executable, "-c", code, "run"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DIGEST_DATABASE_URL": store.url.render_as_string(hide_password=False),
        "DIGEST_REACH_PRIVATE": "127.0.0.0/8",
    }
    async with listening() as receiver:
        hook = await hooked(store, receiver.url)
        # of today: what is too old is not handed over any more, and the process goes by the real time
        await join(store, "ana@example.org", datetime.now(UTC))
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment)
        receiver.meanwhile = process.kill
        async with asyncio.timeout(60):
            await process.wait()
        assert (process.returncode, len(receiver.posted)) == (-9, 1)
        (one,) = await noted(store, hook)
        assert one.attempts == 0
        receiver.meanwhile = lambda: None
        done = await asyncio.to_thread(subprocess.run, command, cwd=folder, env=environment, timeout=60)
        # somebody may still be at it
        assert (done.returncode, len(receiver.posted)) == (0, 1)
        async with store.write() as connection:
            # as if two minutes had gone by
            await connection.execute(update(handovers).values(leased_until=TUESDAY))
        await asyncio.to_thread(subprocess.run, command, cwd=folder, env=environment, timeout=60, check=True)
    first, second = receiver.posted
    assert (first.id, first.body) == (second.id, second.body)
    (one,) = await noted(store, hook)
    assert one.taken_at is not None


async def test_two_processes_share_the_work(store: Database, second_store: Database) -> None:
    async with listening() as receiver:
        hook = await hooked(store, receiver.url)
        await join_many(store, 60, TUESDAY)
        async with asyncio.timeout(60):
            done = await asyncio.gather(told(store, Clock()), told(second_store, Clock()))
    assert sum(one.taken for one in done) == 60
    assert len({one.id for one in receiver.posted}) == len(receiver.posted) == 60
    assert len(await noted(store, hook)) == 60
