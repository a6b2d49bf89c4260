"""What people do about families of mailboxes: look at their rates, let one rest, let it go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.families import family_of
from digest.core.lines import parse_line
from digest.core.reputation import PAUSE, WINDOW, Counts, Level, Measure, Reading, readings
from digest.errors import InputError
from digest.store import deliveries, family_counts, family_pauses
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.family_pauses import Pause
from digest.store.kept_apart import hold_off
from digest.store.provider_figures import OTHERS

#: The longest that a family rests, in hours; after that a person may say so again.
LONGEST_HOURS: Final = 30 * 24
USUAL_HOURS: Final = int(PAUSE / timedelta(hours=1))
#: The reason of who gave none.
BY_HAND: Final = "by hand"
_DOMAIN: Final = re.compile(r"[^\s@/:?#\[\]]{1,200}\.[^\s@/:?#\[\].]{2,63}")


class FamilyWatched(Struct, frozen=True):
    """A family, or all of them: how it is doing, and whether it rests."""

    #: its place in the list, from 1 on
    id: int
    #: None for all
    family: str | None
    week: Counts
    pause: Pause | None = None

    @property
    def readings(self) -> Mapping[Measure, Reading]:
        """Its rates against their lines."""
        return {one.measure: one for one in readings(self.week)}

    @property
    def level(self) -> Level:
        """The worst of them."""
        levels = {one.level for one in self.readings.values()}
        return next(one for one in (Level.OVER, Level.NEAR, Level.FINE) if one in levels)


class Families(Struct, frozen=True):
    """All that is known of the last seven days."""

    all: FamilyWatched
    #: those that rest first, then by how many copies they had an answer to
    each: tuple[FamilyWatched, ...]


class Rest(Struct, frozen=True):
    """What somebody wishes for a family."""

    #: any of its domains, or an address there
    family: str
    hours: int = USUAL_HOURS
    because: str = ""


async def families(*, store: Database, now: datetime) -> Families:
    """See how each family is doing; families with few copies are one."""
    async with store.read() as connection:
        return await watched_at(connection, now)


async def watched_at(connection: AsyncConnection, now: datetime) -> Families:
    """The same within a transaction."""
    week = await family_counts.by_family(connection, now - WINDOW)
    pauses = {one.family: one for one in await family_pauses.under_way(connection, now)}
    names = sorted(
        week.keys() | pauses.keys(),
        key=lambda one: (one not in pauses, one == OTHERS, -week.get(one, Counts()).tried, one),
    )
    each = [
        FamilyWatched(place, name, week.get(name, Counts()), pauses.get(name))
        for place, name in enumerate(names, start=1)
    ]
    return Families(FamilyWatched(0, None, sum(week.values(), Counts())), tuple(each))


@done_again
async def pause_family(wish: Rest, *, by: Actor, store: Database, now: datetime) -> Pause:
    """Send nothing to a family for a while, or until somebody lets it go on."""
    if not 1 <= wish.hours <= LONGEST_HOURS:
        raise InputError(f"a family rests 1 to {LONGEST_HOURS} hours, not {wish.hours}")
    why = parse_line(wish.because, "reason") if wish.because else BY_HAND
    new = Pause(parse_family(wish.family), now, now + timedelta(hours=wish.hours), why, by.name)
    async with store.write() as connection:
        if not await family_pauses.begin(connection, new):
            raise InputError(f"family {new.family!r} is paused already", at_shell="see digest families list")
        after = {"until": new.until.isoformat(), "because": why}
        await note_change(connection, by, "family.pause", new.family, now, after=after)
    return new


@done_again
async def resume_family(words: str, *, by: Actor, store: Database, now: datetime) -> str:
    """Send to a family again, from the next run on; its name. What led to the pause leads to no other."""
    family = parse_family(words)
    async with store.write() as connection:
        # who takes back or corrects changes the copies that are let go in another order
        await hold_off(connection)
        if not await family_pauses.end(connection, family, by.name, now):
            raise InputError(f"family {family!r} is not paused", at_shell="see digest families list")
        await deliveries.wake(connection, now)
        await note_change(connection, by, "family.resume", family, now)
    return family


def parse_family(words: str) -> str:
    """The family that any of its domains, or an address there, names."""
    domain = words.strip().lower().rpartition("@")[2]
    if not domain.isprintable() or not _DOMAIN.fullmatch(domain):
        raise InputError(
            f"{words.strip()[:80]!r} names no family of mailboxes: use a domain such as gmail.com"
        )
    return family_of(domain)
