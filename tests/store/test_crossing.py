"""An act that PostgreSQL ends for the sake of another one is done again, and nobody hears of it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import CrossedError, InputError, PassingStoreError
from digest.store import crossing
from digest.store.crossing import TRIES, done_again
from digest.store.database import Database
from subscribers.entering import hold_addresses

pytestmark = pytest.mark.anyio

ANN, BO = "ann@example.org", "bo@example.org"


class Crossroads:
    """Where two meet who take the same two things in opposite orders."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._has = {ANN: asyncio.Event(), BO: asyncio.Event()}
        self.tries: list[str] = []

    async def cross(self, connection: AsyncConnection, first: str, then: str) -> str:
        """Take the one, and the other as soon as somebody has it."""
        self.tries.append(first)
        await hold_addresses(connection, [first])
        self._has[first].set()
        await self._has[then].wait()
        await hold_addresses(connection, [then])
        return first


async def test_of_two_that_wait_for_each_other_one_is_done_again(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    roads = Crossroads()

    @done_again
    async def act(store: Database, first: str, then: str) -> str:
        async with store.write() as connection:
            return await roads.cross(connection, first, then)

    done = await asyncio.gather(act(postgres_store, ANN, BO), act(second_postgres_store, then=ANN, first=BO))
    assert list(done) == [ANN, BO]
    assert sorted(roads.tries) in ([ANN, ANN, BO], [ANN, BO, BO])


async def test_what_is_written_briefly_is_done_again(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    roads = Crossroads()
    done = await asyncio.gather(
        postgres_store.write_briefly(lambda connection: roads.cross(connection, ANN, BO)),
        second_postgres_store.write_briefly(lambda connection: roads.cross(connection, BO, ANN)),
    )
    assert list(done) == [ANN, BO]
    assert len(roads.tries) == 3


async def test_who_lost_and_is_tried_no_more_is_told_so_in_plain_words(
    postgres_store: Database, second_postgres_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossing, "TRIES", 1)
    roads = Crossroads()
    done = await asyncio.gather(
        postgres_store.write_briefly(lambda connection: roads.cross(connection, ANN, BO)),
        second_postgres_store.write_briefly(lambda connection: roads.cross(connection, BO, ANN)),
        return_exceptions=True,
    )
    (lost,) = [one for one in done if not isinstance(one, str)]
    # whoever tries passing troubles again anyway tries this one, too
    assert isinstance(lost, CrossedError)
    assert isinstance(lost, PassingStoreError)
    assert str(lost).startswith("others were changing the same in the store postgresql://")
    assert str(lost).endswith("(deadlock detected): try again")


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        pytest.param(CrossedError("lost"), TRIES, id="lost"),
        pytest.param(PassingStoreError("away"), 1, id="away"),
        pytest.param(InputError("wrong"), 1, id="wrong"),
    ],
)
async def test_an_act_is_tried_some_times_when_it_lost_and_once_else(error: Exception, tries: int) -> None:
    tried = 0

    @done_again
    async def act() -> None:
        nonlocal tried
        tried += 1
        raise error

    with pytest.raises(type(error)):
        await act()
    assert tried == tries
