"""What the owner of an address does through the link of a question: look at it, and say yes."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.model import Newsletter, Topic
from digest.core.notices import COME_BACK, Notice, NoticeKind
from digest.flows.by_link import Seen
from digest.flows.notices import welcome
from digest.flows.outlook import outlook
from digest.flows.preview import next_due
from digest.flows.readers import ERASED, suppression_key
from digest.flows.returning import begin_again, begun_again
from digest.store import counters, newsletters, notices, topics
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers import consents, together
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Event, Subscription, standing_after
from subscribers.suppressions import lift_suppression, suppression_reasons
from subscribers.wishes import address_key


class Question(Enum):
    """How a question stands when its link is opened."""

    OPEN = auto()
    #: the reader has it already, by this question or another
    ANSWERED = auto()
    #: too old, answered long ago, about an address that changed, or the reader has another standing by now
    OVER = auto()


class Put(Struct, frozen=True):
    """A question as its page shows it: the subscription as it will be, or is."""

    question: Question
    #: None after the reader was erased, or forgotten without a yes
    seen: Seen | None
    #: the titles of the other newsletters that the answer is for
    also: tuple[str, ...] = ()


async def look(notice_id: int, *, store: Database, now: datetime) -> Put | None:
    """The question behind a link; None when there never was one. Changes nothing."""
    async with store.glance() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM:
            return None
        return await _put(connection, notice, now)


@done_again
async def confirm(notice_id: int, *, seen_from: str, store: Database, now: datetime) -> Put | None:
    """Take a yes; however often it comes, it has one effect. None when there never was such a question.

    The reader gets what the mail said, whatever was entered for the same address since; `seen_from` is kept
    in the history as evidence, with the number of the question.
    """
    expected = await _expectations(notice_id, store=store, now=now)
    async with store.write() as connection:
        # who comes back may be owed copies again
        await hold_off(connection)
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM:
            return None
        whose = notice.subscription_id
        # all that it is about at once: one after the other, two would wait for each other
        about = [] if whose is None else [whose, *_also(notice)]
        held = {one.id: one for one in await together.subscriptions_by_id(connection, about)}
        reader = None if whose is None else held.get(whose)
        # read again: somebody may have said yes, or removed it, while we waited for the row
        notice = await notices.by_id(connection, notice_id) or notice
        if reader is not None and await _is_open(connection, notice, reader, now):
            others = [held[one] for one in _also(notice) if one in held]
            answered = replace(notice, answered_at=now)
            await notices.answer(connection, notice.id, now)
            await _lift_own_wish(connection, reader.address)
            await readers.set_identity(connection, reader.subscriber_id, name=notice.data.get("name") or None)
            for one in (reader, *others):
                if await _is_open(connection, notice, one, now):
                    begun = await _begin(connection, one, notice, seen_from, now)
                    await welcome(connection, begun, answered, expected.get(one.id, {}), now)
            notice = answered
        return await _put(connection, notice, now)


async def _begin(
    connection: AsyncConnection, reader: Subscription, notice: Notice, seen_from: str, now: datetime
) -> Subscription:
    """Make a reader who said yes an active one, with the evidence for it."""
    words = f"confirmed on the page, from {seen_from}: question {notice.id}"
    if reader.standing in COME_BACK:
        begun = await begin_again(connection, reader, notice, words, now)
    else:
        begun = _begun(notice, reader, now)
        await readers.save(connection, begun)
        await readers.note_standing(connection, reader.id, reader.standing, begun.standing, words, now)
    await consents.note_answer(connection, reader.id, notice.due_at, seen_from, now)
    return begun


async def _lift_own_wish(connection: AsyncConnection, address: str) -> None:
    """Who was erased at their own wish, and now says yes, may be written to again; nobody else."""
    key = await suppression_key(connection)
    if set((await suppression_reasons(connection, [address], key)).values()) == {ERASED}:
        await lift_suppression(connection, address, key)


async def _expectations(notice_id: int, *, store: Database, now: datetime) -> dict[int, dict[str, Any]]:
    """What the reader can expect, if the question can be answered; nobody is kept waiting meanwhile."""
    found = {}
    async with store.read() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM or notice.subscription_id is None:
            return {}
        for one in (notice.subscription_id, *_also(notice)):
            reader = await readers.subscription_by_id(connection, one)
            if reader is not None and await _is_open(connection, notice, reader, now):
                newsletter = await newsletters.by_id(connection, reader.newsletter_id)
                begun = await _as_begun(connection, notice, reader, now)
                found[one] = await outlook(connection, begun, newsletter, now)
    return found


def _also(notice: Notice) -> tuple[int, ...]:
    """The other subscriptions that a question is about."""
    return tuple(notice.data.get("also", ()))


async def _is_open(connection: AsyncConnection, notice: Notice, reader: Subscription, now: datetime) -> bool:
    return await _how_it_stands(connection, notice, reader, now) is Question.OPEN


async def _how_it_stands(
    connection: AsyncConnection, notice: Notice, reader: Subscription, now: datetime
) -> Question:
    ended_by = None
    if reader.standing in COME_BACK and reader.id in notice.ended_by:
        ended_by = (await readers.standing_history(connection, reader.id))[-1].id
    return how_it_stands(notice, reader, now, ended_by=ended_by)


def how_it_stands(
    notice: Notice, reader: Subscription, now: datetime, *, ended_by: int | None = None
) -> Question:
    """Whether a question can be answered; only by the owner of the address that it went to.

    `ended_by` is the newest change of a standing that is over: who came back and left once more since the
    question was put is not brought back by it.
    """
    if address_key(reader.address) != address_key(notice.address):
        return Question.OVER
    if reader.standing in {Standing.ACTIVE, Standing.PAUSED}:
        return Question.ANSWERED
    is_open = notice.answered_at is None and notice.can_be_answered(now)
    if reader.standing in COME_BACK:
        is_open = is_open and ended_by is not None and notice.ended_by.get(reader.id) == ended_by
    elif reader.standing is not Standing.PENDING:
        is_open = False
    return Question.OPEN if is_open else Question.OVER


async def _as_begun(
    connection: AsyncConnection, notice: Notice, reader: Subscription, now: datetime
) -> Subscription:
    """The subscription as it would be after a yes."""
    if reader.standing in COME_BACK:
        return await begun_again(connection, reader, notice, now)
    return _begun(notice, reader, now)


def _begun(notice: Notice, reader: Subscription, now: datetime) -> Subscription:
    """The reader, active, with what the question said; only slots from now on are owed."""
    assert notice.cadence is not None
    assert notice.profile is not None
    return replace(
        reader,
        standing=standing_after(reader.standing, Event.CONFIRMED),
        cadence=notice.cadence,
        profile=notice.profile,
        served_day=max(reader.served_day, timetable.served_day_at_start(notice.cadence, now)),
    )


async def _put(connection: AsyncConnection, notice: Notice, now: datetime) -> Put:
    # who was erased has no address any more; who did not confirm in time, nothing at all
    whose = notice.subscription_id
    reader = None if whose is None else await readers.subscription_by_id(connection, whose)
    if reader is None:
        return Put(Question.OVER, None)
    question = await _how_it_stands(connection, notice, reader, now)
    if question is Question.OPEN:
        reader = await _as_begun(connection, notice, reader, now)
    newsletter: Newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    known: tuple[Topic, ...] = await topics.every(connection)
    newest = await counters.newest_number(connection)
    also = await newsletters.of_subscriptions(connection, _also(notice))
    return Put(
        question,
        Seen(reader, newsletter, known, next_due(reader, newsletter, newest, now), may_return=False),
        tuple(one.title for one in also),
    )
