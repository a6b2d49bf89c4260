"""Readers who have to say yes, or yes once more: nothing is sent to them before they do."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.errors import InputError
from digest.flows.noted import note_reader
from digest.flows.notices import ask_to_confirm
from digest.flows.pauses import change_all
from digest.flows.readers import Enrolment, come_back, reach_of, require_subscriptions
from digest.store import newsletters
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers.entering import hold_addresses
from subscribers.model import Standing
from subscribers.subscription import Subscription, left
from subscribers.wishes import Wishes

#: A question to others would be one that they have answered.
_MAY_BE_ASKED: Final = frozenset({Standing.PENDING, Standing.ACTIVE, Standing.PAUSED})
_REASON: Final = "has to confirm"


@done_again
async def ask_again(
    address: str, newsletter_slug: str | None, *, store: Database, now: datetime, by: Actor
) -> tuple[Subscription, ...]:
    """Have a reader confirm: who has not answered yet is asked once more, who reads is pending until then.

    Those who read leave, and begin anew when they say yes: nothing comes twice, and what comes out meanwhile
    comes as far as a first issue reaches back.
    """
    async with store.write() as connection:
        await hold_addresses(connection, [address])
        mine = await require_subscriptions(connection, address, newsletter_slug)
        for one in mine:
            if one.standing not in _MAY_BE_ASKED:
                raise InputError(f"{one.address} is {one.standing}: only who reads, or is pending, is asked")
        reading = [one for one in mine if one.standing is not Standing.PENDING]
        gone = await change_all(connection, reading, lambda one: (left(one), None), _REASON, now)
        asked = [
            await _asked(connection, one, now)
            for one in (*gone, *(one for one in mine if one.standing is Standing.PENDING))
        ]
        await note_reader(connection, by, "reader.ask", asked, now, before=mine, asked="to confirm")
        return tuple(asked)


async def _asked(connection: AsyncConnection, one: Subscription, now: datetime) -> Subscription:
    newsletter = await newsletters.by_id(connection, one.newsletter_id)
    if one.standing is Standing.LEFT:
        again = Enrolment(one.address, newsletter.slug, Wishes(), confirmed=False, reason=_REASON)
        reach = await reach_of(connection, newsletter, now)
        one = await come_back(connection, one, newsletter, again, reach, now)
    await ask_to_confirm(connection, one, newsletter, now)
    return one
