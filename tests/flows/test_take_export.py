"""An export is taken in: who reads there reads here as they agreed, who left there is never written to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Row, Table, select

from digest.core.access import Actor, Via
from digest.core.arrivals import Unconfirmed
from digest.core.exports import Agreement, Export, Member, System, There
from digest.core.notices import NoticeKind
from digest.errors import InputError, NotFoundError
from digest.flows import readers
from digest.flows.confirming import confirm
from digest.flows.noted import BY_IMPORT
from digest.flows.take_export import Taken, Wanted, take_export
from digest.ingest.exports import read_export
from digest.store import changes
from digest.store.database import Database
from digest.store.tables import notices
from subscribers import consents
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.tables import suppressions
from subscribers.wishes import Wishes
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
from tests.ingest.exported import audience, export_file

pytestmark = pytest.mark.anyio

ANNA = Actor("Anna", Via.DESK)
INES, LENA, SAM, BO = (
    *("ines@harbour.example", "lena@left.example", "sam@cross.example", "bo@bounced.example"),
)


def contacts() -> Export:
    return read_export(audience(), source="audience.zip")


def one_member(address: str = "ann@example.org", there: There = There.READS, **more: Any) -> Export:
    values = {"line": 2, **more}
    return Export(System.GHOST, (), (Member(address=address, there=there, **values),))


async def take(
    store: Database, export: Export, *, dry_run: bool = False, now: datetime = TUESDAY, **wanted: Any
) -> Taken:
    return await take_export(export, Wanted(**wanted), store=store, now=now, dry_run=dry_run, by=ANNA)


async def standings(store: Database) -> dict[str, int]:
    async with store.read() as connection:
        return await shelf.count_by_standing(connection)


async def rows_of(store: Database, table: Table) -> Sequence[Row[Any]]:
    async with store.read() as connection:
        return (await connection.execute(select(table))).all()


async def history(store: Database, address: str) -> list[str]:
    one = await reader(store, address)
    async with store.read() as connection:
        return [row.reason for row in await shelf.standing_history(connection, one.id)]


async def test_an_audience_becomes_readers_and_those_who_are_never_written_to(store: Database) -> None:
    mapping = ["Topics: Economy=economy", "Topics: Science=energy"]
    taken = await take(store, contacts(), mapping=mapping)
    assert taken.added == {
        Standing.ACTIVE: 3,
        Standing.LEFT: 1,
        Standing.BOUNCING: 1,
        Standing.COMPLAINED: 1,
    }
    assert await standings(store) == {"active": 3, "left": 1, "bouncing": 1, "complained": 1}
    ines = await reader(store, INES)
    assert (ines.name, ines.cadence.zone, ines.profile.topics) == (
        *("Inês Duarte", "Europe/Lisbon", frozenset({"economy", "energy"})),
    )
    assert await history(store, INES) == ["imported from mailchimp"]
    assert await history(store, LENA) == ["imported from mailchimp, left there on 2024-02-03: NORMAL"]
    assert (await reader(store, LENA)).name == ""


async def test_nobody_who_is_gone_there_gets_a_copy_here(store: Database) -> None:
    await take(store, contacts())
    await publish_news(store, TUESDAY, item("Solar", "energy"))
    await plan_all(store, at(25, 8))
    assert len(await carried(store, INES)) == 1
    for gone in (LENA, SAM, BO):
        assert await carried(store, gone) == []


async def test_the_consent_that_was_given_there_is_kept_with_its_time_and_network(store: Database) -> None:
    await take(store, contacts(), grounds="They subscribed on our old page.")
    async with store.read() as connection:
        (kept,) = await consents.of_subscription(connection, (await reader(store, INES)).id)
    assert (kept.asked_at, kept.asked_from) == (datetime(2021, 3, 5, 10, 11, 12, tzinfo=UTC), "203.0.113.7")
    assert (kept.confirmed_at, kept.confirmed_from) == (
        *(datetime(2021, 3, 5, 10, 14, tzinfo=UTC), "203.0.113.8"),
    )
    assert (kept.form, kept.words) == ("import from mailchimp", "They subscribed on our old page.")


async def test_a_rehearsal_says_the_same_and_changes_nothing(store: Database) -> None:
    rehearsed = await take(store, contacts(), dry_run=True)
    assert await standings(store) == {}
    assert await rows_of(store, suppressions) == []
    assert await take(store, contacts()) == rehearsed


async def test_taking_it_again_changes_nobody(store: Database) -> None:
    await take(store, contacts())
    await readers.edit(
        INES, None, Wishes(profile={"topics": frozenset({"society"})}), store=store, now=TUESDAY
    )
    before = await reader(store, INES)
    again = await take(store, contacts())
    assert (sum(again.added.values()), again.updated, again.known) == (0, 0, 6)
    assert await reader(store, INES) == before
    async with store.read() as connection:
        assert len(await consents.of_subscription(connection, before.id)) == 1


async def test_wishes_are_written_over_when_that_is_wanted(store: Database) -> None:
    await take(store, contacts())
    again = await take(store, contacts(), mapping=["Topics: Economy=economy"], update=True)
    assert again.updated == 3
    ines = await reader(store, INES)
    assert ines.profile.topics == frozenset({"economy"})
    async with store.read() as connection:
        (entry, *_before) = await changes.page(connection, subject=str(ines.subscriber_id))
    assert (entry.act, entry.after["topics"]) == (BY_IMPORT, ["economy"])
    assert entry.after["import"] == "an export of mailchimp"


async def test_who_complained_there_is_not_even_asked_by_a_page(store: Database) -> None:
    await take(store, contacts())
    with pytest.raises(InputError, match="must not be written to"):
        await join(store, SAM, TUESDAY)


async def test_who_leaves_there_is_stopped_here_when_both_run_side_by_side(
    store: Database,
) -> None:
    await take(store, one_member())
    later = one_member(there=There.LEFT, gone_at=at(25, 9))
    taken = await take(store, later, now=at(26, 8))
    assert taken.ended == {Standing.LEFT: 1}
    assert (await reader(store, "ann@example.org")).standing is Standing.LEFT
    assert (await history(store, "ann@example.org"))[-1] == "imported from ghost, left there on 2026-11-25"
    again = await take(store, later, now=at(27, 8))
    assert (again.ended, again.known) == ({}, 1)


@pytest.mark.parametrize(("there", "after"), [(There.BOUNCED, "bouncing"), (There.COMPLAINED, "complained")])
async def test_who_bounces_or_complains_there_is_stopped_here(
    store: Database, there: There, after: str
) -> None:
    await take(store, one_member())
    await take(store, one_member(there=there))
    assert await standings(store) == {after: 1}


async def test_who_said_yes_here_since_reads_on(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY, confirmed=False)
    one = await reader(store, "ann@example.org")
    async with store.write() as connection:
        await consents.note_question(connection, one.id, consents.Shown("/subscribe", "Yes?", ""), TUESDAY)
    (question,) = await rows_of(store, notices)
    await confirm(question.id, seen_from="", store=store, now=TUESDAY)
    taken = await take(store, one_member(there=There.LEFT, gone_at=at(1, 8)), now=at(25, 8))
    assert [one.reason for one in taken.left_out] == ["is left there, and said yes here since: reads on"]
    assert await standings(store) == {"active": 1}
    await take(store, one_member(there=There.LEFT, gone_at=at(25, 7)), now=at(25, 8))
    assert await standings(store) == {"left": 1}


async def test_who_left_or_was_erased_here_is_not_brought_back(store: Database) -> None:
    for name in ("left", "erased"):
        await join(store, f"{name}@example.org", TUESDAY)
    await readers.unsubscribe("left@example.org", None, reason="enough", store=store, now=TUESDAY)
    await readers.erase("erased@example.org", store=store, now=TUESDAY)
    for name, words in (("left", "is left here"), ("erased", "must not be written to (erased)")):
        for there in (There.READS, There.BOUNCED):
            taken = await take(store, one_member(f"{name}@example.org", there), dry_run=True)
            assert not any(taken.added.values())
        taken = await take(store, one_member(f"{name}@example.org"))
        assert [words in one.reason for one in taken.left_out] == [True]
    assert await standings(store) == {"left": 2}


async def test_who_is_blocked_there_is_suppressed_and_can_be_lifted_by_hand(store: Database) -> None:
    await join(store, "out@block.example", TUESDAY)
    taken = await take(store, read_export(export_file("listmonk.csv"), source="listmonk.csv"))
    assert (taken.added[Standing.SUPPRESSED], taken.ended) == (1, {Standing.SUPPRESSED: 1})
    (entry,) = await rows_of(store, suppressions)
    assert (entry.reason, entry.made_by, entry.note) == ("by hand", "Anna", "blocked at listmonk")
    assert (await reader(store, "out@block.example")).standing is Standing.SUPPRESSED


async def questions(store: Database) -> list[str]:
    async with store.read() as connection:
        query = select(notices.c.address).where(notices.c.kind == NoticeKind.CONFIRM)
        return list((await connection.execute(query)).scalars())


async def test_who_never_confirmed_there_is_asked_only_when_that_is_chosen(store: Database) -> None:
    never = one_member(there=There.UNCONFIRMED, agreement=Agreement(asked_at=at(1, 8)))
    taken = await take(store, never)
    assert ("has not confirmed" in taken.left_out[0].reason, await standings(store)) == (True, {})
    await take(store, never, unconfirmed=Unconfirmed.KEEP)
    assert (await standings(store), await questions(store)) == ({"pending": 1}, [])
    other = one_member("bob@example.org", There.UNCONFIRMED)
    await take(store, other, unconfirmed=Unconfirmed.ASK)
    assert (await standings(store), await questions(store)) == ({"pending": 2}, ["bob@example.org"])
    # a yes that was given there in between is one
    await take(store, one_member(agreement=Agreement(confirmed_at=at(2, 8))))
    assert await standings(store) == {"active": 1, "pending": 1}


async def test_who_paused_there_is_paused_here_and_goes_on_by_themselves(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Old", "energy"))
    await take(store, one_member(there=There.PAUSED), now=at(25, 6))
    assert await standings(store) == {"paused": 1}
    await publish_news(store, at(25, 12), item("Meanwhile", "energy"))
    await plan_all(store, at(26, 8))
    assert await carried(store, "ann@example.org") == []
    await readers.resume("ann@example.org", None, store=store, now=at(26, 9))
    await publish_news(store, at(26, 12), item("New", "energy"))
    await plan_all(store, at(27, 8))
    assert len(await carried(store, "ann@example.org")) == 1


async def test_lists_become_newsletters_each_with_who_reads_it(store: Database) -> None:
    await add_newsletter(store, "weekly")
    export = read_export(export_file("listmonk.json"), source="x.json")
    taken = await take(
        store, export, mapping=["Morning mail=daily", "Weekend mail=weekly", "interests: economy=economy"]
    )
    assert taken.added == {Standing.ACTIVE: 2, Standing.LEFT: 1, Standing.SUPPRESSED: 1}
    async with store.read() as connection:
        mine = await shelf.subscriptions_of(connection, INES)
    assert [one.standing for one in mine] == [Standing.ACTIVE, Standing.LEFT]
    assert mine[0].profile.topics == frozenset({"economy"})


async def test_a_newsletter_that_is_not_there_is_refused_before_anything(store: Database) -> None:
    with pytest.raises(NotFoundError, match="newsletter 'weekly' does not exist"):
        await take(store, contacts(), newsletter="weekly")
    assert await standings(store) == {}


async def test_more_than_a_piece_of_lines_is_taken_in_pieces(store: Database) -> None:
    members = tuple(
        Member(address=f"r{n}@example.org", there=There.READS if n % 3 else There.LEFT, line=n + 2)
        for n in range(1201)
    )
    taken = await take(store, Export(System.SUBSTACK, (), members))
    assert taken.added == {Standing.ACTIVE: 800, Standing.LEFT: 401}
    assert await standings(store) == {"active": 800, "left": 401}
