"""What is put into the watched folder is taken in once, recorded, and moved away: in that order."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM
from digest.core.model import Rejected
from digest.core.watching import SETTLES, Sight, is_at_rest
from digest.errors import InputError, StoreError
from digest.flows.folder_troubles import Troubles
from digest.ingest.folder import Folder, Kept, Lying
from digest.ingest.gathered import Gathered
from digest.ingest.packed import read_all, shown
from digest.store import briefings
from digest.store import taken_files as shelf
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from digest.store.taken_files import TakenFile

if TYPE_CHECKING:
    from digest.flows.collect import Collected

log = structlog.get_logger(__name__)

#: What could be neither read nor moved is tried again when it changes, and after so long.
AGAIN_AFTER: Final = timedelta(minutes=10)
#: After so long, a file that does not come to rest is told of.
RESTLESS_AFTER: Final = timedelta(hours=1)
#: Items of one file, whatever it is: they are one transaction, and on SQLite everybody else waits for it.
MOST_ITEMS: Final = 5_000
#: How often a run that ends afterwards looks whether a file is at rest, in seconds.
_LOOKS_EVERY: Final = 0.5


class Looked(Struct, frozen=True):
    """What a look at the folder brought: files, and briefings of them."""

    taken: int = 0
    refused: int = 0
    added: int = 0
    updated: int = 0
    #: files that are not at rest yet
    waiting: int = 0
    #: why nothing could be looked for; empty when it could
    trouble: str = ""


class _Known(Struct):
    """A file as it was seen first, and what was tried with it."""

    sight: Sight
    #: seconds of our own clock: unchanged since then, and there at all
    since: float
    came: float
    again_at: float = 0.0
    #: why it could not be read or moved; empty when it was not tried
    words: str = ""


class _Read(Struct, frozen=True):
    """What a file holds."""

    digest: str
    size: int
    parts: tuple[Gathered, ...] = ()
    #: of the whole of it
    refusal: str = ""


class _Count(Struct):
    """What was done in one look."""

    taken: int = 0
    refused: int = 0
    added: int = 0
    updated: int = 0


class Watcher:
    """Looks into one folder again and again; what it saw there lasts as long as the process."""

    def __init__(
        self,
        *,
        store: Database,
        folder: Folder | None,
        settles: timedelta | None = None,
        clock: Callable[[], float] = monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Look into `folder`, if any. A file has to stay as it is for a time that `settles`.

        `clock` gives seconds, `wall` the time that clocks of file systems show.
        """
        self._store: Final = store
        self._folder: Final = folder
        self._settles: Final = SETTLES if settles is None else settles
        self._clock: Final = clock
        self._wall: Final = wall
        self._known: dict[str, _Known] = {}
        self._troubles: Final = Troubles(store, None if folder is None else folder.path)
        self._busy: Final = asyncio.Lock()

    async def look(self, now: datetime, stop: asyncio.Event) -> Looked:
        """Take in what is whole; a call while another one is under way leaves it to that one."""
        if self._busy.locked():
            return Looked()
        async with self._busy:
            if self._folder is None:
                await self._troubles.tell({}, now)
                return Looked()
            return await self._look(self._folder, now, stop)

    async def look_patiently(self, now: datetime, stop: asyncio.Event) -> Looked:
        """The same, and wait for files that have just come: for a process that ends afterwards."""
        found, ends_at = await self.look(now, stop), self._clock() + self._settles.total_seconds()
        whole = found
        while found.waiting and self._clock() < ends_at + _LOOKS_EVERY and not stop.is_set():
            await asyncio.sleep(min(_LOOKS_EVERY, self._settles.total_seconds()))
            found = await self.look(now, stop)
            whole = Looked(
                whole.taken + found.taken,
                whole.refused + found.refused,
                whole.added + found.added,
                whole.updated + found.updated,
                found.waiting,
                found.trouble,
            )
        return whole

    async def _look(self, folder: Folder, now: datetime, stop: asyncio.Event) -> Looked:
        try:
            lying = await asyncio.to_thread(folder.look)
        except OSError as error:
            self._known.clear()
            trouble = f"the folder cannot be looked into ({error.strerror})"
            await self._troubles.tell({"": trouble}, now)
            return Looked(trouble=trouble)
        files = self._at_rest(lying)
        count = _Count()
        for name, sight in files:
            if stop.is_set():
                break
            await self._try(folder, name, sight, now, count)
        words = {one.name: f"is {one.thing}: only plain files are read" for one in lying if one.thing}
        waiting = [name for name, known in self._known.items() if not known.words]
        await self._troubles.tell(words | self._words(), now, waiting)
        return Looked(count.taken, count.refused, count.added, count.updated, len(waiting))

    def _at_rest(self, lying: Sequence[Lying]) -> list[tuple[str, Sight]]:
        """The files that are whole and to be tried now; what is not there any more is forgotten."""
        now, wall, found = self._clock(), self._wall(), {}
        for one in lying:
            if one.sight is not None:
                known = self._known.get(one.name, _Known(one.sight, now, now))
                is_same = known.sight == one.sight
                found[one.name] = known if is_same else _Known(one.sight, now, known.came)
        self._known = found
        return [
            (name, known.sight)
            for name, known in found.items()
            if now >= known.again_at and is_at_rest(known.sight, now - known.since, self._settles, wall)
        ]

    def _words(self) -> dict[str, str]:
        """What is to be told of files, by name."""
        found = {name: known.words for name, known in self._known.items() if known.words}
        for name, known in self._known.items():
            if self._clock() - known.came > RESTLESS_AFTER.total_seconds() and not known.words:
                found[name] = "does not come to rest: it is read when nobody writes it any more"
        return found

    async def _try(self, folder: Folder, name: str, sight: Sight, now: datetime, count: _Count) -> None:
        """One file; whatever is the matter with it, the others are taken."""
        known = self._known[name]
        try:
            is_gone = await self._take(folder, name, sight, now, count)
        except StoreError:
            raise
        except FileNotFoundError:
            # somebody took it away, or another process of ours
            is_gone = True
        except OSError as error:
            known.words, is_gone = f"cannot be read or moved ({error.strerror})", False
        except Exception as error:  # a fault of ours with one file is no reason to leave the others
            known.words, is_gone = f"cannot be taken in ({type(error).__name__}: {error})"[:500], False
        else:
            known.words = ""
        if is_gone:
            del self._known[name]
        elif known.words:
            known.again_at = self._clock() + AGAIN_AFTER.total_seconds()

    async def _take(self, folder: Folder, name: str, sight: Sight, now: datetime, count: _Count) -> bool:
        """Read a file, record it and what it holds, and move it; False when it is not what was seen."""
        read = await asyncio.to_thread(_read, folder, name, sight)
        if read is None:
            return False
        async with self._store.read() as connection:
            record = await shelf.by_digest(connection, read.digest)
        is_new = False
        if record is None or record.is_refused:
            record, is_new = await self._record(name, read, now)
            if is_new:
                _tell(record, count)
        where = Kept.REFUSED if record.is_refused else Kept.TAKEN
        kept_as = await asyncio.to_thread(folder.keep, name, sight, where)
        if kept_as is None:
            return False
        if not is_new:
            log.info("a file was taken in before: it is only moved", file=shown(name), kept_as=shown(kept_as))
        async with self._store.write() as connection:
            await shelf.note_kept(connection, record.id, shown(kept_as), now)
        await self._explain(folder, record, kept_as)
        return True

    async def _record(self, name: str, read: _Read, now: datetime) -> tuple[TakenFile, bool]:
        """Take a file in, together with the record of it; and whether it was not another process that did."""
        async with self._store.write() as connection:
            if len(read.parts) > 1:
                # each may have to ask for this, and must before anything is written
                await briefings.take_the_floor(connection)
                await hold_off(connection, alone=True)
            record = await shelf.begin(connection, read.digest, shown(name), read.size, now)
            if not record.is_refused:
                return record, False
            return await _taken(connection, record, read, now), True

    async def _explain(self, folder: Folder, record: TakenFile, kept_as: str) -> None:
        """Write the reasons beside a file; who cannot read them there finds them at the desk."""
        if record.refused:
            try:
                await asyncio.to_thread(folder.explain, kept_as, reasons_of(record))
            except OSError as error:
                log.warning(
                    "reasons could not be written beside a file", file=shown(kept_as), error=error.strerror
                )


def _read(folder: Folder, name: str, sight: Sight) -> _Read | None:
    """Read a file and what it holds; a refusal of the whole is told by what is read."""
    try:
        data = folder.read(name, sight)
    except InputError as error:
        # nothing of it was read, so it is known by what can be seen of it
        seen = f"{name} {sight.size} {sight.modified_ns}".encode("utf-8", "surrogateescape")
        return _Read(hashlib.sha256(seen).hexdigest(), sight.size, refusal=str(error))
    if data is None:
        return None
    digest, source = hashlib.sha256(data).hexdigest(), shown(name)
    try:
        parts = read_all(data, source=source)
    except InputError as error:
        return _Read(digest, len(data), refusal=str(error))
    items = sum(len(one.drafts) + len(one.rejected) for one in parts)
    if not items:
        return _Read(digest, len(data), refusal=f"{source} holds no item")
    if items > MOST_ITEMS:
        return _Read(digest, len(data), refusal=f"{source} holds more than {MOST_ITEMS} items: part it")
    return _Read(digest, len(data), parts)


async def _taken(connection: AsyncConnection, record: TakenFile, read: _Read, now: datetime) -> TakenFile:
    """Take in all that was read, and write down what became of it."""
    # imported here: nearly every look finds nothing to take in
    from digest.flows.collect import collect_within

    rejected = [Rejected(record.name, 1, read.refusal)] if read.refusal else []
    done: list[Collected] = []
    for part in read.parts:
        done.append((await collect_within(connection, part, now, publish=True, by=PROGRAM)).whole)
    return await shelf.note(
        connection,
        record.id,
        added=sum(len(one.added) for one in done),
        updated=sum(len(one.updated) for one in done),
        unchanged=sum(one.unchanged for one in done),
        rejected=[*rejected, *(refusal for one in done for refusal in one.rejected)],
        now=now,
    )


def reasons_of(record: TakenFile) -> str:
    """What became of a file and why, as a text for who put it there."""
    lines = [
        f"{record.name}, {record.at:%Y-%m-%d %H:%M} UTC: {record.added} new, {record.updated} changed, "
        f"{record.unchanged} as before, {record.refused} refused",
        "",
        *(f"{one.source}, line {one.line}: {one.reason}" for one in record.reasons),
    ]
    if record.refused > len(record.reasons):
        lines.append(f"and {record.refused - len(record.reasons)} more")
    return "\n".join([*lines, ""])


def _tell(record: TakenFile, count: _Count) -> None:
    """Count a file and what came of it, and say so in the log."""
    count.refused += record.is_refused
    count.taken += not record.is_refused
    count.added += record.added
    count.updated += record.updated
    told = log.warning if record.refused else log.info
    told(
        "a file was refused" if record.is_refused else "a file was taken in",
        file=record.name,
        added=record.added,
        updated=record.updated,
        refused=record.refused,
        **({"first_reason": record.reasons[0].reason} if record.reasons else {}),
    )
