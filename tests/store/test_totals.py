"""Totals only grow, and what is added is added once: whoever adds, however often an issue is opened again."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from digest.flows.counting import add_up
from digest.store import ledger, totals
from digest.store.database import Database
from digest.store.return_tables import returns
from digest.store.schema import migrate
from digest.store.tables import issues
from digest.store.total_tables import totals as total_rows
from digest.store.totals import Total, What
from tests.flows.newsroom import TUESDAY, at, copies, item, join, join_many, publish_news
from tests.flows.returning import back_to, report, take
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio

SENT = Total(What.COPIES, 1, "sent")
DONE = Total(What.ISSUES, 1, "done")


async def told(store: Database) -> Counter[Total]:
    async with store.snapshot() as connection:
        return +await totals.whole(connection)


async def untotalled(store: Database) -> int:
    async with store.read() as connection:
        return len((await connection.execute(select(issues.c.id).where(issues.c.untotalled))).all())


async def day_of_news(store: Database, folder: Path, day: int = 24) -> None:
    await publish_news(store, at(day, 6), item(f"News of {day}", "economy"))
    await run(jobs_for(store, folder), at(day, 7))


async def test_what_is_told_does_not_depend_on_whether_it_was_added_up(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 3, TUESDAY)
    await join(store, "idle@example.org", TUESDAY, topics="society")
    await day_of_news(store, tmp_path)
    before = await told(store)
    assert before == {SENT: 3, Total(What.COPIES, 1, "skipped", "nothing-wanted"): 1, DONE: 1}
    assert await untotalled(store) == 1
    assert await add_up(store=store) == 1
    assert (await told(store), await untotalled(store)) == (before, 0)
    assert await add_up(store=store) == 0


async def test_another_round_of_an_issue_adds_its_own_copies(store: Database, tmp_path: Path) -> None:
    await join_many(store, 2, TUESDAY)
    await day_of_news(store, tmp_path)
    await add_up(store=store)
    # who comes later to the same slot gets a round of their own
    await join(store, "late@example.org", at(24, 6), at="07:00")
    await publish_news(store, at(24, 6, 30), item("One more", "economy"))
    await run(jobs_for(store, tmp_path), at(24, 7, 30))
    rows = [one for one in await copies(store) if one.status == "sent"]
    assert len({one.issue_id for one in rows}) == 1
    assert (await told(store))[SENT] == len(rows) == 3
    await add_up(store=store)
    found = await told(store)
    assert (found[SENT], found[DONE]) == (3, 1)


async def test_a_copy_that_came_back_has_been_sent(store: Database, tmp_path: Path) -> None:
    await join(store, "ana@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY)
    await day_of_news(store, tmp_path)
    (copy,) = await copies(store, address="ana@example.org")
    await take(store, report("ana@example.org", to=back_to(copy)), now=at(24, 9))
    (copy,) = await copies(store, address="ana@example.org")
    assert copy.status == "refused"
    for _ in range(2):
        found = await told(store)
        assert found[Total(What.RETURNS, outcome="hard")] == 1
        await add_up(store=store)
    assert (await told(store))[SENT] >= 1


async def test_a_total_never_goes_down_when_rows_are_forgotten(store: Database, tmp_path: Path) -> None:
    await join(store, "ana@example.org", TUESDAY)
    await day_of_news(store, tmp_path)
    (copy,) = await copies(store)
    await take(store, report("ana@example.org", to=back_to(copy)), now=at(24, 9))
    await add_up(store=store)
    before = await told(store)
    async with store.write() as connection:
        await connection.execute(delete(returns))
    await add_up(store=store)
    assert await told(store) == before
    # SQLite gives the number of what was forgotten again, and what comes under it is new
    await take(store, report("ana@example.org", to=back_to(copy), said="550 again"), now=at(25, 9))
    await add_up(store=store)
    assert (await told(store))[Total(What.RETURNS, outcome="hard")] == 2


async def test_an_issue_opened_again_before_it_was_added_is_added_once_it_is_settled(
    store: Database, tmp_path: Path
) -> None:
    await join_many(store, 2, TUESDAY)
    await day_of_news(store, tmp_path)
    first, _second = await copies(store)
    async with store.write() as connection:
        await ledger.retry(connection, first.id, first.status)
    await add_up(store=store)
    await run(jobs_for(store, tmp_path), at(24, 8))
    await add_up(store=store)
    found = await told(store)
    assert (found[SENT], found[DONE], await untotalled(store)) == (2, 1, 0)


async def test_several_who_add_at_once_add_it_once(
    store: Database, second_store: Database, tmp_path: Path
) -> None:
    await join_many(store, 2, TUESDAY)
    for day in (24, 25, 26):
        await day_of_news(store, tmp_path / str(day), day)
    async with asyncio.timeout(30):
        await asyncio.gather(*(add_up(store=one) for one in (store, second_store) * 3))
    found = await told(store)
    assert (found[SENT], found[DONE]) == (6, 3)
    async with store.read() as connection:
        rows = (await connection.execute(select(total_rows.c.value))).scalars().all()
    assert min(rows) >= 0


async def test_whoever_looks_while_it_is_added_sees_the_same(store: Database, tmp_path: Path) -> None:
    await join_many(store, 2, TUESDAY)
    await day_of_news(store, tmp_path)
    expected = await told(store)
    async with store.snapshot() as connection:
        # the first look of a snapshot is what it sees
        await connection.execute(text("SELECT 1 FROM totals"))
        if not store.is_sqlite:
            await add_up(store=store)
        assert +await totals.whole(connection) == expected
    await add_up(store=store)
    assert await told(store) == expected


async def test_issues_of_before_are_taken_in_when_a_store_is_brought_up_to_date(
    blank_store: Database,
) -> None:
    await migrate(blank_store, upto="0026")
    async with blank_store.rebuild() as connection:
        for statement in _BEFORE:
            await connection.execute(text(statement))
    await migrate(blank_store)
    expected = {SENT: 7, Total(What.COPIES, 1, "refused", "spam"): 1, DONE: 2}
    assert await told(blank_store) == expected
    await add_up(store=blank_store)
    assert await told(blank_store) == expected


_BEFORE = (
    """
    INSERT INTO newsletters (id, slug, title, description, sender_name, sender_address, theme, sections,
                             postal_address, reach_back_days, give_up_minutes, item_text, logo_alt, links,
                             welcome, goodbye, sign_up, archive, feedback, approval, clicks,
                             approval_lead_minutes, quiet_days, first_wishes, pictures)
    VALUES (1, 'old', 'Old', '', 'Old', 'old@news.example', 'classic', '[]', '', 7, 1440, 'full', '', '[]',
            '0', '0', '0', 'none', '0', '0', '0', 0, '[]', '{}', 'none')
    """,
    *(
        f"""
        INSERT INTO issues (id, newsletter_id, slot, day, zone, due_at, planned_at, rounds, status,
                            ignores_bookmarks, domain, outcomes)
        VALUES ({number}, 1, '{number}', '2026-11-2{number}', 'UTC', '2026-11-2{number} 07:00:00',
                '2026-11-2{number} 07:00:00', 1, '{status}', '0', 'example.org', {outcomes})
        """
        for number, status, outcomes in (
            (1, "done", """'{"sent": {"": 3}, "refused": {"spam": 1}}'"""),
            (2, "done", """'{"sent": {"": 4}}'"""),
            (3, "sending", "NULL"),
        )
    ),
)
