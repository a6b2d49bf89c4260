"""What readers do on the page of their preferences: look, try out, save, pause, go on, come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.flows.by_link import Seen, own, seen_by, take_back_within
from digest.flows.coming import Coming
from digest.flows.pauses import change_all, pausing, resuming
from digest.flows.preview import next_due
from digest.flows.readers import (
    Enrolment,
    come_back,
    reach_of,
    rewish,
    rewished,
    suppression_key,
)
from digest.flows.remembered import Remembered
from digest.store import counters, ledger, newsletters
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers import store as shelf
from subscribers.model import MONTHLY, WEEKDAYS, Standing
from subscribers.subscription import Subscription, resumed
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import Wishes

#: Whose wishes can be changed: mail goes to them, or will again.
READING: Final = frozenset({Standing.ACTIVE, Standing.PAUSED})
#: Who can come back by the word of whoever holds the link.
MAY_COME_BACK: Final = frozenset({Standing.LEFT, Standing.BOUNCING})

#: Reasons in the history of a standing.
PAUSED: Final = "paused on the page"
RESUMED: Final = "resumed on the page"
CAME_BACK: Final = "came back on the page"


class Choice(Struct, frozen=True):
    """A subscription as the page of its preferences shows it."""

    seen: Seen
    #: with the wishes that are tried on; the same as what is seen when there are none
    tried: Subscription
    coming: Coming
    #: items a week by topic, lately
    per_week: Mapping[str, int]


async def look(
    subscription_id: int,
    *,
    store: Database,
    remembered: Remembered,
    now: datetime,
    read: Callable[[Seen], Wishes] | None = None,
) -> Choice | None:
    """The subscription behind a link, and its next mail; None after its reader was erased. Changes nothing.

    `read` says which wishes to try on: the next mail is then what they would bring.
    """
    async with store.glance() as connection:
        mine = await shelf.subscriptions_beside(connection, subscription_id)
        reader = own(mine, subscription_id)
        if reader is None:
            return None
        known = await remembered.as_of_now(connection)
        seen = await seen_by(connection, reader, mine, known, now)
        tried = reader
        if read is not None:
            last_days = await ledger.last_days(connection, [reader.id], now)
            tried = rewished(reader, read(seen), last_day=last_days.get(reader.id, date.min), now=now)
        after = _awake(tried, known.newest, now)
        held = await known.held(connection, after.profile, after.bookmark, seen.newsletter)
        per_week = await remembered.per_week(connection, seen.newsletter, now)
        due = seen.next_due if tried is reader else next_due(tried, seen.newsletter, known.newest, now)
        return Choice(seen, tried, Coming(due, held), per_week)


@done_again
async def save(subscription_id: int, wishes: Wishes, *, store: Database, now: datetime) -> bool:
    """Write wishes down; False when this reader has none to change: gone, not yet come, or erased."""
    async with store.write() as connection:
        reader = await shelf.subscription_by_id(connection, subscription_id, to_change=True)
        if reader is None or reader.standing not in READING:
            return False
        await rewish(connection, reader, wishes, now)
    return True


@done_again
async def slow_down(subscription_id: int, day: str | None, *, store: Database, now: datetime) -> bool:
    """One mail a week instead of several: on `day`, or on the first of the days that there were."""
    async with store.write() as connection:
        reader = await shelf.subscription_by_id(connection, subscription_id, to_change=True)
        if reader is None or reader.standing not in READING or not is_faster_than_weekly(reader):
            return False
        first = next((one for one in reader.cadence.days if one != MONTHLY), WEEKDAYS[0])
        once = {"days": (day or first,), "at_once": False}
        await rewish(connection, reader, Wishes(once), now)
    return True


def is_faster_than_weekly(reader: Subscription) -> bool:
    """Whether once a week would be less."""
    cadence = reader.cadence
    return cadence.at_once or (cadence.days != (MONTHLY,) and len(cadence.days) > 1)


@done_again
async def pause(
    subscription_id: int,
    *,
    until: date | None,
    catch_up: bool,
    everything: bool,
    store: Database,
    now: datetime,
) -> bool:
    """Send nothing for a while, of this newsletter or of all that the reader has.

    Raises InputError when the day has begun already where the reader lives.
    """
    words = PAUSED if until is None else f"{PAUSED} until {until}"
    async with store.write() as connection:
        mine = await _meant(connection, subscription_id, READING, everything)
        newest = await counters.newest_number(connection)
        change = pausing(until, catch_up=catch_up, newest=newest, now=now)
        return bool(await change_all(connection, mine, change, words, now))


@done_again
async def resume(subscription_id: int, *, everything: bool, store: Database, now: datetime) -> bool:
    """Send again, from the next slot on."""
    async with store.write() as connection:
        mine = await _meant(connection, subscription_id, frozenset({Standing.PAUSED}), everything)
        newest = await counters.newest_number(connection)
        change = await resuming(connection, mine, newest, now)
        return bool(await change_all(connection, mine, change, RESUMED, now))


@done_again
async def come_back_by_link(subscription_id: int, *, store: Database, now: datetime) -> bool:
    """Take back who left, or whose mail came back: the link was mailed to this address, so it is theirs.

    A recent leaving is undone as if it had not been. An older one is a new beginning that brings nothing
    twice. Mail that comes back concerns the address, so that all its newsletters are tried again.
    """
    async with store.write() as connection:
        await hold_off(connection)
        mine = await shelf.subscriptions_beside(connection, subscription_id, to_change=True)
        reader = own(mine, subscription_id)
        if reader is None or reader.standing not in MAY_COME_BACK:
            return False
        if await suppression_reasons(connection, [reader.address], await suppression_key(connection)):
            return False
        if await take_back_within(connection, mine, reader.id, CAME_BACK, now):
            return True
        together = [one for one in mine if one.standing is Standing.BOUNCING]
        for one in together if reader.standing is Standing.BOUNCING else [reader]:
            newsletter = await newsletters.by_id(connection, one.newsletter_id)
            again = Enrolment(one.address, newsletter.slug, Wishes(), confirmed=True, reason=CAME_BACK)
            reach = await reach_of(connection, newsletter, now)
            await come_back(connection, one, newsletter, again, reach, now)
    return True


def _awake(reader: Subscription, newest: int, now: datetime) -> Subscription:
    """A paused reader as after the pause, if it ended now: what it leaves out is not in the next mail."""
    if reader.standing is not Standing.PAUSED:
        return reader
    served = timetable.served_day_at_start(reader.cadence, now)
    after, _gap = resumed(reader, newest=newest, served_day=served)
    return replace(after, paused_until=None)


async def _meant(
    connection: AsyncConnection, subscription_id: int, standings: frozenset[Standing], everything: bool
) -> list[Subscription]:
    """The subscriptions that a word is about, of those that it can be about."""
    mine = await shelf.subscriptions_beside(connection, subscription_id, to_change=True)
    return [one for one in mine if one.standing in standings and (everything or one.id == subscription_id)]
