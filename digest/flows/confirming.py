"""What the owner of an address does through the link of a question: look at it, and say yes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.model import Newsletter, Topic
from digest.core.notices import Notice, NoticeKind
from digest.flows.by_link import Seen, next_due
from digest.flows.notices import welcome
from digest.flows.outlook import outlook
from digest.flows.readers import ERASED, suppression_key
from digest.store import counters, newsletters, notices, topics
from digest.store.database import Database
from subscribers import consents
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


@dataclass(frozen=True, slots=True)
class Put:
    """A question as its page shows it: the subscription as it will be, or is."""

    question: Question
    #: None after the reader was erased
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


async def confirm(notice_id: int, *, seen_from: str, store: Database, now: datetime) -> Put | None:
    """Take a yes; however often it comes, it has one effect. None when there never was such a question.

    The reader gets what the mail said, whatever was entered for the same address since; `seen_from` is kept
    in the history as evidence, with the number of the question.
    """
    expected = await _expectations(notice_id, store=store, now=now)
    async with store.write() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM or notice.subscription_id is None:
            return None
        reader = await readers.subscription_by_id(connection, notice.subscription_id, to_change=True)
        # read again: somebody may have said yes while we waited for the row
        notice = await notices.by_id(connection, notice_id) or notice
        if reader is not None and how_it_stands(notice, reader, now) is Question.OPEN:
            others = [
                await readers.subscription_by_id(connection, one, to_change=True) for one in _also(notice)
            ]
            answered = replace(notice, answered_at=now)
            await notices.answer(connection, notice.id, now)
            await _lift_own_wish(connection, reader.address)
            for one in (reader, *others):
                if one is not None and how_it_stands(notice, one, now) is Question.OPEN:
                    await _begin(connection, one, notice, seen_from, now)
                    await welcome(
                        connection, _begun(notice, one, now), answered, expected.get(one.id, {}), now
                    )
            notice = answered
        return await _put(connection, notice, now)


async def _begin(
    connection: AsyncConnection, reader: Subscription, notice: Notice, seen_from: str, now: datetime
) -> None:
    """Make a pending reader an active one, with the evidence for it."""
    after = _begun(notice, reader, now)
    await readers.save(connection, after)
    words = f"confirmed on the page, from {seen_from}: question {notice.id}"
    await readers.note_standing(connection, reader.id, reader.standing, after.standing, words, now)
    await consents.note_answer(connection, reader.id, notice.due_at, seen_from, now)


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
            if reader is not None and how_it_stands(notice, reader, now) is Question.OPEN:
                newsletter = await newsletters.by_id(connection, reader.newsletter_id)
                found[one] = await outlook(connection, _begun(notice, reader, now), newsletter, now)
    return found


def _also(notice: Notice) -> tuple[int, ...]:
    """The other subscriptions that a question is about."""
    return tuple(notice.data.get("also", ()))


def how_it_stands(notice: Notice, reader: Subscription, now: datetime) -> Question:
    """Whether a question can be answered; only by the owner of the address that it went to."""
    if address_key(reader.address) != address_key(notice.address):
        return Question.OVER
    if reader.standing in {Standing.ACTIVE, Standing.PAUSED}:
        return Question.ANSWERED
    is_open = notice.answered_at is None and notice.can_be_answered(now)
    return Question.OPEN if is_open and reader.standing is Standing.PENDING else Question.OVER


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
    assert notice.subscription_id is not None
    reader = await readers.subscription_by_id(connection, notice.subscription_id)
    if reader is None:
        return Put(Question.OVER, None)
    question = how_it_stands(notice, reader, now)
    if question is Question.OPEN:
        reader = _begun(notice, reader, now)
    newsletter: Newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    known: tuple[Topic, ...] = await topics.every(connection)
    newest = await counters.newest_number(connection)
    also = await newsletters.of_subscriptions(connection, _also(notice))
    return Put(
        question,
        Seen(reader, newsletter, known, next_due(reader, newest, now), may_return=False),
        tuple(one.title for one in also),
    )
