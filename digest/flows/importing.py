"""A roster is taken in by steps: handed over, its columns named, tried, taken, and taken back if need be.

People only write down what is to be done next. Whoever keeps time does it, a piece a transaction, and goes on
where a process ended: see `digest.flows.import_work`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.importing import STEPS, ImportStatus
from digest.errors import InputError, NotFoundError, missing
from digest.flows.rosters import LINES_AT_A_TIME
from digest.ingest.plaintext import read_as_text
from digest.store import imports, newsletters
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.imports import Import
from subscribers import store as shelf
from subscribers.roster import READ_COLUMNS, RefusedLine, split_roster
from subscribers.subscription import Subscription
from subscribers.wishes import WishError

#: Pieces in one transaction while a roster is handed over.
_PIECES_AT_A_TIME: Final = 20
#: A line of a spreadsheet, not a letter.
_MOST_BASIS: Final = 1000
_MOST_HEADINGS: Final = 200

_Line = list[str] | RefusedLine


class WouldChange(Struct, frozen=True):
    """A reader whom an import would change."""

    reader: Subscription
    #: what differs, as the log has it; and the name
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def text_of(content: bytes) -> str:
    """The text of a file, in UTF-8, or in UTF-16 as some spreadsheets write it."""
    try:
        return read_as_text(content)
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text: save it as CSV in UTF-8") from None


async def hand_over(text: str, *, raw: bool, by: Actor, store: Database, now: datetime) -> int:
    """Write a roster down in pieces; its number. Nothing is looked at yet but its first line."""
    try:
        headings, lines = await asyncio.to_thread(split_roster, text)
    except WishError as error:
        raise InputError(str(error)) from error
    if len(headings) > _MOST_HEADINGS:
        raise InputError(f"the first line has {len(headings)} cells: are there line breaks in the file?")
    async with store.write() as connection:
        import_id = await imports.add(connection, by, headings, raw, now)
    pieces = _pieces(lines)
    count = first = 0
    while some := await asyncio.to_thread(_next, pieces):
        async with store.write() as connection:
            await imports.add_pieces(connection, import_id, first, [_readable(piece) for piece in some])
            for place, piece in enumerate(some):
                broken = [[line, one.reason, []] for line, one in piece if isinstance(one, RefusedLine)]
                if broken:
                    await imports.save_piece(connection, import_id, first + place, refused=broken)
        first += len(some)
        count += sum(map(len, some))
    if not count:
        raise InputError("there is nothing in it but the first line, which names the columns")
    async with store.write() as connection:
        await imports.change(connection, import_id, now, lines=count, pieces=first)
        await note_change(connection, by, "import.hand-over", import_id, now, after={"lines": count})
    return import_id


@done_again
async def name_columns(
    import_id: int,
    columns: Sequence[str],
    *,
    newsletter: str,
    basis: str,
    by: Actor,
    store: Database,
    now: datetime,
) -> None:
    """Say what the columns are and on what grounds the readers are written to; then every line is tried."""
    named = [column for column in columns if column]
    for column in named:
        if column not in READ_COLUMNS:
            raise InputError(f"column {column!r} is not known: choose among {', '.join(READ_COLUMNS)}")
        if named.count(column) > 1:
            raise InputError(f"two columns are to be {column}: leave one of them out")
    if "email" not in named:
        raise InputError("no column is the address: say which one is email")
    if not basis.strip():
        raise InputError("say on what grounds these readers are written to: it is kept with each new one")
    if len(basis) > _MOST_BASIS:
        raise InputError(f"the grounds are too long: say them in {_MOST_BASIS} signs")
    async with store.write() as connection:
        one = await require(connection, import_id)
        if len(columns) != len(one.headings):
            raise InputError("the form is not that of this roster: load the page again")
        if await newsletters.by_slug(connection, newsletter) is None:
            raise missing(f"newsletter {newsletter!r}", "newsletters list")
        values: dict[str, Any] = {"columns": list(columns), "newsletter": newsletter, "basis": basis.strip()}
        await _step(connection, one, ImportStatus.REHEARSING, now, added=0, updated=0, refused=0, **values)
        said = {"columns": list(columns), "newsletter": newsletter, "basis": basis.strip()}
        await note_change(connection, by, "import.name-columns", import_id, now, after=said)


@done_again
async def take(import_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Take a roster in, as it was tried."""
    async with store.write() as connection:
        one = await require(connection, import_id)
        anew: dict[str, Any] = {"added": 0, "updated": 0, "refused": 0}
        if one.export is not None:
            anew["export"] = {**one.export, "gone": 0, "ended": 0}
        await _step(connection, one, ImportStatus.TAKING, now, **anew)
        await note_change(connection, by, "import.take", import_id, now, after={"lines": one.lines})


@done_again
async def undo(import_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Take an import back, as far as nothing came of it since; it can be done once."""
    async with store.write() as connection:
        one = await require(connection, import_id)
        if one.status is ImportStatus.TAKEN and await imports.piece(connection, import_id, 0) is None:
            raise InputError("what would undo this import is not kept any more")
        await _step(connection, one, ImportStatus.UNDOING, now, removed=0, restored=0, kept=0)
        said = {"added": one.added, "updated": one.updated}
        await note_change(connection, by, "import.undo", import_id, now, before=said)


@done_again
async def drop(import_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Put a roster away before anything of it was taken; its lines are forgotten."""
    async with store.write() as connection:
        one = await require(connection, import_id)
        await _step(connection, one, ImportStatus.DROPPED, now)
        await imports.empty(connection, import_id)
        await note_change(connection, by, "import.drop", import_id, now)


async def require(connection: AsyncConnection, import_id: int) -> Import:
    """The import of this number; raises NotFoundError."""
    found = await imports.by_id(connection, import_id)
    if found is None:
        raise NotFoundError("there is no such import")
    return found


async def refusals(
    import_id: int, *, store: Database, limit: int | None = None
) -> list[tuple[int, str, list[str]]]:
    """Refused lines as (line, reason, cells), the first `limit` of them."""
    found: list[tuple[int, str, list[str]]] = []
    number = 0
    while limit is None or len(found) < limit:
        async with store.read() as connection:
            piece = await imports.piece(connection, import_id, number)
        if piece is None:
            break
        found += piece.refused
        number += 1
    return found[:limit]


async def would_change(import_id: int, *, store: Database, limit: int) -> list[WouldChange]:
    """Some of those whom an import that was tried would change, with what."""
    async with store.read() as connection:
        some = await imports.would_change(connection, import_id, limit)
        readers = [await shelf.subscription_by_id(connection, id_) for id_, _old, _new in some]
    return [
        WouldChange(one, old, new)
        for one, (_id, old, new) in zip(readers, some, strict=True)
        if one is not None
    ]


async def sample(import_id: int, *, store: Database, count: int = 3) -> list[list[str]]:
    """The cells of the first lines."""
    async with store.read() as connection:
        piece = await imports.piece(connection, import_id, 0)
    return [] if piece is None else [cells for _, cells in piece.lines[:count]]


async def _step(
    connection: AsyncConnection, one: Import, after: ImportStatus, now: datetime, **values: Any
) -> None:
    if not await imports.step(connection, one.id, after, STEPS[after], now, **values):
        raise InputError(f"this import is {one.status}: load the page again")


def _pieces(lines: Iterator[tuple[int, _Line]]) -> Iterator[list[tuple[int, _Line]]]:
    piece: list[tuple[int, _Line]] = []
    for line in lines:
        piece.append(line)
        if len(piece) == LINES_AT_A_TIME:
            yield piece
            piece = []
    if piece:
        yield piece


def _next(pieces: Iterator[list[tuple[int, _Line]]]) -> list[list[tuple[int, _Line]]]:
    return list(islice(pieces, _PIECES_AT_A_TIME))


def _readable(piece: Sequence[tuple[int, _Line]]) -> list[tuple[int, list[str]]]:
    return [(line, one) for line, one in piece if not isinstance(one, RefusedLine)]
