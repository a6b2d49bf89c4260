"""Many readers are planned some at a time, and it comes to the same: nobody waits for long meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from digest.core.model import DueSlot, IssueStatus
from digest.flows import readers
from digest.flows.publish import Memory, Planned, due_slots, publish, publish_some
from digest.store import issues
from digest.store.database import Database
from digest.store.tables import cohorts, deliveries
from tests.flows.newsroom import TUESDAY, at, copies, item, join, publish_news
from tests.stores import Lent
from tests.tiers import first_of

pytestmark = pytest.mark.anyio

NOW = at(24, 7)
#: Seven wishes, of one to seven readers.
CHOICES = ("economy", "energy", "society", "general", "economy,energy", "energy,society", "all")


async def with_readers(store: Database) -> DueSlot:
    """28 readers of seven profiles, all due at once, of whom some get nothing."""
    for count, topics in enumerate(CHOICES, start=1):
        for number in range(count):
            await join(store, f"reader{count}-{number}@example.org", TUESDAY, topics=topics)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    (due,) = await due_slots(store=store, now=NOW)
    return due


async def piece_by_piece(store: Database, due: DueSlot, at_most: int) -> list[Planned]:
    pieces, memory = [], Memory()
    while (one := await publish_some(due, store=store, now=NOW, memory=memory, at_most=at_most)) is not None:
        pieces.append(one)
        if not one.goes_on:
            break
    return pieces


async def rows(store: Database) -> list[tuple[Any, ...]]:
    """What each reader gets, or why not; ids and rounds apart."""
    async with store.read() as connection:
        mine, its = deliveries.c, cohorts.c
        query = select(mine.subscription_id, mine.status, mine.reason, its.profile_id, its.groups)
        found = await connection.execute(query.join(cohorts, its.id == mine.cohort_id))
        return sorted(tuple(map(str, row)) for row in found)


@pytest.mark.parametrize("at_most", first_of([1, 6, 28, 5, 13, 27, 1000], 3))
async def test_in_pieces_everybody_gets_what_they_would_get_at_once(
    store: Database, lent: Lent, at_most: int
) -> None:
    due = await with_readers(store)
    pieces = await piece_by_piece(store, due, at_most)
    async with lent("sqlite") as other:
        whole = await publish(await with_readers(other), store=other, now=NOW)
        assert whole is not None
        assert await rows(store) == await rows(other)
    assert {one.issue_id for one in pieces} == {1}
    assert [one.round for one in pieces] == list(range(1, len(pieces) + 1))
    assert [one.goes_on for one in pieces] == [True] * (len(pieces) - 1) + [False]
    together = pieces[0]
    for one in pieces[1:]:
        together = together.with_more(one)
    assert (together.copies, together.skipped) == (whole.copies, whole.skipped)
    assert all(one.copies + sum(one.skipped.values()) <= max(at_most, 7) for one in pieces)
    assert await due_slots(store=store, now=NOW) == ()


async def test_an_issue_is_not_closed_between_its_pieces_though_nobody_gets_a_copy_of_the_first(
    store: Database,
) -> None:
    await join(store, "ann@example.org", TUESDAY, topics="society")
    await join(store, "bob@example.org", TUESDAY, topics="economy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    (due,) = await due_slots(store=store, now=NOW)
    first = await publish_some(due, store=store, now=NOW, at_most=1)
    assert first is not None
    assert (first.copies, first.goes_on) == (0, True)
    async with store.read() as connection:
        found = await issues.by_id(connection, 1)
    assert found is not None
    assert found.status is IssueStatus.SENDING
    # whoever planned that is gone, and another one goes on
    (due,) = await due_slots(store=store, now=NOW)
    second = await publish_some(due, store=store, now=NOW, at_most=1)
    assert second is not None
    assert (second.copies, second.goes_on) == (1, False)


async def test_who_leaves_between_two_pieces_has_left_before_the_issue(store: Database) -> None:
    due = await with_readers(store)
    first = await publish_some(due, store=store, now=NOW, at_most=5)
    assert first is not None
    assert first.goes_on
    left, planned = "reader7-6@example.org", "reader1-0@example.org"
    for address in (left, planned):
        await readers.unsubscribe(address, None, reason="asked", store=store, now=NOW)
    assert (await piece_by_piece(store, due, 5))[-1].goes_on is False
    assert await copies(store, address=left) == ()
    assert len(await copies(store, address=planned)) == 1
