"""An address that was entered and never confirmed is forgotten; who read before is gone again, no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from digest.core.limits import BY_NETWORK
from digest.core.notices import NoticeKind
from digest.flows import confirming, readers
from digest.flows.sign_up import sign_up
from digest.flows.tidy import NOT_CONFIRMED, TOGETHER, Tidied, tidy
from digest.store.database import Database
from digest.store.tables import attempts, metadata
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, join
from tests.flows.post_office import all_notices
from tests.flows.test_forgetting import everything_in
from tests.flows.test_sign_up import ANA, entered, mine
from tests.web.visiting import history

pytestmark = pytest.mark.anyio

MONTH = timedelta(days=30)


async def tidied(store: Database, after: timedelta) -> Tidied:
    return await tidy(store=store, now=TUESDAY + after, keep_unconfirmed=MONTH)


async def test_nobody_is_forgotten_before_the_time(store: Database) -> None:
    await sign_up(entered(), store=store, now=TUESDAY)
    assert await tidied(store, MONTH) == Tidied()
    assert len(await mine(store)) == 1


async def test_an_address_that_was_never_confirmed_stands_nowhere_any_more(store: Database) -> None:
    await join(store, "bo@example.org", TUESDAY)
    await sign_up(entered(name="Ana Quist"), store=store, now=TUESDAY)
    assert await tidied(store, MONTH + timedelta(seconds=1)) == Tidied(removed=1)
    left = await everything_in(store)
    assert "ana@" not in left
    assert "Quist" not in left
    assert "192.0.2" not in left
    assert "bo@example.org" in left
    # what was asked is still counted
    (question,) = await all_notices(store, kind=NoticeKind.CONFIRM)
    assert (question.address, question.subscription_id) == ("", None)
    assert await tidied(store, MONTH + timedelta(days=1)) == Tidied()


async def test_asking_again_begins_the_time_anew(store: Database) -> None:
    await sign_up(entered(), store=store, now=TUESDAY)
    await sign_up(entered(), store=store, now=TUESDAY + timedelta(days=20))
    assert await tidied(store, timedelta(days=40)) == Tidied()
    assert await tidied(store, timedelta(days=51)) == Tidied(removed=1)


async def test_who_confirmed_stays(store: Database) -> None:
    await sign_up(entered(), store=store, now=TUESDAY)
    await confirming.confirm(1, seen_from="x", store=store, now=TUESDAY)
    assert await tidied(store, timedelta(days=400)) == Tidied()
    assert [one.standing for one in await mine(store)] == [Standing.ACTIVE]


async def test_who_read_before_and_did_not_confirm_the_return_is_gone_again(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    await readers.unsubscribe(ANA, None, reason="enough", store=store, now=TUESDAY)
    # by an admin, who leaves the word to the reader
    await join(store, ANA, TUESDAY, confirmed=False)
    assert [one.standing for one in await mine(store)] == [Standing.PENDING]
    assert await tidied(store, MONTH + timedelta(days=1)) == Tidied(left=1)
    (gone,) = await mine(store)
    assert (gone.id, gone.standing) == (ana.id, Standing.LEFT)
    assert (await history(store, gone))[-1] == ("pending", "left", NOT_CONFIRMED)


async def test_more_than_fit_in_one_transaction_are_forgotten_too(sqlite_store: Database) -> None:
    for number in range(TOGETHER + 20):
        new = entered(f"r{number}@p{number % 50}.example", seen_from=f"10.{number // 200}.{number % 200}.1")
        await sign_up(new, store=sqlite_store, now=TUESDAY)
    assert await tidied(sqlite_store, timedelta(days=31)) == Tidied(removed=TOGETHER + 20)
    async with sqlite_store.read() as connection:
        for name in ("subscriptions", "subscribers", "consents", "standing_changes", "attempts"):
            count = select(func.count()).select_from(metadata.tables[name])
            assert (await connection.execute(count)).scalar_one() == 0, name


async def test_counts_of_what_is_over_are_forgotten(store: Database) -> None:
    await sign_up(entered(), store=store, now=TUESDAY)
    for after, kept in ((timedelta(minutes=30), 4), (timedelta(hours=2), 2), (timedelta(days=2), 0)):
        await tidied(store, after)
        async with store.read() as connection:
            found = (await connection.execute(select(func.count()).select_from(attempts))).scalar_one()
        assert found == kept, (after, BY_NETWORK)
