"""A copy names an issue, a cohort and a reader that are there, on both kinds of store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from digest.flows.sign_up import sign_up
from digest.flows.tidy import Tidied, tidy
from digest.store.database import Database
from digest.store.planning import DELIVERY_NAMES
from digest.store.tables import cohorts, deliveries, issues
from subscribers import store as shelf
from subscribers import together, unconfirmed
from subscribers.model import Standing
from subscribers.tables import subscriptions
from tests.flows.newsroom import TUESDAY, add_newsletter, at, item, join, join_many, plan_all, publish_news
from tests.flows.test_sign_up import ANA, entered, mine
from tests.store.test_two_at_once import one_after_the_other

pytestmark = pytest.mark.anyio

MONTH = timedelta(days=30)
NOWHERE = 987_654


async def planned(store: Database) -> None:
    """Issue 1, cohort 1, and a copy each for readers 1 to 3."""
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await join_many(store, 3, TUESDAY)
    await plan_all(store, at(24, 7))


async def count(store: Database) -> int:
    async with store.read() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(deliveries))).scalar_one()
        return found


@pytest.mark.parametrize("column", ["issue_id", "cohort_id", "subscription_id"])
async def test_a_copy_that_names_what_is_not_there_is_refused(store: Database, column: str) -> None:
    await planned(store)
    async with store.write() as connection:
        await connection.execute(delete(deliveries).where(deliveries.c.id == 3))
    row = {"issue_id": 1, "cohort_id": 1, "subscription_id": 3, "status": "planned"}
    with pytest.raises(IntegrityError):
        async with store.write() as connection:
            await connection.execute(insert(deliveries).values({**row, column: NOWHERE}))
    assert await count(store) == 2
    async with store.write() as connection:
        await connection.execute(insert(deliveries).values(row))
    assert await count(store) == 3


async def test_one_wrong_copy_among_many_takes_them_all_back(store: Database) -> None:
    await planned(store)
    async with store.write() as connection:
        await connection.execute(delete(deliveries))
    mine = subscriptions.c.id
    reader: Any = func.coalesce(func.nullif(mine, 2), NOWHERE)
    words = [literal(1), literal(1), reader, literal("planned"), literal(""), literal("")]
    copies = select(*words, literal(0), literal(0), literal(0)).where(mine <= 3)
    with pytest.raises(IntegrityError):
        async with store.write() as connection:
            await connection.execute(insert(deliveries).from_select(DELIVERY_NAMES, copies))
    assert await count(store) == 0


async def test_a_copy_is_of_a_cohort_of_its_own_issue(postgres_store: Database) -> None:
    await planned(postgres_store)
    await publish_news(postgres_store, at(24, 8), item("Solar", "energy"))
    await plan_all(postgres_store, at(25, 7))
    async with postgres_store.write() as connection:
        await connection.execute(delete(deliveries).where(deliveries.c.issue_id == 2))
    row = {"issue_id": 2, "cohort_id": 1, "subscription_id": 1, "status": "planned"}
    with pytest.raises(IntegrityError, match="cohort 1, which is none of its issue"):
        async with postgres_store.write() as connection:
            await connection.execute(insert(deliveries).values(row))


@pytest.mark.parametrize("column", ["issue_id", "cohort_id", "subscription_id"])
async def test_a_copy_is_not_given_to_what_is_not_there(store: Database, column: str) -> None:
    await planned(store)
    with pytest.raises(IntegrityError):
        async with store.write() as connection:
            await connection.execute(update(deliveries).values({column: NOWHERE}))


@pytest.mark.parametrize("table", [issues, cohorts, subscriptions], ids=lambda table: table.name)
async def test_what_copies_name_cannot_be_removed(store: Database, table: Any) -> None:
    await planned(store)
    with pytest.raises(IntegrityError):
        async with store.write() as connection:
            await connection.execute(delete(table).where(table.c.id == 1))
    assert await count(store) == 3


async def test_a_reader_without_copies_can_be_removed_though_others_have_some(store: Database) -> None:
    await planned(store)
    await add_newsletter(store, "weekly")
    dora = await join(store, "dora@example.org", TUESDAY)
    async with store.write() as connection:
        await together.subscriptions_by_id(connection, [dora.id])
        await unconfirmed.remove(connection, [dora.id])
    async with store.read() as connection:
        assert await shelf.subscription_by_id(connection, dora.id) is None
    assert await count(store) == 3


async def test_who_says_yes_while_the_unconfirmed_are_forgotten_is_a_reader(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    await sign_up(entered(), store=postgres_store, now=TUESDAY)
    forgetting = tidy(store=second_postgres_store, now=TUESDAY + 2 * MONTH, keep_unconfirmed=MONTH)

    async def say_yes(connection: Any) -> None:
        (ana,) = await together.subscriptions_among(connection, [ANA])
        await shelf.save(connection, replace(ana, standing=Standing.ACTIVE))
        await shelf.note_standing(connection, ana.id, ana.standing, Standing.ACTIVE, "yes", TUESDAY)

    assert await one_after_the_other(postgres_store, say_yes, forgetting) == Tidied()
    assert [one.standing for one in await mine(postgres_store)] == [Standing.ACTIVE]
