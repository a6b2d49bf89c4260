"""How a run shows how far it is: lines in a log, a bar on a terminal, nothing beside a document."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import sys
from pathlib import Path

import pytest

from digest.cli.meters import Bar, Count, Lines, Meter, look
from digest.store.database import Database
from tests.cli.shell import Shell
from tests.cli.terminal import at_terminal
from tests.flows.newsroom import TUESDAY, at, item, join_many, publish_news
from tests.jobs.office import jobs_for, run
from tests.tiers import first_of
from tests.walk.process import Command
from tests.walk.recording import recording

pytestmark = pytest.mark.anyio

SEVEN = at(24, 7)


def test_a_line_says_how_many_how_fast_and_how_long_it_will_take() -> None:
    said: list[str] = []
    times = iter([0.0, 10.0, 20.0, 30.0])
    lines, count = Lines(said.append, lambda: next(times)), Count()
    lines.show(count)
    count.expect(50_000)
    count.settled(20_000)
    lines.show(count)
    count.settled(30_000)
    lines.show(count)
    assert said == [
        "20,000 of 50,000 copies, 2,000 a second, 15 s to go",
        "50,000 of 50,000 copies, 3,000 a second",
    ]


async def test_a_run_tells_what_it_expects_and_what_came_to_an_end(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join_many(sqlite_store, 25, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    count = Count()
    async with recording() as record:
        await run(jobs_for(sqlite_store, tmp_path, record.server, progress=count), SEVEN)
    assert (count.expected, count.done) == (25, 25)


async def test_the_count_is_looked_at_again_and_again() -> None:
    looked = asyncio.Event()

    class Looker(Meter):
        times = 0

        def show(self, count: Count) -> None:
            self.times += 1
            if self.times == 3:
                looked.set()

        def end(self) -> None:
            pass

    looking = asyncio.create_task(look(Looker(), Count(), 0.001))
    async with asyncio.timeout(5):
        await looked.wait()
    looking.cancel()


def test_on_a_terminal_a_bar_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        bar, count = Bar(), Count()
        bar.show(count)
        count.expect(2000)
        count.settled(500)
        bar.show(count)
        bar.end()
        terminal.flush()
        drawn = ""
        # a terminal hands on what it has, which need not be everything
        while "500/2000" not in drawn and select.select([ours], [], [], 5)[0]:
            drawn += os.read(ours, 65536).decode()
    os.close(ours)
    assert "sending" in drawn
    assert "500/2000" in drawn


def test_beside_a_bar_the_log_tells_what_is_wrong_alone_unless_it_is_asked(newsroom: Shell) -> None:
    with at_terminal(newsroom, "run", "--now", "+3d") as terminal:
        assert terminal.ends() == 0
        assert " sent" in terminal.said
        assert "planned an issue" not in terminal.said
    newsroom.ok("subscribers", "add", "dora@readers.example", "--at-once")
    with at_terminal(newsroom.with_(DIGEST_LOG_LEVEL="info"), "run", "--now", "+3d") as terminal:
        assert terminal.ends() == 0
        assert "planned an issue" in terminal.said


@pytest.mark.parametrize("words", first_of([[], ["--json"]]))
async def test_a_short_run_and_one_that_answers_with_a_document_show_nothing(
    sqlite_store: Database, tmp_path: Path, words: list[str]
) -> None:
    await join_many(sqlite_store, 3, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    async with recording() as record:
        command = Command(tmp_path, sqlite_store, record.server, settings={"DIGEST_LOG_LEVEL": "error"})
        status, _out, err = await command.run("run", "--now", "2026-11-24T07:00:00Z", *words)
    assert (status, err) == (0, "")
