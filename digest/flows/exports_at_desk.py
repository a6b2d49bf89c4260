"""An export of another system goes by the steps of an import: handed over, its labels named, tried, taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.arrivals import Unconfirmed, move_in
from digest.core.export_lines import HEADINGS, address_by_address, cells_of, member_from
from digest.core.exports import Export, Member, System
from digest.core.importing import STEPS, ImportStatus
from digest.core.label_mapping import label_counts, parse_mapping
from digest.core.model import Newsletter
from digest.errors import InputError, missing
from digest.flows.importing import require
from digest.flows.readers import topic_names
from digest.flows.rosters import LINES_AT_A_TIME
from digest.flows.take_export import Taken, Wanted, block, choices_for, take_arrivals
from digest.flows.taking_back import undo_of, would_change
from digest.flows.taking_in import Lines
from digest.store import imports, newsletters, topics
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.imports import Import, Piece
from subscribers.entering import hold_addresses
from subscribers.model import Standing

#: Labels that are asked about; more of them are mapped at the shell.
MOST_LABELS: Final = 200
#: Of the file, as unpacked: reading it takes this process a second for some megabytes.
MOST_BYTES: Final = 60_000_000
_MOST_BASIS: Final = 1000
_CAME: Final = (Standing.ACTIVE, Standing.PENDING, Standing.PAUSED)


async def hand_over_export(export: Export, *, by: Actor, store: Database, now: datetime) -> int:
    """Write an export down in pieces; the number of the import."""
    if not export.members:
        raise InputError(f"there is nobody in this export of {export.system}")
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
    pieces = await asyncio.to_thread(lambda: list(address_by_address(export.members, LINES_AT_A_TIME)))
    about = await asyncio.to_thread(_about, export, names)
    async with store.write() as connection:
        import_id = await imports.add(connection, by, HEADINGS, raw=True, now=now, export=about)
    for number, piece in enumerate(pieces):
        async with store.write() as connection:
            lines = [(member.line, cells_of(member)) for member in piece]
            await imports.add_pieces(connection, import_id, number, [lines])
            if number == 0 and export.unfit:
                refused = [[one.line, _placed(one.reason, one.file), []] for one in export.unfit]
                await imports.save_piece(connection, import_id, 0, refused=refused)
    async with store.write() as connection:
        count = sum(part.lines for part in export.parts)
        await imports.change(connection, import_id, now, lines=count, pieces=len(pieces))
        await note_change(connection, by, "import.hand-over", import_id, now, after={"lines": count})
    return import_id


def _about(export: Export, names: Mapping[str, str]) -> dict[str, Any]:
    """What a person is told of an export, and asked about."""
    counts = label_counts(export.members, {}, names, None)
    # lists have to be asked about, however few read them
    first = sorted(counts, key=lambda one: not one.is_list)
    remarks: dict[str, int] = {}
    for member in export.members:
        for words in member.remarks:
            remarks[words] = remarks.get(words, 0) + 1
    return {
        "system": export.system,
        "parts": [[part.name, part.kind, part.lines] for part in export.parts],
        "ignored": list(export.ignored),
        "cautions": list(export.cautions),
        "remarks": [[words, count] for words, count in remarks.items()],
        "labels": [
            [one.label, one.key, one.members, one.suggestion, one.is_list] for one in first[:MOST_LABELS]
        ],
        "labels_left_out": max(0, len(counts) - MOST_LABELS),
        "mapping": [],
        "unconfirmed": Unconfirmed.LEAVE,
        "update": False,
        "gone": 0,
        "ended": 0,
    }


@done_again
async def name_labels(
    import_id: int,
    mapping: Sequence[str],
    *,
    newsletter: str,
    unconfirmed: str,
    update: bool,
    basis: str,
    by: Actor,
    store: Database,
    now: datetime,
) -> None:
    """Say what lists and labels are, and on what grounds the readers are written to; then all is tried.

    `newsletter` is for whom nothing else says it; empty leaves them out.
    """
    if not basis.strip():
        raise InputError("say on what grounds these readers are written to: it is kept with each new one")
    if len(basis) > _MOST_BASIS:
        raise InputError(f"the grounds are too long: say them in {_MOST_BASIS} signs")
    if unconfirmed not in set(Unconfirmed):
        raise InputError("the form is not that of this export: load the page again")
    async with store.write() as connection:
        one = await require(connection, import_id)
        if one.export is None:
            raise InputError("the form is not that of this import: load the page again")
        by_slug = {known.slug: known for known in await newsletters.every(connection)}
        names = topic_names(await topics.every(connection))
        if newsletter and newsletter not in by_slug:
            raise missing(f"newsletter {newsletter!r}", "newsletters list")
        mapped = parse_mapping(mapping, names, by_slug)
        lists = [key for _label, key, _count, _suggestion, is_list in one.export["labels"] if is_list]
        unsaid = [key for key in lists if key.casefold() not in mapped]
        if len(lists) > 1 and unsaid and not newsletter:
            raise InputError(f"say of each list what it is here: {', '.join(unsaid[:5])}")
        said = {"mapping": list(mapping), "unconfirmed": unconfirmed, "update": update}
        export = {**one.export, **said, "gone": 0, "ended": 0}
        values: dict[str, Any] = {"newsletter": newsletter, "basis": basis.strip(), "export": export}
        after = ImportStatus.REHEARSING
        counts = {"added": 0, "updated": 0, "refused": 0}
        if not await imports.step(connection, one.id, after, STEPS[after], now, **counts, **values):
            raise InputError(f"this import is {one.status}: load the page again")
        logged = {**said, "newsletter": newsletter, "basis": basis.strip()}
        await note_change(connection, by, "import.name-columns", import_id, now, after=logged)


class ExportDesk:
    """What trying and taking an export look at, read once."""

    def __init__(self, one: Import, names: Mapping[str, str], by_slug: Mapping[str, Newsletter]) -> None:
        """Ready for an import that is an export."""
        assert one.export is not None
        self._by_slug: Final = by_slug
        self._wanted: Final = Wanted(
            newsletter=one.newsletter or None,
            mapping=tuple(one.export["mapping"]),
            unconfirmed=Unconfirmed(one.export["unconfirmed"]),
            update=bool(one.export["update"]),
            grounds=one.basis,
        )
        self._choices: Final = choices_for(self._wanted, names, by_slug)
        self._system: Final = System(one.export["system"])

    async def rehearse(self, one: Import, piece: Piece, store: Database, now: datetime) -> None:
        """Decide a piece and roll back what that wrote; what it came to is kept."""
        async with store.write() as connection:
            taken, lines = await self._taken(connection, one, piece, now)
            await connection.rollback()
        async with store.write() as connection:
            if await imports.take_turn(connection, one, now):
                await self._note(connection, one, piece, taken, undo=would_change(lines))

    async def take(self, connection: AsyncConnection, one: Import, piece: Piece, now: datetime) -> None:
        """Take a piece in, within the transaction that moved the position on."""
        taken, lines = await self._taken(connection, one, piece, now)
        await lines.note_changes(one.by, one.id)
        await self._note(connection, one, piece, taken, lines=[], undo=undo_of(lines))

    async def _taken(
        self, connection: AsyncConnection, one: Import, piece: Piece, now: datetime
    ) -> tuple[Taken, Lines]:
        members = tuple(_readable(line, cells) for line, cells in piece.lines)
        export = Export(self._system, (), members)
        decided = move_in(export, self._choices, is_part=True)
        taken = Taken(export, (), (), left_out=list(decided.left_out))
        whoever = [one.row.email for one in (*decided.arrivals, *decided.blocked)]
        await hold_addresses(connection, whoever)
        lines = await take_arrivals(connection, decided.arrivals, self._wanted, self._by_slug, taken, now)
        await block(connection, decided.blocked, taken, one.by, now)
        return taken, lines

    async def _note(
        self, connection: AsyncConnection, one: Import, piece: Piece, taken: Taken, **values: Any
    ) -> None:
        cells = {(line, its_cells[-1]): its_cells for line, its_cells in piece.lines}
        unread = [[line, reason, old] for line, reason, old in piece.refused if not old]
        not_taken = [
            [bad.line, _placed(bad.reason, bad.file), cells.get((bad.line, bad.file), [])]
            for bad in taken.left_out
        ]
        refused = [*unread, *not_taken]
        await imports.save_piece(connection, one.id, piece.number, refused=refused, **values)
        came = sum(taken.added[standing] for standing in _CAME)
        await imports.count(connection, one.id, added=came, updated=taken.updated, refused=len(refused))
        newest = await require(connection, one.id)
        assert newest.export is not None
        export = {
            **newest.export,
            "gone": newest.export["gone"] + sum(taken.added.values()) - came,
            "ended": newest.export["ended"] + sum(taken.ended.values()),
        }
        await imports.change(connection, one.id, newest.changed_at, export=export)


def _readable(line: int, cells: Sequence[str]) -> Member:
    return replace(member_from(line, cells), remarks=())


def _placed(reason: str, file: str) -> str:
    return f"{file}: {reason}" if file else reason
