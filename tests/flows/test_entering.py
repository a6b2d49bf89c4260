"""One address comes in by several ways at once: it is one reader, and whoever is second is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from digest.errors import InputError
from digest.flows import readers
from digest.flows.rosters import import_roster
from digest.flows.sign_up import sign_up
from digest.store.database import Database
from subscribers.wishes import Wishes
from tests.flows.newsroom import TUESDAY, add_newsletter, join
from tests.flows.test_sign_up import ANA, entered, mine

pytestmark = pytest.mark.anyio


async def all_at_once(*works: Coroutine[Any, Any, Any]) -> int:
    """How many were refused; whatever else goes wrong is raised."""
    found = await asyncio.gather(*works, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, InputError):
            raise one
    return sum(isinstance(one, InputError) for one in found)


async def test_an_address_that_is_added_several_times_at_once_is_one_reader(
    store: Database, second_store: Database
) -> None:
    await add_newsletter(store, "weekly")
    papers = ["daily", "weekly", "daily", "weekly"]
    stores = [store, second_store, second_store, store]
    refused = await all_at_once(
        *(join(one, ANA, TUESDAY, newsletter=paper) for one, paper in zip(stores, papers, strict=True))
    )
    assert refused == 2
    assert len({one.subscriber_id for one in await mine(store)}) == 1
    assert len(await mine(store)) == 2


async def test_an_address_comes_by_a_form_a_roster_and_the_desk_at_once(
    store: Database, second_store: Database
) -> None:
    roster = f"email\nbo@example.org\n{ANA}\n"
    await all_at_once(
        import_roster(roster, store=store, now=TUESDAY, raw=True, dry_run=False),
        sign_up(entered(), store=second_store, now=TUESDAY),
        join(second_store, ANA, TUESDAY),
        import_roster(roster, store=second_store, now=TUESDAY, raw=True, dry_run=False),
    )
    assert len(await mine(store)) == 1
    assert len(await mine(store, "bo@example.org")) == 1


async def test_readers_who_take_one_address_at_once(store: Database, second_store: Database) -> None:
    addresses = [f"reader{number}@example.org" for number in range(8)]
    for address in addresses:
        await join(store, address, TUESDAY)

    async def move(one: Database, address: str) -> None:
        await readers.edit(address, None, Wishes(), store=one, now=TUESDAY, new_address=ANA)

    stores = [store, second_store] * 4
    refused = await all_at_once(*(move(one, who) for one, who in zip(stores, addresses, strict=True)))
    assert refused == 7
    assert len(await mine(store)) == 1
