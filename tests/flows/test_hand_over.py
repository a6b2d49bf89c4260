"""What happens is told to webhooks once it is committed: signed, at least once, no more than needed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from digest.core.access import PROGRAM
from digest.core.webhooks import KEEP_EVENTS, MOST_WEBHOOKS, EventKind
from digest.errors import InputError
from digest.flows import my_data, webhooks
from digest.flows import readers as flows
from digest.flows.hand_over import Handed
from digest.flows.rosters import import_roster
from digest.flows.tidy import tidy
from digest.flows.webhooks import WebhookEdit
from digest.store import changes, events
from digest.store.database import Database
from digest.store.webhook_tables import events as event_table
from digest.store.webhook_tables import handovers
from subscribers import store as reader_shelf
from subscribers.tables import standing_changes
from tests.flows.newsroom import TUESDAY, at, item, join, join_many, publish_news, reader
from tests.flows.telling import (
    EVERYTHING,
    Clock,
    hooked,
    is_signed,
    listening,
    messenger,
    told,
)
from tests.jobs.office import jobs_for, run
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio


# --- what is told -------------------------------------------------------------------------------------------


async def test_readers_who_come_and_go_are_told_of_once_and_by_number(store: Database) -> None:
    clock = Clock()
    async with listening() as receiver:
        hook = await hooked(store, receiver.url)
        ana = await join(store, "ana@example.org", TUESDAY)
        bo = await join(store, "bo@example.org", TUESDAY, confirmed=False)
        async with store.write() as connection:
            await reader_shelf.mark_bouncing(connection, ana.id, "no such user", TUESDAY)
        await flows.unsubscribe("ana@example.org", None, reason="moved", store=store, now=TUESDAY)
        assert (await told(store, clock)).taken == 3
        assert await told(store, clock) == Handed()
    assert [one.told["data"] for one in receiver.posted if one.told["type"] == "reader.left"] == [
        {"subscription": ana.id, "newsletter": "daily", "before": "bouncing", "standing": "left"}
    ]
    assert sorted(receiver.types) == ["reader.bounced", "reader.joined", "reader.left"]
    assert all(is_signed(one, hook.secret) for one in receiver.posted)
    assert len({one.id for one in receiver.posted}) == 3
    assert b"example.org" not in b"".join(one.body for one in receiver.posted)
    # who was asked and did not say yes is nobody's business
    assert bo.id not in {one.told["data"]["subscription"] for one in receiver.posted}


async def test_addresses_are_told_to_whom_they_are_meant_for_and_kept_in_no_event(store: Database) -> None:
    clock = Clock()
    async with listening() as with_, listening() as without:
        await hooked(store, with_.url, with_addresses=True)
        await hooked(store, without.url)
        await join(store, "ana@example.org", TUESDAY)
        await told(store, clock)
        assert with_.posted[0].told["data"]["email"] == "ana@example.org"
        assert "email" not in without.posted[0].told["data"]
        await flows.erase("ana@example.org", store=store, now=TUESDAY)
        await told(store, clock)
        # and it is told that somebody left, but not any more who that was
        assert with_.posted[1].told["data"] == {
            **with_.posted[0].told["data"],
            "before": "active",
            "standing": "left",
            "email": None,
        }
    assert "ana@" not in str(await all_rows(store))


async def test_readers_see_in_their_data_who_was_told_of_them(store: Database) -> None:
    async with listening() as receiver:
        await hooked(store, receiver.url, label="The shop")
        await join(store, "ana@example.org", TUESDAY)
        await join(store, "bo@example.org", TUESDAY)
        before = await my_data.all_of("ana@example.org", store=store)
        await told(store, Clock())
        after = await my_data.all_of("ana@example.org", store=store)
    assert before is not None
    assert after is not None
    assert before["told_to_others"] == []
    assert after["told_to_others"] == [
        {
            "newsletter": "daily",
            "program": "The shop",
            "host": "127.0.0.1",
            "what": "reader.joined",
            "with_address": False,
            "happened_at": TUESDAY,
            "told_at": TUESDAY,
        }
    ]


async def test_an_issue_is_told_of_when_it_is_settled(sqlite_store: Database, tmp_path: Path) -> None:
    store, clock = sqlite_store, Clock()
    async with listening() as receiver:
        await hooked(store, receiver.url, [EventKind.ISSUE_SENT])
        await publish_news(store, TUESDAY, item("Ports agree", "economy"))
        await join(store, "ana@example.org", TUESDAY)
        await publish_news(store, TUESDAY, item("Steel rises", "economy"))
        jobs = jobs_for(store, tmp_path, messenger=messenger(store, clock))
        await run(jobs, at(24, 7))
        await jobs.hand_over_all(asyncio.Event())
    (one,) = receiver.posted
    assert one.told["type"] == "issue.sent"
    assert one.told["data"] | {"issue": 0} == {
        "issue": 0,
        "newsletter": "daily",
        "kind": "scheduled",
        "status": "done",
        "subject": None,
        "due_at": "2026-11-24T07:00:00Z",
        "round": 1,
        "outcomes": {"sent": 1},
    }


async def test_an_import_is_told_reader_by_reader_and_its_undoing_too(store: Database) -> None:
    clock = Clock()
    async with listening() as receiver:
        await hooked(store, receiver.url, [EventKind.READER_JOINED])
        await join_many(store, 620, TUESDAY)
        assert (await told(store, clock)).taken == 620
        assert 1 < receiver.most_at_once <= 4
        # a second roster of the same readers brings nobody
        roster = "email\nreader0001@example.org\n"
        await import_roster(roster, store=store, now=TUESDAY, raw=True, dry_run=False)
        assert (await told(store, clock)).taken == 0
    assert len({one.told["data"]["subscription"] for one in receiver.posted}) == 620


async def test_what_is_removed_with_its_history_is_told_as_left(sqlite_store: Database) -> None:
    clock = Clock()
    async with listening() as receiver:
        await hooked(sqlite_store, receiver.url)
        ana = await join(sqlite_store, "ana@example.org", TUESDAY)
        async with sqlite_store.write() as connection:
            gone = [(ana.id, ana.newsletter_id, ana.standing)]
            await events.note_removed(connection, gone, TUESDAY)
        await told(sqlite_store, clock)
    assert sorted(receiver.types) == ["reader.joined", "reader.left"]


async def test_while_nobody_listens_nothing_is_kept(store: Database) -> None:
    await join(store, "ana@example.org", TUESDAY)
    async with listening() as receiver:
        hook = await hooked(store, receiver.url, [EventKind.ISSUE_SENT])
        await join(store, "bo@example.org", TUESDAY)
        off = WebhookEdit(kinds=EVERYTHING, is_on=False)
        await webhooks.edit_webhook(hook.id, off, by=PROGRAM, store=store, now=TUESDAY)
        await join(store, "cy@example.org", TUESDAY)
        on = WebhookEdit(is_on=True)
        await webhooks.edit_webhook(hook.id, on, by=PROGRAM, store=store, now=TUESDAY)
        await join(store, "di@example.org", TUESDAY)
        await told(store, Clock())
    di = await reader(store, "di@example.org")
    assert [one.told["data"]["subscription"] for one in receiver.posted] == [di.id]


async def test_a_change_that_is_rolled_back_is_not_told(store: Database) -> None:
    ana = await join(store, "ana@example.org", TUESDAY)
    async with listening() as receiver:
        await hooked(store, receiver.url)
        async with store.write() as connection:
            await reader_shelf.mark_bouncing(connection, ana.id, "no such user", TUESDAY)
            await connection.rollback()
        assert await told(store, Clock()) == Handed()
    assert receiver.posted == []


# --- keeping house ------------------------------------------------------------------------------------------


async def test_a_secret_is_changed_without_a_gap(sqlite_store: Database) -> None:
    store, clock = sqlite_store, Clock()
    async with listening() as receiver:
        old = await hooked(store, receiver.url)
        new = await webhooks.rotate_secret(old.id, by=PROGRAM, store=store, now=clock.now)
        assert new.secret != old.secret
        await join(store, "ana@example.org", TUESDAY)
        await told(store, clock)
        clock.now += timedelta(days=2)
        await join(store, "bo@example.org", TUESDAY)
        await told(store, clock)
    both, one = receiver.posted
    assert (is_signed(both, old.secret), is_signed(both, new.secret)) == (True, True)
    assert (is_signed(one, old.secret), is_signed(one, new.secret)) == (False, True)


async def test_secrets_and_paths_are_not_in_the_log_of_changes(sqlite_store: Database) -> None:
    url = "https://chat.example/hooks/T0/sesame"
    hook = await hooked(sqlite_store, url)
    await webhooks.rotate_secret(hook.id, by=PROGRAM, store=sqlite_store, now=TUESDAY)
    await webhooks.remove_webhook(hook.id, by=PROGRAM, store=sqlite_store, now=TUESDAY)
    async with sqlite_store.read() as connection:
        found = await changes.page(connection, kind="webhook")
    assert [one.act for one in found] == ["webhook.remove", "webhook.secret", "webhook.add"]
    assert "sesame" not in str(found)
    assert "whsec" not in str(found)


async def test_old_events_are_forgotten_with_all_that_was_noted_of_them(store: Database) -> None:
    async with listening() as receiver:
        await hooked(store, receiver.url)
        await join_many(store, 300, TUESDAY)
        await told(store, Clock())
        for days, left in ((0, 300), (1, 0)):
            now = TUESDAY + KEEP_EVENTS + timedelta(days=days)
            await tidy(store=store, now=now, keep_unconfirmed=timedelta(days=7))
            async with store.read() as connection:
                counts = [
                    (await connection.execute(select(func.count()).select_from(table))).scalar()
                    for table in (event_table, handovers)
                ]
            assert counts == [left, left]


async def test_there_are_only_so_many(sqlite_store: Database) -> None:
    for number in range(MOST_WEBHOOKS):
        await hooked(sqlite_store, f"https://shop{number}.example/")
    with pytest.raises(InputError, match="already"):
        await hooked(sqlite_store, "https://one-more.example/")


async def test_a_reader_who_is_gone_with_all_history_is_no_trouble(sqlite_store: Database) -> None:
    async with listening() as receiver:
        await hooked(sqlite_store, receiver.url, with_addresses=True)
        await join(sqlite_store, "ana@example.org", TUESDAY)
        async with sqlite_store.write() as connection:
            await connection.execute(delete(standing_changes))
        assert await told(sqlite_store, Clock()) == Handed()
