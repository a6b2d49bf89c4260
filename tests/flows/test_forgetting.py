"""Who is erased stands nowhere any more: no table, no byte of the file; only that nobody may write there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from digest.core.model import DeliveryStatus, Verdict
from digest.errors import InputError, NotFoundError
from digest.flows import readers
from digest.store import deliveries
from digest.store.database import Database
from digest.store.deliveries import Recorded
from digest.store.tables import metadata
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import (
    TUESDAY,
    at,
    claim_all,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
    wishes,
)

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"


async def everything_in(store: Database) -> str:
    """All rows of all tables as text."""
    found = []
    async with store.read() as connection:
        for table in metadata.sorted_tables:
            found += [repr(tuple(row)) for row in await connection.execute(select(table))]
    return "\n".join(found)


async def sent_and_bounced(store: Database) -> None:
    """A reader with a history, of whom a server spoke by name."""
    ann = await join(store, "Ann.Quist@example.org", TUESDAY, name="Ann Quist")
    await readers.edit(
        "ann.quist@example.org", None, wishes(), store=store, now=TUESDAY, new_address="a.quist@example.org"
    )
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    claim = await claim_all(store, at(24, 7))
    words = "550 5.1.1 <a.quist@example.org>: user unknown (at rcpt)"
    verdict = Verdict(DeliveryStatus.REFUSED, "no-such-address", words, hard_bounce=True)
    async with store.write() as connection:
        hers = [copy for copy in claim.copies if copy.subscription_id == ann.id]
        results = [Recorded(copy.delivery_id, verdict) for copy in hers]
        await deliveries.record(connection, "sender", results, at(24, 7))
    assert (await reader(store, "a.quist@example.org")).standing is Standing.BOUNCING


async def test_who_is_erased_stands_in_no_table_any_more(store: Database) -> None:
    await sent_and_bounced(store)
    assert "quist" in (await everything_in(store)).lower()
    await readers.erase("A.Quist@example.org", store=store, now=at(24, 8))
    assert "quist" not in (await everything_in(store)).lower()
    (copy,) = await copies(store)
    assert (copy.address, copy.status, copy.reason) == (None, DeliveryStatus.REFUSED, "no-such-address")
    async with store.read() as connection:
        assert await shelf.subscription_by_id(connection, copy.subscription_id) is None


async def test_who_is_erased_is_in_no_byte_of_the_files_any_more(sqlite_store: Database) -> None:
    for number in range(30):
        await join(sqlite_store, f"reader{number}@example.org", TUESDAY, name=f"Reader {number}")
    await sent_and_bounced(sqlite_store)
    await readers.erase("a.quist@example.org", store=sqlite_store, now=at(24, 8))
    assert sqlite_store.url.database
    files = list(Path(sqlite_store.url.database).parent.glob(f"{Path(sqlite_store.url.database).name}*"))
    assert files
    for file in files:
        assert b"quist" not in file.read_bytes().lower()
        if not file.name.endswith(("-wal", "-shm")):
            assert b"reader7@example.org" in file.read_bytes()


async def test_who_is_erased_cannot_come_back_by_mistake(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await readers.erase(ANN, store=store, now=at(24, 8))
    with pytest.raises(InputError, match=r"must not be written to \(erased\): only its reader can lift that"):
        await join(store, "Ann@Example.ORG", at(24, 9))
    await join(store, "bob@example.org", at(24, 9))
    with pytest.raises(InputError, match="must not be written to"):
        await readers.edit(
            "bob@example.org", None, wishes(), store=store, now=at(24, 9), new_address="ann@example.org"
        )
    with pytest.raises(NotFoundError):
        await readers.erase(ANN, store=store, now=at(24, 9))


async def test_a_copy_on_its_way_to_who_is_erased_is_skipped(store: Database) -> None:
    await join(store, ANN, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs"))
    await plan_all(store, at(24, 7))
    await readers.erase(ANN, store=store, now=at(24, 7))
    claim = await claim_all(store, at(24, 7))
    assert (claim.copies, claim.skipped) == ((), {"left": 1})
