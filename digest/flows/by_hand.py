"""A one-off issue: an editor chooses readers and briefings, sees who would get what, and sends."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.audience import parse_audience
from digest.core.model import Group, Issue, IssueStatus, Newsletter, PlannedCohort, Selection
from digest.core.selection import Selector
from digest.errors import InputError, NotFoundError, missing
from digest.flows.beside import beside_now
from digest.flows.publish import Planned, domain_of, pin, rules_of, tally
from digest.store import beside, briefings, clicks, counters, issues, newsletters, numbered, one_offs
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers.wishes import address_key


class OneOff(Struct, frozen=True):
    """What an editor asks for."""

    newsletter: str
    #: addresses; empty means all readers, or those of `topics`
    to: tuple[str, ...] = ()
    #: only readers who follow one of these; empty means no such limit
    topics: frozenset[str] = frozenset()
    #: subscription ids in place of addresses
    reader_ids: tuple[int, ...] | None = None
    #: only readers whom this filter means (`core/audience.py`); empty means no such limit
    audience: str = ""
    #: briefing ids, sent to everyone addressed; empty takes what each reader's own wishes choose
    briefing_ids: tuple[int, ...] = ()
    #: only briefings published at or after this instant
    since: datetime | None = None
    subject: str | None = None
    intro: str | None = None
    ignore_bookmarks: bool = False
    #: no briefings at all: the intro is the mail
    intro_only: bool = False
    #: only readers by whose clocks it is time, and who have no copy of its issues so far; None for all
    part: Part | None = None


class Part(Struct, frozen=True):
    """Whom a part of a one-off is for that is sent by each reader's own clocks."""

    zones: frozenset[str]
    #: the issues of the parts before
    after: tuple[int, ...]
    #: news above this number is for none of the parts
    upto: int


class Plan(Struct, frozen=True):
    """Who would get what; the cohorts as they would be written down."""

    newsletter: Newsletter
    cohorts: tuple[PlannedCohort, ...]
    #: subscription ids of the readers addressed, when they were named or chosen by topic
    readers: frozenset[int] | None
    counts: Planned
    #: briefing ids by number, of all that the cohorts hold
    ids: Mapping[int, int]


async def rehearse(wish: OneOff, *, store: Database) -> Plan:
    """Decide everything and change nothing."""
    async with store.read() as connection:
        return await _plan(connection, wish)


@done_again
async def plan_by_hand(wish: OneOff, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Planned:
    """Write a one-off down: issue, cohorts, deliveries and bookmarks in one transaction."""
    async with store.write() as connection:
        planned = await plan_in(connection, wish, now)
        said = {"newsletter": wish.newsletter, "copies": planned.copies}
        await note_change(connection, by, "issue.by-hand", planned.issue_id, now, after=said)
    return planned


async def plan_in(
    connection: AsyncConnection, wish: OneOff, due_at: datetime, *, planned_at: datetime | None = None
) -> Planned:
    """The same as part of a transaction, of an issue that was due at an instant."""
    await hold_off(connection)
    plan = await _plan(connection, wish, to_keep=True)
    if not plan.counts.copies:
        raise InputError("nothing would be sent: no reader addressed has anything new to get")
    newest_copy = await issues.newest_copy(connection)
    new = replace(issue_of(plan.newsletter, wish, due_at), planned_at=planned_at or due_at)
    issue_id = await issues.open_by_hand(connection, new)
    shown = await pin(connection, plan.newsletter, issue_id, 1, plan.cohorts)
    newest = await counters.newest_number(connection)
    pins = await beside_now(connection, new, plan.newsletter, None, shown, upto=newest)
    await beside.pin(connection, issue_id, 1, pins)
    if plan.newsletter.clicks:
        await clicks.open_links(connection, issue_id, shown)
    await one_offs.plan_cohorts(
        connection, plan.newsletter.id, issue_id, plan.cohorts, plan.readers, newest_copy
    )
    await issues.note_span(connection, issue_id, newest_copy)
    await issues.close_when_settled(connection, issue_id)
    return tally(issue_id, plan.cohorts)


async def _plan(connection: AsyncConnection, wish: OneOff, *, to_keep: bool = False) -> Plan:
    """Decide; with `to_keep` nobody else moves a bookmark between the decision and its writing down."""
    newsletter = await newsletters.by_slug(connection, wish.newsletter)
    if newsletter is None:
        raise missing(f"newsletter {wish.newsletter!r}", "newsletters list")
    if wish.intro_only and not (wish.subject and wish.intro):
        raise InputError("a mail without briefings needs a subject and an intro")
    newest = await counters.newest_number(connection)
    newest = newest if wish.part is None else min(newest, wish.part.upto)
    chosen = await _chosen(connection, wish, newest)
    readers = await _readers(connection, newsletter, wish)
    if wish.part is not None:
        zones, before = wish.part.zones, wish.part.after
        here = await one_offs.by_zones(connection, newsletter.id, zones, not_of=before)
        readers = here if readers is None else here & readers
    if to_keep:
        await one_offs.lock_readers(connection, newsletter.id, readers)
    groups = await one_offs.groups(connection, newsletter.id, readers)
    selector = Selector(
        await numbered.candidates(connection, after=0, upto=newest, also=()),
        await rules_of(connection, newsletter),
    )
    since = await _first_number_since(connection, wish.since)
    cohorts = tuple(_cohort(group, selector, wish, chosen, since, newest) for group in groups)
    numbers = {number for cohort in cohorts for number in cohort.selection.numbers}
    ids = await numbered.ids_by_number(connection, numbers)
    return Plan(newsletter, cohorts, readers, tally(0, cohorts), ids)


def _cohort(
    group: Group,
    selector: Selector,
    wish: OneOff,
    chosen: Collection[int] | None,
    since: int,
    newest: int,
) -> PlannedCohort:
    if wish.intro_only:
        return PlannedCohort(group, Selection((), (), {}, group.bookmark), group.served_day)
    selection = selector.by_hand(
        group.profile,
        group.bookmark,
        chosen=chosen,
        since=since,
        upto=newest,
        ignore_bookmarks=wish.ignore_bookmarks,
    )
    return PlannedCohort(group, selection, group.served_day)


async def _chosen(connection: AsyncConnection, wish: OneOff, newest: int) -> Collection[int] | None:
    """The publication numbers that the editor named; None when the readers' wishes choose."""
    if not wish.briefing_ids:
        return None
    numbers = await briefings.numbers_by_id(connection, wish.briefing_ids)
    for id_ in wish.briefing_ids:
        if id_ not in numbers:
            raise missing(f"briefing {id_}", "briefings list")
        if numbers[id_] is None:
            raise InputError(
                f"briefing {id_} is a draft: publish it first", at_shell=f"digest briefings publish {id_}"
            )
    return [number for number in numbers.values() if number is not None and number <= newest]


async def _readers(
    connection: AsyncConnection, newsletter: Newsletter, wish: OneOff
) -> frozenset[int] | None:
    """The subscriptions addressed; None for all of the newsletter's active readers."""
    if wish.reader_ids is not None:
        return frozenset(wish.reader_ids)
    if wish.to:
        found = await one_offs.by_address(connection, newsletter.id, wish.to)
        for address in wish.to:
            if address_key(address) not in found:
                raise NotFoundError(
                    f"subscriber {address!r} does not read {newsletter.slug}, or is not active"
                )
        return frozenset(found.values())
    chosen = None
    if wish.topics:
        chosen = await one_offs.by_topics(connection, newsletter.id, wish.topics)
    if wish.audience:
        clause = parse_audience(wish.audience)
        meant = await one_offs.by_audience(connection, newsletter.id, clause)
        return meant if chosen is None else chosen & meant
    return chosen


async def _first_number_since(connection: AsyncConnection, since: datetime | None) -> int:
    if since is None:
        return 0
    return await numbered.newest_published_before(connection, since)


def issue_of(newsletter: Newsletter, wish: OneOff, now: datetime) -> Issue:
    """The issue of a one-off, not yet in the store."""
    return Issue(
        id=0,
        newsletter_id=newsletter.id,
        cadence_id=None,
        slot=f"by hand {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {secrets.token_hex(4)}",
        day=now.date(),
        zone="UTC",
        due_at=now,
        planned_at=now,
        status=IssueStatus.SENDING,
        subject=wish.subject,
        intro=wish.intro,
        ignores_bookmarks=wish.ignore_bookmarks,
        domain=domain_of(newsletter.sender_address),
    )
