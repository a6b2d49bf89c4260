"""The newsroom's day in one look: what comes, what runs, what needs a person, what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.feeding import Feed, FeedHealth
from digest.core.model import DeliveryStatus, Issue, IssueStatus, Newsletter
from digest.core.overdue import Lateness, Watched
from digest.core.quiet import dates_of, names_by_day
from digest.core.reputation import Level
from digest.flows.family_acts import FamilyWatched, watched_at
from digest.flows.feeds_shown import unwell_among
from digest.flows.issue_acts import approve_by, why_held
from digest.flows.machines import Machine, at_work
from digest.flows.orders_shown import OrderShown, named
from digest.flows.publish import due_slots
from digest.store import (
    attention,
    issue_states,
    mailbox_states,
    newsletters,
    orders,
    outcomes,
    overdue,
    planning,
    returned_mails,
    risks,
    taken_files,
    webhooks,
)
from digest.store.database import Database
from digest.store.family_pauses import Pause
from digest.store.mailbox_states import MailboxSeen
from digest.store.outcomes import Outcomes
from digest.store.taken_files import FolderTrouble
from digest.store.webhooks import Webhook

#: How far ahead is looked.
AHEAD: Final = timedelta(hours=48)
#: "Of late", for what readers' servers and our rules did.
LATELY: Final = timedelta(days=7)
_ISSUES: Final = 10
_FAMILIES: Final = 10
#: An instant of a newsletter; why it does not come then, and when it comes instead.
_When = tuple[datetime, int, str, datetime | None]
_OPEN: Final = (DeliveryStatus.PLANNED, DeliveryStatus.DEFERRED, DeliveryStatus.SENDING)
#: Readers of each cadence are counted anew after this.
_COUNTED_FOR: Final = timedelta(minutes=1)


class Coming(Struct, frozen=True):
    """What is due at an instant of one newsletter: cadences of several zones may come together."""

    due_at: datetime
    newsletter: str
    readers: int
    #: in words, those of most readers first
    cadences: tuple[str, ...]
    #: why it does not come then; empty when it does
    quiet: str = ""
    #: when what it would have held comes instead
    instead_at: datetime | None = None


class Running(Struct, frozen=True):
    """An issue that is not at its end, and how far it is."""

    issue: Issue
    newsletter: Newsletter
    copies: int
    #: copies by status, of those that are not settled
    open: Mapping[str, int]
    #: why it is held, when a rule did that
    held_because: str = ""

    @property
    def left(self) -> int:
        """How many are not settled."""
        return min(self.copies, sum(self.open.values()))

    @property
    def settled(self) -> int:
        """How many are."""
        return self.copies - self.left

    @property
    def in_doubt(self) -> int:
        """How many may have arrived."""
        return self.open.get(DeliveryStatus.UNCERTAIN, 0)

    @property
    def share(self) -> int:
        """How much is settled, in per cent."""
        return 100 * self.settled // self.copies if self.copies else 100

    @property
    def approve_by(self) -> datetime:
        """Until when it can be approved."""
        return approve_by(self.issue, self.newsletter)


class Sent(Struct, frozen=True):
    """One of the last issues, and what became of its copies."""

    issue: Issue
    newsletter: Newsletter
    #: None while it is under way
    outcomes: Outcomes | None

    def count(self, *statuses: str) -> int:
        """How many copies have one of these statuses."""
        found = self.outcomes or {}
        return sum(sum(found.get(status, {}).values()) for status in statuses)


class Needs(Struct, frozen=True):
    """What a person should look at."""

    waiting: tuple[Running, ...]
    held: tuple[Running, ...]
    in_doubt: tuple[Running, ...]
    late: tuple[Coming, ...]
    #: issues of which admins were told that none of their copies goes, and since when it is so
    stuck: tuple[tuple[Running, datetime], ...]
    failed: tuple[Sent, ...]
    failed_orders: tuple[OrderShown, ...]
    #: those that come out at an appointed time are not counted
    drafts: int
    without_topic: int
    bounced: int
    #: mails that came back and wait for a person, and readers whose mail keeps coming back
    returned: int
    at_risk: int
    #: mailboxes of returned mail that could not be read again and again
    mailboxes: tuple[MailboxSeen, ...]
    #: webhooks that were turned off of late, and not by a person
    webhooks: tuple[Webhook, ...]
    #: families of mailboxes that rest, and those of which too much comes back, or nearly
    paused: tuple[Pause, ...]
    families: tuple[FamilyWatched, ...]
    #: feeds that are not well, and what is the matter
    feeds: tuple[tuple[Feed, FeedHealth], ...]
    #: files of the watched folder that were refused of late, or in part
    refused_files: int
    #: what lies there, or is the matter with the folder itself
    folder: tuple[FolderTrouble, ...]
    #: copies that could be sent, on a store for many machines on whose roll nobody stands
    nobody_sends: int


class Today(Struct, frozen=True):
    """All of it."""

    coming: tuple[Coming, ...]
    #: active readers who get news at once
    at_once: int
    #: mails by hand that were ordered: what comes within two days, and later
    orders: tuple[OrderShown, ...]
    later_orders: tuple[OrderShown, ...]
    #: issues that were approved ahead of their time
    ahead: tuple[Running, ...]
    running: tuple[Running, ...]
    needs: Needs
    sent: tuple[Sent, ...]
    #: who works together on the store
    machines: tuple[Machine, ...]
    #: whether there ever was a briefing, and a reader: until then first steps are shown
    has_news: bool
    has_readers: bool


class Counted:
    """Readers by newsletter and cadence, counted at most once a minute."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._at: datetime | None = None
        self._readers: Mapping[tuple[int, int], int] = {}

    async def readers(self, connection: AsyncConnection, now: datetime) -> Mapping[tuple[int, int], int]:
        """As they were within the last minute."""
        if self._at is None or not timedelta() <= now - self._at < _COUNTED_FOR:
            self._readers, self._at = await attention.readers_by_cadence(connection), now
        return self._readers


async def running(*, store: Database, now: datetime) -> tuple[Running, ...]:
    """The issues that run at `now`, as rows have them: whichever process sends."""
    async with store.read() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        return _under_way(await _unfinished(connection, known), now)


async def today(*, store: Database, now: datetime, counted: Counted) -> Today:
    """Look at everything."""
    due = await due_slots(store=store, now=now)
    async with store.read() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        readers = await counted.readers(connection, now)
        found = await _unfinished(connection, known)
        sent = await _sent(connection, known)
        late = [
            Coming(
                one.slot.due_at,
                known[one.newsletter_id].title,
                readers.get((one.newsletter_id, one.cadence_id), 0),
                (one.cadence.in_words,),
            )
            for one in due
            if now - one.slot.due_at > timetable.LATE_AFTER and not one.cadence.at_once
        ]
        machines = await at_work(connection)
        watched = (await watched_at(connection, now)).each
        coming, at_once = await _coming(connection, known, readers, now)
        ordered = await named(connection, await orders.waiting(connection), known)
        has_news, has_readers = await attention.has_begun(connection)
        return Today(
            coming=coming,
            at_once=at_once,
            orders=tuple(one for one in ordered if one.order.due_at <= now + AHEAD),
            later_orders=tuple(one for one in ordered if one.order.due_at > now + AHEAD),
            ahead=tuple(one for one in found if one.issue.goes_out_at(now)),
            running=_under_way(found, now),
            needs=Needs(
                waiting=_standing(found, IssueStatus.WAITING),
                held=_standing(found, IssueStatus.HELD),
                in_doubt=tuple(one for one in found if one.in_doubt),
                late=tuple(late),
                stuck=_stuck(found, await overdue.told(connection)),
                failed=tuple(one for one in sent if one.count("refused", "expired")),
                failed_orders=await named(
                    connection, await orders.failed_since(connection, now - LATELY, limit=_ISSUES), known
                ),
                drafts=await attention.drafts_without_time(connection),
                without_topic=await attention.without_topic(connection, now - LATELY),
                bounced=await attention.bounced(connection, now - LATELY),
                returned=await returned_mails.open_mails(connection),
                mailboxes=tuple(one for one in await mailbox_states.every(connection) if one.worth_telling),
                at_risk=len(await risks.at_risk(connection, now)),
                webhooks=await webhooks.turned_off(connection, now - LATELY),
                paused=tuple(one.pause for one in watched if one.pause is not None),
                families=tuple(one for one in watched if one.level is not Level.FINE)[:_FAMILIES],
                feeds=await unwell_among(connection, now),
                refused_files=await taken_files.refused_since(connection, now - LATELY),
                folder=await taken_files.troubles(connection),
                nobody_sends=0 if store.is_sqlite or machines else _could_be_sent(found, now),
            ),
            sent=sent,
            machines=machines,
            has_news=has_news,
            has_readers=has_readers,
        )


def _stuck(found: tuple[Running, ...], told: Iterable[Watched]) -> tuple[tuple[Running, datetime], ...]:
    since = {one.data["issue"]: one.since for one in told if one.kind is Lateness.ISSUE}
    return tuple((one, since[one.issue.id]) for one in found if one.issue.id in since)


def _under_way(found: tuple[Running, ...], now: datetime) -> tuple[Running, ...]:
    """Without those that wait for a person's word, or for their time."""
    return tuple(
        one for one in found if one.issue.status is not IssueStatus.WAITING and one.issue.has_come(now)
    )


def _could_be_sent(found: tuple[Running, ...], now: datetime) -> int:
    running = _standing(_under_way(found, now), IssueStatus.SENDING)
    return sum(one.open.get(DeliveryStatus.PLANNED, 0) for one in running)


def _standing(found: tuple[Running, ...], status: IssueStatus) -> tuple[Running, ...]:
    return tuple(one for one in found if one.issue.status is status)


async def _unfinished(connection: AsyncConnection, known: Mapping[int, Newsletter]) -> tuple[Running, ...]:
    unfinished = await issue_states.unfinished(connection)
    copies = await outcomes.planned_copies(connection, [one.id for one in unfinished])
    return tuple(
        [
            Running(
                issue=one,
                newsletter=known[one.newsletter_id],
                copies=copies.get(one.id, 0),
                open=await outcomes.open_counts(connection, one.id),
                held_because=await why_held(connection, one.id) if one.status is IssueStatus.HELD else "",
            )
            for one in unfinished
        ]
    )


async def _sent(connection: AsyncConnection, known: Mapping[int, Newsletter]) -> tuple[Sent, ...]:
    found = await attention.newest_issues(connection, limit=_ISSUES, with_copies=True)
    counted = await outcomes.kept(connection, [one.id for one in found])
    for one in found:
        if one.id not in counted and one.status in (IssueStatus.DONE, IssueStatus.CANCELLED):
            # something of it has changed since it was counted
            counted[one.id] = await outcomes.counts_of(connection, one.id)
    return tuple(Sent(one, known[one.newsletter_id], counted.get(one.id)) for one in found)


async def _coming(
    connection: AsyncConnection,
    known: Mapping[int, Newsletter],
    readers: Mapping[tuple[int, int], int],
    now: datetime,
) -> tuple[tuple[Coming, ...], int]:
    """What comes within two days, and for how many the news comes at once."""
    at_once = 0
    together: defaultdict[_When, list[tuple[int, str]]] = defaultdict(list)
    for newsletter_id, cadence_id, cadence, served in await planning.unserved(connection):
        size = readers.get((newsletter_id, cadence_id), 0)
        if cadence.at_once:
            at_once += size
            continue
        days = known[newsletter_id].quiet_days
        for slot in timetable.slots_between(cadence, now, now + AHEAD):
            if slot.day <= served:
                continue
            why, instead_at = names_by_day(days).get(slot.day, ""), None
            if why:
                instead_at = timetable.next_slot(cadence, slot.due_at, dates_of(days)).due_at
            together[slot.due_at, newsletter_id, why, instead_at].append((size, cadence.in_words))
    coming = [
        Coming(
            due_at,
            known[newsletter_id].title,
            sum(size for size, _ in those),
            tuple(words for _, words in sorted(those, key=lambda one: (-one[0], one[1]))),
            why,
            instead_at,
        )
        for (due_at, newsletter_id, why, instead_at), those in together.items()
    ]
    return tuple(sorted(coming, key=lambda one: (one.due_at, one.newsletter))), at_once
