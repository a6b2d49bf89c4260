"""The index of readers: in step with every change, and after an erasure without a trace of who is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from digest.flows import readers
from digest.flows.tidy import tidy
from digest.store import listed, reader_words
from digest.store.database import Database
from digest.store.listed import Wanted
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, at, join

pytestmark = pytest.mark.anyio

#: No other word of a store has these signs in a row.
RARE = "qzxwvk"
RARE_GRAMS = [RARE[place : place + 3].encode() for place in range(len(RARE) - 2)]


async def found(store: Database, part: str) -> list[int]:
    async with store.read() as connection:
        ids, _ = await reader_words.matching(connection, part, before=2**31 - 1, count=50)
    return ids


async def index_holds(store: Database) -> bool:
    async with store.read() as connection:
        blocks = (await connection.execute(text("SELECT block FROM reader_words_data"))).scalars()
        return any(gram in bytes(block) for block in blocks for gram in RARE_GRAMS)


async def test_names_and_addresses_are_found_as_they_are_now(store: Database) -> None:
    ana = await join(store, "ana@example.org", TUESDAY, name="Ana Silva")
    assert await found(store, "SILVA") == await found(store, "a@exam") == [ana.subscriber_id]
    async with store.write() as connection:
        await shelf.set_identity(connection, ana.subscriber_id, address="reis@example.org", name="Ana Reis")
    assert await found(store, "silva") == await found(store, "ana@") == []
    assert await found(store, "reis@") == [ana.subscriber_id]


async def test_what_has_the_same_words_in_another_order_is_not_found(store: Database) -> None:
    await join(store, "abcd.bcde@example.org", TUESDAY)
    assert await found(store, "abcde") == []
    assert len(await found(store, "abcd.b")) == 1


@pytest.mark.parametrize("part", ["%", "_", '"', "\\", "'", "a'b", '"a" OR "b"', "ana*", "{a,b}", "\\\\x"])
async def test_no_sign_has_a_meaning_of_its_own(store: Database, part: str) -> None:
    await join(store, "ana@example.org", TUESDAY, name="Ana")
    assert await found(store, part) == []


async def test_an_erasure_leaves_no_part_of_a_name_in_the_index(sqlite_store: Database) -> None:
    for number in range(40):
        await join(sqlite_store, f"reader{number}@example.org", TUESDAY)
    await join(sqlite_store, f"{RARE}@example.org", TUESDAY)
    assert await index_holds(sqlite_store)
    await readers.erase(f"{RARE}@example.org", store=sqlite_store, now=TUESDAY)
    assert not await index_holds(sqlite_store)
    assert len(await found(sqlite_store, "reader")) == 40


async def test_an_address_that_was_changed_is_overwritten_by_who_tidies_up(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, f"{RARE}@example.org", TUESDAY)
    await join(sqlite_store, "bo@example.org", TUESDAY)
    async with sqlite_store.write() as connection:
        await shelf.set_identity(connection, ana.subscriber_id, address="ana@example.org")
    async with sqlite_store.read() as connection:
        assert await reader_words.is_unclean(connection)
    await tidy(store=sqlite_store, now=at(25, 6), keep_unconfirmed=timedelta(days=30))
    assert not await index_holds(sqlite_store)
    async with sqlite_store.read() as connection:
        assert not await reader_words.is_unclean(connection)


@pytest.mark.parametrize("few", [0, 1000])
async def test_few_and_many_who_want_something_are_listed_alike(
    store: Database, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "_FEW", few)
    monkeypatch.setattr(listed, "_LOOKED_THROUGH", 4)
    wanted = []
    for number in range(14):
        topic = ("energy", "economy", "all")[number % 3]
        one = await join(store, f"reader{number}@example.org", TUESDAY, topics=topic)
        if topic != "economy":
            wanted.append(one.subscriber_id)
    await readers.pause("reader0@example.org", None, until=None, catch_up=True, store=store, now=TUESDAY)
    seen: list[int] = []
    before: int | None = listed.FROM_THE_NEWEST
    while before is not None:
        async with store.read() as connection:
            ids, before = await listed.page_of_ids(
                connection,
                Wanted(topic="energy", standing=Standing.ACTIVE),
                before=before,
                count=3,
            )
        seen += ids
    assert seen == sorted(wanted, reverse=True)[:-1]
