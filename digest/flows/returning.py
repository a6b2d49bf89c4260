"""Who left, or whose mail came back, said yes to beginning again with what was chosen now.

A recent leaving is undone as if it had not been, and the new wishes are written over the old ones; of what
ended long ago a new beginning is made. Either way nothing comes twice.
"""

from __future__ import annotations

from datetime import date, datetime

from msgspec.structs import asdict, replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.notices import Notice
from digest.flows.by_link import may_return, take_back_one
from digest.flows.readers import Enrolment, come_back, coming_back, reach_of, rewish, rewished
from digest.store import ledger, newsletters
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes


async def begin_again(
    connection: AsyncConnection, over: Subscription, notice: Notice, words: str, now: datetime
) -> Subscription:
    """Begin a subscription again that is over; `words` are the reason in its history."""
    wishes = _wishes_of(notice)
    history = await readers.standing_history(connection, over.id)
    if may_return(over, history, now):
        await take_back_one(connection, over, history, words, now)
        await rewish(connection, await _anew(connection, over), wishes, now)
    else:
        newsletter = await newsletters.by_id(connection, over.newsletter_id)
        again = Enrolment(over.address, newsletter.slug, wishes, confirmed=True, reason=words)
        reach = await reach_of(connection, newsletter, now)
        await come_back(connection, over, newsletter, again, reach, now)
    return await _anew(connection, over)


async def begun_again(
    connection: AsyncConnection, over: Subscription, notice: Notice, now: datetime
) -> Subscription:
    """A subscription that is over as it would be, were it begun again now; changes nothing."""
    wishes = _wishes_of(notice)
    last_days = await ledger.last_days(connection, [over.id], now)
    last_day = last_days.get(over.id, date.min)
    if may_return(over, await readers.standing_history(connection, over.id), now):
        return rewished(replace(over, standing=Standing.ACTIVE), wishes, last_day=last_day, now=now)
    reach = await reach_of(connection, await newsletters.by_id(connection, over.newsletter_id), now)
    back, _gap = coming_back(over, wishes, reach=reach, last_day=last_day, now=now)
    return back


async def _anew(connection: AsyncConnection, over: Subscription) -> Subscription:
    found = await readers.subscription_by_id(connection, over.id)
    assert found is not None
    return found


def _wishes_of(notice: Notice) -> Wishes:
    """All that the question said."""
    assert notice.cadence is not None
    assert notice.profile is not None
    return Wishes(
        asdict(notice.cadence),
        asdict(notice.profile),
    )
