"""A store of any age becomes today's store, whoever tries at the same time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec.structs import replace
from sqlalchemy import Connection, event, func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from digest.core.model import Archive, ItemText
from digest.errors import StoreError
from digest.flows.seed import FIRST_NEWSLETTER, seed
from digest.ingest.taxonomy import default_topics
from digest.store import (
    answers,
    api_tables,
    click_tables,
    correction_tables,
    desk_tables,
    facts,
    feed_tables,
    import_tables,
    newsletters,
    one_off_tables,
    picture_tables,
    return_tables,
    schema,
    story_tables,
    taken_tables,
    topics,
    total_tables,
    volume_tables,
    watch_tables,
    webhook_tables,
    worker_tables,
)
from digest.store.database import Database
from digest.store.schema import NEWEST, current_revision, migrate, require_current
from digest.store.tables import counters, metadata, notices
from subscribers.model import Section
from subscribers.tables import standing_changes
from tests.postgres import PostgresServer
from tests.stores import TOPICS

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("whole_way")]


async def test_a_fresh_store_has_the_tables_that_the_program_works_with(blank_store: Database) -> None:
    await migrate(blank_store)

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        # the indices of search are others in each store, and no tables of SQLAlchemy
        made_apart = ("archive_words", "desk_words", "reader_words", "ix_subscribers_words")
        return kind not in {"table", "index"} or not (name or "").startswith(made_apart)

    def as_described(one: Any, _name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        # the keys of copies are triggers on PostgreSQL (test_keys_of_copies.py)
        by_trigger = kind == "foreign_key_constraint" and one.table.name == "deliveries"
        return blank_store.is_sqlite or not by_trigger

    def differences(connection: Connection) -> list[object]:
        compared = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(
            connection, opts={**compared, "include_name": ours, "include_object": as_described}
        )
        return list(compare_metadata(context, metadata))

    # tables are known once the module that describes them is
    known = (
        *(api_tables.api_calls, desk_tables.people, import_tables.imports, one_off_tables.orders),
        *(webhook_tables.webhooks, story_tables.story_joins, correction_tables.corrections),
        *(click_tables.links, feed_tables.feeds, return_tables.returns, taken_tables.taken_files),
        *(watch_tables.family_pauses, worker_tables.workers, picture_tables.pictures),
        *(volume_tables.volumes, total_tables.totals),
    )
    assert {one.metadata for one in known} == {metadata}
    async with blank_store.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_stop_in_the_middle_of_a_migration_is_a_stop(blank_store: Database) -> None:
    migrating = asyncio.create_task(migrate(blank_store))

    def stop(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        # on SQLite while rows go into a table that is made anew, which has a tidying of its own
        if statement.startswith("INSERT INTO _alembic_tmp_" if blank_store.is_sqlite else "ALTER TABLE"):
            migrating.cancel()

    event.listen(blank_store.engine.sync_engine, "before_cursor_execute", stop)
    with pytest.raises(asyncio.CancelledError):
        await migrating
    event.remove(blank_store.engine.sync_engine, "before_cursor_execute", stop)
    await migrate(blank_store)
    assert await current_revision(blank_store) == NEWEST


async def test_the_partial_indices_hold_only_what_is_open(blank_store: Database) -> None:
    # no comparison of schemas looks at the condition of an index, so it is read where the store keeps it
    await migrate(blank_store)
    catalogue = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        if blank_store.is_sqlite
        else "SELECT indexname, indexdef FROM pg_indexes"
    )
    async with blank_store.read() as connection:
        made = {name: (sql or "").lower() for name, sql in await connection.execute(text(catalogue))}
    open_copies = made["ix_deliveries_open"].partition("where")[2]
    assert all(word in open_copies for word in ("planned", "sending", "deferred", "uncertain"))
    assert "sent'" not in open_copies.replace("'sending'", "")
    assert "'sending'" in made["ix_issues_sending"].partition("where")[2]
    assert "untold" in made["ix_standing_changes_untold"].partition("where")[2]
    assert "untotalled" in made["ix_issues_untotalled"].partition("where")[2]
    assert "is_new" in made["ix_events_new"].partition("where")[2]
    watched = made["ix_returns_watched"].partition("where")[2]
    assert all(word in watched for word in ("hard", "blocked", "complaint"))
    assert "'answer'" in made["ix_notices_answers"].partition("where")[2]
    assert "ended_at is null" in made["uq_family_pauses_open"].partition("where")[2]
    assert "due_at is not null" in made["ix_handovers_due"].partition("where")[2]
    assert "paused_until is not null" in made["ix_subscriptions_paused_until"].partition("where")[2]


async def test_what_waits_to_be_told_is_found_without_a_walk_through_all_that_was(
    sqlite_store: Database,
) -> None:
    # SQLite uses a partial index only for a query that repeats its condition to the letter
    queries = {
        "ix_standing_changes_untold": select(standing_changes.c.id).where(standing_changes.c.untold).limit(1),
        "ix_events_new": select(webhook_tables.events.c.id).where(webhook_tables.events.c.is_new).limit(1),
        "ix_notices_answers": select(notices.c.id).where(answers.IS_ANSWER).limit(1),
    }
    async with sqlite_store.read() as connection:
        for name, query in queries.items():
            asked = query.compile(connection.sync_connection, compile_kwargs={"literal_binds": True})
            plan = (await connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))).all()
            assert name in str(plan), name


def test_the_version_that_the_program_names_is_that_of_the_last_migration() -> None:
    migrations = Path(schema.__file__).parent / "migrations"
    assert ScriptDirectory(str(migrations)).get_current_head() == NEWEST


async def test_migrating_twice_does_no_harm(blank_store: Database) -> None:
    await migrate(blank_store)
    async with blank_store.write() as connection:
        await connection.execute(counters.update().values(value=17))
    await migrate(blank_store)
    async with blank_store.read() as connection:
        assert set((await connection.execute(select(counters.c.value))).scalars()) == {17}
    assert await current_revision(blank_store) == NEWEST


async def test_two_who_set_a_store_up_at_once_make_one_store(blank_store: Database) -> None:
    other = Database(blank_store.url.render_as_string(hide_password=False))
    try:
        async with asyncio.timeout(30):
            await asyncio.gather(*(seed(one, TOPICS) for one in (blank_store, other, blank_store, other)))
    finally:
        await other.close()
    async with blank_store.read() as connection:
        assert [one.slug for one in await newsletters.every(connection)] == ["daily"]
        assert await topics.every(connection) == TOPICS
        assert (await connection.execute(select(func.count()).select_from(counters))).scalar() == 3


async def test_setting_up_again_keeps_what_people_changed(store: Database) -> None:
    async with store.write() as connection:
        name = await facts.recall(connection, facts.STORE_NAME)
        key = await facts.recall(connection, facts.SUPPRESSION_KEY)
        await topics.remove(connection, "society")
    await seed(store, default_topics())
    async with store.read() as connection:
        assert [topic.slug for topic in await topics.every(connection)] == ["economy", "energy", "general"]
        assert await facts.recall(connection, facts.STORE_NAME) == name
        assert await facts.recall(connection, facts.SUPPRESSION_KEY) == key


async def test_a_store_that_is_not_set_up_says_how_to_do_it(blank_store: Database) -> None:
    with pytest.raises(StoreError, match="is not set up: run digest init"):
        await require_current(blank_store)


async def test_a_store_of_a_newer_program_is_refused_and_left_alone(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    told = rf"version 9999, which is newer than {NEWEST}.*run the program that made it, or put back a backup"
    with pytest.raises(StoreError, match=told):
        await require_current(store)
    with pytest.raises(StoreError, match=told):
        await migrate(store)
    assert await current_revision(store) == "9999"


async def test_a_current_store_is_let_in(store: Database) -> None:
    await require_current(store)


async def test_a_password_in_the_address_of_the_store_is_never_told() -> None:
    database = Database("postgresql+psycopg://news:sesame@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="cannot be used") as refused:
        await require_current(database)
    await database.close()
    assert "sesame" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_file_that_is_no_store_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "holiday.sqlite3"
    path.write_bytes(b"This is a letter from the seaside, not a database." * 100)
    before = path.read_bytes()
    database = Database(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(StoreError, match=r"holiday\.sqlite3.*not a database"):
        await require_current(database)
    await database.close()
    assert path.read_bytes() == before


async def test_a_database_that_does_not_exist_is_not_taken_for_one_without_tables(
    postgres: PostgresServer,
) -> None:
    database = Database(postgres.url_of("nobody_made_it"))
    with pytest.raises(StoreError, match=r'cannot be used \(.*"nobody_made_it" does not exist\)'):
        await require_current(database)
    await database.close()


async def test_a_table_that_is_missing_says_what_to_run(blank_store: Database) -> None:
    with pytest.raises(StoreError, match="is not set up: run digest init"):
        async with blank_store.read() as connection:
            await newsletters.every(connection)


async def test_a_folder_that_cannot_be_made_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        Database(f"sqlite+aiosqlite:///{tmp_path}/file/store.sqlite3")


async def test_an_older_store_says_what_to_run(blank_store: Database) -> None:
    await migrate(blank_store)
    async with blank_store.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreError, match=r"has version 0000.*run digest init"):
        await require_current(blank_store)


async def test_a_newsletter_of_before_sends_the_mails_it_sent_and_is_closed_to_the_web(
    blank_store: Database,
) -> None:
    await migrate(blank_store, upto="0002")
    async with blank_store.rebuild() as connection:
        for statement in _BEFORE_BRANDS:
            await connection.execute(text(statement))
    await migrate(blank_store)
    async with blank_store.write() as connection:
        (found,) = await newsletters.every(connection)
        # the old row and a new one are alike: no value is there that a program of today would not write
        as_before: dict[str, Any] = {
            "sections": frozenset({Section.REPORT}),
            "sign_up": False,
            "archive": Archive.NONE,
        }
        assert found == replace(FIRST_NEWSLETTER, id=4, slug="old", **as_before)
        kept = await connection.execute(text("SELECT newsletter_id FROM issues"))
        assert kept.scalar_one() == 4
        await newsletters.save(connection, replace(found, item_text=ItemText.EXCERPT))
    for wrong in ("item_text = 'half'", "pictures = 'some'"):
        with pytest.raises(IntegrityError):
            async with blank_store.write() as connection:
                await connection.execute(text(f"UPDATE newsletters SET {wrong}"))


_BEFORE_BRANDS = (
    """
    INSERT INTO newsletters (id, slug, title, description, sender_name, sender_address, theme, sections,
                             postal_address, reach_back_days, give_up_minutes)
    VALUES (4, 'old', 'The Daily Digest', 'The newsroom''s briefings, grouped by topic.', 'The Daily Digest',
            'digest@newsroom.example', 'classic', '["report"]', '', 7, 1440)
    """,
    """
    INSERT INTO issues (id, newsletter_id, slot, day, zone, due_at, planned_at, rounds, status,
                        ignores_bookmarks, domain)
    VALUES (1, 4, '2026-11-23', '2026-11-23', 'UTC', '2026-11-23 07:00:00', '2026-11-23 07:00:00', 1, 'done',
            '0', 'example.org')
    """,
)


async def test_a_failed_migration_leaves_nothing_behind(
    blank_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class UnpluggedError(Exception):
        pass

    from alembic import op

    def no_counters(*_args: object, **_options: object) -> None:
        raise UnpluggedError

    monkeypatch.setattr(op, "bulk_insert", no_counters)
    with pytest.raises(UnpluggedError):
        await migrate(blank_store)
    async with blank_store.read() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert left == []
