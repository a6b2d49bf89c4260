"""The shelf of corrections: made under the next number, and read back as what their numbers tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.corrections import Correction, CorrectionKind
from digest.core.model import BriefingStatus
from digest.store import counters
from digest.store.correction_tables import corrections
from digest.store.tables import briefings, revisions
from subscribers.interning import chunks

_LATER: Final = corrections.alias("later")
_IS_BACK: Final = briefings.c.status != BriefingStatus.RETRACTED
#: True of a correction after which there is another one, or which tells of a withdrawal that was undone; of
#: such a one nobody is told, so it takes no other's place.
SUPERSEDED: Final = exists().where(
    _LATER.c.briefing_id == corrections.c.briefing_id,
    _LATER.c.number > corrections.c.number,
    or_(_LATER.c.kind != CorrectionKind.WITHDRAWN, ~_IS_BACK),
) | and_(corrections.c.kind == CorrectionKind.WITHDRAWN, _IS_BACK)
#: True of a correction whose briefing was taken back after it.
POINTLESS: Final = and_(
    corrections.c.kind == CorrectionKind.CORRECTED, briefings.c.status == BriefingStatus.RETRACTED
)


async def add(
    connection: AsyncConnection,
    briefing_id: int,
    kind: CorrectionKind,
    *,
    former_revision: int,
    revision: int,
    note: str,
    now: datetime,
) -> int:
    """Write a correction down under the next publication number; the number."""
    number = (await counters.take(connection, counters.BRIEFINGS))[0]
    row = {
        "number": number,
        "briefing_id": briefing_id,
        "kind": kind,
        "former_revision": former_revision,
        "revision": revision,
        "note": note,
        "at": now,
        "readers": 0,
    }
    await connection.execute(insert(corrections).values(row))
    return number


async def note_readers(connection: AsyncConnection, number: int, readers: int) -> None:
    """Note to how many subscriptions a correction is owed."""
    mine = update(corrections).where(corrections.c.number == number)
    await connection.execute(mine.values(readers=readers))


async def numbers_of(
    connection: AsyncConnection, briefing_id: int, kind: CorrectionKind | None = None
) -> tuple[int, ...]:
    """The numbers under which a briefing was corrected so far, or of one kind, the oldest first."""
    query = select(corrections.c.number).where(corrections.c.briefing_id == briefing_id)
    if kind is not None:
        query = query.where(corrections.c.kind == kind)
    return tuple((await connection.execute(query.order_by(corrections.c.number))).scalars())


async def numbers_after(connection: AsyncConnection, cut: int) -> frozenset[int]:
    """The numbers of all corrections after a number."""
    query = select(corrections.c.number).where(corrections.c.number > cut)
    return frozenset((await connection.execute(query)).scalars())


async def of_briefing(connection: AsyncConnection, briefing_id: int) -> tuple[tuple[Correction, int], ...]:
    """The corrections of a briefing, the oldest first, each with the number of readers it was owed to."""
    query = _whole().add_columns(corrections.c.readers).where(corrections.c.briefing_id == briefing_id)
    rows = (await connection.execute(query.order_by(corrections.c.number))).all()
    return tuple((_correction_from(row), row.readers) for row in rows)


async def by_numbers(connection: AsyncConnection, numbers: Collection[int]) -> Mapping[int, Correction]:
    """The corrections among these publication numbers."""
    found: dict[int, Correction] = {}
    for some in chunks(sorted(numbers)):
        rows = await connection.execute(_whole().where(corrections.c.number.in_(some)))
        found.update((row.number, _correction_from(row)) for row in rows)
    return found


def _whole() -> Select[Any]:
    mine, its, former = corrections.c, briefings.c, revisions.c
    same_text = and_(former.briefing_id == mine.briefing_id, former.revision == mine.former_revision)
    return (
        select(mine.number, mine.kind, mine.note, mine.at, its.number.label("corrects"), former.title)
        .join(briefings, its.id == mine.briefing_id)
        .join(revisions, same_text)
    )


def _correction_from(row: Row[Any]) -> Correction:
    return Correction(
        number=row.number,
        kind=CorrectionKind(row.kind),
        corrects=row.corrects,
        note=row.note,
        at=row.at,
        former_title=row.title,
    )
