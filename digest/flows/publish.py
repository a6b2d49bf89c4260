"""A due slot becomes an issue: groups, decisions, deliveries and moved bookmarks in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest import tracing
from digest.core import timetable
from digest.core.model import (
    Candidate,
    DueSlot,
    Group,
    Issue,
    IssueStatus,
    Newsletter,
    Pictures,
    PlannedCohort,
    Selection,
    Skip,
    Slot,
)
from digest.core.selection import Rules, Selector
from digest.flows.beside import beside_now
from digest.store import (
    beside,
    clicks,
    counters,
    issues,
    newsletters,
    numbered,
    pictures,
    planning,
    topics,
)
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers.groups import hold_alone
from subscribers.interning import Preferences
from subscribers.model import Cadence

#: Another round of such an issue sends nothing.
_TAKEN_BACK: Final = (IssueStatus.CANCELLING, IssueStatus.CANCELLED)


class Planned(Struct, frozen=True):
    """What a planning wrote down: how many copies to send, and how many readers get none, by reason."""

    issue_id: int
    copies: int
    skipped: Mapping[str, int]
    #: how long after its time the issue was made
    late_by: timedelta = timedelta()
    #: of the issue; a later one is for more of many readers, or for those to whom it came to be owed since
    round: int = 1
    #: more readers are due than were planned in one transaction
    goes_on: bool = False

    def with_more(self, more: Planned | None) -> Planned:
        """This and what was planned of the same slot afterwards; None was nothing more."""
        if more is None:
            return replace(self, goes_on=False)
        skipped = dict(Counter(self.skipped) + Counter(more.skipped))
        return replace(self, copies=self.copies + more.copies, skipped=skipped, goes_on=more.goes_on)


#: Readers who are planned in one transaction, unless those of one profile and bookmark are more. As long as
#: it lasts, a server lets nobody of the same cadence leave or change a wish, and a file lets nobody write at
#: all: some tenths of a second either way.
ON_A_SERVER: Final = 5_000
IN_A_FILE: Final = 50_000

#: Told of each planning in the transaction that does it.
Announce = Callable[[AsyncConnection, Planned], Awaitable[None]]


async def due_slots(
    *, store: Database, now: datetime, only: tuple[int, int] | None = None
) -> tuple[DueSlot, ...]:
    """Every slot that has come by `now` and still has readers to serve, the earliest due first.

    With `only`, a newsletter and a cadence, those of these two.
    """
    found: list[DueSlot] = []
    async with store.read() as connection:
        newest = await counters.newest_number(connection)
        known = {one.id: one for one in await newsletters.every(connection)}
        for newsletter_id, cadence_id, cadence, oldest_served in await planning.unserved(connection, only):
            for slot in _slots_of(cadence, known[newsletter_id], newest, now):
                if not cadence.at_once and slot.day <= oldest_served:
                    continue
                due = DueSlot(newsletter_id, cadence_id, cadence, slot)
                if not cadence.at_once or await planning.is_anybody_due(connection, due, newest):
                    found.append(due)
    return tuple(sorted(found, key=lambda due: (due.slot.due_at, due.newsletter_id, due.cadence_id)))


class Memory:
    """What the planning of one slot has found out and another can use: all that is due is planned in a row.

    Many slots ask the same questions: equal wishes at other times, over the same news.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.preferences: Final = Preferences()
        self._selectors: Final[dict[Rules, Selector]] = {}

    def selector(self, candidates: Sequence[Candidate], rules: Rules) -> Selector:
        """A selector that knows these candidates, and still knows what it decided if none has changed."""
        known = self._selectors.get(rules)
        if known is None or not known.learn(candidates):
            known = self._selectors[rules] = Selector(candidates, rules)
        return known


async def publish(
    due: DueSlot, *, store: Database, now: datetime, memory: Memory | None = None
) -> Planned | None:
    """Plan one slot for all its readers; None when they are served already, here or by another scheduler."""
    done = more = await publish_some(due, store=store, now=now, memory=memory)
    while done is not None and more is not None and more.goes_on:
        more = await publish_some(due, store=store, now=now, memory=memory)
        done = done.with_more(more)
    return done


async def publish_some(
    due: DueSlot,
    *,
    store: Database,
    now: datetime,
    memory: Memory | None = None,
    announce: Announce | None = None,
    at_most: int | None = None,
) -> Planned | None:
    """Plan one slot for its first readers, in one transaction, which is a round of its issue.

    What `goes_on` is planned further by calling this again; None when nobody is left. `at_most` so many
    readers are planned, or as many as suit the store.
    """
    some = at_most or (IN_A_FILE if store.is_sqlite else ON_A_SERVER)
    with tracing.span("plan", newsletter=due.newsletter_id, slot=due.slot.label) as span:
        async with store.write(copies_known_ids=True) as connection:
            await hold_off(connection)
            newest = await counters.newest_number(connection)
            due = _as_of(due, newest, now)
            planned = await publish_in(connection, due, newest, now, memory or Memory(), some)
            if planned is not None and announce is not None:
                await announce(connection, planned)
        if planned is not None:
            skipped = sum(planned.skipped.values())
            span.tell(issue=planned.issue_id, round=planned.round, copies=planned.copies, skipped=skipped)
        return planned


async def publish_in(
    connection: AsyncConnection,
    due: DueSlot,
    newest: int,
    now: datetime,
    memory: Memory,
    at_most: int | None = None,
) -> Planned | None:
    """Plan one slot with all up to a number, within a transaction that has held retractions off.

    For all its readers, or the first of them.
    """
    await hold_alone(connection, due.cadence_id)
    groups, goes_on = await planning.groups_due(connection, due, newest, memory.preferences, at_most)
    if not groups:
        return None
    newsletter = await newsletters.by_id(connection, due.newsletter_id)
    issue = issue_for(due, newsletter, now)
    is_taken_back = await issues.status_of_slot(connection, issue) in _TAKEN_BACK
    if is_taken_back and due.slot.takes_a_day:
        # a day is a day: who comes to a slot whose issue was taken back waits for the next one, as all do
        cohorts = await _put_off(connection, due, groups, Skip.CANCELLED)
    else:
        cohorts = await _decide(connection, due, newsletter, groups, newest, now, memory)
        if is_taken_back:
            # who stays behind the news would be due again at once, for an issue that they have been in
            cohorts = [replace(one, selection=one.selection.withdrawn(Skip.CANCELLED)) for one in cohorts]
    newest_copy = await issues.newest_copy(connection)
    issue_id, round_ = await issues.open_slot(connection, issue)
    shown = await pin(connection, newsletter, issue_id, round_, cohorts)
    pins = await beside_now(connection, issue, newsletter, due.cadence, shown, upto=newest)
    await beside.pin(connection, issue_id, round_, pins)
    if newsletter.clicks:
        await clicks.open_links(connection, issue_id, shown)
    day = _served_day(due, now)
    await planning.plan_cohorts(
        connection, due, issue_id, round_, cohorts, newest=newest, served_day=day, goes_on=goes_on
    )
    await issues.note_span(connection, issue_id, newest_copy)
    if not goes_on:
        await issues.close_when_settled(connection, issue_id)
    done = tally(issue_id, cohorts)
    return replace(done, late_by=now - due.slot.due_at, round=round_, goes_on=goes_on)


def tally(issue_id: int, cohorts: Iterable[PlannedCohort]) -> Planned:
    """Count the readers of the cohorts, those without a copy by reason."""
    sizes: Counter[str] = Counter()
    for cohort in cohorts:
        sizes[cohort.selection.skip or ""] += cohort.group.size
    return Planned(issue_id, sizes.pop("", 0), dict(sizes))


async def candidates_for(
    connection: AsyncConnection, groups: Sequence[Group], newest: int
) -> tuple[Candidate, ...]:
    """Every published briefing that any of the groups may still be owed."""
    after = min(group.bookmark.cut for group in groups)
    also = {number for group in groups for number in group.bookmark.deferred}
    return await numbered.candidates(connection, after=after, upto=newest, also=also)


async def rules_of(connection: AsyncConnection, newsletter: Newsletter) -> Rules:
    """What the newsletter lays down for every copy."""
    order = tuple(topic.slug for topic in await topics.every(connection))
    return Rules(newsletter.sections, newsletter.max_items, order)


async def pin(
    connection: AsyncConnection,
    newsletter: Newsletter,
    issue_id: int,
    round_: int,
    cohorts: Iterable[PlannedCohort],
) -> frozenset[int]:
    """Remember which revision of each briefing the issue carries, in print and among its deferred titles.

    With them the pictures that its mails bring along.

    The numbers that it carries.
    """
    numbers = {
        number for cohort in cohorts for number in (*cohort.selection.numbers, *cohort.selection.deferred)
    }
    revisions = await numbered.current_revisions(connection, numbers)
    await issues.pin_revisions(connection, issue_id, round_, revisions)
    if newsletter.pictures is Pictures.EMBEDDED:
        await pictures.pin(connection, issue_id, round_)
    return frozenset(numbers)


async def first_days(connection: AsyncConnection, due: DueSlot, groups: Sequence[Group]) -> list[date]:
    """For each group the first local day that its copy covers."""
    if due.cadence.at_once:
        return [due.slot.day] * len(groups)
    oldest = await numbered.published_at(connection, {group.bookmark.cut + 1 for group in groups})
    # thousands of groups are as far as a few are
    known: dict[tuple[date, int], date] = {}
    for group in groups:
        where = group.served_day, group.bookmark.cut
        if where not in known:
            since = oldest.get(group.bookmark.cut + 1)
            known[where] = timetable.covers_from(due.cadence, group.served_day, due.slot, since)
    return [known[group.served_day, group.bookmark.cut] for group in groups]


def issue_for(due: DueSlot, newsletter: Newsletter, now: datetime) -> Issue:
    """The issue of a slot, not yet in the store."""
    return Issue(
        id=0,
        newsletter_id=newsletter.id,
        cadence_id=due.cadence_id,
        slot=due.slot.label,
        day=due.slot.day,
        zone=due.cadence.zone,
        due_at=due.slot.due_at,
        planned_at=now,
        status=IssueStatus.WAITING if newsletter.approval else IssueStatus.SENDING,
        domain=domain_of(newsletter.sender_address),
    )


def domain_of(address: str) -> str:
    """The part of an address behind its last @."""
    return address.rpartition("@")[2]


def _slots_of(cadence: Cadence, newsletter: Newsletter, newest: int, now: datetime) -> list[Slot]:
    """The newest slots of a cadence that have come: one for news at once and one for what that left over.

    Of what is to be approved, a slot comes so much sooner.
    """
    quiet = newsletter.quiet
    if not cadence.at_once:
        found = [timetable.latest_slot(cadence, now + newsletter.planned_ahead, quiet)]
    elif timetable.when_not_quiet(now, cadence.zone, quiet) > now:
        return []
    else:
        at_once = timetable.at_once_slot(newest, now, cadence.zone)
        found = [at_once, timetable.leftover_slot(cadence, now, quiet)]
    return [slot for slot in found if slot is not None]


def _as_of(due: DueSlot, newest: int, now: datetime) -> DueSlot:
    """News at once goes by the newest number: a reader who is behind again is not in the issue before."""
    if not due.cadence.at_once or due.slot.leftovers:
        return due
    return replace(due, slot=timetable.at_once_slot(newest, now, due.cadence.zone))


def _served_day(due: DueSlot, now: datetime) -> date:
    """The local day that the issue serves; news at once leaves what comes later that day still owed."""
    if due.cadence.at_once and not due.slot.leftovers:
        return timetable.served_day_at_start(due.cadence, now)
    return due.slot.day


async def _decide(
    connection: AsyncConnection,
    due: DueSlot,
    newsletter: Newsletter,
    groups: Sequence[Group],
    newest: int,
    now: datetime,
    memory: Memory,
) -> list[PlannedCohort]:
    """One decision for each group."""
    limit = newsletter.latest_start_minutes
    if limit is not None and not due.cadence.at_once and now - due.slot.due_at > timedelta(minutes=limit):
        return await _put_off(connection, due, groups, Skip.TOO_LATE)
    covers_from = await first_days(connection, due, groups)
    rules = await rules_of(connection, newsletter)
    selector = memory.selector(await candidates_for(connection, groups, newest), rules)
    return [
        PlannedCohort(one, selector.regular(one.profile, one.bookmark, newest), day)
        for one, day in zip(groups, covers_from, strict=True)
    ]


async def _put_off(
    connection: AsyncConnection, due: DueSlot, groups: Sequence[Group], reason: Skip
) -> list[PlannedCohort]:
    """Let readers wait for the next slot, and the briefings with them: the bookmarks stay."""
    days = await first_days(connection, due, groups)
    return [
        PlannedCohort(one, Selection((), one.bookmark.deferred, {}, one.bookmark, reason), day)
        for one, day in zip(groups, days, strict=True)
    ]
