"""Returns, mails that are no issue and the log of changes are dropped after their time; open ones stay."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from digest.core.access import PROGRAM
from digest.core.retention import Keep
from digest.flows.shrink import Shrunk, shrink, would_shrink
from digest.flows.sign_up import sign_up
from digest.flows.unhurried import Unhurried
from digest.store import outlived
from digest.store.changes import note_change
from digest.store.database import Database
from digest.store.desk_tables import changes
from digest.store.outlived import Kind
from digest.store.return_tables import returned_mails, returns
from digest.store.tables import notices
from tests.flows.newsroom import TUESDAY
from tests.flows.test_sign_up import entered

pytestmark = pytest.mark.anyio

YEAR = timedelta(days=365)
KEEP = Keep(returns=YEAR, notices=YEAR, changes=YEAR)
TABLES = {Kind.RETURNS: returns, Kind.NOTICES: notices, Kind.CHANGES: changes}
#: Nothing is as old as it is kept; all but the newest rows are.
IN_TIME, TOO_LATE = TUESDAY + YEAR, TUESDAY + YEAR + timedelta(minutes=1)


async def some_of_each(store: Database, now: datetime) -> None:
    """One row of each kind."""
    await sign_up(entered(f"r{now:%H%M}@example.org", seen_from=f"10.0.0.{now.minute}"), store=store, now=now)
    async with store.write() as connection:
        await connection.execute(update(notices).values(status="sent"))
        await note_change(connection, PROGRAM, "topic.edit", "economy", now)
        row = {"key": f"{now:%d%H%M%S}".encode(), "at": now, "origin": "mail", "kind": "soft", "proof": ""}
        words = {"reply": "", "enhanced": "", "text": "", "rule": "", "family": "", "recipient": ""}
        await connection.execute(insert(returns).values(**row, **words, permanent=False, effect="noted"))


async def left(store: Database) -> dict[Kind, int]:
    async with store.read() as connection:
        return {
            kind: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for kind, table in TABLES.items()
        }


async def old_and_new(store: Database) -> None:
    for minutes in (0, 1, 2):
        await some_of_each(store, TUESDAY + timedelta(minutes=minutes))


async def dropped(store: Database, now: datetime, keep: Keep = KEEP) -> Shrunk:
    return await shrink(store=store, now=now, keep=keep, pace=Unhurried())


async def test_what_is_older_than_its_time_is_dropped(store: Database) -> None:
    await old_and_new(store)
    before = await left(store)
    assert (await dropped(store, IN_TIME)).is_nothing
    assert await would_shrink(store=store, now=TOO_LATE, keep=KEEP) == Shrunk(0, dict.fromkeys(Kind, 1))
    assert await left(store) == before
    assert await dropped(store, TOO_LATE) == Shrunk(0, dict.fromkeys(Kind, 1))
    assert await left(store) == {kind: count - 1 for kind, count in before.items()}


async def test_the_newest_row_stays_so_that_no_number_is_given_twice(store: Database) -> None:
    await old_and_new(store)
    await dropped(store, TOO_LATE + YEAR)
    assert await left(store) == dict.fromkeys(Kind, 1)


async def test_what_is_kept_for_ever_stays(store: Database) -> None:
    await old_and_new(store)
    before = await left(store)
    assert (await dropped(store, TOO_LATE + 10 * YEAR, Keep())).is_nothing
    assert await left(store) == before


@pytest.mark.parametrize("status", ["planned", "sending", "deferred", "uncertain"])
async def test_a_mail_with_which_something_may_happen_stays(store: Database, status: str) -> None:
    await old_and_new(store)
    async with store.write() as connection:
        await connection.execute(update(notices).where(notices.c.id == 1).values(status=status))
    await dropped(store, TOO_LATE + YEAR)
    async with store.read() as connection:
        assert list((await connection.execute(select(notices.c.id).order_by(notices.c.id))).scalars()) == [
            1,
            3,
        ]


async def test_what_came_back_stays_while_a_person_has_yet_to_look_at_its_mail(store: Database) -> None:
    await old_and_new(store)
    async with store.write() as connection:
        mail = {"key": b"k", "at": TUESDAY, "sender": "", "subject": "", "raw": b"", "octets": 0}
        made = await connection.execute(insert(returned_mails).values(mail).returning(returned_mails.c.id))
        of_mail = update(returns).where(returns.c.id == 1)
        await connection.execute(of_mail.values(mail_id=made.scalar_one()))
    await dropped(store, TOO_LATE + YEAR)
    async with store.read() as connection:
        assert list((await connection.execute(select(returns.c.id).order_by(returns.c.id))).scalars()) == [
            1,
            3,
        ]


async def test_many_rows_go_in_steps_and_a_stop_comes_between_two(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlived, "TOGETHER", 2)
    async with sqlite_store.write() as connection:
        for _ in range(7):
            await note_change(connection, PROGRAM, "topic.edit", "economy", TUESDAY)
    stop = asyncio.Event()
    stop.set()
    pace = Unhurried(stop)
    found = await shrink(store=sqlite_store, now=TOO_LATE, keep=KEEP, pace=pace)
    assert (found, pace.broke_off) == (Shrunk(0, {Kind.CHANGES: 2}), True)
    assert await dropped(sqlite_store, TOO_LATE) == Shrunk(0, {Kind.CHANGES: 4})
