"""What readers do through the signed links in their mails: look, leave, take the leaving back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter, Topic
from digest.flows.leaving import HAD_AGREED, end_all
from digest.flows.notices import goodbye
from digest.flows.preview import next_due
from digest.flows.remembered import Known, Remembered
from digest.store import newsletters, owed_again
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers import store as readers
from subscribers.leaving import was_from_everything
from subscribers.model import Standing
from subscribers.subscription import Event, Subscription, standing_after

#: So long a leaving can be taken back as if it had not been; links in old mails go on working for years,
#: and a backlog of years would come as one mail.
UNDO_WITHIN: Final = timedelta(days=7)


class Seen(Struct, frozen=True):
    """A subscription as its own reader sees it."""

    reader: Subscription
    newsletter: Newsletter
    topics: tuple[Topic, ...]
    #: when the next issue is due, in the past when it is about to be made; None when it comes with the news,
    #: or when none will come
    next_due: datetime | None
    #: True when the reader left and may still take that back
    may_return: bool
    #: the other newsletters of the same reader, whatever their standing
    others: tuple[Other, ...] = ()


class Other(Struct, frozen=True):
    """Something else that the same reader has."""

    reader: Subscription
    title: str


async def look(
    subscription_id: int, *, store: Database, now: datetime, remembered: Remembered | None = None
) -> Seen | None:
    """The subscription behind a link; None after its reader was erased. Changes nothing.

    What many readers have alike is taken from what is `remembered`.
    """
    remembered = remembered or Remembered()
    async with store.glance() as connection:
        mine = await readers.subscriptions_beside(connection, subscription_id)
        reader = own(mine, subscription_id)
        if reader is None:
            return None
        return await seen_by(connection, reader, mine, await remembered.as_of_now(connection), now)


async def seen_by(
    connection: AsyncConnection,
    reader: Subscription,
    mine: Sequence[Subscription],
    known: Known,
    now: datetime,
) -> Seen:
    """A subscription as its reader sees it; `mine` is all that the reader has."""
    others = tuple(one for one in mine if one.id != reader.id)
    newsletter = await known.newsletter(connection, reader.newsletter_id)
    return Seen(
        reader=reader,
        newsletter=newsletter,
        topics=await known.topics(connection),
        next_due=next_due(reader, newsletter, known.newest, now),
        may_return=await may_still_return(connection, reader, now),
        others=await beside(connection, others),
    )


@done_again
async def leave(
    subscription_id: int, *, reason: str, store: Database, now: datetime, everything: bool = False
) -> bool:
    """End a subscription; True when it was not over before. What is planned is skipped at the claim.

    With `everything`, all that the reader has, in one transaction.
    """
    async with store.write() as connection:
        mine = await _to_change(connection, subscription_id, everything)
        ended = await end_all(connection, mine, {one.id: reason for one in mine}, now)
        agreed = [one for one in ended if one.standing in HAD_AGREED]
        # one mail is enough, however much was left: that of the newsletter on whose page it was
        agreed.sort(key=lambda one: one.id != subscription_id)
        for reader in agreed[:1]:
            await goodbye(connection, reader, now)
    return bool(ended)


@done_again
async def take_back(subscription_id: int, *, reason: str, store: Database, now: datetime) -> bool:
    """Undo a recent leaving, as if it had not been; True when there was one to undo.

    The bookmark has stood still meanwhile, and what was skipped is owed again: nothing comes twice, and
    nothing is lost. Who left everything at once gets all of that back.
    """
    async with store.write() as connection:
        await hold_off(connection)
        mine = await _to_change(connection, subscription_id, everything=True)
        return await take_back_within(connection, mine, subscription_id, reason, now)


async def take_back_within(
    connection: AsyncConnection,
    mine: Sequence[Subscription],
    subscription_id: int,
    reason: str,
    now: datetime,
) -> bool:
    """The same within a transaction that has held corrections off; `mine` is all that the reader has."""
    reader = own(mine, subscription_id)
    if reader is None or reader.standing is not Standing.LEFT:
        return False
    history = await readers.standing_history(connection, reader.id)
    if not may_return(reader, history, now):
        return False
    await take_back_one(connection, reader, history, reason, now)
    leaving = history[-1]
    if was_from_everything(leaving.reason):
        for other in mine:
            if other.id == reader.id or other.standing is not Standing.LEFT:
                continue
            history = await readers.standing_history(connection, other.id)
            same = history[-1].at == leaving.at and history[-1].reason == leaving.reason
            if same and may_return(other, history, now):
                await take_back_one(connection, other, history, reason, now)
    return True


def own(mine: Sequence[Subscription], subscription_id: int) -> Subscription | None:
    """The subscription of this number among those of its reader."""
    return next((one for one in mine if one.id == subscription_id), None)


async def beside(connection: AsyncConnection, others: Sequence[Subscription]) -> tuple[Other, ...]:
    """Subscriptions with the titles of their newsletters; nothing is asked when there are none."""
    if not others:
        return ()
    titles = {one.id: one.title for one in await newsletters.every(connection)}
    return tuple(Other(one, titles[one.newsletter_id]) for one in others)


async def may_still_return(connection: AsyncConnection, reader: Subscription, now: datetime) -> bool:
    """Whether this reader left and may take that back; the history of who did not is not looked at."""
    if reader.standing is not Standing.LEFT:
        return False
    return may_return(reader, await readers.standing_history(connection, reader.id), now)


def may_return(reader: Subscription, history: Sequence[Row[Any]], now: datetime) -> bool:
    """True when the last thing in the history of a standing is a recent leaving of one who had agreed."""
    if reader.standing is not Standing.LEFT or not history:
        return False
    leaving = history[-1]
    return leaving.before in HAD_AGREED and now - leaving.at <= UNDO_WITHIN


async def _to_change(
    connection: AsyncConnection, subscription_id: int, everything: bool
) -> tuple[Subscription, ...]:
    if everything:
        return await readers.subscriptions_beside(connection, subscription_id, to_change=True)
    reader = await readers.subscription_by_id(connection, subscription_id, to_change=True)
    return () if reader is None else (reader,)


async def take_back_one(
    connection: AsyncConnection,
    reader: Subscription,
    history: Sequence[Row[Any]],
    reason: str,
    now: datetime,
) -> None:
    """Undo the leaving of one alone, which may be undone; `history` is that of its standing."""
    back = replace(reader, standing=standing_after(reader.standing, Event.RETURNED))
    await readers.save(connection, back)
    await readers.note_standing(connection, back.id, reader.standing, back.standing, reason, now)
    await owed_again.owe_again(connection, reader.id, since=_last_active(history) or reader.began_at)


def _last_active(history: Sequence[Row[Any]]) -> datetime | None:
    """When the reader last came, or came back: what was planned before belongs to an earlier stay.

    Who comes out of a pause was there all the while, and may have a copy waiting from before it.
    """
    came = (row.at for row in history if row.after == Standing.ACTIVE and row.before != Standing.PAUSED)
    return max(came, default=None)
