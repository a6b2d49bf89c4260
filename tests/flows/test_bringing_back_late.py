"""What was taken back and comes out again when a long time has passed, and copies have no rows any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.flows import edit_briefing
from digest.flows.correcting import Word
from digest.flows.deep_look import deep_look
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, mark_sent, plan_all, publish_news, reader
from tests.flows.old_issues import ANN, BOB, LATER, rows_of, settle, shrunk

pytestmark = pytest.mark.anyio


async def test_whom_a_bound_copy_brought_it_is_not_owed_it_for_an_older_one(store: Database) -> None:
    for address in (ANN, BOB):
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Ports", "economy"))
    await plan_all(store, at(24, 7))
    await edit_briefing.retract(1, Word(), store=store, now=at(24, 7))
    await mark_sent(store, ANN, at(24, 7))
    await edit_briefing.publish(1, store=store, now=at(24, 8))
    await plan_all(store, at(25, 7))
    await settle(store, 2, sent_at=at(25, 7))
    await publish_news(store, LATER - timedelta(hours=3), item("Exports", "economy"))
    await plan_all(store, LATER - timedelta(hours=1))
    await settle(store, 3, sent_at=LATER)
    # a copy of the first issue has waited all the time
    await shrunk(store)
    assert [await rows_of(store, issue) for issue in (1, 2, 3)] == [2, 0, 2]
    await edit_briefing.retract(1, store=store, now=LATER)
    await edit_briefing.publish(1, store=store, now=LATER)
    assert not (await reader(store, ANN)).bookmark.is_new(1)
    assert (await deep_look(store=store)).differences == ()
