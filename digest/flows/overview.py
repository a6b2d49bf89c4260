"""What is due, under way and stuck, in one look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.model import DeliveryStatus, IssueStatus, Newsletter
from digest.core.quiet import QuietDay, names_by_day
from digest.flows.machines import Machine, at_work
from digest.flows.overdue import told_of
from digest.flows.publish import due_slots
from digest.flows.shown import slot_of
from digest.store import (
    counters,
    family_pauses,
    issues,
    mailbox_states,
    newsletters,
    overdue,
    planning,
    returned_mails,
    unread,
)
from digest.store.database import Database
from digest.store.family_pauses import Pause
from digest.store.issue_states import unfinished
from digest.store.mailbox_states import MailboxSeen
from digest.store.unread import Unkept
from subscribers import store as readers


class Appointment(Struct, frozen=True):
    """A slot that has come or will come."""

    newsletter: str
    cadence: str
    slot: str
    due_at: datetime
    #: the days before it on which one would be due, were they not quiet
    passed_over: tuple[QuietDay, ...] = ()


class UnderWay(Struct, frozen=True):
    """An issue that still has copies to settle."""

    issue: int
    slot: str
    #: the slot as people read it
    slot_words: str
    #: sending, or what keeps it from that: waiting for approval, held, cancelling
    status: IssueStatus
    #: when it begins to be sent, if it was approved ahead of its time
    goes_out_at: datetime | None
    copies: Mapping[str, int]


class ReturnedMail(Struct, frozen=True):
    """What came back and needs a look, and by which way it comes."""

    #: mails that wait for a person
    waiting: int
    #: mails that say nothing, and for which there was no room
    unkept: Unkept
    mailboxes: tuple[MailboxSeen, ...]


class Overview(Struct, frozen=True):
    """The state of the house at one instant."""

    newest_number: int
    subscriptions: Mapping[str, int]
    due: tuple[Appointment, ...]
    upcoming: tuple[Appointment, ...]
    under_way: tuple[UnderWay, ...]
    uncertain: int
    #: families of mailboxes to which nothing is sent for a while
    paused: tuple[Pause, ...]
    #: who works together on the store; nobody on SQLite
    machines: tuple[Machine, ...]
    returned: ReturnedMail
    #: slots without an issue and issues that do not move, of which admins were told
    overdue: tuple[Mapping[str, Any], ...]


async def overview(*, store: Database, now: datetime, most: int = 20) -> Overview:
    """Look at everything; the `most` nearest slots to come are shown."""
    due = await due_slots(store=store, now=now)
    async with store.read() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        under_way = await _under_way(connection, now)
        return Overview(
            newest_number=await counters.newest_number(connection),
            subscriptions=await readers.count_by_standing(connection),
            due=tuple(
                Appointment(known[d.newsletter_id].slug, d.cadence.in_words, d.slot.label, d.slot.due_at)
                for d in due
            ),
            upcoming=(await _upcoming(connection, known, now))[:most],
            under_way=under_way,
            uncertain=sum(one.copies.get(DeliveryStatus.UNCERTAIN, 0) for one in under_way),
            paused=await family_pauses.under_way(connection, now),
            machines=await at_work(connection),
            returned=await returned_mail(connection),
            overdue=tuple([told_of(one) for one in await overdue.told(connection)]),
        )


async def returned_mail(connection: AsyncConnection) -> ReturnedMail:
    """How it stands with returned mail."""
    return ReturnedMail(
        waiting=await returned_mails.open_mails(connection),
        unkept=await unread.unkept(connection),
        mailboxes=await mailbox_states.every(connection),
    )


async def _upcoming(
    connection: AsyncConnection, known: Mapping[int, Newsletter], now: datetime
) -> tuple[Appointment, ...]:
    found = []
    for newsletter_id, _id, cadence, served in await planning.unserved(connection):
        if not cadence.at_once:
            mine = known[newsletter_id]
            slot = timetable.next_unserved(cadence, now, served, mine.quiet)
            names = names_by_day(mine.quiet_days)
            over = [
                QuietDay(one.day, names[one.day])
                for one in timetable.slots_between(cadence, now, slot.due_at)
                if served < one.day < slot.day
            ]
            found.append(
                Appointment(mine.slug, cadence.in_words, slot.label, slot.due_at, passed_over=tuple(over))
            )
    return tuple(sorted(found, key=lambda one: one.due_at))


async def _under_way(connection: AsyncConnection, now: datetime) -> tuple[UnderWay, ...]:
    found = []
    for issue in await unfinished(connection):
        copies = await issues.outcome_counts(connection, issue.id)
        at = issue.goes_out_at(now)
        found.append(UnderWay(issue.id, issue.slot, slot_of(issue), issue.status, at, copies))
    return tuple(found)
