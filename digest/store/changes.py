"""The log of changes: who changed what, from what, to what; written in the transaction of the change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor, Via
from digest.store.desk_tables import changes

#: Longer values are cut: the log says what changed, revisions keep the texts.
_MOST_SIGNS: Final = 500


class Change(Struct, frozen=True):
    """One entry of the log."""

    id: int
    at: datetime
    actor: str
    via: Via
    person_id: int | None
    act: str
    kind: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


async def note_change(
    connection: AsyncConnection,
    by: Actor,
    act: str,
    subject: int | str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down that somebody did `act`, such as `briefing.edit`, to a subject: its number or short name.

    `before` and `after` are what a reader of the log needs, as JSON has it; of fields in both only those that
    differ are kept. Nothing that says who a reader is may stand in any of them.
    """
    await note_changes(connection, by, act, [(subject, before or {}, after or {})], now)


async def note_changes(
    connection: AsyncConnection,
    by: Actor,
    act: str,
    done: Iterable[tuple[int | str, Mapping[str, Any], Mapping[str, Any]]],
    now: datetime,
) -> None:
    """The same of many subjects, each with its `before` and `after`: one entry each."""
    rows = []
    for subject, old, new in done:
        same = {name for name in old.keys() & new.keys() if old[name] == new[name]}
        row = {
            "at": now,
            "actor": by.name[:140],
            "via": by.via,
            "person_id": by.person_id,
            "act": act,
            "kind": act.partition(".")[0],
            "subject": str(subject)[:60],
            "before": {name: _short(value) for name, value in old.items() if name not in same},
            "after": {name: _short(value) for name, value in new.items() if name not in same},
        }
        rows.append(row)
    if rows:
        await connection.execute(insert(changes), rows)


async def page(
    connection: AsyncConnection,
    *,
    before_id: int | None = None,
    limit: int = 100,
    kind: str | None = None,
    subject: str | None = None,
    person_id: int | None = None,
    without: Collection[str] = (),
) -> tuple[Change, ...]:
    """Entries, newest first, older than `before_id`; of one kind, subject or person when these are given.

    Those of some acts are left out.
    """
    query = select(changes).order_by(changes.c.id.desc()).limit(limit)
    wanted = {"kind": kind, "subject": subject, "person_id": person_id}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(changes.c[name] == value)
    if without:
        query = query.where(changes.c.act.not_in(without))
    if before_id is not None:
        query = query.where(changes.c.id < before_id)
    rows = (await connection.execute(query)).all()
    return tuple(Change(**{**row._mapping, "via": Via(row.via)}) for row in rows)


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _MOST_SIGNS:
        return f"{value[: _MOST_SIGNS - 1]}…"
    return value
