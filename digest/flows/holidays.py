"""The public holidays of a country become quiet days of a newsletter."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from digest.core.access import PROGRAM, Actor
from digest.core.model import Newsletter
from digest.core.quiet import calendar
from digest.errors import InputError
from digest.flows.newsletters import newsletter_named, shown_newsletter
from digest.ingest.almanac import public_holidays
from digest.store import newsletters as shelf
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database

#: Holidays further away than these are not settled anywhere.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


@done_again
async def add_holidays(
    slug: str, place: str, year: int, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Newsletter:
    """Add a year's public holidays of a place, such as `FR`; days that are quiet already keep their names."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InputError(f"year {year} is not known: say {FIRST_YEAR} to {LAST_YEAR}")
    # all countries of the world are loaded the first time: others are answered meanwhile
    found = await asyncio.to_thread(public_holidays, place, year)
    async with store.write() as connection:
        before = await newsletter_named(connection, slug)
        after = replace(before, quiet_days=calendar((*before.quiet_days, *found)))
        if after != before:
            await shelf.save(connection, after)
            words = {"before": shown_newsletter(before), "after": shown_newsletter(after)}
            await note_change(connection, by, "newsletter.edit", slug, now, **words)
    return after
