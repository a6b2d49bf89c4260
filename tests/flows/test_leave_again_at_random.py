"""Readers who come and go at random, with a backup somewhere in between that is put back."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM, Actor, Via
from digest.errors import DigestError
from digest.flows import by_link, choosing, readers, suppressing
from digest.flows.leave_again import recorded
from digest.flows.readers import Enrolment
from digest.flows.record_leavings import LeavingRecord
from digest.flows.reopen import reopen_restored
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import AWAY, Standing
from subscribers.tables import subscriptions
from tests.flows.newsroom import TUESDAY, add_newsletter, item, publish_news, wishes
from tests.flows.putting_back import put_back
from tests.stores import NewStore
from tests.tiers import wide

pytestmark = pytest.mark.anyio

ADMIN = Actor("Anna", Via.DESK)
NAMES = [f"{name}@example.org" for name in ("ana", "bob", "cleo", "dora")]
PAPERS = ("daily", "weekly")
#: One act of a reader or of somebody at the desk every seven minutes.
STEP = timedelta(minutes=7)
ACTS = 45

Standings = dict[int, Standing]


async def standings(store: Database) -> Standings:
    """By subscription; of who is erased as well."""
    async with store.read() as connection:
        rows = await connection.execute(select(subscriptions.c.id, subscriptions.c.standing))
    return {row.id: Standing(row.standing) for row in rows}


async def act(dice: random.Random, store: Database, now: datetime) -> None:
    """One act, which may be refused."""
    address, paper = dice.choice(NAMES), dice.choice(PAPERS)
    async with store.read() as connection:
        mine = await shelf.subscriptions_of(connection, address)
    what = dice.choice(
        ["join", "join", "leave", "leave", "undo", "back", "bounce", "suppress", "lift", "erase", "pause"]
    )
    one = dice.choice(mine).id if mine else 0
    if what == "join":
        new = Enrolment(address, paper, wishes(), confirmed=dice.random() < 0.8, reason="came")
        await readers.subscribe(new, store=store, now=now)
    elif what == "suppress":
        await suppressing.suppress_addresses(address, note="", by=ADMIN, store=store, now=now)
    elif what == "lift":
        await suppressing.lift(address, by=ADMIN, store=store, now=now)
    elif what == "erase" and dice.random() < 0.4:
        await readers.erase(address, store=store, now=now)
    elif what == "pause":
        await readers.pause(address, paper, until=None, catch_up=False, store=store, now=now)
    elif what == "leave" and one:
        await by_link.leave(one, reason="left", everything=dice.random() < 0.5, store=store, now=now)
    elif what == "undo" and one:
        await by_link.take_back(one, reason="undone", store=store, now=now)
    elif what == "back" and one:
        await choosing.come_back_by_link(one, store=store, now=now)
    elif what == "bounce" and one:
        async with store.write() as connection:
            await shelf.mark_bouncing(connection, one, "550 5.1.1 unknown", now)


@pytest.mark.parametrize("seed", [0, 1, *wide(*range(2, 12))])
async def test_who_was_away_in_the_end_is_away(
    seed: int, sqlite_store: Database, new_store: NewStore, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    await add_newsletter(sqlite_store, "weekly")
    await publish_news(sqlite_store, TUESDAY - timedelta(hours=1), item("Tariffs"))
    record = LeavingRecord(store=sqlite_store, folder=tmp_path / "leavings")
    kept_after = dice.randint(5, 30)

    async def play(turns: range) -> datetime:
        now = TUESDAY
        for turn in turns:
            now = TUESDAY + turn * STEP
            try:
                await act(dice, sqlite_store, now)
            except DigestError:
                continue
            if dice.random() < 0.6:
                await record.look(now)
        await record.look(now)
        return now

    kept_at = await play(range(kept_after))
    at_backup = await standings(sqlite_store)
    async with put_back(sqlite_store, new_store, tmp_path, of=kept_at) as back:
        died_at = await play(range(kept_after, ACTS))
        in_the_end = await standings(sqlite_store)
        known = await recorded(tmp_path / "leavings", store=back)
        until = dice.choice([None, died_at])
        now = died_at + timedelta(hours=1)
        await reopen_restored(back, sent_until=until, by=PROGRAM, now=now, record=known)
        found = await standings(back)
    for id_, then in at_backup.items():
        last = in_the_end[id_]
        assert found[id_] == (last if last in AWAY else then), (id_, then, last)
