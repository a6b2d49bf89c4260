"""The broom: takes back what a dead sender held, and wakes readers whose pause is over."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from msgspec import Struct

from digest.core import timetable
from digest.flows.pauses import passing_by
from digest.store import deliveries, notices, numbered
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.deliveries import Swept
from digest.store.kept_apart import hold_off
from subscribers import store as readers
from subscribers import together
from subscribers.subscription import resumed


class Recovered(Struct, frozen=True):
    """What the broom found: copies back to planned, in doubt, given up, and readers back from a pause."""

    freed: int
    uncertain: int
    #: they were in the hands of every one of many processes when it ended
    refused: int
    resumed: int


async def recover(
    *, store: Database, is_dead: Callable[[str], bool], now: datetime, wall: datetime
) -> Recovered:
    """Tidy up before anything new is planned. `wall` is real time: leases are about processes."""
    async with store.read() as connection:
        owners = await deliveries.owners_at_work(connection) | await notices.owners_at_work(connection)
    dead = {owner for owner in owners if is_dead(owner)}
    swept = await _sweep(store, dead, wall)
    return Recovered(*swept, resumed=await _wake(store, now))


@done_again
async def _sweep(store: Database, dead: Collection[str], wall: datetime) -> Swept:
    async with store.write() as connection:
        # who takes back or corrects changes the same copies in another order
        await hold_off(connection)
        swept = await deliveries.sweep(connection, dead=dead, wall=wall)
        await notices.sweep(connection, dead=dead, wall=wall)
    return swept


@done_again
async def _wake(store: Database, now: datetime) -> int:
    """End the pauses whose time is up; slots since then are owed, even when this comes late."""
    async with store.write() as connection:
        sleepers = await together.pauses_ending_by(connection, now)
        passing = await passing_by(connection, sleepers)
        for sleeper in sleepers:
            assert sleeper.paused_until is not None
            awake, gap = resumed(
                sleeper,
                newest=await numbered.newest_published_before(connection, sleeper.paused_until),
                served_day=timetable.served_day_on_return(sleeper.cadence, sleeper.paused_until),
                passing=passing,
            )
            await readers.save(connection, awake)
            await readers.note_standing(
                connection, awake.id, sleeper.standing, awake.standing, "pause ended", now
            )
            if gap is not None:
                await readers.note_gap(connection, awake.id, gap, now)
    return len(sleepers)
