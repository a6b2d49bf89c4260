"""A whole store goes into another one of any kind: nothing is lost or changed, and it goes on there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert, inspect, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from digest.core.moving import Start
from digest.errors import InputError, StoreError, UnfinishedCopyError
from digest.flows.move_store import move_store
from digest.flows.tally import Unwatched
from digest.store import facts
from digest.store.closing import reopen
from digest.store.database import Database
from digest.store.every_table import OF_ITS_PROCESSES, every_table
from digest.store.openness import require_open
from digest.store.schema import current_revision, migrate, require_current
from digest.store.tables import deliveries, topics
from subscribers.tables import bookmarks, listeners, subscribers
from tests.flows.newsroom import TUESDAY, at, carried, item, join, plan_all, publish_news, reader
from tests.flows.pairs import UPWARD, WAYS, two
from tests.flows.whole_store import contents, fill
from tests.stores import NewStore, opened
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

NOW = at(24, 8)


@pytest.fixture
async def pair(new_store: NewStore) -> AsyncIterator[tuple[Database, Database]]:
    """The way that people go."""
    async with two(new_store, "sqlite", "postgresql") as found:
        yield found


@pytest.fixture
async def files(new_store: NewStore) -> AsyncIterator[tuple[Database, Database]]:
    """Two stores on SQLite, for what does not depend on the kind."""
    async with two(new_store, "sqlite", "sqlite") as found:
        yield found


@pytest.mark.parametrize(("one", "other"), WAYS, ids=lambda kind: kind)
async def test_every_row_of_every_table_is_there_as_it_was(new_store: NewStore, one: str, other: str) -> None:
    async with two(new_store, one, other) as (source, target):
        await fill(source)
        before = await contents(source)
        assert [name for name, rows in before.items() if not rows] == []
        done = await move_store(source, target, now=NOW)
        assert done.unlike == {}
        assert done.tables == {name: len(rows) for name, rows in before.items()}
        assert await contents(target) == before
        assert await contents(source) == before


@pytest.mark.parametrize(("one", "other"), UPWARD, ids=lambda kind: kind)
async def test_the_copy_goes_on_where_the_source_stood(new_store: NewStore, one: str, other: str) -> None:
    async with two(new_store, one, other) as (source, target):
        await fill(source)
        await move_store(source, target, now=NOW)
        await require_current(target)
        await require_open(target)
        async with source.read() as connection:
            newest = max((await connection.execute(select(subscribers.c.id))).scalars())
        await join(target, "new@example.org", TUESDAY)
        await publish_news(target, at(24, 9), item("Solar power", "energy"))
        assert (await reader(target, "new@example.org")).id
        async with target.read() as connection:
            assert max((await connection.execute(select(subscribers.c.id))).scalars()) > newest
        await plan_all(target, at(25, 7))
        assert await carried(target, "reader0000@example.org") == [(1, 2), (3,)]


@pytest.mark.parametrize(("one", "other"), UPWARD, ids=lambda kind: kind)
async def test_what_was_found_by_its_words_is_found_in_the_copy(
    new_store: NewStore, one: str, other: str
) -> None:
    async with two(new_store, one, other) as (source, target):
        await fill(source)
        await move_store(source, target, now=NOW)
        words = "rowid" if target.is_sqlite else "number"
        async with target.read() as connection:
            found = await connection.execute(text(f"SELECT {words} FROM archive_words ORDER BY 1"))
            assert list(found.scalars()) == [1, 2]


async def test_ids_that_a_store_has_given_are_not_given_again(new_store: NewStore) -> None:
    async with two(new_store, "postgresql", "postgresql") as (source, target):
        async with source.write() as connection:
            for number in range(7):
                made = await connection.execute(_A_BOOKMARK.values(key=b"%16d" % number))
            await connection.execute(bookmarks.delete())
        await move_store(source, target, now=NOW)
        async with target.write() as connection:
            again = await connection.execute(_A_BOOKMARK.values(key=b"0" * 16))
    assert again.inserted_primary_key is not None
    assert made.inserted_primary_key is not None
    assert again.inserted_primary_key[0] == made.inserted_primary_key[0] + 1


_A_BOOKMARK = bookmarks.insert().values(cut=0, deferred=[], ahead=[], waiting=0)


async def test_the_source_is_closed_to_all_and_the_copy_to_nobody(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await move_store(source, target, now=NOW)
    with pytest.raises(StoreError, match="has moved to postgresql"):
        await require_open(source)
    with pytest.raises(StoreError, match="is closed: it was copied to"):
        await join(source, "late@example.org", TUESDAY)
    await join(target, "late@example.org", TUESDAY)


async def test_who_had_the_source_open_cannot_go_on_there(
    pair: tuple[Database, Database], new_store: NewStore
) -> None:
    source, target = pair
    await fill(source)
    async with opened(source.url.render_as_string(hide_password=False)) as sender:
        await sender.write_apart(lambda connection: connection.execute(select(topics.c.slug)).all())
        await move_store(source, target, now=NOW)
        with pytest.raises(StoreError, match="closed"):
            await sender.write_apart(
                lambda connection: connection.execute(update(deliveries).values(status="sending"))
            )


async def test_a_copy_for_trial_leaves_the_source_open_and_is_closed_itself(
    files: tuple[Database, Database],
) -> None:
    source, target = files
    await fill(source)
    await move_store(source, target, now=NOW, keep_open=True)
    await require_current(target)
    with pytest.raises(StoreError, match="is a copy for trial of"):
        await require_open(target)
    with pytest.raises(StoreError, match="is closed: it is a copy of"):
        await join(target, "new@example.org", TUESDAY)
    await join(source, "new@example.org", TUESDAY)
    await reopen(target)
    await join(target, "new@example.org", TUESDAY)


@pytest.mark.parametrize("kind", first_of(["sqlite", "postgresql"]))
async def test_a_copy_for_trial_is_of_one_moment_though_the_source_goes_on(
    new_store: NewStore, kind: str
) -> None:
    class Writer(Unwatched):
        """Writes to the source whenever a page was copied."""

        def __init__(self, url: URL) -> None:
            self.engine = create_engine(url)
            self.times = 0

        def settled(self, copies: int) -> None:
            self.times += 1
            with self.engine.begin() as connection:
                connection.execute(insert(listeners).values(name=f"listener {self.times}"))

    async with two(new_store, kind, "sqlite") as (source, target):
        await fill(source)
        before = await contents(source)
        plain = source.url.set(drivername="sqlite") if source.is_sqlite else source.url
        writer = Writer(plain)
        done = await move_store(source, target, now=NOW, keep_open=True, progress=writer)
        writer.engine.dispose()
        assert writer.times > len(before)
        assert done.unlike == {}
        assert await contents(target) == before


async def test_nothing_is_moved_while_mails_are_on_their_way(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await fill(source)
    async with source.write() as connection:
        on_its_way = {"status": "sending", "owner": "x", "lease_until": NOW + timedelta(minutes=9)}
        await connection.execute(update(deliveries).where(deliveries.c.id == 1).values(**on_its_way))
    with pytest.raises(StoreError, match=r"1 mails .* are being sent: stop digest serve"):
        await move_store(source, target, now=NOW)
    await require_open(source)
    assert await current_revision(target) is None
    # who held it is dead, and the copy finds that out as the source would have
    await move_store(source, target, now=NOW + timedelta(minutes=10))


async def test_an_old_source_is_to_be_migrated_first(files: tuple[Database, Database]) -> None:
    _, target = files
    async with target.rebuild() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('0002')"))
    with pytest.raises(StoreError, match=r"has version 0002.*run digest init"):
        await move_store(target, files[0], now=NOW)


async def test_a_target_with_rows_of_its_own_is_refused(new_store: NewStore) -> None:
    for kind in ("sqlite", "postgresql"):
        url = await asyncio.to_thread(new_store, kind, True)
        async with two(new_store, "sqlite", "sqlite") as (source, _), opened(url) as target:
            before = await contents(target)
            with pytest.raises(StoreError, match="holds rows of its own"):
                await move_store(source, target, now=NOW)
            assert await contents(target) == before
            await require_open(source)


async def test_a_target_that_holds_something_else_is_refused(files: tuple[Database, Database]) -> None:
    source, target = files
    async with target.rebuild() as connection:
        await connection.execute(text("CREATE TABLE letters (id INTEGER)"))
    with pytest.raises(StoreError, match="holds a table 'letters' of something else"):
        await move_store(source, target, now=NOW)
    async with target.read() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["letters"]


async def test_a_target_that_was_migrated_and_no_more_is_taken(files: tuple[Database, Database]) -> None:
    source, target = files
    await migrate(target)
    assert (await move_store(source, target, now=NOW)).start is Start.FRESH


async def test_a_store_is_not_copied_into_itself(files: tuple[Database, Database]) -> None:
    source, _ = files
    with pytest.raises(InputError, match="into itself"):
        await move_store(source, source, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("title", "a\x00b", id="NUL"),
        pytest.param("title", "x" * 201, id="long"),
        pytest.param("position", 2**31, id="large"),
    ],
)
async def test_what_postgresql_does_not_take_is_told_before_anything_is_changed(
    pair: tuple[Database, Database], name: str, value: object
) -> None:
    source, target = pair
    async with source.write() as connection:
        await connection.execute(update(topics).where(topics.c.slug == "energy").values({name: value}))
    with pytest.raises(StoreError, match=r"table topics .* in row 'energy': mend that first"):
        await move_store(source, target, now=NOW)
    await require_open(source)
    assert await current_revision(target) is None


async def test_between_files_all_of_that_is_copied(files: tuple[Database, Database]) -> None:
    source, target = files
    async with source.write() as connection:
        odd = {"title": "a\x00b" * 200, "position": 2**40}
        await connection.execute(update(topics).where(topics.c.slug == "energy").values(odd))
    assert (await move_store(source, target, now=NOW)).unlike == {}
    assert await contents(target) == await contents(source)


async def test_a_row_that_was_changed_on_its_way_is_named(files: tuple[Database, Database]) -> None:
    source, target = files
    await fill(source)
    await let(
        target,
        "CREATE TRIGGER spoils AFTER INSERT ON topics WHEN new.slug = 'energy' "
        "BEGIN UPDATE topics SET title = '?' WHERE slug = 'energy'; END",
        "CREATE TRIGGER loses AFTER INSERT ON deliveries WHEN new.id = 2 "
        "BEGIN DELETE FROM deliveries WHERE id = 2; END",
    )
    done = await move_store(source, target, now=NOW)
    assert {name: [tuple(one) for one in rows] for name, rows in done.unlike.items()} == {
        "topics": [("energy", "differs")],
        "deliveries": [("2", "is missing")],
    }
    # neither is open: nobody goes on with a copy that is not the same
    for one in files:
        with pytest.raises(StoreError):
            await require_open(one)


async def test_given_up_and_begun_again_it_has_what_was_written_meanwhile(
    files: tuple[Database, Database],
) -> None:
    source, target = files
    await fill(source)
    await break_off_at_subscriptions(source, target)
    await reopen(source)
    await join(source, "meanwhile@example.org", TUESDAY)
    assert (await move_store(source, target, now=NOW)).start is Start.ANEW
    assert await contents(target) == await contents(source)


async def test_what_was_broken_off_goes_on_behind_its_last_row(files: tuple[Database, Database]) -> None:
    source, target = files
    await fill(source, readers=300)
    await break_off_at_subscriptions(source, target)
    for one in files:
        with pytest.raises(StoreError):
            await require_open(one)
    # what is there is not written again
    await let(target, _REFUSING.format("subscribers"), _REFUSING.format("cadences"))
    assert (await move_store(source, target, now=NOW)).start is Start.ON
    assert await contents(target) == await contents(source)


_REFUSING = "CREATE TRIGGER refuses_{0} BEFORE INSERT ON {0} BEGIN SELECT RAISE(ABORT, 'no room'); END"


async def break_off_at_subscriptions(source: Database, target: Database) -> None:
    """Let the copy fail in the middle."""
    await let(target, _REFUSING.format("subscriptions"))
    with pytest.raises(
        UnfinishedCopyError, match=r"subscriptions were not taken \(no room\).*call again to go on"
    ):
        await move_store(source, target, now=NOW)
    await let(target, "DROP TRIGGER refuses_subscriptions")


async def let(store: Database, *statements: str) -> None:
    """Have a store do what it would not do by itself."""
    await migrate(store)
    async with store.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def test_two_who_copy_at_once_make_one_copy(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await fill(source, readers=2000)
    before = await contents(source)
    second = Database(target.url.render_as_string(hide_password=False))
    try:
        found = await asyncio.gather(
            *(move_store(source, one, now=NOW) for one in (target, second)), return_exceptions=True
        )
    finally:
        await second.close()
    for one in found:
        if isinstance(one, BaseException):
            assert isinstance(one, StoreError | UnfinishedCopyError | IntegrityError)
    try:
        await require_open(target)
    except StoreError:
        await move_store(source, target, now=NOW)
    assert await contents(target) == before


def test_all_tables_are_known_to_who_copies_and_nothing_else() -> None:
    code = "from digest.store.every_table import every_table; print(*(one.name for one in every_table()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) == len(every_table())


async def test_no_table_of_a_store_is_left_out(sqlite_store: Database) -> None:
    async with sqlite_store.read() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    known = {table.name for table in (*every_table(), *OF_ITS_PROCESSES)} | {"alembic_version"}
    words = ("archive_words", "desk_words", "reader_words")
    assert {name for name in names if not name.startswith(words)} == known


async def test_the_name_by_which_message_ids_are_told_apart_goes_with_the_rows(
    files: tuple[Database, Database],
) -> None:
    source, target = files
    await move_store(source, target, now=NOW)
    names = []
    for store in files:
        async with store.read() as connection:
            names.append(await facts.store_name(connection))
    assert names[0] == names[1] != b""
