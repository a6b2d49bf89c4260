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
from digest.store import counters, newsletters, notices, topics
from digest.store.database import Database
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Event, Subscription, standing_after
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


async def look(notice_id: int, *, store: Database, now: datetime) -> Put | None:
    """The question behind a link; None when there never was one. Changes nothing."""
    async with store.read() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM:
            return None
        return await _put(connection, notice, now)


async def confirm(notice_id: int, *, seen_from: str, store: Database, now: datetime) -> Put | None:
    """Take a yes; however often it comes, it has one effect. None when there never was such a question.

    The reader gets what the mail said, whatever was entered for the same address since; `seen_from` is kept
    in the history as evidence, with the number of the question.
    """
    expected = await _expectation(notice_id, store=store, now=now)
    async with store.write() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM or notice.subscription_id is None:
            return None
        reader = await readers.subscription_by_id(connection, notice.subscription_id, to_change=True)
        # read again: somebody may have said yes while we waited for the row
        notice = await notices.by_id(connection, notice_id) or notice
        if reader is not None and how_it_stands(notice, reader, now) is Question.OPEN:
            await notices.answer(connection, notice.id, now)
            after = _begun(notice, reader, now)
            await readers.save(connection, after)
            words = f"confirmed on the page, from {seen_from}: question {notice.id}"
            await readers.note_standing(connection, reader.id, reader.standing, after.standing, words, now)
            notice = replace(notice, answered_at=now)
            await welcome(connection, after, notice, expected, now)
        return await _put(connection, notice, now)


async def _expectation(notice_id: int, *, store: Database, now: datetime) -> dict[str, Any]:
    """What the reader can expect, if the question can be answered; nobody is kept waiting meanwhile."""
    async with store.read() as connection:
        notice = await notices.by_id(connection, notice_id)
        if notice is None or notice.kind is not NoticeKind.CONFIRM or notice.subscription_id is None:
            return {}
        reader = await readers.subscription_by_id(connection, notice.subscription_id)
        if reader is None or how_it_stands(notice, reader, now) is not Question.OPEN:
            return {}
        newsletter = await newsletters.by_id(connection, reader.newsletter_id)
        return await outlook(connection, _begun(notice, reader, now), newsletter, now)


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
    return Put(
        question,
        Seen(reader, newsletter, known, next_due(reader, newest, now), may_return=False),
    )
