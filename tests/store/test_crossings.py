"""Two whose ways cross on PostgreSQL: they wait in no circle, and neither misses what the other does."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.model import Group
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.deep_look import deep_look
from digest.store import one_offs
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, copies, item, join, publish_news

pytestmark = pytest.mark.anyio


async def test_who_comes_in_while_a_one_off_is_planned_for_all_is_counted_with_them(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_news(postgres_store, TUESDAY, item("Tariffs", "economy"))
    await join(postgres_store, "ann@example.org", TUESDAY)
    counted = one_offs.groups

    async def counted_before_bo_comes(*asked: Any) -> tuple[Group, ...]:
        found = await counted(*asked)
        await join(second_postgres_store, "bo@example.org", TUESDAY)
        return found

    monkeypatch.setattr(one_offs, "groups", counted_before_bo_comes)
    await plan_by_hand(OneOff("daily"), store=postgres_store, now=TUESDAY)
    assert [copy.numbers for copy in await copies(postgres_store)] == [(1,), (1,)]
    assert (await deep_look(store=postgres_store)).differences == ()
