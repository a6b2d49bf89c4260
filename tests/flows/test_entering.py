"""One address comes in by several ways at once, or is forbidden just then: it is one reader, or none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from digest.core.access import PROGRAM
from digest.core.notices import ASK_AGAIN_AFTER
from digest.core.returned import Clues, Kind, Returned
from digest.core.settling import Effect
from digest.errors import InputError
from digest.flows import consequences, my_data, readers, sign_up, taking_in
from digest.flows.matching import Origin
from digest.flows.rosters import import_roster
from digest.flows.suppressing import suppress_addresses, suppress_hashes
from digest.store.database import Database
from digest.store.tables import notices
from subscribers import together
from subscribers.model import Standing
from subscribers.suppressions import Hashing
from subscribers.wishes import Wishes
from tests.flows.meanwhile import Meanwhile
from tests.flows.newsroom import TUESDAY, add_newsletter, at, join
from tests.flows.returning import back_to, sent_to, settling
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
        sign_up.sign_up(entered(), store=second_store, now=TUESDAY),
        join(second_store, ANA, TUESDAY),
        import_roster(roster, store=second_store, now=TUESDAY, raw=True, dry_run=False),
    )
    assert len(await mine(store)) == 1
    assert len(await mine(store, "bo@example.org")) == 1


async def test_forms_of_two_newsletters_at_once_ask_the_address_once_a_day(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_newsletter(postgres_store, "weekly")
    meanwhile = Meanwhile(monkeypatch, second_postgres_store)
    other = partial(sign_up.sign_up, entered(ANA, "weekly"), store=second_postgres_store, now=TUESDAY)
    meanwhile.around(sign_up, "_ask", other)
    await sign_up.sign_up(entered(ANA, "daily"), store=postgres_store, now=TUESDAY)
    await meanwhile.done()
    async with postgres_store.read() as connection:
        query = select(notices.c.due_at).where(notices.c.kind == "confirm").order_by(notices.c.due_at)
        first, second = (await connection.execute(query)).scalars()
    assert (first, second) == (TUESDAY, TUESDAY + ASK_AGAIN_AFTER)


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


# --- forbidden at the moment when it comes in --------------------------------------------------------------


async def standings(store: Database) -> list[Standing]:
    return [one.standing for one in await mine(store)]


async def test_an_address_that_is_forbidden_while_it_is_added_is_no_reader(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    parts: dict[str, Any] = {"note": "", "by": PROGRAM, "store": second_postgres_store, "now": TUESDAY}
    # whether it may come in has been asked by then
    meanwhile.around(readers, "enrolled", partial(suppress_addresses, ANA, **parts))
    await join(postgres_store, ANA, TUESDAY)
    assert (await meanwhile.done()).added == 1
    assert await standings(postgres_store) == [Standing.SUPPRESSED]


@pytest.mark.parametrize("hashing", [Hashing.SHA256, Hashing.MD5])
async def test_an_address_that_is_forbidden_by_its_hash_while_it_is_added_is_no_reader(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile, hashing: Hashing
) -> None:
    hashed = hashlib.new(hashing, ANA.encode(), usedforsecurity=False).hexdigest()
    parts: dict[str, Any] = {"note": "", "by": PROGRAM, "store": second_postgres_store, "now": TUESDAY}
    meanwhile.around(readers, "enrolled", partial(suppress_hashes, hashed, hashing, **parts))
    await join(postgres_store, ANA, TUESDAY)
    assert (await meanwhile.done()).added == 1
    assert await standings(postgres_store) == [Standing.SUPPRESSED]


async def test_an_address_of_a_roster_that_is_forbidden_while_it_is_taken_in_is_no_reader(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    parts: dict[str, Any] = {"note": "", "by": PROGRAM, "store": second_postgres_store, "now": TUESDAY}
    meanwhile.around(taking_in, "suppression_reasons", partial(suppress_addresses, ANA, **parts), after=True)
    roster = f"email\nbo@example.org\n{ANA}\n"
    await import_roster(roster, store=postgres_store, now=TUESDAY, raw=True, dry_run=False)
    assert (await meanwhile.done()).added == 1
    assert await standings(postgres_store) == [Standing.SUPPRESSED]


@pytest.mark.parametrize("by_link", [True, False])
async def test_an_address_that_is_erased_while_it_is_added_is_no_reader(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile, by_link: bool
) -> None:
    await add_newsletter(postgres_store, "weekly")
    first = await join(postgres_store, ANA, TUESDAY)
    joining = partial(join, second_postgres_store, ANA, TUESDAY, newsletter="weekly")
    meanwhile.around(readers, "suppress", joining)
    if by_link:
        await my_data.erase_behind(first.id, store=postgres_store, now=TUESDAY)
    else:
        await readers.erase(ANA, store=postgres_store, now=TUESDAY)
    with pytest.raises(InputError, match="must not be written to"):
        await meanwhile.done()
    assert await standings(postgres_store) == []


async def test_an_address_that_complains_while_it_is_added_to_something_else_is_no_reader(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    await add_newsletter(postgres_store, "weekly")
    await sent_to(postgres_store, ANA)
    joining = partial(join, second_postgres_store, ANA, at(24, 9), newsletter="weekly")
    meanwhile.around(consequences, "suppress", joining)
    event = Returned(Kind.COMPLAINT, ANA, permanent=True)
    (settled,) = await settling(postgres_store, at(24, 9)).settle([event], Origin("play", vouched=True))
    assert settled.effect is Effect.COMPLAINED
    with pytest.raises(InputError, match="must not be written to"):
        await meanwhile.done()
    assert await standings(postgres_store) == [Standing.COMPLAINED]


async def test_a_reader_who_is_erased_while_moving_is_erased_at_the_new_address(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    new = "ana@new.example"
    first = await join(postgres_store, ANA, TUESDAY)
    moving = partial(
        readers.edit, ANA, None, Wishes(), store=second_postgres_store, now=TUESDAY, new_address=new
    )
    # between the look at the address and its being held
    meanwhile.around(my_data, "hold_addresses", moving)
    assert await my_data.erase_behind(first.id, store=postgres_store, now=TUESDAY)
    await meanwhile.done()
    assert await mine(postgres_store, new) == ()
    with pytest.raises(InputError, match="must not be written to"):
        await join(postgres_store, new, TUESDAY)


async def test_what_comes_back_of_a_reader_who_is_moving_is_about_the_new_address(
    postgres_store: Database, second_postgres_store: Database, meanwhile: Meanwhile
) -> None:
    new = "ana@new.example"
    (copy,) = await sent_to(postgres_store, ANA)
    moving = partial(
        readers.edit, ANA, None, Wishes(), store=second_postgres_store, now=at(24, 9), new_address=new
    )
    meanwhile.around(together, "hold_readers", moving)
    event = Returned(Kind.COMPLAINT, ANA, permanent=True, clues=Clues(return_paths=(back_to(copy),)))
    (settled,) = await settling(postgres_store, at(24, 9)).settle([event], Origin("play", vouched=True))
    await meanwhile.done()
    assert (settled.effect, settled.address) == (Effect.COMPLAINED, new)
    assert [one.standing for one in await mine(postgres_store, new)] == [Standing.COMPLAINED]
