"""The work on rosters that are being taken in: tried, taken or taken back, a piece a transaction.

Any number of processes may do it: who moves the position on first does the piece, and the others find it
moved. What a process had not committed when it ended is done again by the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.importing import ImportStatus
from digest.core.model import Newsletter
from digest.flows.readers import topic_names
from digest.flows.taking_back import take_back, undo_of, would_change
from digest.flows.taking_in import Lines
from digest.store import imports, newsletters, topics
from digest.store.changes import note_change
from digest.store.database import Database
from digest.store.forgotten import leave_nothing
from digest.store.imports import Import, Piece
from subscribers import consents
from subscribers.roster import RefusedLine, RosterRow, read_lines
from subscribers.wishes import address_key

if TYPE_CHECKING:
    from digest.flows.exports_at_desk import ExportDesk

log = structlog.get_logger(__name__)

#: What is told of an export that was given back.
_COULD_NOT: Final = "This could not be tried"
#: How a line is refused that names a reader again.
_SAME: Final = "stands on line"


async def ask_again(one: Import, words: str, *, store: Database, now: datetime) -> bool:
    """Give an import back to whoever says what its columns and labels are, since it cannot be tried as it is.

    False when something of it was taken already, or somebody else was quicker: then it stays as it is.
    """
    values: dict[str, Any] = {"added": 0, "updated": 0, "refused": 0}
    if one.export is not None:
        kept = [caution for caution in one.export["cautions"] if not caution.startswith(_COULD_NOT)]
        cautions = [f"{_COULD_NOT}: {words}. Say once more what its labels are.", *kept]
        values["export"] = {**one.export, "cautions": cautions}
    async with store.write() as connection:
        return await imports.step(
            connection, one.id, ImportStatus.HANDED_OVER, {ImportStatus.REHEARSING}, now, **values
        )


async def work_on(one: Import, *, store: Database, now: datetime, stop: asyncio.Event) -> int:
    """Go on with one roster for as long as it does by itself; how many pieces were done."""
    desk = await (_Desk.of(one, store) if one.export is None else _export_desk(one, store))
    done = 0
    found: Import | None = one
    while found is not None and found.status is one.status and not stop.is_set():
        if one.status is ImportStatus.REHEARSING:
            async with store.read() as connection:
                piece = await imports.piece(connection, one.id, found.position)
            await desk.rehearse(found, piece or Piece(found.position, (), (), {}), store, now)
        else:
            async with store.write() as connection:
                if not await imports.take_turn(connection, found, now):
                    break
                piece = await imports.piece(connection, one.id, found.position)
                if piece is not None:
                    do = desk.take if one.status is ImportStatus.TAKING else take_back
                    await do(connection, found, piece, now)
        done += 1
        async with store.read() as connection:
            found = await imports.by_id(connection, one.id)
    if found is not None and not found.is_under_way:
        log.info("an import went on", number=one.id, status=found.status)
        await _conclude(found, store, now)
    return done


async def _conclude(one: Import, store: Database, now: datetime) -> None:
    """Write down how it ended, in the name of who began it."""
    ends = {
        ImportStatus.TAKEN: {"added": one.added, "updated": one.updated, "refused": one.refused},
        ImportStatus.UNDONE: {"removed": one.removed, "restored": one.restored, "kept": one.kept},
    }
    if one.status in ends:
        async with store.write() as connection:
            await note_change(connection, one.by, f"import.{one.status}", one.id, now, after=ends[one.status])
    if one.status is ImportStatus.UNDONE:
        async with store.write() as connection:
            await imports.empty(connection, one.id)
        await leave_nothing(store)


async def _export_desk(one: Import, store: Database) -> ExportDesk:
    # imported here: every run looks whether there is something to take in, and hardly any finds an export
    from digest.flows.exports_at_desk import ExportDesk

    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
        by_slug = {known.slug: known for known in await newsletters.every(connection)}
    return ExportDesk(one, names, by_slug)


class _Desk:
    """What trying and taking look at, read once; and who stood on lines before."""

    def __init__(self, names: Mapping[str, str], by_slug: Mapping[str, Newsletter]) -> None:
        self._names: Final = names
        self._by_slug: Final = by_slug
        #: hashes of address and newsletter, with the line: a million of them fit
        self._seen: Final[dict[int, int]] = {}

    @classmethod
    async def of(cls, one: Import, store: Database) -> _Desk:
        """Ready for an import, wherever somebody else left it: who went before is noted."""
        async with store.read() as connection:
            names = topic_names(await topics.every(connection))
            by_slug = {known.slug: known for known in await newsletters.every(connection)}
        desk = cls(names, by_slug)
        if one.status is ImportStatus.REHEARSING:
            for number in range(one.position):
                async with store.read() as connection:
                    piece = await imports.piece(connection, one.id, number)
                if piece is not None:
                    await asyncio.to_thread(desk._read, one, piece)
        return desk

    async def rehearse(self, one: Import, piece: Piece, store: Database, now: datetime) -> None:
        """Decide a piece and roll back what that wrote; only what was refused is kept."""
        rows, refused = await asyncio.to_thread(self._read, one, piece)
        async with store.write() as connection:
            lines = await self._decided(connection, one, rows, refused, now)
            await connection.rollback()
        async with store.write() as connection:
            if await imports.take_turn(connection, one, now):
                await self._note(connection, one, piece, refused, lines, undo=would_change(lines))

    async def take(self, connection: AsyncConnection, one: Import, piece: Piece, now: datetime) -> None:
        """Take a piece in; what was refused for what stands in the file was found when it was tried."""
        rows, refused = self._read(one, piece)
        twice = {line for line, reason, _ in piece.refused if _SAME in reason}
        for row in [row for row in rows if row.line in twice]:
            rows.remove(row)
            refused.append(RefusedLine(row.line, next(r for n, r, _ in piece.refused if n == row.line)))
        lines = await self._decided(connection, one, rows, refused, now)
        await lines.write_down()
        await lines.note_changes(one.by, one.id)
        await lines.note_basis(consents.Shown(f"{consents.BY_IMPORT}{one.id}", one.basis, ""))
        await self._note(connection, one, piece, refused, lines, lines=[], undo=undo_of(lines))

    def _read(self, one: Import, piece: Piece) -> tuple[list[RosterRow], list[RefusedLine]]:
        """The rows of a piece; who stands on an earlier line of the roster is refused."""
        rows, refused = read_lines(piece.lines, one.columns, self._names, self._by_slug, raw=one.raw)
        first_ones, wrong = [], list(refused)
        for row in rows:
            key = hash((address_key(row.email), row.newsletter or one.newsletter))
            first = self._seen.setdefault(key, row.line)
            if first == row.line:
                first_ones.append(row)
            else:
                wrong.append(RefusedLine(row.line, f"address {row.email!r} {_SAME} {first} already"))
        return first_ones, wrong

    async def _decided(
        self,
        connection: AsyncConnection,
        one: Import,
        rows: Sequence[RosterRow],
        refused: list[RefusedLine],
        now: datetime,
    ) -> Lines:
        reason = f"imported: import {one.id}"
        lines = await Lines.of(connection, rows, self._by_slug, now, reason, newsletter=one.newsletter)
        await lines.take_all(rows, refused)
        return lines

    async def _note(
        self,
        connection: AsyncConnection,
        one: Import,
        piece: Piece,
        refused: Sequence[RefusedLine],
        taken: Lines,
        **values: Any,
    ) -> None:
        cells = dict(piece.lines)
        # lines that could not be read at all have no cells to read them from again
        unread = [[line, reason, old] for line, reason, old in piece.refused if line not in cells]
        wrong = [[bad.line, bad.reason, cells.get(bad.line, [])] for bad in refused]
        every = sorted([*unread, *wrong], key=_line_of)
        await imports.save_piece(connection, one.id, piece.number, refused=every, **values)
        await imports.count(
            connection, one.id, added=taken.added, updated=len(taken.changed), refused=len(every)
        )


def _line_of(entry: Sequence[Any]) -> int:
    line: int = entry[0]
    return line
