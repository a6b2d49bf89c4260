"""What a person has sent again is sent again, however long ago it was planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus, Verdict
from digest.flows import settling
from digest.store import deliveries
from digest.store.database import Database
from digest.store.deliveries import Recorded
from tests.flows.newsroom import TUESDAY, at, change_newsletter, claim_all, copies, item, join, publish_news
from tests.flows.newsroom import plan_all as plan
from tests.jobs.office import jobs_for, run

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"
#: Two hours after copies of the issue were to be given up.
LATER = at(24, 15)


async def came_to(store: Database, status: DeliveryStatus, reason: str) -> int:
    """Ann's first issue, given up after six hours, came to this at once; her copy."""
    await change_newsletter(store, give_up_minutes=360)
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan(store, at(24, 7))
    (copy,) = (await claim_all(store, at(24, 7))).copies
    async with store.write() as connection:
        results = [Recorded(copy.delivery_id, Verdict(status, reason))]
        await deliveries.record(connection, "sender", results, at(24, 7))
    return copy.delivery_id


async def fate(store: Database) -> str:
    (copy,) = await copies(store)
    return copy.status


@pytest.mark.parametrize("one_by_one", [True, False], ids=["a copy", "all of an issue"])
async def test_a_refused_copy_is_tried_again_after_its_time(
    store: Database, tmp_path: Path, one_by_one: bool
) -> None:
    mine = await came_to(store, DeliveryStatus.REFUSED, "policy")
    if one_by_one:
        await settling.retry([mine], by=PROGRAM, store=store, now=LATER)
    else:
        await settling.retry_refused(1, by=PROGRAM, store=store, now=LATER)
    report = await run(jobs_for(store, tmp_path), LATER)
    assert (report.totals.sent, await fate(store)) == (1, DeliveryStatus.SENT)


async def test_a_copy_that_did_not_arrive_is_sent_again_after_its_time(
    store: Database, tmp_path: Path
) -> None:
    mine = await came_to(store, DeliveryStatus.UNCERTAIN, "interrupted")
    await settling.resolve(mine, was_sent=False, by=PROGRAM, store=store, now=LATER)
    report = await run(jobs_for(store, tmp_path, resend_uncertain=False), LATER)
    assert (report.totals.sent, await fate(store)) == (1, DeliveryStatus.SENT)


async def test_it_gets_no_longer_than_a_new_one(store: Database, tmp_path: Path) -> None:
    mine = await came_to(store, DeliveryStatus.REFUSED, "policy")
    await settling.retry([mine], by=PROGRAM, store=store, now=at(24, 8))
    assert (await run(jobs_for(store, tmp_path), LATER)).totals.expired == 1
    assert await fate(store) == DeliveryStatus.EXPIRED
