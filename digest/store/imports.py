"""Rosters on their way in, and their pieces: written down, looked up, moved on by whoever works on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, Text, cast, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor, Via
from digest.core.importing import DONE, UNDER_WAY, ImportStatus
from digest.store.import_tables import import_pieces, imports
from subscribers.wishes import WishError, address_key, parse_address

#: Nothing of the lines themselves is left in an import that came to an end, but what was refused.
_ENDED: Final = (ImportStatus.TAKEN, ImportStatus.UNDONE, ImportStatus.DROPPED)


#: Under it a piece that was tried keeps some whom it would change: (subscription id, before, after).
WOULD: Final = "would"


class Import(Struct, frozen=True):
    """A roster that was handed over, and how far it has come."""

    id: int
    at: datetime
    by: Actor
    status: ImportStatus
    headings: tuple[str, ...]
    #: the column of ours that each heading stands for; empty for what is left out
    columns: tuple[str, ...]
    raw: bool
    newsletter: str
    #: what its readers agreed to
    basis: str
    lines: int
    pieces: int
    #: how many pieces are done of what is being done
    position: int
    added: int
    updated: int
    refused: int
    removed: int
    restored: int
    kept: int
    changed_at: datetime
    #: of an export of another system: see `digest.flows.exports_at_desk`; None for a roster of ours
    export: Mapping[str, Any] | None = None

    @property
    def is_under_way(self) -> bool:
        """True while it goes on by itself."""
        return self.status in UNDER_WAY


class Piece(Struct, frozen=True):
    """Some lines of a roster."""

    number: int
    #: (line, cells)
    lines: tuple[tuple[int, list[str]], ...]
    #: (line, reason, cells)
    refused: tuple[tuple[int, str, list[str]], ...]
    undo: Mapping[str, Any]


async def add(
    connection: AsyncConnection,
    by: Actor,
    headings: Sequence[str],
    raw: bool,
    now: datetime,
    export: Mapping[str, Any] | None = None,
) -> int:
    """Write down that a roster is handed over; its pieces follow. Its number."""
    counts = dict.fromkeys(
        ("lines", "pieces", "position", "added", "updated", "refused", "removed", "restored", "kept"), 0
    )
    row = {
        "at": now,
        "actor": by.name[:140],
        "via": by.via,
        "person_id": by.person_id,
        "status": ImportStatus.HANDED_OVER,
        "headings": list(headings),
        "columns": ["" for _ in headings],
        "raw": raw,
        "newsletter": "",
        "basis": "",
        "changed_at": now,
        "export": export,
        **counts,
    }
    new_id: int = (await connection.execute(insert(imports).values(row).returning(imports.c.id))).scalar_one()
    return new_id


async def add_pieces(
    connection: AsyncConnection, import_id: int, first: int, pieces: Sequence[Sequence[tuple[int, list[str]]]]
) -> None:
    """Add lines to a roster that is being handed over; `first` is the number of the first of these pieces."""
    rows = [
        {"import_id": import_id, "number": first + place, "lines": lines, "refused": [], "undo": {}}
        for place, lines in enumerate(pieces)
    ]
    await connection.execute(insert(import_pieces), rows)


async def by_id(connection: AsyncConnection, import_id: int) -> Import | None:
    """One import, or None."""
    row = (await connection.execute(select(imports).where(imports.c.id == import_id))).first()
    return None if row is None else _import_from(row)


async def page(
    connection: AsyncConnection, *, before: int | None = None, limit: int = 50
) -> tuple[Import, ...]:
    """Imports, the newest first."""
    query = select(imports).order_by(imports.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(imports.c.id < before)
    return tuple(_import_from(row) for row in await connection.execute(query))


async def under_way(connection: AsyncConnection) -> tuple[Import, ...]:
    """Imports that wait for somebody who works on them, the oldest first."""
    query = select(imports).where(imports.c.status.in_(UNDER_WAY)).order_by(imports.c.id)
    return tuple(_import_from(row) for row in await connection.execute(query))


async def piece(connection: AsyncConnection, import_id: int, number: int) -> Piece | None:
    """One piece, or None behind the last."""
    mine = import_pieces.c
    query = select(import_pieces).where(mine.import_id == import_id, mine.number == number)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    lines = tuple((line, list(cells)) for line, cells in row.lines)
    refused = tuple((line, reason, list(cells)) for line, reason, cells in row.refused)
    return Piece(row.number, lines, refused, dict(row.undo))


async def would_change(
    connection: AsyncConnection, import_id: int, limit: int
) -> list[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
    """Some whom a tried import would change: subscription id, and what differs, before and after."""
    mine = import_pieces.c
    with_some = cast(mine.undo, Text).like(f'%"{WOULD}"%')
    query = select(mine.undo).where(mine.import_id == import_id, with_some).order_by(mine.number)
    pieces = (await connection.execute(query.limit(limit))).scalars()
    return [(id_, old, new) for undo in pieces for id_, old, new in undo[WOULD]][:limit]


async def change(connection: AsyncConnection, import_id: int, now: datetime, **values: Any) -> None:
    """Write over fields of an import."""
    query = update(imports).where(imports.c.id == import_id)
    await connection.execute(query.values(changed_at=now, **values))


async def step(
    connection: AsyncConnection,
    import_id: int,
    after: ImportStatus,
    among: Collection[ImportStatus],
    now: datetime,
    **values: Any,
) -> bool:
    """Go on to a status from one of some; False when it stands elsewhere by now."""
    query = update(imports).where(imports.c.id == import_id, imports.c.status.in_(among))
    done = await connection.execute(query.values(status=after, position=0, changed_at=now, **values))
    return done.rowcount > 0


async def take_turn(connection: AsyncConnection, one: Import, now: datetime) -> bool:
    """Move on by a piece, first thing in the transaction that does it; False when somebody else did it.

    Who is second waits for the first to commit, and then finds another position.
    """
    last = one.position + 1 >= one.pieces
    query = update(imports).where(
        imports.c.id == one.id, imports.c.status == one.status, imports.c.position == one.position
    )
    values = {
        "position": one.position + 1,
        "changed_at": now,
        "status": DONE[one.status] if last else one.status,
    }
    return (await connection.execute(query.values(values))).rowcount > 0


async def count(connection: AsyncConnection, import_id: int, **more: int) -> None:
    """Add to the counts of an import."""
    values = {name: imports.c[name] + number for name, number in more.items()}
    await connection.execute(update(imports).where(imports.c.id == import_id).values(values))


async def save_piece(connection: AsyncConnection, import_id: int, number: int, **values: Any) -> None:
    """Write over fields of a piece."""
    mine = import_pieces.c
    query = update(import_pieces).where(mine.import_id == import_id, mine.number == number)
    await connection.execute(query.values(**values))


async def empty(connection: AsyncConnection, import_id: int) -> None:
    """Forget all lines of an import."""
    query = delete(import_pieces).where(import_pieces.c.import_id == import_id)
    await connection.execute(query)


async def forget_old(connection: AsyncConnection, before: datetime) -> bool:
    """Forget lines and refusals of imports that nobody touched since; True when there were any.

    What undoes an import goes with them.
    """
    old = select(imports.c.id).where(imports.c.changed_at < before, imports.c.status.not_in(UNDER_WAY))
    dropped = update(imports).where(imports.c.id.in_(old), imports.c.status.not_in(_ENDED))
    await connection.execute(dropped.values(status=ImportStatus.DROPPED))
    done = await connection.execute(delete(import_pieces).where(import_pieces.c.import_id.in_(old)))
    return done.rowcount > 0


async def forget(connection: AsyncConnection, address: str, subscription_ids: Collection[int]) -> None:
    """Forget a reader in what is kept of imports: lines with the address, and what would undo a change."""
    local = address.rpartition("@")[0]
    pattern = f"%{_literal(local.lower())}%"
    mine = import_pieces.c
    named = or_(
        *(func.lower(cast(column, Text)).like(pattern, escape="\\") for column in (mine.lines, mine.refused)),
        *(cast(mine.undo, Text).like(f"%[{id_},%") for id_ in subscription_ids),
    )
    for row in (await connection.execute(select(import_pieces).where(named))).all():
        lines = [one for one in row.lines if not _names(one[1], address)]
        refused = [one for one in row.refused if not _names(one[2], address)]
        gone = set(subscription_ids)
        undo = {what: [one for one in some if one[0] not in gone] for what, some in row.undo.items()}
        await save_piece(connection, row.import_id, row.number, lines=lines, refused=refused, undo=undo)


def _names(cells: Collection[str], address: str) -> bool:
    """True when a cell is the address, in whatever spelling."""
    return any("@" in cell and _key_of(cell) == address_key(address) for cell in cells)


def _key_of(cell: str) -> str:
    word = cell.strip().strip("'<>")
    try:
        return address_key(parse_address(word))
    except WishError:
        return address_key(word)


def _literal(word: str) -> str:
    """As LIKE takes it, where it stands in JSON."""
    quoted = word.replace("\\", "\\\\").replace('"', '\\"')
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in quoted)


def _import_from(row: Row[Any]) -> Import:
    values = dict(row._mapping)
    by = Actor(values.pop("actor"), Via(values.pop("via")), values.pop("person_id"))
    values |= {
        "status": ImportStatus(row.status),
        "headings": tuple(row.headings),
        "columns": tuple(row.columns),
    }
    return Import(by=by, **values)
