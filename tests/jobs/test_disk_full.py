"""A worker whose disk is full: its log is left out, and it sends on; a new name waits until there is room."""

from __future__ import annotations

import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from digest.store.database import Database
from digest.store.workers import Kind
from tests.crash.children import Born, Child
from tests.crash.disk import small_disk
from tests.jobs.company import House, each_once, is_there, readers_and_news
from tests.walk.process import ended
from tests.walk.recording import recording

pytestmark = pytest.mark.anyio


def fill_disk_of(child: Child) -> None:
    """From now on no file that it has or opens takes a single octet more."""
    _soft, hard = resource.prlimit(child.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (0, hard))


async def test_a_worker_whose_log_cannot_be_written_sends_on_and_ends_well(house: House) -> None:
    await readers_and_news(house.store, 60)
    deaf = replace(house, command=replace(house.command, remarks="/dev/full"))
    # no mail server at first, so that there is something to be logged
    worker = await deaf.worker("mail-1", DIGEST_SMTP_URL=f"smtp://127.0.0.1:1,{house.record.server}")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    serve = await deaf.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(60))
    for child in (worker, serve):
        child.send_signal(signal.SIGTERM)
        status, _out, _err = await ended(child)
        assert status == 0
    await each_once(house, 60)


async def test_a_disk_that_fills_up_in_the_middle_stops_nobody(house: House) -> None:
    await readers_and_news(house.store, 100)
    house.record.slowness = 0.02
    worker = await house.worker("mail-1")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    serve = await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(20))
    before = worker.said()
    for child in (worker, serve):
        fill_disk_of(child)
    await house.until(lambda: house.sent(100))
    worker.send_signal(signal.SIGTERM)
    status, _out, err = await ended(worker)
    # it had something to say at its end
    assert (status, err) == (0, before)
    await each_once(house, 100)


@pytest.mark.wide
async def test_a_worker_that_finds_no_room_for_a_new_name_waits_for_some_and_says_so(house: House) -> None:
    await readers_and_news(house.store, 60)
    house.record.slowness = 0.03
    worker = await house.worker("mail-1")
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    await house.scheduler(DIGEST_SENT_BY="workers")
    await house.until(lambda: house.sent(10))
    worker.send_signal(signal.SIGSTOP)
    await house.until(lambda: is_there(house, Kind.WORKER, 0))
    senders = house.command.folder / "mail-1" / "var" / "senders"
    senders.rename(senders.with_name("away"))
    senders.write_text("no file can be made here")
    worker.send_signal(signal.SIGCONT)
    await house.until(lambda: says(worker, "cannot be written to"))
    senders.unlink()
    await house.until(lambda: is_there(house, Kind.WORKER, 1))
    await house.until(lambda: house.sent(60))
    worker.send_signal(signal.SIGTERM)
    status, _out, err = await ended(worker)
    assert (status, "Traceback" in err) == (0, False), err
    await each_once(house, 60, doubts=house.command.connections)


async def test_a_worker_that_finds_no_room_at_its_start_ends_with_one_line(
    house: House, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", "1m,nr_inodes=1") as disk:
        status, out, err = await replace(house.command, settings={"DIGEST_VAR_DIR": str(disk.folder)}).run(
            "worker"
        )
    assert (status, out) == (2, "")
    assert err == (
        f"digest: folder '{disk.folder}/senders' cannot be written to (No space left on device): "
        "set DIGEST_VAR_DIR to one that can\n"
    )


async def test_a_run_whose_remarks_nobody_can_read_does_its_work(
    sqlite_store: Database, tmp_path: Path, births: Path
) -> None:
    await readers_and_news(sqlite_store, 10)
    async with recording() as record:
        command = Born(tmp_path, sqlite_store, record.server, nursery=births, remarks="/dev/full")
        status, out, _err = await command.run("run", "--json")
        assert (status, len(record.accepted)) == (0, 10), out
        # where even its last words are lost, the status says what it would have said
        status, out, _err = await command.run("run", "--now", "yesterday")
        assert (status, out) == (2, "")


async def says(child: Child, words: str) -> bool:
    return words in child.said()
