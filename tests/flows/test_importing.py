"""A roster is tried, taken and taken back in pieces; whoever ends in between, each line counts once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.core.access import Actor, Via
from digest.core.importing import ImportStatus
from digest.core.notices import NoticeKind
from digest.errors import InputError
from digest.flows import importing, readers
from digest.flows.noted import BY_IMPORT, BY_IMPORT_UNDONE, OF_LINES
from digest.flows.tidy import tidy
from digest.jobs.seldom import Rosters
from digest.store import changes, imports, notices
from digest.store.database import Database
from digest.store.imports import Import
from subscribers import consents
from subscribers import store as shelf
from subscribers.model import Standing
from tests.flows.newsroom import TUESDAY, at, item, join, plan_all, publish_news, reader, wishes
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

ANNA = Actor("Anna", Via.DESK)
BASIS = "They ticked a box at our stand in October."
ROSTER = """\
E-mail,Full name,Colour,Topics
ann@example.org,Ann,red,economy
bob@example.org,Bob,blue,gardening
ann@example.org,Ann again,red,all
"broken
left@example.org,Lee,green,all
"""


async def handed_over(store: Database, text: str = ROSTER) -> int:
    number = await importing.hand_over(text, raw=False, by=ANNA, store=store, now=TUESDAY)
    await importing.name_columns(
        number,
        ["email", "name", "", "topics", "unconfirmed"][: len(text.splitlines()[0].split(","))],
        newsletter="daily",
        basis=BASIS,
        by=ANNA,
        store=store,
        now=TUESDAY,
    )
    return number


async def work(store: Database) -> int:
    return await Rosters(store).work(TUESDAY, asyncio.Event())


async def found(store: Database, number: int) -> Import:
    async with store.read() as connection:
        return await importing.require(connection, number)


async def taken(store: Database, text: str = ROSTER) -> int:
    number = await handed_over(store, text)
    await work(store)
    await importing.take(number, by=ANNA, store=store, now=TUESDAY)
    await work(store)
    return number


async def standings(store: Database) -> dict[str, int]:
    async with store.read() as connection:
        return await shelf.count_by_standing(connection)


async def test_a_trial_counts_and_refuses_and_changes_no_reader(store: Database) -> None:
    await join(store, "left@example.org", TUESDAY)
    await readers.unsubscribe("left@example.org", None, reason="enough", store=store, now=TUESDAY)
    number = await handed_over(store)
    await work(store)
    one = await found(store, number)
    assert (one.status, one.lines, one.added, one.updated, one.refused) == ("rehearsed", 5, 1, 0, 4)
    assert [(line, reason) for line, reason, _ in await importing.refusals(number, store=store)] == [
        (3, "topic 'gardening' is not known: choose among economy, energy, society, general, or all"),
        (4, "address 'ann@example.org' stands on line 2 already"),
        (5, "the line cannot be read as CSV (unexpected end of data): look at its quotes"),
        (6, "left@example.org is left: say active in the column status to take the reader back"),
    ]
    assert await standings(store) == {"left": 1}


async def test_who_has_to_confirm_comes_in_pending_and_is_asked(store: Database) -> None:
    await taken(store, "email,name,town,topics,unconfirmed\nask@example.org,,,,yes\nann@example.org,,,,no\n")
    assert await standings(store) == {"active": 1, "pending": 1}
    async with store.read() as connection:
        asked = await notices.page(connection)
    assert [(one.kind, one.address) for one in asked] == [(NoticeKind.CONFIRM, "ask@example.org")]


async def test_what_is_taken_has_its_grounds_and_its_entry_in_the_log(store: Database) -> None:
    number = await taken(store)
    one = await found(store, number)
    assert (one.status, one.added, one.refused) == ("taken", 2, 3)
    ann = await reader(store, "ann@example.org")
    assert (ann.name, ann.profile.topics) == ("Ann", frozenset({"economy"}))
    async with store.read() as connection:
        (evidence,) = await consents.of_subscription(connection, ann.id)
        acts = [(entry.act, entry.actor) for entry in await changes.page(connection, kind="import")]
        piece = await imports.piece(connection, number, 0)
    assert (evidence.form, evidence.words, evidence.confirmed_at) == (f"import {number}", BASIS, None)
    assert acts == [(f"import.{act}", "Anna") for act in ("taken", "take", "name-columns", "hand-over")]
    assert piece is not None
    assert piece.lines == ()


async def test_the_grounds_of_an_import_outlast_forms_that_nobody_answered(store: Database) -> None:
    await taken(store)
    await tidy(store=store, now=TUESDAY + timedelta(days=400), keep_unconfirmed=timedelta(days=30))
    async with store.read() as connection:
        ann = await reader(store, "ann@example.org")
        assert [row.words for row in await consents.of_subscription(connection, ann.id)] == [BASIS]


async def test_two_who_work_on_it_at_once_take_each_line_once(
    store: Database, second_store: Database
) -> None:
    roster = "\n".join(["email", *(f"reader{number:04}@example.org" for number in range(1700))])
    number = await handed_over(store, roster)
    await asyncio.gather(work(store), work(second_store))
    assert ((await found(store, number)).status, (await found(store, number)).added) == ("rehearsed", 1700)
    await importing.take(number, by=ANNA, store=store, now=TUESDAY)
    await asyncio.gather(work(store), work(second_store))
    one = await found(store, number)
    assert (one.status, one.added, one.refused) == ("taken", 1700, 0)
    assert await standings(store) == {"active": 1700}


async def test_it_goes_on_where_a_process_ended(store: Database) -> None:
    twice = [f"reader{number:04}@example.org" for number in (*range(1200), 3, 1199)]
    number = await handed_over(store, "\n".join(["email", *twice]))
    await work(store)
    await importing.take(number, by=ANNA, store=store, now=TUESDAY)
    async with store.read() as connection:
        (one,) = await imports.under_way(connection)
    # another process does one piece, and ends
    stop = asyncio.Event()
    original = imports.take_turn

    async def once(*given: object) -> bool:
        stop.set()
        return await original(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "take_turn", once)
        assert await Rosters(store).work(TUESDAY, stop) == 1
    assert (await found(store, number)).position == one.position + 1
    await work(store)
    assert ((await found(store, number)).added, (await found(store, number)).refused) == (1200, 2)


async def test_taken_back_only_as_far_as_nothing_came_of_it(store: Database) -> None:
    for name in ("same", "anew"):
        await join(store, f"{name}@example.org", TUESDAY, topics="energy", name="Before")
    roster = "email,name,x,topics\n" + "".join(
        f"{name}@example.org,After,,economy\n" for name in ("same", "anew", "fresh", "planned")
    )
    number = await taken(store, roster)
    assert ((await found(store, number)).added, (await found(store, number)).updated) == (2, 2)
    await readers.edit("anew@example.org", None, wishes(language="fr"), store=store, now=at(24, 6))
    await _plan_for(store, "planned@example.org")
    await importing.undo(number, by=ANNA, store=store, now=at(24, 8))
    await work(store)
    one = await found(store, number)
    assert (one.status, one.removed, one.restored, one.kept) == (ImportStatus.UNDONE, 2, 1, 1)
    same = await reader(store, "same@example.org")
    assert (same.profile.topics, same.name) == (frozenset({"energy"}), "Before")
    assert (await reader(store, "anew@example.org")).profile.topics == frozenset({"economy"})
    assert (await reader(store, "planned@example.org")).standing is Standing.LEFT
    assert "fresh@example.org" not in str(await all_rows(store))
    with pytest.raises(InputError, match="this import is undone"):
        await importing.undo(number, by=ANNA, store=store, now=at(24, 8))


async def test_each_reader_whom_an_import_changes_has_an_entry_in_the_log(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, topics="energy", name="Before")
    await join(store, "same@example.org", TUESDAY, topics="economy")
    ann = await reader(store, "ann@example.org")
    number = await taken(
        store, "email,name,x,topics\nann@example.org,Ann,,economy\nsame@example.org,,,economy\n"
    )
    await importing.undo(number, by=ANNA, store=store, now=at(24, 8))
    await work(store)
    async with store.read() as connection:
        back, there = await changes.page(connection, kind="reader", limit=2)
        rest = await changes.page(connection, kind="reader", before_id=there.id)
        whole = await changes.page(connection, without=OF_LINES)
    assert (there.act, there.actor, there.subject) == (BY_IMPORT, "Anna", str(ann.subscriber_id))
    assert there.before == {"topics": ["energy"]}
    more = {"newsletter": 1, "import": number, "name": "changed"}
    assert there.after == {"topics": ["economy"], **more}
    assert (back.act, back.before) == (BY_IMPORT_UNDONE, {"topics": ["economy"]})
    assert back.after == {"topics": ["energy"], **more}
    assert BY_IMPORT not in {one.act for one in rest}
    assert {one.act for one in whole}.isdisjoint(OF_LINES)


async def test_a_trial_keeps_some_whom_it_would_change_until_they_are_erased(store: Database) -> None:
    for name in ("ann", "bob", "same"):
        await join(store, f"{name}@example.org", TUESDAY, topics="energy", name="Before")
    lines = ["ann@example.org,Ann,,economy", "bob@example.org,,,all", "same@example.org,Before,,energy"]
    number = await handed_over(store, "\n".join(["email,name,x,topics", *lines]))
    await work(store)
    some = await importing.would_change(number, store=store, limit=10)
    assert [(one.reader.address, one.before, one.after) for one in some] == [
        (
            "ann@example.org",
            {"name": "Before", "topics": ["energy"]},
            {"name": "Ann", "topics": ["economy"]},
        ),
        ("bob@example.org", {"topics": ["energy"]}, {"topics": "all"}),
    ]
    assert len(await importing.would_change(number, store=store, limit=1)) == 1
    await readers.erase("ann@example.org", store=store, now=TUESDAY)
    left = await importing.would_change(number, store=store, limit=10)
    assert [one.reader.address for one in left] == ["bob@example.org"]
    assert "'Ann'" not in str(await all_rows(store))


async def test_an_erased_reader_is_in_no_roster_that_lies_there(store: Database) -> None:
    await taken(store)
    waiting = await importing.hand_over(ROSTER, raw=False, by=ANNA, store=store, now=TUESDAY)
    await readers.erase("ann@example.org", store=store, now=TUESDAY)
    rows = str(await all_rows(store))
    assert "ann@example.org" not in rows
    assert "'Ann'" not in rows
    assert "bob@example.org" in str(await importing.sample(waiting, store=store))


async def test_a_roster_needs_an_address_and_grounds(sqlite_store: Database) -> None:
    number = await importing.hand_over(ROSTER, raw=False, by=ANNA, store=sqlite_store, now=TUESDAY)

    async def name(columns: list[str], basis: str = BASIS) -> None:
        await importing.name_columns(
            number, columns, newsletter="daily", basis=basis, by=ANNA, store=sqlite_store, now=TUESDAY
        )

    with pytest.raises(InputError, match="no column is the address"):
        await name(["", "name", "", ""])
    with pytest.raises(InputError, match="two columns are to be name"):
        await name(["email", "name", "name", ""])
    with pytest.raises(InputError, match="on what grounds"):
        await name(["email", "", "", ""], " ")
    with pytest.raises(InputError, match="nothing in it but the first line"):
        await importing.hand_over("email\n", raw=False, by=ANNA, store=sqlite_store, now=TUESDAY)


async def _plan_for(store: Database, address: str) -> None:
    """Plan an issue that only this reader is in."""
    await readers.edit(address, None, wishes(language="de"), store=store, now=TUESDAY)
    for other in ("same", "anew", "fresh"):
        await readers.pause(f"{other}@example.org", None, until=None, catch_up=True, store=store, now=TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await plan_all(store, at(24, 7))
