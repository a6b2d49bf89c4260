"""The desk shows who works together, what each is at and who left why, and says when nobody sends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.core.access import Role
from digest.flows.roll import FELL_SILENT
from digest.store import workers
from digest.store.database import Database
from digest.store.workers import Kind, State
from tests.flows.newsroom import TUESDAY, at, item, join_many, plan_all, publish_news
from tests.flows.test_roll import age, roll_of
from tests.web.desk.newsroom import at_the_desk, says

pytestmark = pytest.mark.anyio


async def test_machines_are_shown_with_what_they_are_at(store: Database) -> None:
    await join_many(store, 3, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    (planned,) = await plan_all(store, at(24, 7))
    async with (
        roll_of(store, "mail-<1>") as sending,
        roll_of(store, "mail-2") as late,
        roll_of(store, "gone") as gone,
        roll_of(store, "desk", Kind.SCHEDULER),
        at_the_desk(store, Role.VIEWER) as client,
    ):
        sending.is_at(State.SENDING, planned.issue_id)
        sending.settled(120)
        await sending.beat()
        await age(store, late.owner, timedelta(seconds=20), silent=True)
        async with store.write() as connection:
            await workers.sign_off(connection, [gone.owner], FELL_SILENT)
        page = await client.get("/admin/machines")
        shown, today = says(page), says(await client.get("/admin/"))
    assert "mail-<1>" in shown
    assert "<1>" not in page.text
    assert f"issue {planned.issue_id}" in shown
    assert "for 20 seconds" in shown
    assert "hands out work" in shown
    assert FELL_SILENT in shown
    assert "120" in shown
    assert "2 workers" in today
    assert "nobody sends" not in today


async def test_it_is_told_when_copies_wait_and_nobody_is_at_work(postgres_store: Database) -> None:
    await join_many(postgres_store, 3, TUESDAY)
    await publish_news(postgres_store, TUESDAY, item("Tariffs"))
    await plan_all(postgres_store, at(24, 7))
    async with at_the_desk(postgres_store) as client:
        assert "3 copies wait, and nobody is at work" in says(await client.get("/admin/"))
        assert "Nobody is at work on this store" in says(await client.get("/admin/machines"))
        async with roll_of(postgres_store, "mail-1"):
            assert "nobody is at work" not in says(await client.get("/admin/"))


async def test_a_file_is_for_one_machine(sqlite_store: Database) -> None:
    await join_many(sqlite_store, 3, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    await plan_all(sqlite_store, at(24, 7))
    async with at_the_desk(sqlite_store) as client:
        assert "This store is a file on one machine" in says(await client.get("/admin/machines"))
        assert "nobody is at work" not in says(await client.get("/admin/"))
