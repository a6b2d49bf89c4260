"""Links by which people choose their own passwords: good once, for three days, and for one person."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from digest.core.access import PROGRAM, Role
from digest.errors import InputError, NotFoundError
from digest.flows import entering, proofs
from digest.flows import people as flows
from digest.flows.entering import Browser, Entered, Refused
from digest.flows.entry_links import (
    EntryLink,
    Void,
    add_with_link,
    choose_password,
    make_link,
    person_behind,
)
from digest.flows.people import Pass
from digest.store import changes, people
from digest.store.database import Database
from digest.store.desk_tables import entry_links
from digest.store.people import Person
from tests.flows.newsroom import TUESDAY

pytestmark = pytest.mark.anyio

AT_HOME: Final = Browser("192.0.2.7", "")
OLD: Final = "letters in a drawer"
NEW: Final = "a kettle of seven swans"
LATER: Final = TUESDAY + timedelta(hours=1)


async def newcomer(store: Database, name: str = "Carla", **other: Any) -> EntryLink:
    parts: dict[str, Any] = {"base_url": "https://news.example", "by": PROGRAM, "store": store}
    return await add_with_link(name, Role.EDITOR, **parts | {"now": TUESDAY} | other)


async def link_for(store: Database, person: Person, now: datetime = TUESDAY) -> EntryLink:
    return await make_link(person.id, base_url="https://news.example", by=PROGRAM, store=store, now=now)


async def anna(store: Database) -> Person:
    return await flows.add_person("Anna", Role.ADMIN, OLD, by=PROGRAM, store=store, now=TUESDAY)


def token_in(made: EntryLink) -> str:
    return made.link.removeprefix("https://news.example/admin/begin/")


async def is_good(store: Database, made: EntryLink, now: datetime = LATER) -> bool:
    found = await person_behind(token_in(made), AT_HOME.seen_from, store=store, now=now)
    return isinstance(found, Person)


async def log_in(store: Database, name: str, password: str) -> Entered | Refused:
    return await entering.log_in(name, password, AT_HOME, store=store, now=LATER)


async def rows(store: Database) -> int:
    async with store.read() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(entry_links))).scalar_one()
    return found


async def test_who_is_let_in_by_a_link_chooses_the_password_and_logs_in(store: Database) -> None:
    made = await newcomer(store)
    assert (made.person.name, made.person.role, made.person.has_password) == ("Carla", Role.EDITOR, False)
    assert made.until == TUESDAY + timedelta(days=3)
    assert isinstance(await choose_password(token_in(made), NEW, store=store, now=LATER), Person)
    assert isinstance(await log_in(store, "Carla", NEW), Entered)


@pytest.mark.parametrize(
    "password", ["", " ", NEW, proofs.hash_of("").hex()], ids=["empty", "space", "any", "hash"]
)
async def test_nothing_lets_in_who_has_chosen_no_password(store: Database, password: str) -> None:
    await newcomer(store)
    found = await log_in(store, "Carla", password)
    assert isinstance(found, Refused)
    assert not found.wait


async def test_the_store_holds_no_token(store: Database) -> None:
    made = await newcomer(store)
    async with store.read() as connection:
        kept = (await connection.execute(select(entry_links))).all()
        noted = await changes.page(connection)
    assert [row.token_hash for row in kept] == [proofs.hash_of(token_in(made))]
    assert token_in(made) not in repr((kept, noted))
    assert [one.act for one in noted] == ["person.link", "person.add"]


async def test_a_link_is_good_once(store: Database) -> None:
    made = await newcomer(store)
    await choose_password(token_in(made), NEW, store=store, now=LATER)
    assert await choose_password(token_in(made), "another one, quite long", store=store, now=LATER) is None
    assert not await is_good(store, made)
    assert isinstance(await log_in(store, "Carla", NEW), Entered)


async def test_of_two_at_once_one_sets_its_password(store: Database, second_store: Database) -> None:
    made = await newcomer(store)
    words = [NEW, "another one, quite long"]
    found = await asyncio.gather(
        *(
            choose_password(token_in(made), word, store=one, now=LATER)
            for one, word in zip((store, second_store), words, strict=True)
        )
    )
    assert sum(one is not None for one in found) == 1
    (won,) = (word for one, word in zip(found, words, strict=True) if one is not None)
    assert isinstance(await log_in(store, "Carla", won), Entered)


async def test_a_link_that_is_three_days_old_is_void(store: Database) -> None:
    made = await newcomer(store)
    assert await is_good(store, made, made.until - timedelta(seconds=1))
    assert not await is_good(store, made, made.until)
    assert await choose_password(token_in(made), NEW, store=store, now=made.until) is None


async def test_a_new_link_makes_the_one_before_void_and_nobody_elses(store: Database) -> None:
    first, other = await newcomer(store), await newcomer(store, "Dora")
    second = await link_for(store, first.person)
    assert not await is_good(store, first)
    assert await is_good(store, second)
    assert await is_good(store, other)


async def test_of_two_links_that_are_made_at_once_one_is_good(
    store: Database, second_store: Database
) -> None:
    person = await anna(store)
    made = await asyncio.gather(*(link_for(one, person) for one in (store, second_store)))
    assert sorted([await is_good(store, one) for one in made]) == [False, True]


async def test_who_forgot_a_password_keeps_it_until_another_is_chosen(store: Database) -> None:
    made = await link_for(store, await anna(store))
    entered = await log_in(store, "Anna", OLD)
    assert isinstance(entered, Entered)
    await choose_password(token_in(made), NEW, store=store, now=LATER)
    assert await entering.who_is(entered.token, store=store, now=LATER) is None
    assert isinstance(await log_in(store, "Anna", OLD), Refused)
    assert isinstance(await log_in(store, "Anna", NEW), Entered)


async def test_the_log_says_that_somebody_chose_a_password_by_a_link(store: Database) -> None:
    made = await newcomer(store)
    await choose_password(token_in(made), NEW, store=store, now=LATER)
    async with store.read() as connection:
        noted = (await changes.page(connection))[0]
    assert (noted.act, noted.subject, noted.actor) == ("person.password", str(made.person.id), "Carla")
    assert noted.after == {"by": "link"}
    assert NEW not in repr(noted)


async def test_who_is_shut_out_has_no_link_and_gets_none(store: Database) -> None:
    await anna(store)
    made = await newcomer(store)
    await flows.shut_out(made.person.id, by=PROGRAM, store=store, now=LATER)
    assert await choose_password(token_in(made), NEW, store=store, now=LATER) is None
    with pytest.raises(InputError, match="Carla is shut out: let them in first"):
        await link_for(store, made.person)
    # nor does the old one come back with them
    await flows.let_in(made.person.id, by=PROGRAM, store=store, now=LATER)
    assert not await is_good(store, made)


async def test_an_admin_who_has_chosen_no_password_does_not_count_as_one(store: Database) -> None:
    person = await anna(store)
    made = await newcomer(store)
    told: Any = {"by": PROGRAM, "store": store, "now": LATER}
    await flows.change_role(made.person.id, Role.ADMIN, **told)
    for act in (partial(flows.change_role, person.id, Role.VIEWER), partial(flows.shut_out, person.id)):
        with pytest.raises(InputError, match="Anna is the only admin who can log in"):
            await act(**told)
    # nobody is kept in for the sake of an account that lets nobody in
    await flows.change_role(made.person.id, Role.EDITOR, **told)
    await flows.change_role(made.person.id, Role.ADMIN, **told)
    await choose_password(token_in(made), NEW, store=store, now=LATER)
    await flows.shut_out(person.id, **told)


async def test_a_password_that_is_set_otherwise_makes_a_link_void(store: Database) -> None:
    person = await anna(store)
    made = await link_for(store, person)
    await flows.set_password(person.id, NEW, Pass(PROGRAM), store=store, now=LATER)
    assert not await is_good(store, made)


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "too short"), ("a" * 20, "too simple"), ("x y z!" * 100, "too long")],
    ids=["short", "simple", "long"],
)
async def test_a_weak_password_uses_no_link_up(store: Database, password: str, words: str) -> None:
    made = await newcomer(store)
    with pytest.raises(InputError, match=words):
        await choose_password(token_in(made), password, store=store, now=LATER)
    assert await is_good(store, made)


@pytest.mark.parametrize("token", ["", "x" * 43, "ä\0", "x" * 10_000], ids=["empty", "wrong", "odd", "long"])
async def test_what_is_no_link_is_void(store: Database, token: str) -> None:
    await newcomer(store)
    assert await person_behind(token, AT_HOME.seen_from, store=store, now=LATER) == Void()
    assert await choose_password(token, NEW, store=store, now=LATER) is None


async def test_nobody_gets_a_link_when(store: Database) -> None:
    person = await anna(store)
    with pytest.raises(InputError, match="is taken"):
        await newcomer(store, "ANNA")
    with pytest.raises(InputError, match="name is empty"):
        await newcomer(store, " ")
    with pytest.raises(NotFoundError, match="user 99 does not exist"):
        await make_link(99, base_url="https://news.example", by=PROGRAM, store=store, now=TUESDAY)
    assert await rows(store) == 0
    assert person.has_password


async def test_wrong_links_count_as_wrong_passwords_of_their_network_do(store: Database) -> None:
    made = await newcomer(store)
    waits = []
    for guess in range(303):
        found = await person_behind(f"guess {guess}", AT_HOME.seen_from, store=store, now=LATER)
        assert isinstance(found, Void)
        waits.append(found.wait)
    assert waits.index(next(filter(None, waits))) == 300
    assert all(0 < wait <= 3600 for wait in waits[300:])
    # so a password from there is not looked at either; a neighbour's good link is, for nobody guesses one
    refused = await log_in(store, "Carla", "wrong")
    assert isinstance(refused, Refused)
    assert refused.wait
    assert await is_good(store, made)
    elsewhere = await person_behind("guess", "198.51.100.9", store=store, now=LATER)
    assert elsewhere == Void()


async def test_old_links_are_swept_away_when_somebody_logs_in(store: Database) -> None:
    await anna(store)
    await newcomer(store, now=TUESDAY - timedelta(days=4))
    fresh = await newcomer(store, "Dora")
    assert await rows(store) == 2
    assert isinstance(await log_in(store, "Anna", OLD), Entered)
    assert await rows(store) == 1
    assert await is_good(store, fresh)


async def test_the_shelf_says_until_when_a_link_is_good(store: Database) -> None:
    made = await newcomer(store)
    async with store.read() as connection:
        assert await people.end_of_link_of(connection, made.person.id) == made.until
        assert await people.end_of_link_of(connection, 99) is None
