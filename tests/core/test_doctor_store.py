"""What is wrong with a store, told in full: how bad it is, what is so, and what to do about it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_store import (
    OF_ONE_PROCESS,
    ConnectionsSeen,
    MemorySeen,
    State,
    StoreSeen,
    judge_store,
)

ADVICE, WARNING, ERROR = Level.ADVICE, Level.WARNING, Level.ERROR
MEGABYTE = 1_000_000
SOUND = StoreSeen("sqlite:///var/a", State.OPENED)
SERVED = replace(SOUND, name="postgresql://db/news", is_sqlite=False)
FINE = Finding(Found.STORE_FINE, Level.FINE, "the store sqlite:///var/a is in order")


@pytest.mark.parametrize(
    ("seen", "found", "level", "line", "mend"),
    [
        (
            replace(SOUND, state=State.MISSING),
            *(Found.STORE_MISSING, ERROR, "the store sqlite:///var/a is not set up", "run digest init"),
        ),
        (
            replace(SOUND, state=State.OTHER_VERSION, words="it is older", mend="run digest init"),
            *(Found.STORE_VERSION, ERROR, "it is older", "run digest init"),
        ),
        (
            replace(SOUND, state=State.UNUSABLE, words="no such host"),
            *(Found.STORE_UNUSABLE, ERROR, "no such host"),
            "check DIGEST_DATABASE_URL, and that the server or the disk is there",
        ),
        (
            replace(SOUND, closed="it has moved"),
            *(Found.STORE_CLOSED, ERROR, "it has moved"),
            "go on with the other store, or run digest store reopen",
        ),
        (
            replace(SOUND, may_write=False),
            *(Found.STORE_READ_ONLY, ERROR, "we may not write into the store sqlite:///var/a"),
            "give the user of this program the right to write the file and its folder, or the database",
        ),
        (
            replace(SOUND, held_up_by="a shell, for 12 s"),
            *(Found.STORE_LOCKED, WARNING, "the store sqlite:///var/a is locked: a shell, for 12 s"),
            "end the program that holds it, if it does not end by itself",
        ),
        (
            replace(SOUND, free=999 * MEGABYTE),
            *(Found.STORE_DISK, WARNING, "the disk of the store sqlite:///var/a has 999 MB left"),
            "make room there, or move the store",
        ),
        (
            replace(SOUND, free=100 * MEGABYTE),
            *(Found.STORE_DISK, WARNING, "the disk of the store sqlite:///var/a has 100 MB left"),
            "make room there, or move the store",
        ),
        (
            replace(SOUND, free=100 * MEGABYTE - 1),
            *(Found.STORE_DISK, ERROR, "the disk of the store sqlite:///var/a has 99 MB left"),
            "make room there, or move the store",
        ),
        (
            replace(SOUND, log=257 * MEGABYTE),
            *(Found.STORE_LOG, WARNING),
            "the write-ahead log of sqlite:///var/a has 257 MB: somebody reads on and on",
            "end the program that has the file open for hours, such as a shell of sqlite3",
        ),
        (
            replace(SERVED, has_engine=False, engine_is_set_up=False),
            *(Found.ENGINE_MISSING, ADVICE, "digest worker cannot run: its packages are not installed"),
            "install the extra: pip install 'newsroom-digest[cluster]'",
        ),
        (
            replace(SERVED, has_engine=False, workers_alone=True),
            *(Found.ENGINE_MISSING, ERROR, "digest worker cannot run: its packages are not installed"),
            "install the extra: pip install 'newsroom-digest[cluster]'",
        ),
        (
            replace(SERVED, has_engine=True, engine_is_set_up=False),
            *(Found.ENGINE_NOT_SET_UP, WARNING),
            "the tables of the engine, by which workers get their work, are not there, or old",
            "run digest init",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Found) else "",
)
def test_what_is_wrong_is_told_with_its_mend(
    seen: StoreSeen, found: Found, level: Level, line: str, mend: str
) -> None:
    findings = [one for one in judge_store(seen) if one.level is not Level.FINE]
    assert findings == [Finding(found, level, line, mend)]


@pytest.mark.parametrize(
    "seen",
    [
        SOUND,
        replace(SOUND, free=1000 * MEGABYTE, log=256 * MEGABYTE),
        # of a file, nobody asks for what a server has
        replace(SOUND, has_engine=False, connections=ConnectionsSeen(0, 0, 0, 1)),
    ],
    ids=["bare", "room", "file"],
)
def test_a_store_that_is_sound_is_in_order(seen: StoreSeen) -> None:
    assert judge_store(seen) == (FINE,)


def test_a_server_whose_engine_is_set_up_is_in_order() -> None:
    (one,) = judge_store(replace(SERVED, has_engine=True, engine_is_set_up=True))
    assert one.id is Found.STORE_FINE


def test_a_full_disk_is_told_of_a_store_that_cannot_be_opened_too() -> None:
    findings = judge_store(replace(SOUND, state=State.UNUSABLE, words="disk full", free=0))
    assert [one.id for one in findings] == [Found.STORE_UNUSABLE, Found.STORE_DISK]


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (ConnectionsSeen(100, 3, 72, 1), None),
        (
            ConnectionsSeen(100, 3, 73, 1),
            "PostgreSQL has 24 connections for us (max_connections is 100), and 1 process may need 25",
        ),
        (ConnectionsSeen(2 * OF_ONE_PROCESS, 0, 0, 2), None),
        (
            ConnectionsSeen(100, 3, 0, 4),
            "PostgreSQL has 97 connections for us (max_connections is 100), and 4 processes may need 100",
        ),
        (
            ConnectionsSeen(10, 3, 20, 1),
            "PostgreSQL has 0 connections for us (max_connections is 10), and 1 process may need 25",
        ),
    ],
    ids=["enough", "one-short", "two", "four", "none"],
)
def test_each_process_of_ours_may_need_its_connections(seen: ConnectionsSeen, line: str | None) -> None:
    findings = [one for one in judge_store(replace(SERVED, connections=seen)) if one.level is not Level.FINE]
    mend = "raise max_connections, or run fewer workers"
    assert findings == ([] if line is None else [Finding(Found.STORE_CONNECTIONS, WARNING, line, mend)])


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (MemorySeen(store=512 * 1024 * 1024, kept=128 * 1024 * 1024), None),
        (
            MemorySeen(store=512 * 1024 * 1024 + 1, kept=128 * 1024 * 1024),
            "PostgreSQL keeps 134 MB in memory (shared_buffers), and the store has 536 MB",
        ),
        (
            MemorySeen(store=9_000 * MEGABYTE, kept=16 * MEGABYTE),
            "PostgreSQL keeps 16 MB in memory (shared_buffers), and the store has 9000 MB",
        ),
        (MemorySeen(store=9_000 * MEGABYTE, kept=128 * 1024 * 1024 + 1), None),
    ],
    ids=["small", "large", "very large", "somebody chose"],
)
def test_a_large_store_wants_more_memory_than_postgresql_comes_with(
    seen: MemorySeen, line: str | None
) -> None:
    findings = [one for one in judge_store(replace(SERVED, memory=seen)) if one.level is not Level.FINE]
    mend = "set shared_buffers to a quarter of the server's memory, and restart PostgreSQL"
    assert findings == ([] if line is None else [Finding(Found.STORE_MEMORY, ADVICE, line, mend)])
