"""Rows that nobody looks at any more are dropped, oldest first, some hundred in a transaction."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, delete, func, not_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.desk_tables import changes
from digest.store.notices import IS_OPEN
from digest.store.return_tables import returns
from digest.store.tables import notices

#: Rows that are looked at in one transaction.
TOGETHER: Final = 500


class Kind(StrEnum):
    """What is dropped after its time."""

    #: what came back, but for mails that a person has yet to look at
    RETURNS = "returns"
    #: mails that are no issue, but for those with which something may still happen
    NOTICES = "notices"
    #: the log of changes
    CHANGES = "changes"


class Looked(NamedTuple):
    """What one look came to."""

    dropped: int
    #: to go on after this number; None when all that follows is younger
    after: int | None


class _Rows(NamedTuple):
    table: Table
    at: Column[datetime]
    is_over: ColumnElement[bool]


_ROWS: Final = {
    Kind.RETURNS: _Rows(returns, returns.c.at, returns.c.mail_id.is_(None)),
    Kind.NOTICES: _Rows(notices, notices.c.due_at, not_(IS_OPEN)),
    Kind.CHANGES: _Rows(changes, changes.c.at, true()),
}


async def drop(
    connection: AsyncConnection, kind: Kind, before: datetime, after: int, *, only_look: bool = False
) -> Looked:
    """Drop what is over and older than that among the next rows; `only_look` only counts it.

    The newest row stays, whatever its age: SQLite would give its number once more.
    """
    table, at, is_over = _ROWS[kind]
    newest = select(func.max(table.c.id)).scalar_subquery()
    query = select(table.c.id, at.label("at"), is_over.label("is_over"))
    query = query.where(table.c.id > after, table.c.id < newest).order_by(table.c.id).limit(TOGETHER)
    rows = (await connection.execute(query)).all()
    old = [row.id for row in rows if row.at < before]
    over = [row.id for row in rows if row.at < before and row.is_over]
    if over and not only_look:
        await connection.execute(delete(table).where(table.c.id.in_(over), at < before, is_over))
    # numbers are given in the order of time: where nothing is old, nothing that follows is
    return Looked(len(over), rows[-1].id if old else None)
