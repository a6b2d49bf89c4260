"""How slow it is to guess a password from its hash, and that hashes follow when that changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.profiles import CHEAPEST

from digest.core.access import Role
from digest.flows import entering, proofs
from digest.flows.entering import Browser, Entered
from digest.store import people
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY

pytestmark = pytest.mark.anyio

PASSWORD: Final = "four words that rhyme not"
BROWSER: Final = Browser("192.0.2.7", "a browser of the tests")


async def test_a_guess_takes_three_passes_over_64_mb(
    cost_of_a_guess: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "COST_OF_A_GUESS", cost_of_a_guess)
    hash_ = await proofs.hashed(PASSWORD)
    assert hash_.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await proofs.is_password(PASSWORD, hash_)
    assert not await proofs.is_password(PASSWORD.upper(), hash_)


async def test_who_comes_in_with_a_hash_of_less_cost_has_one_of_todays_afterwards(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dearer = replace(CHEAPEST, time_cost=2)
    monkeypatch.setattr(proofs, "COST_OF_A_GUESS", dearer)
    old = PasswordHasher.from_parameters(CHEAPEST).hash(PASSWORD)
    async with sqlite_store.write() as connection:
        await people.add(connection, "Anna", Role.ADMIN, old, TUESDAY)

    async def hash_after(guess: str) -> tuple[bool, str]:
        found = await entering.log_in("Anna", guess, BROWSER, store=sqlite_store, now=TUESDAY)
        async with sqlite_store.read() as connection:
            anna = await people.by_name(connection, "Anna")
        assert anna is not None
        return isinstance(found, Entered), anna.password_hash

    assert await hash_after("another") == (False, old)
    came_in, new = await hash_after(PASSWORD)
    assert came_in
    assert extract_parameters(new) == dearer
    # the new one opens, too, and stays
    assert await hash_after(PASSWORD) == (True, new)
