"""Rows that cannot be: one walk through a table counts all that is wrong with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, FromClause, Select, and_, case, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.damage import Damage, Difference
from digest.core.model import BriefingStatus, DeliveryStatus, IssueStatus
from digest.store.correction_tables import corrections
from digest.store.counters import BRIEFINGS
from digest.store.tables import (
    OPEN,
    UNFINISHED,
    briefings,
    cohorts,
    counters,
    deliveries,
    issues,
    notices,
    revisions,
)
from digest.store.volume_tables import volumes
from subscribers.model import Standing
from subscribers.tables import gaps, groups, standing_changes, subscribers, subscriptions

#: Rows that are named of each kind.
NAMED: Final = 3
_CLOSED: Final = (IssueStatus.DONE, IssueStatus.CANCELLED)
_UNPUBLISHED: Final = (BriefingStatus.DRAFT, BriefingStatus.DISCARDED)
_FAILED: Final = (DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED, DeliveryStatus.SKIPPED)
_NEWEST: Final = select(counters.c.value).where(counters.c.name == BRIEFINGS).scalar_subquery()


class Sheet(Struct, frozen=True):
    """The rows of a table, by what each is named, and what must not be true of any."""

    rows: FromClause
    noun: str
    key: ColumnElement[Any]
    wrong: Mapping[Damage, ColumnElement[bool]]


def sheets() -> tuple[Sheet, ...]:
    """Every table that is looked through in this way."""
    return (
        *(_copies(), _notices(), _readers(), _people(), _gaps()),
        *(_briefings(), _corrections(), _issues()),
    )


async def look_through(connection: AsyncConnection, sheet: Sheet) -> list[Difference]:
    """What is wrong with the rows of a table."""
    counts = [func.coalesce(func.sum(case((wrong, 1), else_=0)), 0) for wrong in sheet.wrong.values()]
    found = (await connection.execute(select(*counts).select_from(sheet.rows))).one()
    differences = []
    for (kind, wrong), count in zip(sheet.wrong.items(), found, strict=True):
        if count:
            query: Select[Any] = select(sheet.key).select_from(sheet.rows).where(wrong).limit(NAMED)
            named = (await connection.execute(query.order_by(sheet.key))).scalars()
            differences.append(Difference(kind, int(count), tuple(f"{sheet.noun} {key}" for key in named)))
    return differences


def _copies() -> Sheet:
    mine = deliveries.c
    rows = (
        deliveries.outerjoin(cohorts, cohorts.c.id == mine.cohort_id)
        .outerjoin(issues, issues.c.id == mine.issue_id)
        .outerjoin(subscriptions, subscriptions.c.id == mine.subscription_id)
    )
    is_sending = mine.status == DeliveryStatus.SENDING
    in_hand = or_(mine.owner.isnot(None), mine.lease_until.isnot(None), mine.started_at.isnot(None))
    return Sheet(
        rows,
        "copy",
        mine.id,
        {
            Damage.COPY_WITHOUT_TIME: and_(mine.status == DeliveryStatus.SENT, mine.sent_at.is_(None)),
            Damage.COPY_FOR_NOBODY: and_(is_sending, or_(mine.owner.is_(None), mine.lease_until.is_(None))),
            Damage.COPY_HELD: and_(~is_sending, in_hand),
            Damage.COPY_WITHOUT_END: and_(mine.status == DeliveryStatus.DEFERRED, mine.retry_at.is_(None)),
            Damage.COPY_MISCOUNTED: or_(mine.attempts < 0, mine.claims < 0, mine.doubts < 0),
            Damage.COPY_WITHOUT_REASON: and_(mine.status.in_(_FAILED), mine.reason == ""),
            Damage.COPY_OF_TWO_ISSUES: cohorts.c.issue_id != mine.issue_id,
            Damage.COPY_OF_ANOTHER: subscriptions.c.newsletter_id != issues.c.newsletter_id,
            Damage.COPY_UNSEEN: and_(
                issues.c.id.isnot(None),
                or_(
                    issues.c.first_copy.is_(None), mine.id < issues.c.first_copy, mine.id > issues.c.last_copy
                ),
            ),
            Damage.COPY_OF_NOTHING: and_(cohorts.c.skip.isnot(None), mine.status != DeliveryStatus.SKIPPED),
            Damage.COPY_LEFT_OPEN: and_(issues.c.status.in_(_CLOSED), mine.status.in_(OPEN)),
        },
    )


def _notices() -> Sheet:
    mine = notices.c
    is_sending = mine.status == DeliveryStatus.SENDING
    return Sheet(
        notices,
        "notice",
        mine.id,
        {
            Damage.NOTICE_WITHOUT_TIME: and_(mine.status == DeliveryStatus.SENT, mine.sent_at.is_(None)),
            Damage.NOTICE_FOR_NOBODY: and_(is_sending, or_(mine.owner.is_(None), mine.lease_until.is_(None))),
        },
    )


def _readers() -> Sheet:
    mine = subscriptions.c
    changes = standing_changes.c
    last = (
        select(changes.after)
        .where(changes.subscription_id == mine.id)
        .order_by(changes.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_active = case((mine.standing == Standing.ACTIVE, 1), else_=0)
    moves = case((groups.c.is_active, 1), else_=0)
    return Sheet(
        subscriptions.outerjoin(groups, groups.c.id == mine.group_id),
        "subscription",
        mine.id,
        {
            Damage.WRONG_GROUP: and_(
                groups.c.id.isnot(None),
                or_(groups.c.newsletter_id != mine.newsletter_id, moves != is_active),
            ),
            Damage.BEGAN_LATER: mine.began_after > _NEWEST,
            Damage.STANDING_DIFFERS: func.coalesce(last, "") != mine.standing,
        },
    )


def _people() -> Sheet:
    mine = subscribers.c
    named = or_(mine.address.isnot(None), mine.address_key.isnot(None), mine.name != "")
    half = or_(mine.address.is_(None), mine.address_key.is_(None))
    erased = mine.erased_at.isnot(None)
    wrong = {Damage.HALF_ERASED: or_(and_(erased, named), and_(~erased, half))}
    return Sheet(subscribers, "reader", mine.id, wrong)


def _gaps() -> Sheet:
    mine = gaps.c
    return Sheet(gaps, "gap", mine.id, {Damage.GAP_DIFFERS: or_(mine.after > mine.upto, mine.upto > _NEWEST)})


def _briefings() -> Sheet:
    mine = briefings.c
    lacks = or_(mine.number.is_(None), mine.batch.is_(None), mine.published_at.is_(None))
    return Sheet(
        briefings,
        "briefing",
        mine.id,
        {
            Damage.BRIEFING_WITHOUT_NUMBER: and_(mine.status == BriefingStatus.PUBLISHED, lacks),
            Damage.DRAFT_WITH_NUMBER: and_(mine.status.in_(_UNPUBLISHED), mine.number.isnot(None)),
            Damage.TEXT_MISSING: ~_text(mine.id, mine.revision),
        },
    )


def _corrections() -> Sheet:
    mine = corrections.c
    former, told = _text(mine.briefing_id, mine.former_revision), _text(mine.briefing_id, mine.revision)
    return Sheet(corrections, "correction", mine.number, {Damage.TEXT_MISSING: or_(~former, ~told)})


def _text(briefing_id: ColumnElement[int], revision: ColumnElement[int]) -> ColumnElement[bool]:
    its = revisions.c
    return exists().where(its.briefing_id == briefing_id, its.revision == revision)


def _issues() -> Sheet:
    mine = issues.c
    in_volume = mine.volume_id.isnot(None)
    return Sheet(
        issues,
        "issue",
        mine.id,
        {
            Damage.VOLUME_MISSING: and_(in_volume, ~exists().where(volumes.c.id == mine.volume_id)),
            Damage.VOLUME_UNFINISHED: and_(in_volume, mine.status.in_(UNFINISHED)),
            Damage.ISSUE_COUNTS_GONE: and_(in_volume, mine.outcomes.is_(None)),
        },
    )
