"""A look at everything on real stores: what PostgreSQL, the roll, clocks and packages have to tell."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from digest import __version__
from digest.core.doctor_findings import Finding, Found, Group, Level
from digest.core.doctor_settings import SettingsSeen
from digest.core.doctor_store import ConnectionsSeen, State, StoreSeen, judge_store
from digest.flows.checkup import Parts, checkup
from digest.flows.checkup_house import closed_folders, name_clashes, unknown_zones
from digest.jobs.on_procrastinate import OnProcrastinate
from digest.reach.records import Records, parse_resolver
from digest.store.database import Database
from digest.store.looked_over import look_at_file, look_at_server
from digest.store.worker_tables import workers
from tests.postgres import PostgresServer
from tests.reach.nameserver import SILENCE, name_server
from tests.stores import NewStore, opened

pytestmark = pytest.mark.anyio

NOW: Final = datetime.now(UTC)
WELL: Final = StoreSeen("postgresql://db/news", State.OPENED, is_sqlite=False)


def parts_of(url: str, **changed: Any) -> Parts:
    """A house with nothing but a store."""
    plain: dict[str, Any] = {
        "settings": SettingsSeen("http://127.0.0.1:8000", sends=False, today=date(2026, 11, 23)),
        "store_url": make_url(url),
        "opened": lambda: opened(url),
        "servers": (),
        "outbox": Path("outbox"),
        "keys": (),
        "no_keys": "",
        "records": Records,
        "leaves_from": (),
        "folders": (),
        "private": (),
        "path": (),
        "zone": "UTC",
        "now": lambda: datetime.now(UTC),
    }
    return Parts(**(plain | changed))


async def found_in(url: str, *groups: Group, **changed: Any) -> dict[Found, Finding]:
    return {one.id: one for one in await checkup(parts_of(url, **changed), groups)}


def url_of(store: Database) -> str:
    return store.url.render_as_string(hide_password=False)


async def test_a_store_of_either_kind_is_in_order(store: Database) -> None:
    found = await found_in(url_of(store), Group.STORE, Group.CLOCK, Group.WORK)
    assert list(found) == [Found.STORE_FINE, Found.CLOCK_FINE, Found.WORK_FINE]


async def test_a_store_of_either_kind_without_tables_is_not_set_up(blank_store: Database) -> None:
    assert Found.STORE_MISSING in await found_in(url_of(blank_store), Group.STORE)


async def test_the_tables_of_the_engine_are_missed(postgres_store: Database) -> None:
    engine = OnProcrastinate(postgres_store)
    asked = {"has_engine": True, "engine_is_set_up": lambda _store: engine.is_set_up()}
    found = await found_in(url_of(postgres_store), Group.STORE, **asked)
    assert found[Found.ENGINE_NOT_SET_UP].mend == "run digest init"
    await engine.set_up()
    assert list(await found_in(url_of(postgres_store), Group.STORE, **asked)) == [Found.STORE_FINE]


@pytest.mark.parametrize(("alone", "level"), [(True, Level.ERROR), (False, Level.ADVICE)])
async def test_packages_for_workers_are_missed(alone: bool, level: Level, postgres_store: Database) -> None:
    asked = {"has_engine": False, "workers_alone": alone}
    found = await found_in(url_of(postgres_store), Group.STORE, **asked)
    assert found[Found.ENGINE_MISSING].level is level


async def test_who_is_silent_or_old_or_missing_on_the_roll_is_told(postgres_store: Database) -> None:
    found = await found_in(url_of(postgres_store), Group.WORK, workers_alone=True)
    assert found[Found.NOBODY_SENDS].level is Level.ERROR
    async with postgres_store.write() as connection:
        for name, silent, version in (
            ("one", 0, __version__),
            ("two", 90, __version__),
            ("three", 0, "0.0.7"),
        ):
            row = {"owner": name, "kind": "worker", "name": name, "pid": 1, "version": version, "because": ""}
            heard = datetime.now(UTC) - timedelta(seconds=silent)
            doing = {"state": "idle", "lanes": 1, "copies": 0, "per_second": 0.0}
            await connection.execute(insert(workers).values(**row, **doing, since=heard, heard_at=heard))
    found = await found_in(url_of(postgres_store), Group.WORK, workers_alone=True)
    assert found.keys() == {Found.WORKER_SILENT, Found.WORKER_VERSION}
    assert found[Found.WORKER_SILENT].line.startswith("two was not heard of for 9")
    assert "three runs version 0.0.7" in found[Found.WORKER_VERSION].line


@pytest.mark.parametrize(
    ("seconds", "level"), [(-3600, Level.ERROR), (20, Level.WARNING), (0, Level.FINE)], ids=str
)
async def test_a_clock_that_differs_from_the_stores_is_told(
    seconds: int, level: Level, postgres_store: Database
) -> None:
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)

    (found,) = (await found_in(url_of(postgres_store), Group.CLOCK, now=now)).values()
    assert (found.id, found.level) == (Found.CLOCK_DIFFERS if seconds else Found.CLOCK_FINE, level)


async def test_a_server_without_our_database_is_told(postgres: PostgresServer) -> None:
    found = await found_in(postgres.url_of("nowhere"), Group.STORE)
    assert found[Found.STORE_UNUSABLE].level is Level.ERROR


async def test_a_server_whose_host_leads_nowhere_is_told() -> None:
    found = await found_in("postgresql+psycopg://u:hunter2@db.nowhere.invalid/news", Group.STORE)
    assert "no address" in found[Found.STORE_UNUSABLE].line
    assert "hunter2" not in str(found)


async def test_who_waits_for_a_lock_for_long_is_told(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.store.looked_over._WAITING", 0)

    async def waits() -> None:
        async with second_postgres_store.write() as connection:
            await connection.execute(text("LOCK TABLE topics IN ACCESS EXCLUSIVE MODE"))

    async with postgres_store.write() as connection:
        await connection.execute(text("LOCK TABLE topics IN ACCESS EXCLUSIVE MODE"))
        waiting = asyncio.create_task(waits())
        await asyncio.sleep(0.3)
        found = await found_in(url_of(postgres_store), Group.STORE)
    await waiting
    assert "waits for a lock" in found[Found.STORE_LOCKED].line


async def test_it_is_seen_what_postgresql_keeps_in_memory(postgres_store: Database) -> None:
    async with postgres_store.read() as connection:
        told = (await connection.execute(text("SHOW shared_buffers"))).scalar_one()
    memory = (await look_at_server(postgres_store)).memory
    assert memory is not None
    assert told == f"{memory.kept // 2**20}MB"
    assert memory.store > 5_000_000


async def test_a_store_that_somebody_writes_into_for_long_is_told(sqlite_store: Database) -> None:
    with closing(sqlite3.connect(str(sqlite_store.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        seen = await asyncio.to_thread(look_at_file, sqlite_store.url, patience=0.1)
        other.execute("ROLLBACK")
    assert [one.id for one in judge_store(seen)] == [Found.STORE_LOCKED]
    assert look_at_file(sqlite_store.url).held_up_by == ""


async def test_a_store_that_moved_is_told(new_store: NewStore) -> None:
    url = await asyncio.to_thread(new_store, "sqlite", True)
    word = '{"why": "moved", "copy": "c", "other": "postgresql://db/news", "at": "2026-11-23T12:00:00+00:00"}'
    async with opened(url) as store, store.write() as connection:
        await connection.execute(
            text("INSERT INTO facts (name, value) VALUES ('closed', :word)"), {"word": word}
        )
    found = await found_in(url, Group.STORE)
    assert "has moved to postgresql://db/news" in found[Found.STORE_CLOSED].line


async def test_a_group_that_hangs_is_cut_short(sqlite_store: Database) -> None:
    with name_server({"newsroom.example": [SILENCE]}) as server:
        records = partial(Records, parse_resolver(server.address), seconds=60)
        found = await found_in(url_of(sqlite_store), Group.DNS, records=records, seconds=1.5)
    (it,) = found.values()
    assert (it.id, it.group, it.mend[:24]) == (Found.LOOK_CUT_SHORT, "dns", "say digest doctor --only")


async def test_a_store_that_hangs_is_given_up(sqlite_store: Database) -> None:
    @asynccontextmanager
    async def hanging() -> AsyncIterator[Database]:
        await asyncio.Event().wait()
        yield sqlite_store

    found = await found_in(url_of(sqlite_store), Group.STORE, opened=hanging, seconds=0.5)
    assert "does not answer within" in found[Found.STORE_UNUSABLE].line


async def test_a_group_that_breaks_is_told(sqlite_store: Database) -> None:
    def broken() -> Records:
        raise ZeroDivisionError("of no use")

    found = await found_in(url_of(sqlite_store), Group.DNS, records=broken)
    assert found[Found.LOOK_BROKE].line == "the look at dns broke off: ZeroDivisionError: of no use"
    assert found[Found.LOOK_BROKE].group == "dns"


# --- judged by figures that no test can make ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({"free": 900_000_000}, (Found.STORE_DISK, Level.WARNING)),
        ({"free": 90_000_000}, (Found.STORE_DISK, Level.ERROR)),
        ({"free": 2_000_000_000}, (Found.STORE_FINE, Level.FINE)),
        ({"log": 300_000_000}, (Found.STORE_LOG, Level.WARNING)),
        ({"may_write": False}, (Found.STORE_READ_ONLY, Level.ERROR)),
        ({"connections": ConnectionsSeen(100, 3, 10, 4)}, (Found.STORE_CONNECTIONS, Level.WARNING)),
        ({"connections": ConnectionsSeen(100, 3, 10, 3)}, (Found.STORE_FINE, Level.FINE)),
    ],
    ids=["low", "lower", "enough", "log", "read only", "too few", "just enough"],
)
def test_room_and_rights_of_a_store_are_judged(seen: Mapping[str, Any], found: tuple[Found, Level]) -> None:
    (it,) = judge_store(StoreSeen(WELL.name, WELL.state, is_sqlite=False, **seen))
    assert (it.id, it.level) == found


# --- this machine -------------------------------------------------------------------------------------------


def test_other_packages_under_our_names_are_found(tmp_path: Path) -> None:
    ours, others, beside = (tmp_path / name for name in ("ours", "others", "beside"))
    for path in ("ours/digest/__init__.py", "ours/digest/settings_file.py", "ours/scheduler.py"):
        written(tmp_path / path)
    written(others / "digest" / "__init__.py")
    written(others / "scheduler.py")
    written(beside / "digest-1.0.dist-info" / "METADATA")
    assert name_clashes([str(ours), str(tmp_path / "nowhere")]) == []
    clashes = name_clashes([str(ours), str(others), str(beside)])
    assert [one.partition(" has the name")[0] for one in clashes[:2]] == [
        str(others / "digest" / "__init__.py"),
        str(others / "scheduler.py"),
    ]
    assert clashes[2].startswith("the package digest 1.0 is installed in")


def written(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")


def test_folders_below_a_file_are_closed_and_those_to_be_made_are_not(tmp_path: Path) -> None:
    written(tmp_path / "plain")
    found = closed_folders([tmp_path, tmp_path / "new" / "deep", tmp_path / "plain" / "outbox"])
    assert list(found) == [str(tmp_path / "plain" / "outbox")]
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


def test_zones_that_are_not_known_are_told_with_who_goes_by_them() -> None:
    zones = {"Europe/Paris": "a", "UTC": "b", "Mars/Olympus": "c", "../etc/passwd": "d", "": "e"}
    assert unknown_zones(zones) == {"Mars/Olympus": "c", "../etc/passwd": "d", "": "e"}
