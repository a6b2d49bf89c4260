"""Whom a one-off is for, name by name: the readers addressed under the copy that each would get."""

from __future__ import annotations

from msgspec import Struct

from digest.flows.by_hand import Plan
from digest.store.database import Database
from subscribers import store as readers
from subscribers.model import Standing


class Addressed(Struct, frozen=True):
    """A copy, and who would get it."""

    addresses: tuple[str, ...]
    briefing_ids: tuple[int, ...]
    #: why these readers would get nothing; None when they would get something
    skip: str | None


async def addressed_by(plan: Plan, store: Database) -> list[Addressed]:
    """The copies of a rehearsal with their readers, the widest read first."""
    addresses: dict[object, list[str]] = {(c.group.profile, c.group.bookmark): [] for c in plan.cohorts}
    async with store.read() as connection:
        async for one in readers.every_subscription(connection, plan.newsletter.id):
            is_meant = plan.readers is None or one.id in plan.readers
            if is_meant and one.standing is Standing.ACTIVE and (one.profile, one.bookmark) in addresses:
                addresses[one.profile, one.bookmark].append(one.address)
    copies = [
        Addressed(
            tuple(addresses[cohort.group.profile, cohort.group.bookmark]),
            tuple(plan.ids[number] for number in cohort.selection.numbers),
            cohort.selection.skip,
        )
        for cohort in plan.cohorts
    ]
    return sorted(copies, key=lambda copy: -len(copy.addresses))
