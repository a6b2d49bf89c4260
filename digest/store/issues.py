"""The shelf of issues and cohorts: opened under a unique slot, read back for printing and listing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, insert, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Copy, Issue, IssueStatus, TopicGroup
from digest.store import events, outcomes
from digest.store.outcomes import IS_OPEN as IS_OPEN
from digest.store.tables import UNFINISHED, cohorts, deliveries, issue_briefings, issues
from subscribers.interning import cadence_from, chunks, insert_into, profile_from
from subscribers.tables import cadences, profiles

#: Another round does not set these going again.
_STOPPED: Final = (
    IssueStatus.WAITING,
    IssueStatus.HELD,
    IssueStatus.CANCELLING,
    IssueStatus.CANCELLED,
)


async def status_of_slot(connection: AsyncConnection, wanted: Issue) -> IssueStatus | None:
    """Where the issue of a slot stands, which nobody changes until commit; None when there is none."""
    query = select(issues.c.status).where(
        issues.c.newsletter_id == wanted.newsletter_id,
        issues.c.cadence_id == wanted.cadence_id,
        issues.c.slot == wanted.slot,
    )
    found = (await connection.execute(query.with_for_update(key_share=True))).scalar()
    return None if found is None else IssueStatus(found)


async def open_slot(connection: AsyncConnection, new: Issue) -> tuple[int, int]:
    """Open an issue under its unique slot, or open another round of the one that is there: (id, round)."""
    query = insert_into(connection, issues).values(_columns(new))
    again = query.on_conflict_do_update(
        index_elements=[issues.c.newsletter_id, issues.c.cadence_id, issues.c.slot],
        set_={
            "rounds": issues.c.rounds + 1,
            # what a person stopped stays so; what was approved once is approved
            "status": case((issues.c.status.in_(_STOPPED), issues.c.status), else_=IssueStatus.SENDING),
            "planned_at": new.planned_at,
            "outcomes": null(),
            "families": null(),
        },
    ).returning(issues.c.id, issues.c.rounds)
    row = (await connection.execute(again)).one()
    return row.id, row.rounds


async def open_by_hand(connection: AsyncConnection, new: Issue) -> int:
    """Open a one-off issue."""
    query = insert(issues).values(_columns(new)).returning(issues.c.id)
    new_id: int = (await connection.execute(query)).scalar_one()
    return new_id


async def pin_revisions(
    connection: AsyncConnection, issue_id: int, round_: int, revision_by_number: Mapping[int, int]
) -> None:
    """Remember in which revision a round of an issue carries each briefing."""
    rows = [
        {"issue_id": issue_id, "round": round_, "number": number, "revision": revision}
        for number, revision in revision_by_number.items()
    ]
    if rows:
        await connection.execute(insert(issue_briefings), rows)


async def pinned_revisions(connection: AsyncConnection, issue_id: int, round_: int) -> dict[int, int]:
    """The revision of each briefing that a round of an issue carries, by number."""
    query = select(issue_briefings.c.number, issue_briefings.c.revision).where(
        issue_briefings.c.issue_id == issue_id, issue_briefings.c.round == round_
    )
    return {row.number: row.revision for row in await connection.execute(query)}


async def by_id(connection: AsyncConnection, issue_id: int) -> Issue | None:
    """One issue, or None."""
    row = (await connection.execute(select(issues).where(issues.c.id == issue_id))).first()
    return None if row is None else _issue_from(row)


async def page(connection: AsyncConnection, *, after: int = 0, limit: int = 100) -> tuple[Issue, ...]:
    """Issues by id, from `after` on."""
    query = select(issues).where(issues.c.id > after).order_by(issues.c.id).limit(limit)
    return tuple(_issue_from(row) for row in await connection.execute(query))


async def still_sending(connection: AsyncConnection, now: datetime | None = None) -> tuple[Issue, ...]:
    """Issues with copies that may still have to be sent, the oldest due first.

    At `now`, one that was approved before its time waits for it. A clock that goes back stops nothing that
    had begun.
    """
    query = select(issues).where(issues.c.status == IssueStatus.SENDING)
    if now is not None:
        query = query.where(_has_come(now))
    rows = await connection.execute(query.order_by(issues.c.due_at, issues.c.id))
    return tuple(_issue_from(row) for row in rows)


async def is_sending(connection: AsyncConnection, issue_id: int, now: datetime) -> bool:
    """Whether the copies of an issue may be sent at `now`, by the same rule."""
    mine = and_(issues.c.id == issue_id, issues.c.status == IssueStatus.SENDING, _has_come(now))
    found: bool = (await connection.execute(select(exists().where(mine)))).scalar_one()
    return found


def _has_come(now: datetime) -> ColumnElement[bool]:
    return or_(issues.c.due_at <= now, issues.c.planned_at >= issues.c.due_at)


async def newest_copy(connection: AsyncConnection) -> int:
    """The id of the newest delivery; 0 when there is none."""
    found: int | None = (await connection.execute(select(func.max(deliveries.c.id)))).scalar()
    return found or 0


async def note_span(connection: AsyncConnection, issue_id: int, after: int) -> None:
    """Note between which ids an issue's deliveries lie, when those were made that came after one.

    They were written in one statement, so they are found without an index of their own.
    """
    mine = issues.c
    query = update(issues).where(mine.id == issue_id)
    last = await newest_copy(connection)
    first = case((mine.first_copy.is_(None), after + 1), else_=mine.first_copy)
    await connection.execute(query.values(first_copy=first, last_copy=last))


async def close_when_settled(connection: AsyncConnection, issue_id: int) -> bool:
    """Close an issue of which no copy is open any more, and count its outcomes; True when it is closed now.

    One that is held or waits is done, too, when nothing is left of it.
    """
    # another round may be opening: it is waited for, and its copies are seen by the next statement only
    mine = select(issues.c.id).where(issues.c.id == issue_id)
    await connection.execute(mine.with_for_update(key_share=True))
    open_copy = exists().where(deliveries.c.issue_id == issue_id, IS_OPEN)
    query = (
        update(issues)
        .where(issues.c.id == issue_id, issues.c.status.in_(UNFINISHED), ~open_copy)
        .values(
            status=case(
                (issues.c.status == IssueStatus.CANCELLING, IssueStatus.CANCELLED.value),
                else_=IssueStatus.DONE.value,
            )
        )
    )
    if not (await connection.execute(query)).rowcount:
        return False
    found = await outcomes.counts_of(connection, issue_id)
    await connection.execute(
        update(issues).where(issues.c.id == issue_id).values(outcomes=found, untotalled=True)
    )
    await events.note_issue(connection, issue_id, found)
    return True


async def without_open_copies(connection: AsyncConnection, issue_ids: Collection[int]) -> list[int]:
    """Those of these issues of which no copy is open: they can be closed."""
    open_copy = exists().where(deliveries.c.issue_id == issues.c.id, IS_OPEN)
    found: list[int] = []
    for some in chunks(sorted(issue_ids)):
        query = select(issues.c.id).where(issues.c.id.in_(some), ~open_copy).order_by(issues.c.id)
        found += (await connection.execute(query)).scalars()
    return found


async def outcome_counts(connection: AsyncConnection, issue_id: int) -> dict[str, int]:
    """How many copies of an issue have each status."""
    found = await outcomes.of_issue(connection, issue_id)
    return {status: sum(by_reason.values()) for status, by_reason in found.items()}


async def copies_of(connection: AsyncConnection, cohort_ids: Collection[int]) -> tuple[Copy, ...]:
    """All that is needed to print what each of these cohorts reads."""
    found: list[Row[Any]] = []
    for some in chunks(sorted(cohort_ids)):
        found += await connection.execute(_whole_cohorts().where(cohorts.c.id.in_(some)))
    of_these = select(issues).where(issues.c.id.in_({row.issue_id for row in found}))
    issue_by_id = {row.id: _issue_from(row) for row in await connection.execute(of_these)}
    return tuple(_copy_from(row, issue_by_id[row.issue_id]) for row in found)


async def cohorts_of(connection: AsyncConnection, issue_id: int) -> tuple[Row[Any], ...]:
    """The cohorts of an issue as rows with their profile, largest first."""
    # all readers of one may have moved to another round, when something was retracted
    query = _whole_cohorts().where(cohorts.c.issue_id == issue_id, cohorts.c.size > 0)
    return tuple(await connection.execute(query.order_by(cohorts.c.size.desc(), cohorts.c.id)))


async def cohorts_below(
    connection: AsyncConnection, issue_id: int, *, below: int | None = None, limit: int
) -> tuple[Row[Any], ...]:
    """Cohorts of an issue as such rows, largest first, after the cohort `below` on."""
    query = _whole_cohorts().where(cohorts.c.issue_id == issue_id, cohorts.c.size > 0)
    if below is not None:
        last = select(cohorts.c.size).where(cohorts.c.id == below).scalar_subquery()
        smaller = or_(cohorts.c.size < last, and_(cohorts.c.size == last, cohorts.c.id > below))
        query = query.where(smaller)
    rows = await connection.execute(query.order_by(cohorts.c.size.desc(), cohorts.c.id).limit(limit))
    return tuple(rows)


async def cohort_of(connection: AsyncConnection, issue_id: int, cohort_id: int) -> Row[Any] | None:
    """One cohort of an issue as such a row, or None."""
    query = _whole_cohorts().where(cohorts.c.issue_id == issue_id, cohorts.c.id == cohort_id)
    found: Row[Any] | None = (await connection.execute(query)).first()
    return found


def numbers_in(groups: list[tuple[str, list[int]]]) -> list[int]:
    """The briefing numbers of a cohort's groups, in reading order."""
    return [number for _topic, numbers in groups for number in numbers]


def _whole_cohorts() -> Select[Any]:
    return (
        select(
            cohorts,
            *(profiles.c.topics, profiles.c.sections, profiles.c.format),
            *(profiles.c.max_items, profiles.c.language),
            *(cadences.c.days, cadences.c.at, cadences.c.zone, cadences.c.at_once),
        )
        .join(profiles, profiles.c.id == cohorts.c.profile_id)
        .join(issues, issues.c.id == cohorts.c.issue_id)
        .outerjoin(cadences, cadences.c.id == issues.c.cadence_id)
    )


def _copy_from(row: Row[Any], issue: Issue) -> Copy:
    return Copy(
        cohort_id=row.id,
        issue=issue,
        round=row.round,
        profile=profile_from(row),
        cadence=None if row.days is None else cadence_from(row),
        groups=tuple(TopicGroup(topic, tuple(numbers)) for topic, numbers in row.groups),
        deferred=tuple(row.deferred),
        covers_from=row.covers_from,
    )


#: What the shelves alone look at.
_NOT_SHOWN: Final = frozenset(
    {"first_copy", "last_copy", "outcomes", "families", "in_totals", "untotalled", "volume_id"}
)


def _columns(issue: Issue) -> dict[str, Any]:
    return {
        "newsletter_id": issue.newsletter_id,
        "cadence_id": issue.cadence_id,
        "slot": issue.slot,
        "day": issue.day,
        "zone": issue.zone,
        "due_at": issue.due_at,
        "planned_at": issue.planned_at,
        "rounds": issue.rounds,
        "status": issue.status,
        "subject": issue.subject,
        "intro": issue.intro,
        "ignores_bookmarks": issue.ignores_bookmarks,
        "domain": issue.domain,
    }


def _issue_from(row: Row[Any]) -> Issue:
    values = {name: value for name, value in row._mapping.items() if name not in _NOT_SHOWN}
    return Issue(**{**values, "status": IssueStatus(row.status)})
