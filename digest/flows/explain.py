"""Why a reader got a briefing, will get it, or does not: every rule that decided, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import (
    SETTLED,
    Briefing,
    BriefingStatus,
    DeliveryStatus,
    LeftOut,
    Newsletter,
)
from digest.core.reasons import OF_ITEMS
from digest.core.selection import Selector
from digest.errors import missing
from digest.flows.preview import next_due, slot_for
from digest.flows.publish import rules_of
from digest.store import briefings, corrections, counters, newsletters, numbered, reader_copies, stories
from digest.store.database import Database
from digest.store.ledger import Entry
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Gap, Subscription


class Answer(StrEnum):
    """Where a briefing stands with a reader."""

    SENT = "sent"
    ON_ITS_WAY = "on-its-way"
    WAITING = "waiting"
    LEFT_OUT = "left-out"
    NOT_DELIVERED = "not-delivered"
    NOT_PUBLISHED = "not-published"


class Explanation(Struct, frozen=True):
    """The answer for one subscription, and the sentences that lead to it."""

    newsletter: str
    answer: Answer
    reasons: tuple[str, ...]
    #: the copies that carried or would carry it: (delivery id, issue id, status, sent at)
    deliveries: tuple[Entry, ...]
    #: when it will be decided or sent, if it still waits
    next_slot: datetime | None = None


async def explain(
    address: str, briefing_id: int, *, store: Database, now: datetime
) -> tuple[Explanation, ...]:
    """One explanation for each newsletter that the address reads or read."""
    async with store.read() as connection:
        briefing = await briefings.by_id(connection, briefing_id)
        if briefing is None:
            raise missing(f"briefing {briefing_id}", "briefings list")
        mine = await readers.subscriptions_of(connection, address)
        if not mine:
            raise missing(f"subscriber {address!r}", "subscribers list")
        return tuple([await _explain_one(connection, reader, briefing, now) for reader in mine])


async def _explain_one(
    connection: AsyncConnection, reader: Subscription, briefing: Briefing, now: datetime
) -> Explanation:
    newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    if briefing.number is None:
        draft = f"briefing {briefing.id} is a draft: it has no publication number yet"
        if briefing.status is BriefingStatus.DISCARDED:
            draft = f"briefing {briefing.id} is a draft that was discarded: it was never published"
        return Explanation(newsletter.slug, Answer.NOT_PUBLISHED, (draft,), ())
    told = await corrections.numbers_of(connection, briefing.id)
    every = await reader_copies.deciding_about(connection, reader.id, {briefing.number, *told})
    copies = [copy for copy in every if copy.speaks_of(briefing.number)]
    gaps = await readers.gaps_of(connection, reader.id)
    reasons = [_published(briefing), *_topics(briefing)]
    reasons += await _story(connection, briefing)
    reasons += _history(briefing.number, copies, gaps)
    for number in told:
        about = (copy for copy in every if copy.speaks_of(number))
        reasons += [f"as number {number} it was changed: {_said_of(copy, number)}" for copy in about]
        if number in reader.bookmark.deferred and reader.standing is not Standing.LEFT:
            reasons.append(
                f"its change, number {number}, is owed to this reader: the next issue decides about it"
            )
    carried = tuple(copy for copy in copies if briefing.number in copy.numbers)
    answer = _answer_of(carried)
    if _is_still_open(reader, briefing.number):
        outlook, due_at, words = await _outlook(connection, reader, newsletter, briefing, now)
        if answer in {Answer.SENT, Answer.ON_ITS_WAY}:
            outlook = answer
            words = ["that copy asked no bookmark, so it is owed as if it had not been", *words]
        return Explanation(newsletter.slug, outlook, (*reasons, *words), carried, due_at)
    if not carried and briefing.number <= reader.began_after:
        reasons.append(f"it was published before the subscription began (after number {reader.began_after})")
    if reader.standing is Standing.LEFT and answer is not Answer.SENT:
        reasons.append("the reader has left: nothing more is sent")
    return Explanation(newsletter.slug, answer, tuple(reasons), carried)


async def _outlook(
    connection: AsyncConnection,
    reader: Subscription,
    newsletter: Newsletter,
    briefing: Briefing,
    now: datetime,
) -> tuple[Answer, datetime | None, list[str]]:
    """What the next issue would do with a number that is still to be decided, and when."""
    newest = await counters.newest_number(connection)
    due_at = _due_at(reader, newsletter, newest, now)
    words = list(_silence(reader))
    if _passes_meanwhile(reader, briefing.number):
        words.append("not to be sent: it was published in a pause after which nothing is caught up with")
        return Answer.LEFT_OUT, due_at, words
    found = await numbered.candidates(
        connection, after=reader.bookmark.cut, upto=newest, also=reader.bookmark.deferred
    )
    selector = Selector(found, await rules_of(connection, newsletter))
    selection = selector.regular(reader.profile, reader.bookmark, newest)
    for reason, numbers in selection.left_out.items():
        if briefing.number in numbers:
            words.append(f"the next issue would leave it out: {OF_ITEMS.get(LeftOut(reason), reason)}")
            return Answer.LEFT_OUT, due_at, words
    if briefing.number in selection.deferred:
        words.append("the next issue is full: it would be deferred once more")
    elif due_at is not None:
        words.append(f"it would be in the next issue, due {due_at:%Y-%m-%d %H:%M} UTC")
    else:
        words.append("it would be in the next issue, of which nobody knows when it comes")
    return Answer.WAITING, due_at, words


def _due_at(reader: Subscription, newsletter: Newsletter, newest: int, now: datetime) -> datetime | None:
    """When the reader's next issue is due; None while nothing is sent and that has no end."""
    if reader.standing is Standing.ACTIVE:
        return slot_for(reader, newsletter, newest, now).due_at
    # who reads at once gets it when the pause ends
    return next_due(reader, newsletter, newest, now) or reader.paused_until


def _silence(reader: Subscription) -> Iterator[str]:
    if reader.standing is not Standing.ACTIVE:
        end = reader.paused_until
        when = "" if end is None else f", {end:%Y-%m-%d %H:%M} UTC"
        yield f"the reader is {reader.standing}: nothing is sent until that ends{when}"


def _passes_meanwhile(reader: Subscription, number: int | None) -> bool:
    """True for what was published in a pause that is not followed by catching up."""
    away_after = reader.away_after
    if away_after is None or number is None:
        return False
    return number > max(away_after, reader.bookmark.cut)


def _published(briefing: Briefing) -> str:
    assert briefing.published_at is not None
    when = f"{briefing.published_at:%Y-%m-%d %H:%M} UTC"
    retracted = ", later retracted" if briefing.status is BriefingStatus.RETRACTED else ""
    return f"published {when} as number {briefing.number}, section {briefing.section}{retracted}"


def _topics(briefing: Briefing) -> Iterator[str]:
    for mark in briefing.topics:
        yield f"topic {mark.slug}: {mark.reason}"


async def _story(connection: AsyncConnection, briefing: Briefing) -> list[str]:
    """Which other briefings tell of the same event: of these a copy holds one."""
    if briefing.story_id is None:
        return []
    told = await stories.members(connection, briefing.story_id)
    return [
        f"story {briefing.story_id}: briefing {one.id} ({one.source or 'ours'}) tells of the same"
        for one in told
        if one.id != briefing.id
    ]


def _history(number: int, copies: Sequence[Entry], gaps: Sequence[Gap]) -> Iterator[str]:
    for copy in copies:
        yield _said_of(copy, number)
    for gap in gaps:
        if gap.after < number <= gap.upto or number in gap.numbers:
            yield f"not to be sent: it was published while the reader was away ({gap.reason})"


def _said_of(copy: Entry, number: int) -> str:
    where = f"issue {copy.issue_id} ({copy.due_at:%Y-%m-%d})"
    if number in copy.numbers:
        reason = f" ({copy.reason})" if copy.reason else ""
        when = f" at {copy.sent_at:%Y-%m-%d %H:%M} UTC" if copy.sent_at else ""
        row = f"delivery {copy.id}, " if copy.id else ""
        return f"{where} carried it: {row}{copy.status}{when}{reason}"
    if number in copy.deferred:
        return f"{where} was full: deferred to the next issue"
    reason = next(reason for reason, numbers in copy.left_out.items() if number in numbers)
    return f"{where} left it out: {OF_ITEMS.get(LeftOut(reason), reason)}"


def _answer_of(carried: Sequence[Entry]) -> Answer:
    """What became of the copies that carried it: a later one that failed does not undo an earlier one."""
    if any(copy.status is DeliveryStatus.SENT for copy in carried):
        return Answer.SENT
    if any(copy.status not in SETTLED for copy in carried):
        return Answer.ON_ITS_WAY
    return Answer.NOT_DELIVERED if carried else Answer.LEFT_OUT


def _is_still_open(reader: Subscription, number: int) -> bool:
    """True when the bookmark still owes a decision: never decided, deferred, or given back."""
    return reader.standing is not Standing.LEFT and reader.bookmark.is_new(number)
