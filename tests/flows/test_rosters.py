"""Readers in bulk: every line is taken or refused with its number, and what goes out comes in again."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from digest.errors import NotFoundError
from digest.flows import readers
from digest.flows.handing_out import roster_of
from digest.flows.noted import BY_IMPORT
from digest.flows.rosters import Imported, import_roster
from digest.store import changes, notices
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)

pytestmark = pytest.mark.anyio


async def take(store: Database, text: str, *, dry_run: bool = False) -> Imported:
    return await import_roster(text, store=store, now=at(24, 8), raw=False, dry_run=dry_run)


async def export_roster(slug: str | None, *, store: Database, raw: bool) -> tuple[str, int]:
    """The pieces of an export in one, and how many readers are in it."""
    pieces = [piece async for piece in roster_of(slug, store=store, raw=raw)]
    return "".join(text for text, _ in pieces), sum(more for _, more in pieces)


async def count(store: Database) -> dict[str, int]:
    async with store.read() as connection:
        return await shelf.count_by_standing(connection)


ROSTER = """\
email,newsletter,name,topics,days,at,timezone,max-items,status
ann@example.org,daily,Ann Lee,"economy,trade",weekdays,07:30,europe/paris,5,
bob@example.org,daily,,all,daily,,,,pending
cat@example.org,weekly,,,,,,,
dan@example.org,daily,,gardening,,,,,
not an address,daily,,,,,,,
"""


async def test_each_line_is_taken_or_refused_by_number(store: Database) -> None:
    found = await take(store, ROSTER)
    assert (found.added, found.updated) == (2, 0)
    assert [(refusal.line, refusal.reason.partition(":")[0]) for refusal in found.rejected] == [
        (4, "newsletter 'weekly' is not known"),
        (5, "topic 'gardening' is not known"),
        (6, "address 'not an address' is not valid"),
    ]
    ann = await reader(store, "ann@example.org")
    assert (ann.name, ann.cadence.canonical()) == ("Ann Lee", "mon,tue,wed,thu,fri 07:30 Europe/Paris")
    assert (ann.profile.topics, ann.profile.max_items) == (frozenset({"economy"}), 5)
    assert await count(store) == {"active": 1, "pending": 1}


async def test_who_comes_in_unconfirmed_is_asked_and_pending_until_the_answer(store: Database) -> None:
    for name in ("left", "reads"):
        await join(store, f"{name}@example.org", TUESDAY)
    await readers.unsubscribe("left@example.org", None, reason="enough", store=store, now=TUESDAY)
    found = await take(
        store,
        "email,unconfirmed,status\nnew@example.org,yes,\nleft@example.org,yes,\nreads@example.org,yes,\n"
        "known@example.org,no,\nboth@example.org,yes,active\n",
    )
    assert (found.added, found.updated) == (3, 1)
    assert [refusal.line for refusal in found.rejected] == [6]
    assert "is active, and unconfirmed" in found.rejected[0].reason
    assert await count(store) == {"active": 2, "pending": 2}
    async with store.read() as connection:
        asked = await notices.page(connection, after=0, limit=10)
    assert {one.address for one in asked} == {"new@example.org", "left@example.org"}


async def test_a_rehearsal_says_the_same_and_changes_nothing(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    before = await reader(store, "ann@example.org")
    rehearsed = await take(store, ROSTER, dry_run=True)
    assert await count(store) == {"active": 1}
    assert await reader(store, "ann@example.org") == before
    assert await take(store, ROSTER) == rehearsed
    assert (rehearsed.added, rehearsed.updated) == (1, 1)


async def test_a_line_changes_what_it_names_and_leaves_the_rest(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, topics="energy", max_items="3", name="Ann")
    await publish_news(store, TUESDAY, item("Solar", "energy"))
    await plan_all(store, at(24, 7))
    found = await take(store, "email,topics\nANN@example.org,economy\n")
    assert (found.added, found.updated) == (0, 1)
    ann = await reader(store, "ann@example.org")
    assert (ann.profile.topics, ann.profile.max_items, ann.name) == (frozenset({"economy"}), 3, "Ann")
    async with store.read() as connection:
        (entry,) = await changes.page(connection, subject=str(ann.subscriber_id), limit=1)
    assert (entry.act, entry.before) == (BY_IMPORT, {"topics": ["energy"]})
    assert entry.after == {"topics": ["economy"], "newsletter": 1, "import": "a roster"}
    await plan_all(store, at(25, 7))
    assert await carried(store, "ann@example.org") == [(1,)]


async def test_an_import_brings_nobody_back_who_left_bounced_or_was_erased(store: Database) -> None:
    for name in ("left", "erased", "paused"):
        await join(store, f"{name}@example.org", TUESDAY)
    await readers.unsubscribe("left@example.org", None, reason="enough", store=store, now=TUESDAY)
    await readers.erase("erased@example.org", store=store, now=TUESDAY)
    await readers.pause("paused@example.org", None, until=None, catch_up=True, store=store, now=TUESDAY)
    found = await take(store, "email\nleft@example.org\nerased@example.org\npaused@example.org\n")
    assert [refusal.line for refusal in found.rejected] == [2, 3]
    assert "is left: say active in the column status" in found.rejected[0].reason
    assert "must not be written to (erased)" in found.rejected[1].reason
    assert (await reader(store, "left@example.org")).standing is Standing.LEFT
    assert (await reader(store, "paused@example.org")).standing is Standing.PAUSED
    again = await take(store, "email,status\nleft@example.org,active\nnew@example.org,bouncing\n")
    assert again.added == 1
    assert "only active or pending readers are taken in" in again.rejected[0].reason
    assert (await reader(store, "left@example.org")).standing is Standing.ACTIVE


async def test_what_is_written_out_makes_the_same_readers_elsewhere(
    store: Database, sqlite_store: Database
) -> None:
    await join(store, "ann@example.org", TUESDAY, topics="economy,energy", days="mon,thu", name="=Ann")
    await join(store, "bob@example.org", TUESDAY, at_once="yes", sections="analyses", format="text")
    await join(store, "cat@example.org", TUESDAY, confirmed=False, language="fr", timezone="Asia/Tokyo")
    text, lines = await export_roster("daily", store=store, raw=False)
    assert lines == 3
    assert await take(sqlite_store, text) == Imported(3, 0, ())
    assert await export_roster(None, store=sqlite_store, raw=False) == (text, 3)


async def test_only_the_readers_of_the_newsletter_asked_for_are_written_out(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, newsletter="weekly")
    text, lines = await export_roster("weekly", store=store, raw=False)
    assert (lines, "bob@example.org" in text, "ann@example.org" in text) == (1, True, False)
    with pytest.raises(NotFoundError, match="newsletter 'monthly' does not exist"):
        await export_roster("monthly", store=store, raw=False)


async def test_a_reader_who_stands_there_twice_is_taken_once(store: Database) -> None:
    await add_newsletter(store, "weekly")
    lines = ("Ann@example.org,daily,Ann", "ann@EXAMPLE.org,weekly,Ann Lee", "ann@example.org,,")
    found = await take(store, "\n".join(["email,newsletter,name", *lines]))
    assert (found.added, found.updated) == (2, 0)
    assert [(refusal.line, refusal.reason) for refusal in found.rejected] == [
        (4, "address 'ann@example.org' stands on line 2 already: leave one of the two out")
    ]
    async with store.read() as connection:
        daily, weekly = await shelf.subscriptions_of(connection, "ann@example.org")
    assert (daily.subscriber_id, daily.address) == (weekly.subscriber_id, "Ann@example.org")


async def test_a_reader_of_one_newsletter_becomes_a_reader_of_another_too(store: Database) -> None:
    await add_newsletter(store, "weekly")
    await join(store, "ann@example.org", TUESDAY, name="Ann")
    found = await take(store, "email,newsletter,name,days\nann@example.org,weekly,Ann Lee,mon\n")
    assert (found.added, found.updated) == (1, 0)
    async with store.read() as connection:
        daily, weekly = await shelf.subscriptions_of(connection, "ann@example.org")
    assert daily.subscriber_id == weekly.subscriber_id
    assert (daily.name, weekly.cadence.days) == ("Ann Lee", ("mon",))


async def test_many_at_once_are_what_each_would_be_alone(store: Database, second_store: Database) -> None:
    await publish_news(store, at(10, 6), item("Long ago"))
    await publish_news(store, at(23, 6), item("Yesterday"))
    wished = [{}, {"topics": "economy"}, {"at": "23:30", "timezone": "Asia/Tokyo"}, {"at_once": "yes"}]
    for number, words in enumerate(wished):
        await join(store, f"alone{number}@example.org", at(24, 8), **words)  # type: ignore[arg-type]
    lines = [
        f"roster{number}@example.org,{words.get('topics', '')},{words.get('at', '')},"
        f"{words.get('timezone', '')},{words.get('at_once', '')}"
        for number, words in enumerate(wished)
    ]
    await take(second_store, "\n".join(["email,topics,at,timezone,at-once", *lines]))
    for number in range(len(wished)):
        alone = await reader(store, f"alone{number}@example.org")
        taken = await reader(store, f"roster{number}@example.org")
        same = {"id": alone.id, "subscriber_id": alone.subscriber_id, "address": alone.address}
        assert replace(taken, **same) == alone
        async with store.read() as connection:
            (came,) = await shelf.standing_history(connection, taken.id)
        assert (came.before, came.after, came.reason) == (None, "active", "imported")


async def test_two_thousand_lines_are_taken_while_others_come_in_by_the_door(store: Database) -> None:
    lines = "".join(f"reader{number}@example.org,{number % 24:02}:00\n" for number in range(2000))
    walk_ins = (join(store, f"walk-in{number}@example.org", TUESDAY) for number in range(5))
    found, _joined = await asyncio.gather(take(store, f"email,at\n{lines}"), asyncio.gather(*walk_ins))
    assert (found.added, found.rejected) == (2000, ())
    assert await count(store) == {"active": 2005}
    assert (await take(store, f"email,at\n{lines}")).updated == 2000
