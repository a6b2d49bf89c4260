"""Rosters that are taken in beside all other work: one that cannot go on holds up nothing and nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from digest.core.access import Actor, Via
from digest.core.importing import ImportStatus
from digest.errors import PassingStoreError
from digest.flows import import_work, importing
from digest.flows.edit_topics import remove_topic
from digest.flows.exports_at_desk import hand_over_export, name_labels
from digest.ingest.exports import read_export
from digest.jobs.seldom import Rosters
from digest.store.database import Database
from digest.store.imports import Import
from subscribers import store as shelf
from tests.flows.newsroom import TUESDAY
from tests.ingest.exported import audience

pytestmark = pytest.mark.anyio

ANNA = Actor("Anna", Via.DESK)
BASIS = "They subscribed on our old site."


async def roster(store: Database, address: str) -> int:
    number = await importing.hand_over(f"email\n{address}\n", raw=False, by=ANNA, store=store, now=TUESDAY)
    await importing.name_columns(
        number, ["email"], newsletter="daily", basis=BASIS, by=ANNA, store=store, now=TUESDAY
    )
    return number


async def export_whose_topic_goes(store: Database) -> int:
    """Its labels are named, and then the topic is removed that one of them is."""
    export = read_export(audience(), source="audience.zip")
    number = await hand_over_export(export, by=ANNA, store=store, now=TUESDAY)
    await say_labels(store, number, "Topics: Economy=topic:economy")
    await remove_topic("economy", store=store, now=TUESDAY)
    return number


async def say_labels(store: Database, number: int, *mapping: str) -> None:
    said: dict[str, Any] = {"newsletter": "daily", "unconfirmed": "leave", "update": False, "basis": BASIS}
    await name_labels(number, mapping, **said, by=ANNA, store=store, now=TUESDAY)


async def found(store: Database, number: int) -> Import:
    async with store.read() as connection:
        return await importing.require(connection, number)


async def work(rosters: Rosters) -> int:
    return await rosters.work(TUESDAY, asyncio.Event())


async def test_what_its_labels_named_is_gone_and_a_person_is_asked_again(sqlite_store: Database) -> None:
    first = await export_whose_topic_goes(sqlite_store)
    second = await roster(sqlite_store, "ann@example.org")
    rosters = Rosters(sqlite_store)
    with capture_logs() as told:
        assert await work(rosters) == 1
    assert [line["number"] for line in told if line["event"] == "an import has to be looked at again"] == [
        first
    ]
    assert (await found(sqlite_store, second)).status is ImportStatus.REHEARSED
    one = await found(sqlite_store, first)
    assert one.status is ImportStatus.HANDED_OVER
    assert one.export is not None
    assert (
        "could not be tried: 'topic:economy' is neither a topic nor a newsletter" in one.export["cautions"][0]
    )
    # once more, and it is tried
    await say_labels(sqlite_store, first, "Topics: Economy=topic:energy")
    assert await work(rosters) > 0
    assert (await found(sqlite_store, first)).status is ImportStatus.REHEARSED


async def test_one_that_fails_rests_longer_and_longer_while_others_go_on(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await roster(sqlite_store, "ann@example.org")
    whole, tried = import_work.work_on, []

    async def fails(one: Import, **given: Any) -> int:
        if one.id == broken:
            tried.append(seconds[0])
            raise KeyError("economy")
        return await whole(one, **given)

    monkeypatch.setattr(import_work, "work_on", fails)
    seconds = [0.0]
    rosters = Rosters(sqlite_store, clock=lambda: seconds[0])
    with capture_logs() as told:
        for turn in range(400):
            seconds[0] = turn * 30.0
            await work(rosters)
    assert tried == [0.0, 60.0, 180.0, 420.0, 900.0, 1860.0, 3780.0, 7380.0, 10980.0]
    assert [line["error"] for line in told] == ["KeyError: 'economy'"] * len(tried)
    other = await roster(sqlite_store, "bob@example.org")
    assert await work(rosters) == 1
    assert (await found(sqlite_store, other)).status is ImportStatus.REHEARSED
    # when it goes on, that is forgotten
    monkeypatch.undo()
    seconds[0] += 3600
    assert await work(rosters) == 1
    assert (await found(sqlite_store, broken)).status is ImportStatus.REHEARSED


async def test_of_what_was_taken_in_part_nothing_is_asked_again(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await roster(sqlite_store, "ann@example.org")
    rosters = Rosters(sqlite_store)
    await work(rosters)
    await importing.take(number, by=ANNA, store=sqlite_store, now=TUESDAY)
    one = await found(sqlite_store, number)
    assert not await import_work.ask_again(one, "gone", store=sqlite_store, now=TUESDAY)
    assert (await found(sqlite_store, number)).status is ImportStatus.TAKING
    await work(rosters)
    async with sqlite_store.read() as connection:
        assert await shelf.count_by_standing(connection) == {"active": 1}


async def test_a_store_that_is_away_is_no_fault_of_a_roster(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await roster(sqlite_store, "ann@example.org")

    async def away(*_given: Any, **_named: Any) -> int:
        raise PassingStoreError("the store is locked")

    with monkeypatch.context() as patched:
        patched.setattr(import_work, "work_on", away)
        rosters = Rosters(sqlite_store)
        with pytest.raises(PassingStoreError):
            await work(rosters)
    assert await work(rosters) == 1
