"""A backup holds a whole store of one moment, and gives it back to a store of any kind, row by row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import URL, create_engine, insert, select, text, update
from sqlalchemy.exc import OperationalError

from digest.core.model import DeliveryStatus
from digest.core.moving import Why
from digest.errors import InputError, StoreError, UnfinishedCopyError
from digest.flows.back_up import Backup, back_up, look_through
from digest.flows.restore import restore
from digest.flows.tally import Unwatched
from digest.store import schema
from digest.store.backup_files import Contents
from digest.store.database import Database
from digest.store.openness import closed
from digest.store.schema import current_revision, migrate
from digest.store.tables import deliveries, topics
from subscribers.tables import bookmarks, listeners
from tests.flows.newsroom import TUESDAY, at, claim_all, item, join, join_many, plan_all, publish_news
from tests.flows.pairs import UPWARD, two
from tests.flows.whole_store import contents, fill
from tests.stores import NewStore
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

NOW = at(24, 8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup lies."""
    return tmp_path / "kept.gz"


@pytest.fixture
async def files(new_store: NewStore) -> AsyncIterator[tuple[Database, Database]]:
    """A store with a row in each table and an empty one, for what does not depend on the kind."""
    async with two(new_store, "sqlite", "sqlite") as found:
        await fill(found[0])
        yield found


async def kept(store: Database, file: Path) -> Backup:
    return await back_up(store, file, now=NOW, program="1")


async def why(store: Database) -> Why | None:
    async with store.read() as connection:
        word = await closed(connection)
    return None if word is None else word.why


@pytest.mark.parametrize(("one", "other"), UPWARD, ids=lambda kind: kind)
async def test_every_row_of_every_table_comes_back_as_it_was(
    new_store: NewStore, file: Path, one: str, other: str
) -> None:
    async with two(new_store, one, other) as (source, target):
        await fill(source)
        before = await contents(source)
        assert [name for name, rows in before.items() if not rows] == []
        made = await kept(source, file)
        assert made.tables == {name: len(rows) for name, rows in before.items()}
        assert await look_through(file) == made
        done = await restore(file, target, now=NOW)
        assert done.unlike == ()
        assert done.tables == made.tables
        assert await contents(target) == before
        assert await contents(source) == before
        assert await why(target) is Why.RESTORED
        # what was found by its words is found there
        words = "rowid" if target.is_sqlite else "number"
        async with target.read() as connection:
            found = await connection.execute(text(f"SELECT {words} FROM archive_words ORDER BY 1"))
            assert list(found.scalars()) == [1, 2]


@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_a_backup_is_of_one_moment_though_the_store_goes_on(
    new_store: NewStore, file: Path, kind: str
) -> None:
    class Writer(Unwatched):
        """Writes to the store whenever some rows were read."""

        def __init__(self, store: Database) -> None:
            url = store.url.set(drivername="sqlite") if store.is_sqlite else store.url
            self.engine = create_engine(url)
            self.times = 0

        def settled(self, copies: int) -> None:
            self.times += 1
            with self.engine.begin() as connection:
                connection.execute(insert(listeners).values(name=f"listener {self.times}"))

    async with two(new_store, kind, "sqlite") as (source, target):
        await fill(source)
        before = await contents(source)
        writer = Writer(source)
        await back_up(source, file, now=NOW, program="1", progress=writer)
        writer.engine.dispose()
        assert writer.times >= len(before)
        await restore(file, target, now=NOW)
        assert await contents(target) == before


@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_what_was_written_together_is_together_in_it(
    new_store: NewStore, file: Path, kind: str
) -> None:
    """Threads move copies and their counter in one transaction each; no backup has one without the other."""
    stop = Event()

    def go_on(store: Database, name: str) -> None:
        url = store.url.set(drivername="sqlite") if store.is_sqlite else store.url
        engine = create_engine(url, connect_args={"timeout": 30} if store.is_sqlite else {})
        number = 0
        while not stop.is_set():
            number += 1
            with engine.begin() as connection:
                connection.execute(
                    insert(bookmarks).values(
                        key=f"{name}{number:15}".encode(), cut=number, deferred=[], ahead=[], waiting=0
                    )
                )
                connection.execute(insert(listeners).values(name=f"{name}{number}"))
        engine.dispose()

    async with two(new_store, kind, "sqlite") as (source, target):
        await join_many(source, 300, TUESDAY)
        threads = [Thread(target=go_on, args=(source, name)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        try:
            await asyncio.sleep(0.5)
            made = await kept(source, file)
        finally:
            stop.set()
            for thread in threads:
                await asyncio.to_thread(thread.join)
        assert made.tables["listeners"] > 10
        await restore(file, target, now=NOW)
        async with target.read() as connection:
            names = set((await connection.execute(select(listeners.c.name))).scalars())
            keys = (await connection.execute(select(bookmarks.c.key))).scalars()
            assert {key.decode().replace(" ", "") for key in keys if key[:1] in b"ab"} == names
            assert len(names) == made.tables["listeners"]


async def test_a_store_that_was_not_set_up_makes_no_file(new_store: NewStore, file: Path) -> None:
    for kind in ("sqlite", "postgresql"):
        async with two(new_store, kind, kind) as (_, empty):
            with pytest.raises(StoreError, match="run digest init"):
                await kept(empty, file)
            assert await asyncio.to_thread(file.exists) is False


async def test_a_damaged_backup_changes_nothing(files: tuple[Database, Database], file: Path) -> None:
    source, target = files
    await kept(source, file)
    whole = await asyncio.to_thread(file.read_bytes)
    for damaged in (whole[:-1], whole[: len(whole) // 2], whole.replace(whole[500:504], b"....", 1)):
        await asyncio.to_thread(file.write_bytes, damaged)
        with pytest.raises(InputError, match="cannot be used: its sum is another one"):
            await restore(file, target, now=NOW)
        with pytest.raises(InputError, match="cannot be used: its sum is another one"):
            await look_through(file)
    assert await current_revision(target) is None


async def test_a_backup_of_a_newer_version_is_refused(
    files: tuple[Database, Database], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = files
    async with source.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with monkeypatch.context() as newer:
        newer.setattr(schema, "NEWEST", "9999")
        await kept(source, file)
    with pytest.raises(StoreError, match="of version 9999, which this program does not know: use program 1"):
        await restore(file, target, now=NOW)
    assert await current_revision(target) is None


@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_a_store_with_rows_of_its_own_is_kept_unless_told(
    new_store: NewStore, files: tuple[Database, Database], file: Path, kind: str
) -> None:
    await kept(files[0], file)
    async with two(new_store, kind, kind) as (target, _):
        await join(target, "dora@example.org", TUESDAY)
        before = await contents(target)
        with pytest.raises(StoreError, match=r"holds rows of its own .* or add --replace"):
            await restore(file, target, now=NOW)
        assert await contents(target) == before
        assert await why(target) is None
        await restore(file, target, now=NOW, may_replace=True)
        assert await contents(target) == await contents(files[0])
        # and once more: a drill is repeated
        with pytest.raises(StoreError, match="was put back from the backup"):
            await restore(file, target, now=NOW)
        await restore(file, target, now=NOW, may_replace=True)
        assert await contents(target) == await contents(files[0])


async def test_a_store_that_is_sending_is_not_replaced(
    new_store: NewStore, files: tuple[Database, Database], file: Path
) -> None:
    await kept(files[0], file)
    async with two(new_store, "sqlite", "sqlite") as (target, _):
        await join(target, "dora@example.org", TUESDAY)
        await publish_news(target, TUESDAY, item("Tariffs"))
        await plan_all(target, at(24, 7))
        await claim_all(target, NOW)
        with pytest.raises(StoreError, match="are being sent: stop digest serve"):
            await restore(file, target, now=NOW, may_replace=True)
        async with target.read() as connection:
            assert (await connection.execute(select(deliveries.c.status))).scalars().all() == [
                DeliveryStatus.SENDING
            ]


async def test_a_database_of_something_else_is_never_replaced(
    files: tuple[Database, Database], file: Path
) -> None:
    source, target = files
    await kept(source, file)
    async with target.rebuild() as connection:
        await connection.execute(text("CREATE TABLE letters (id INTEGER)"))
    with pytest.raises(StoreError, match="holds a table 'letters' of something else"):
        await restore(file, target, now=NOW, may_replace=True)
    assert await current_revision(target) is None


_REFUSING = "CREATE TRIGGER refuses BEFORE INSERT ON deliveries BEGIN SELECT RAISE(ABORT, 'no room'); END"


async def test_what_was_broken_off_is_begun_anew(files: tuple[Database, Database], file: Path) -> None:
    source, target = files
    await kept(source, file)
    await migrate(target)
    async with target.write() as connection:
        await connection.execute(text(_REFUSING))
    with pytest.raises(UnfinishedCopyError, match=r"deliveries were not taken \(no room\).*not whole: call"):
        await restore(file, target, now=NOW)
    # nobody takes that for a store
    assert await why(target) is Why.RESTORING
    with pytest.raises(StoreError, match=r"is not whole: the backup .* is being put back"):
        await schema.require_current(target)
    async with target.write() as connection:
        await connection.execute(text("DROP TRIGGER refuses"))
    assert (await restore(file, target, now=NOW)).unlike == ()
    assert await contents(target) == await contents(source)


async def test_a_row_that_was_changed_on_its_way_is_noticed(
    files: tuple[Database, Database], file: Path
) -> None:
    source, target = files
    await kept(source, file)
    await migrate(target)
    async with target.write() as connection:
        await connection.execute(
            text(
                "CREATE TRIGGER spoils AFTER INSERT ON topics WHEN new.slug = 'energy' "
                "BEGIN UPDATE topics SET title = '?' WHERE slug = 'energy'; END"
            )
        )
    assert (await restore(file, target, now=NOW)).unlike == ("topics",)
    assert await why(target) is Why.RESTORING


@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_ids_that_a_store_has_given_are_not_given_again(
    new_store: NewStore, file: Path, kind: str
) -> None:
    async with two(new_store, "postgresql", kind) as (source, target):
        a_bookmark = bookmarks.insert().values(cut=0, deferred=[], ahead=[], waiting=0)
        async with source.write() as connection:
            for number in range(7):
                made = await connection.execute(a_bookmark.values(key=b"%16d" % number))
            await connection.execute(bookmarks.delete())
        await kept(source, file)
        contents_ = Contents(file)
        list(contents_.pages())
        assert made.inserted_primary_key is not None
        assert contents_.given_ids["bookmarks"] == made.inserted_primary_key[0]
        await restore(file, target, now=NOW)
        if not target.is_sqlite:
            async with target.read() as connection:
                newest = await connection.execute(text("SELECT last_value FROM bookmarks_id_seq"))
                assert newest.scalar() == made.inserted_primary_key[0]


async def test_what_postgresql_does_not_take_is_told(new_store: NewStore, file: Path) -> None:
    async with two(new_store, "sqlite", "postgresql") as (source, target):
        async with source.write() as connection:
            odd = update(topics).where(topics.c.slug == "energy").values(title="a\x00b")
            await connection.execute(odd)
        await kept(source, file)
        with pytest.raises(UnfinishedCopyError, match=r"rows .* of topics were not taken"):
            await restore(file, target, now=NOW)


async def test_no_table_changes_its_columns_while_a_backup_is_made(new_store: NewStore, file: Path) -> None:
    class Changer(Unwatched):
        """Tries to migrate the store as soon as some rows were read."""

        def __init__(self, url: URL) -> None:
            self.engine = create_engine(url)
            self.refusals = 0

        def settled(self, copies: int) -> None:
            with pytest.raises(OperationalError, match="lock timeout"):
                self._change()
            self.refusals += 1

        def _change(self) -> None:
            with self.engine.begin() as connection:
                connection.execute(text("SET LOCAL lock_timeout = 20"))
                connection.execute(text("ALTER TABLE topics ADD COLUMN colour TEXT"))

    async with two(new_store, "postgresql", "sqlite") as (source, _):
        changer = Changer(source.url)
        await back_up(source, file, now=NOW, program="1", progress=changer)
        changer.engine.dispose()
        assert changer.refusals
