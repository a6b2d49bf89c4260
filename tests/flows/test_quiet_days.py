"""A newsletter does not come on its quiet days, and what is new comes with the next issue."""

from __future__ import annotations

from datetime import date

import pytest

from digest.core.quiet import QuietDay
from digest.flows.explain import explain
from digest.flows.overview import overview
from digest.flows.preview import next_due
from digest.flows.publish import due_slots
from digest.flows.today import Counted, today
from digest.store import newsletters
from digest.store.database import Database
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.test_publish import first_days

pytestmark = pytest.mark.anyio
WEDNESDAY = (QuietDay(date(2026, 11, 25), "Harbour Day"),)


async def test_an_issue_that_does_not_come_is_made_up_for_by_the_next_one(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await change_newsletter(store, quiet_days=WEDNESDAY)
    await publish_news(store, at(24, 12), item("Boats", "economy"))
    assert await due_slots(store=store, now=at(25, 23)) == ()
    await publish_news(store, at(25, 12), item("Nets", "economy"))
    (planned,) = await plan_all(store, at(26, 7))
    assert await carried(store, "ann@example.org") == [(1,), (3, 2)]
    # the reader is told that the copy is of both days
    assert await first_days(store, planned.issue_id) == [date(2026, 11, 25)]


async def test_a_day_that_becomes_quiet_after_its_issue_repeats_nothing(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(25, 7))
    await change_newsletter(store, quiet_days=WEDNESDAY)
    assert await plan_all(store, at(25, 9)) == []
    await change_newsletter(store, quiet_days=())
    assert await plan_all(store, at(25, 10)) == []
    assert await carried(store, "ann@example.org") == [(1,)]


async def test_a_day_that_is_not_quiet_any_more_is_owed_at_once(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
    await change_newsletter(store, quiet_days=WEDNESDAY)
    assert await plan_all(store, at(25, 9)) == []
    await change_newsletter(store, quiet_days=())
    (planned,) = await plan_all(store, at(25, 10))
    assert planned.skipped == {"nothing-new": 1}


async def test_news_at_once_waits_for_the_end_of_the_readers_own_day(store: Database) -> None:
    await change_newsletter(store, quiet_days=WEDNESDAY)
    await join(store, "ann@example.org", TUESDAY, at_once="yes", timezone="Asia/Tokyo")
    await publish_news(store, at(24, 16), item("Tariffs", "economy"))
    assert await plan_all(store, at(24, 16)) == []
    ann = await reader(store, "ann@example.org")
    async with store.read() as connection:
        newsletter = await newsletters.by_id(connection, ann.newsletter_id)
    assert next_due(ann, newsletter, 1, at(24, 16)) == at(25, 15)
    assert next_due(ann, newsletter, 1, at(25, 15)) is None
    await plan_all(store, at(25, 15))
    assert [one.numbers for one in await copies(store)] == [(1,)]


async def test_what_is_said_of_the_next_issue_knows_quiet_days(store: Database) -> None:
    await change_newsletter(store, quiet_days=WEDNESDAY)
    await join(store, "ann@example.org", at(24, 8))
    await publish_news(store, at(24, 9), item("Tariffs", "economy"))
    (why,) = await explain("ann@example.org", 1, store=store, now=at(24, 10))
    assert why.next_slot == at(26, 7)
    seen = await overview(store=store, now=at(24, 10))
    assert [(one.due_at, one.passed_over) for one in seen.upcoming] == [(at(26, 7), WEDNESDAY)]
    found = await today(store=store, now=at(24, 10), counted=Counted())
    assert [(one.due_at, one.quiet, one.instead_at) for one in found.coming] == [
        (at(25, 7), "Harbour Day", at(26, 7)),
        (at(26, 7), "", None),
    ]
