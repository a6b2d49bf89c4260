"""Copies that are planned and not on the wire yet lose what was taken back, and carry what was corrected.

What was sent stays on record as it was sent: the copies that are still to come move to cohorts of a new round
of their issue, which do not hold the briefing and say that it was retracted, or hold it in its new revision.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, LeftOut, Skip
from digest.store import beside, numbered, pictures, stories
from digest.store.claimable import open_of
from digest.store.issue_states import IS_UNFINISHED
from digest.store.issues import close_when_settled, numbers_in, pin_revisions, pinned_revisions
from digest.store.recording import FREE, PULLED_FROM
from digest.store.tables import cohorts, deliveries, issue_briefings, issues
from subscribers.interning import chunks


class Pulled(NamedTuple):
    """What became of copies that would have carried something that was taken back."""

    #: how many are sent without it
    lighter: int = 0
    #: how many are not sent at all, since they held nothing else
    skipped: int = 0

    def plus(self, more: Pulled) -> Pulled:
        """Both together."""
        return Pulled(self.lighter + more.lighter, self.skipped + more.skipped)


async def pull(
    connection: AsyncConnection,
    number: int,
    issue_id: int | None = None,
    *,
    reason: LeftOut = LeftOut.RETRACTED,
    certain: bool = False,
) -> Pulled:
    """Take a publication number out of every copy that has not begun; the caller holds plans off alone.

    With `issue_id` only copies of that issue are looked at, with `certain` those that cannot have arrived.

    A copy that a sender has in its hands and has not begun is taken from it: it is sent when its lease is
    over. One that has begun may be on the wire, and stays as it is.
    """
    pulled = Pulled()
    naming = await beside.rounds_naming(connection, number)
    holding = [
        row
        for row in await _cohorts_to_come(connection, issue_id, certain=certain)
        if number in _decided(row) or (row.issue_id, row.round) in naming
    ]
    for where in dict.fromkeys((row.issue_id, row.round) for row in holding):
        mine = [row for row in holding if (row.issue_id, row.round) == where]
        pulled = pulled.plus(
            await _pull_from_round(connection, *where, mine, number, reason=reason, certain=certain)
        )
    for one in sorted({row.issue_id for row in holding}):
        await close_when_settled(connection, one)
    return pulled


async def retracted_to_come(connection: AsyncConnection, issue_id: int) -> set[int]:
    """What was retracted and stands in copies of an issue that are to come: they were on the wire then."""
    numbers = {n for row in await _cohorts_to_come(connection, issue_id) for n in _numbers(row)}
    return await numbered.retracted_among(connection, numbers)


async def carries_retracted(connection: AsyncConnection, issue_id: int) -> bool:
    """Whether a copy of an issue that is to come holds what was retracted: one that was on the wire then.

    What is nearly always so, that nothing was, is found out without a look at any copy.
    """
    pinned = select(issue_briefings.c.number).where(issue_briefings.c.issue_id == issue_id).distinct()
    gone = await numbered.retracted_among(connection, set((await connection.execute(pinned)).scalars()))
    if not gone:
        return False
    return any(not gone.isdisjoint(_numbers(row)) for row in await _cohorts_to_come(connection, issue_id))


async def carry_newer(connection: AsyncConnection, numbers: Collection[int], revision: int) -> int:
    """Let every copy that cannot have arrived carry these numbers in a newer revision: how many copies.

    The caller holds plans off alone. A copy in doubt keeps its bytes, for it may come twice.
    """
    moved = 0
    to_come = await _cohorts_to_come(connection, None, certain=True)
    holding = [row for row in to_come if not _numbers(row).isdisjoint(numbers)]
    for issue_id, round_ in dict.fromkeys((row.issue_id, row.round) for row in holding):
        mine = [row for row in holding if (row.issue_id, row.round) == (issue_id, round_)]
        new_round = await _open_round(connection, issue_id)
        pinned = issue_briefings.c
        newer = case((pinned.number.in_(sorted(numbers)), revision), else_=pinned.revision)
        await _pin_again(connection, issue_id, round_, new_round, revision=newer)
        await pictures.pin(connection, issue_id, new_round, numbers)
        await beside.pin_again(connection, issue_id, round_, new_round, without=None)
        for some in chunks([_same(row, new_round) for row in mine], 5000):
            await connection.execute(insert(cohorts), some)
        moved += await _move_copies(connection, issue_id, round_, new_round, certain=True)
        await _count_again(connection, issue_id, round_, new_round)
    return moved


def _numbers(row: Row[Any]) -> set[int]:
    """What a cohort carries, and what it names among that which comes later."""
    return {*numbers_in(row.groups), *row.deferred}


def _decided(row: Row[Any]) -> set[int]:
    """That, and what it left out for the sake of another telling of the same event."""
    return {*_numbers(row), *row.left_out.get(LeftOut.SAME_STORY, ())}


async def _cohorts_to_come(
    connection: AsyncConnection, issue_id: int | None, *, certain: bool = False
) -> list[Row[Any]]:
    """Cohorts with copies to come; with `certain`, copies that cannot have arrived."""
    # those that are held or wait for a word, too
    query = select(cohorts).join(issues, issues.c.id == cohorts.c.issue_id).where(IS_UNFINISHED)
    if issue_id is not None:
        query = query.where(issues.c.id == issue_id)
    found = (await connection.execute(query.order_by(cohorts.c.id))).all()
    to_come: set[int] = set()
    for one in {row.issue_id for row in found}:
        ids = select(deliveries.c.cohort_id).where(_not_begun(one, certain=certain)).distinct()
        to_come.update((await connection.execute(ids)).scalars())
    return [row for row in found if row.id in to_come]


async def _pull_from_round(
    connection: AsyncConnection,
    issue_id: int,
    round_: int,
    holding: list[Row[Any]],
    number: int,
    *,
    reason: LeftOut,
    certain: bool,
) -> Pulled:
    """Move what is to come of these cohorts to a round without the number."""
    new_round = await _open_round(connection, issue_id)
    heirs = await _heirs(connection, holding, number)
    await _pin_again(connection, issue_id, round_, new_round, without=number)
    await _pin_heirs(connection, issue_id, new_round, heirs)
    await beside.pin_again(connection, issue_id, round_, new_round, without=number, heirs=heirs)
    for some in chunks([_without(row, number, new_round, heirs, reason) for row in holding], 5000):
        await connection.execute(insert(cohorts), some)
    moved = await _move_copies(connection, issue_id, round_, new_round, certain=certain)
    await _count_again(connection, issue_id, round_, new_round)
    skipped = await _skip_empty(connection, issue_id, new_round)
    return Pulled(moved - skipped, skipped)


async def _open_round(connection: AsyncConnection, issue_id: int) -> int:
    again = update(issues).where(issues.c.id == issue_id).values(rounds=issues.c.rounds + 1)
    new_round: int = (await connection.execute(again.returning(issues.c.rounds))).scalar_one()
    return new_round


async def _pin_again(
    connection: AsyncConnection,
    issue_id: int,
    round_: int,
    new_round: int,
    *,
    without: int | None = None,
    revision: ColumnElement[int] | None = None,
) -> None:
    """Pin in a new round what a round pinned, without a number or in other revisions."""
    pinned = issue_briefings.c
    kept = select(
        pinned.issue_id,
        literal(new_round, Integer),
        pinned.number,
        pinned.revision if revision is None else revision,
        pinned.picture,
    ).where(pinned.issue_id == issue_id, pinned.round == round_)
    if without is not None:
        kept = kept.where(pinned.number != without)
    names = ("issue_id", "round", "number", "revision", "picture")
    await connection.execute(insert(issue_briefings).from_select(names, kept))


def _same(row: Row[Any], new_round: int) -> dict[str, Any]:
    """The row of a cohort, for a new round; nobody is in it before copies have moved there."""
    kept = {name: value for name, value in row._mapping.items() if name != "id"}
    # by then all of them may have gone on their way
    return kept | {"round": new_round, "size": 0}


async def _heirs(connection: AsyncConnection, holding: list[Row[Any]], number: int) -> list[int]:
    """The tellings that take the place of this one: they were left out for its sake, or another's."""
    left = dict.fromkeys(n for row in holding for n in row.left_out.get(LeftOut.SAME_STORY, ()))
    story_by_number = await stories.story_ids(connection, {number, *left})
    mine = story_by_number.get(number)
    gone = await numbered.retracted_among(connection, left) if mine is not None else ()
    fit = [n for n in left if mine is not None and story_by_number.get(n) == mine and n not in gone]
    return sorted({heir for row in holding if (heir := _heir_of(row, number, fit)) is not None})


def _heir_of(row: Row[Any], number: int, heirs: Collection[int]) -> int | None:
    """The best-ranked of these that a cohort which carries the number left out for its sake."""
    if number not in numbers_in(row.groups):
        return None
    return next((n for n in row.left_out.get(LeftOut.SAME_STORY, ()) if n in heirs), None)


async def _pin_heirs(
    connection: AsyncConnection, issue_id: int, new_round: int, heirs: Collection[int]
) -> None:
    known = await pinned_revisions(connection, issue_id, new_round)
    newest = await numbered.current_revisions(connection, set(heirs) - known.keys())
    await pin_revisions(connection, issue_id, new_round, newest)
    await pictures.pin(connection, issue_id, new_round, newest)


def _without(
    row: Row[Any], number: int, new_round: int, heirs: Collection[int], reason: LeftOut
) -> dict[str, Any]:
    """The row of a cohort that is the same but for the number; an heir that it left out takes its place."""
    if number not in _decided(row):
        return _same(row, new_round)
    left_out = {why: list(numbers) for why, numbers in row.left_out.items()}
    same = left_out.pop(LeftOut.SAME_STORY, [])
    heir = _heir_of(row, number, heirs)
    in_place = {number: heir}
    if reason is LeftOut.RETRACTED_IN_DOUBT and number not in numbers_in(row.groups):
        # it was named there at most
        reason = LeftOut.RETRACTED
    groups = [[topic, [in_place.get(n, n) for n in numbers]] for topic, numbers in row.groups]
    groups = [[topic, [n for n in numbers if n is not None]] for topic, numbers in groups]
    groups = [[topic, numbers] for topic, numbers in groups if numbers]
    left_out[reason] = sorted({*left_out.get(reason, ()), number})
    if still := [n for n in same if n not in {number, heir}]:
        left_out[LeftOut.SAME_STORY] = still
    return _same(row, new_round) | {
        "groups": groups,
        "deferred": [one for one in row.deferred if one != number],
        "left_out": left_out,
        "skip": row.skip if groups or row.skip else Skip.RETRACTED,
    }


async def _move_copies(
    connection: AsyncConnection, issue_id: int, round_: int, new_round: int, *, certain: bool = False
) -> int:
    old, new = cohorts.alias("old"), cohorts.alias("new")
    same_readers = and_(
        *(old.c.issue_id == issue_id, old.c.round == round_, new.c.issue_id == issue_id),
        *(new.c.round == new_round, new.c.profile_id == old.c.profile_id),
        new.c.bookmark_id == old.c.bookmark_id,
    )
    pair = select(new.c.id).select_from(old.join(new, same_readers))
    target = pair.where(old.c.id == deliveries.c.cohort_id).correlate(deliveries).scalar_subquery()
    moving = select(old.c.id).select_from(old.join(new, same_readers))
    owner = deliveries.c.owner
    in_hands = and_(deliveries.c.status == DeliveryStatus.SENDING, owner.not_like(f"{PULLED_FROM}%"))
    query = (
        update(deliveries)
        .where(_not_begun(issue_id, certain=certain), deliveries.c.cohort_id.in_(moving))
        .values(cohort_id=target, owner=case((in_hands, literal(PULLED_FROM) + owner), else_=owner))
    )
    return (await connection.execute(query)).rowcount


async def _skip_empty(connection: AsyncConnection, issue_id: int, round_: int) -> int:
    """Copies in which nothing is left are not sent."""
    empty = select(cohorts.c.id).where(
        cohorts.c.issue_id == issue_id, cohorts.c.round == round_, cohorts.c.skip == Skip.RETRACTED
    )
    query = (
        update(deliveries)
        .where(open_of(issue_id), deliveries.c.cohort_id.in_(empty))
        .values(status=DeliveryStatus.SKIPPED, reason=Skip.RETRACTED, retry_at=None, **FREE)
    )
    return (await connection.execute(query)).rowcount


async def _count_again(connection: AsyncConnection, issue_id: int, round_: int, new_round: int) -> None:
    """How many readers the cohorts of both rounds have now; one that has none any more is not shown."""
    new = cohorts.alias("new")
    here = and_(new.c.issue_id == issue_id, new.c.round == new_round)
    counts = (
        select(new.c.id, new.c.profile_id, new.c.bookmark_id, func.count().label("moved"))
        .join(deliveries, and_(open_of(issue_id), deliveries.c.cohort_id == new.c.id))
        .where(here)
        .group_by(new.c.id, new.c.profile_id, new.c.bookmark_id)
    )
    rows = (await connection.execute(counts)).all()
    if not rows:
        return
    sizes = [{"its_id": row.id, "moved": row.moved} for row in rows]
    left = [
        {"its_profile": row.profile_id, "its_bookmark": row.bookmark_id, "moved": row.moved} for row in rows
    ]
    count = update(cohorts).where(cohorts.c.id == bindparam("its_id")).values(size=bindparam("moved"))
    await connection.execute(count, sizes)
    old = and_(
        *(cohorts.c.issue_id == issue_id, cohorts.c.round == round_),
        cohorts.c.profile_id == bindparam("its_profile"),
        cohorts.c.bookmark_id == bindparam("its_bookmark"),
    )
    fewer = update(cohorts).where(old).values(size=cohorts.c.size - bindparam("moved"))
    await connection.execute(fewer, left)


def _not_begun(issue_id: int, *, certain: bool = False) -> ColumnElement[bool]:
    """Copies of an issue of which no byte of a try that is under way can have left.

    With `certain` only those of which no earlier try can have arrived either.
    """
    not_begun = or_(deliveries.c.status != DeliveryStatus.SENDING, deliveries.c.started_at.is_(None))
    return and_(open_of(issue_id), not_begun, *([deliveries.c.doubts == 0] if certain else []))
