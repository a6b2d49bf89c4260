"""The shelf of issues and cohorts: opened under a unique slot, read back for printing and listing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Copy, Issue, IssueStatus, TopicGroup
from digest.store.tables import OPEN, cohorts, deliveries, issue_briefings, issues
from subscribers.interning import cadence_from, chunks, insert_into, profile_from
from subscribers.tables import cadences, profiles

#: Deliveries that keep their issue open. SQLite serves this from the partial index of open deliveries, and
#: PostgreSQL from prepared statements too, only when it repeats the index's own words: a bound value would
#: mean a full scan.
IS_OPEN: Final = or_(*(deliveries.c.status == bindparam(None, one, literal_execute=True) for one in OPEN))


async def open_slot(connection: AsyncConnection, new: Issue) -> tuple[int, int]:
    """Open an issue under its unique slot, or open another round of the one that is there: (id, round)."""
    query = insert_into(connection, issues).values(_columns(new))
    again = query.on_conflict_do_update(
        index_elements=[issues.c.newsletter_id, issues.c.cadence_id, issues.c.slot],
        set_={
            "rounds": issues.c.rounds + 1,
            "status": IssueStatus.SENDING,
            "planned_at": new.planned_at,
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


async def still_sending(connection: AsyncConnection) -> tuple[Issue, ...]:
    """Issues with copies that may still have to be sent, the oldest due first."""
    query = select(issues).where(issues.c.status == IssueStatus.SENDING)
    rows = await connection.execute(query.order_by(issues.c.due_at, issues.c.id))
    return tuple(_issue_from(row) for row in rows)


async def close_when_settled(connection: AsyncConnection, issue_id: int) -> bool:
    """Close an issue of which no copy is open any more; True when it is closed now."""
    # another round may be opening: it is waited for, and its copies are seen by the next statement only
    mine = select(issues.c.id).where(issues.c.id == issue_id)
    await connection.execute(mine.with_for_update(key_share=True))
    open_copy = exists().where(deliveries.c.issue_id == issue_id, IS_OPEN)
    query = (
        update(issues)
        .where(issues.c.id == issue_id, issues.c.status == IssueStatus.SENDING, ~open_copy)
        .values(status=IssueStatus.DONE)
    )
    return (await connection.execute(query)).rowcount > 0


async def outcome_counts(connection: AsyncConnection, issue_id: int) -> dict[str, int]:
    """How many copies of an issue have each status."""
    query = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.status)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}


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
    query = _whole_cohorts().where(cohorts.c.issue_id == issue_id)
    return tuple(await connection.execute(query.order_by(cohorts.c.size.desc(), cohorts.c.id)))


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
    values = dict(row._mapping)
    return Issue(**{**values, "status": IssueStatus(row.status)})
