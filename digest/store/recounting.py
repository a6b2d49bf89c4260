"""What was counted of issues follows what becomes known of their copies later, without counting all again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.store.outcomes import Outcomes
from digest.store.provider_figures import OTHERS, Families
from digest.store.tables import issues


class Move(NamedTuple):
    """A copy that counts otherwise now."""

    #: of its reader's mailbox
    family: str
    before: DeliveryStatus
    after: DeliveryStatus
    #: of what it is now
    reason: str


async def recount(connection: AsyncConnection, issue_id: int, moves: Counter[Move]) -> None:
    """Change the kept counts of an issue by these moves; what does not fit is counted anew, by who counts."""
    mine = issues.c
    query = select(mine.outcomes, mine.families, mine.volume_id).where(mine.id == issue_id)
    row = (await connection.execute(query.with_for_update())).first()
    if row is None or row.outcomes is None:
        # nobody has counted yet
        return
    outcomes = _outcomes_after(row.outcomes, moves)
    if outcomes is None and row.volume_id is not None:
        # there are no rows any more from which they could be counted
        return
    families = None if outcomes is None or row.families is None else _families_after(row.families, moves)
    values = {
        "outcomes": null() if outcomes is None else outcomes,
        "families": null() if families is None else families,
    }
    await connection.execute(update(issues).where(mine.id == issue_id).values(values))


def _outcomes_after(kept: Mapping[str, Mapping[str, int]], moves: Counter[Move]) -> Outcomes | None:
    """Copies by status and reason; None when they do not hold what is to be moved."""
    found = {status: Counter(counts) for status, counts in kept.items()}
    for move, copies in moves.items():
        before = found.get(move.before, Counter())
        # what is in doubt has a reason, and there may be several
        reason = "" if move.before is DeliveryStatus.SENT else next(iter(before), "")
        if before[reason] < copies or len(before) > 1:
            return None
        before[reason] -= copies
        found.setdefault(move.after, Counter())[move.reason] += copies
    whole = {status: {reason: n for reason, n in counts.items() if n} for status, counts in found.items()}
    return {status: counts for status, counts in whole.items() if counts}


def _families_after(kept: Mapping[str, Mapping[str, int]], moves: Counter[Move]) -> Families | None:
    """Copies by family and status; None when they do not hold what is to be moved."""
    found = {family: Counter(counts) for family, counts in kept.items()}
    for move, copies in moves.items():
        counts = found.get(move.family) or found.get(OTHERS, Counter())
        if counts[move.before] < copies:
            return None
        counts[move.before] -= copies
        counts[move.after] += copies
    return {family: {status: n for status, n in counts.items() if n} for family, counts in found.items()}
