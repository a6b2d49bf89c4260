"""The shelf of counted links: made when an issue is planned, followed by its readers, added up by item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.click_tables import links
from digest.store.tables import issue_briefings, issues
from subscribers.interning import insert_missing


class Place(NamedTuple):
    """Where a link stands: which item of which issue, in the revision that was mailed last."""

    number: int
    revision: int


async def open_links(connection: AsyncConnection, issue_id: int, numbers: Collection[int]) -> None:
    """Make the links for items of an issue; those that are there stay."""
    rows = [{"issue_id": issue_id, "number": number, "clicks": 0} for number in sorted(numbers)]
    await insert_missing(connection, links, rows)


async def of_issue(connection: AsyncConnection, issue_id: int) -> Mapping[int, int]:
    """The links of an issue: ids by number."""
    query = select(links.c.number, links.c.id).where(links.c.issue_id == issue_id)
    return {row.number: row.id for row in await connection.execute(query)}


async def place_of(connection: AsyncConnection, link_id: int) -> Place | None:
    """Where a link stands; None for one that is not there."""
    pinned = issue_briefings.c
    same = (pinned.issue_id == links.c.issue_id) & (pinned.number == links.c.number)
    query = (
        select(pinned.number, pinned.revision)
        .select_from(links)
        .join(issue_briefings, same)
        .where(links.c.id == link_id)
        .order_by(pinned.round.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else Place(row.number, row.revision)


async def count(connection: AsyncConnection, link_id: int) -> None:
    """Somebody followed a link, or a program that looks at links did."""
    query = update(links).where(links.c.id == link_id)
    await connection.execute(query.values(clicks=links.c.clicks + 1))


async def since(connection: AsyncConnection, instant: datetime) -> Mapping[int, int]:
    """How often the links of items were followed in issues due since then, by number; most first."""
    total = func.sum(links.c.clicks)
    query = (
        select(links.c.number, total)
        .join(issues, issues.c.id == links.c.issue_id)
        .where(issues.c.due_at >= instant)
        .group_by(links.c.number)
        .order_by(total.desc(), links.c.number)
    )
    return {number: int(clicks) for number, clicks in await connection.execute(query)}
