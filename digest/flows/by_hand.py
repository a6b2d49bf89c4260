"""A one-off issue: an editor chooses readers and briefings, sees who would get what, and sends."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Group, Issue, IssueStatus, Newsletter, PlannedCohort
from digest.core.selection import Selector
from digest.errors import InputError, NotFoundError
from digest.flows.publish import Planned, domain_of, pin, rules_of, tally
from digest.store import briefings, counters, issues, newsletters, one_offs
from digest.store.database import Database
from subscribers.wishes import address_key


@dataclass(frozen=True, slots=True)
class OneOff:
    """What an editor asks for."""

    newsletter: str
    #: addresses; empty means all readers, or those of `topics`
    to: tuple[str, ...] = ()
    #: only readers who follow one of these; empty means no such limit
    topics: frozenset[str] = frozenset()
    #: briefing ids, sent to everyone addressed; empty takes what each reader's own wishes choose
    briefing_ids: tuple[int, ...] = ()
    #: only briefings published at or after this instant
    since: datetime | None = None
    subject: str | None = None
    intro: str | None = None
    ignore_bookmarks: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
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


async def plan_by_hand(wish: OneOff, *, store: Database, now: datetime) -> Planned:
    """Write a one-off down: issue, cohorts, deliveries and bookmarks in one transaction."""
    async with store.write() as connection:
        plan = await _plan(connection, wish, to_keep=True)
        if not plan.counts.copies:
            raise InputError("nothing would be sent: no reader addressed has anything new to get")
        newest_copy = await issues.newest_copy(connection)
        issue_id = await issues.open_by_hand(connection, _issue(plan.newsletter, wish, now))
        await pin(connection, issue_id, 1, plan.cohorts)
        await one_offs.plan_cohorts(connection, plan.newsletter.id, issue_id, plan.cohorts, plan.readers)
        await issues.note_span(connection, issue_id, newest_copy)
        await issues.close_when_settled(connection, issue_id)
    return tally(issue_id, plan.cohorts)


async def _plan(connection: AsyncConnection, wish: OneOff, *, to_keep: bool = False) -> Plan:
    """Decide; with `to_keep` nobody else moves a bookmark between the decision and its writing down."""
    newsletter = await newsletters.by_slug(connection, wish.newsletter)
    if newsletter is None:
        raise NotFoundError(f"newsletter {wish.newsletter!r} does not exist: see digest newsletters list")
    newest = await counters.newest_number(connection)
    chosen = await _chosen(connection, wish, newest)
    readers = await _readers(connection, newsletter, wish)
    if to_keep:
        await one_offs.lock_readers(connection, newsletter.id, readers)
    groups = await one_offs.groups(connection, newsletter.id, readers)
    selector = Selector(
        await briefings.candidates(connection, after=0, upto=newest, also=()),
        await rules_of(connection, newsletter),
    )
    since = await _first_number_since(connection, wish.since)
    cohorts = tuple(_cohort(group, selector, wish, chosen, since, newest) for group in groups)
    numbers = {number for cohort in cohorts for number in cohort.selection.numbers}
    ids = await briefings.ids_by_number(connection, numbers)
    return Plan(newsletter, cohorts, readers, tally(0, cohorts), ids)


def _cohort(
    group: Group,
    selector: Selector,
    wish: OneOff,
    chosen: Collection[int] | None,
    since: int,
    newest: int,
) -> PlannedCohort:
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
            raise NotFoundError(f"briefing {id_} does not exist: see digest briefings list")
        if numbers[id_] is None:
            raise InputError(f"briefing {id_} is a draft: publish it first (digest briefings publish {id_})")
    return [number for number in numbers.values() if number is not None and number <= newest]


async def _readers(
    connection: AsyncConnection, newsletter: Newsletter, wish: OneOff
) -> frozenset[int] | None:
    """The subscriptions addressed; None for all of the newsletter's active readers."""
    if wish.to:
        found = await one_offs.by_address(connection, newsletter.id, wish.to)
        for address in wish.to:
            if address_key(address) not in found:
                raise NotFoundError(
                    f"subscriber {address!r} does not read {newsletter.slug}, or is not active"
                )
        return frozenset(found.values())
    if wish.topics:
        return await one_offs.by_topics(connection, newsletter.id, wish.topics)
    return None


async def _first_number_since(connection: AsyncConnection, since: datetime | None) -> int:
    if since is None:
        return 0
    return await briefings.newest_published_before(connection, since)


def _issue(newsletter: Newsletter, wish: OneOff, now: datetime) -> Issue:
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
