"""What lies in the watched folder and cannot be taken is told once, in the log and at the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from digest.ingest.packed import shown
from digest.store import taken_files as shelf
from digest.store.database import Database

log = structlog.get_logger(__name__)

#: So many are told one by one: a folder may be the wrong one, and full.
_MOST: Final = 100


class Troubles:
    """The troubles of one folder; a look at the store is needed only at first, and when one changes."""

    def __init__(self, store: Database, folder: Path | None) -> None:
        """Know nothing yet; without a folder there are none."""
        self._store: Final = store
        self._folder: Final = "" if folder is None else shown(str(folder.absolute()))
        #: words by name, as the store has them; None before the first look
        self._told: dict[str, str] | None = None

    async def tell(self, found: Mapping[str, str], now: datetime, untried: Collection[str] = ()) -> None:
        """These there are now, by the names of files: new ones are told, those that are over forgotten.

        Of files that were not tried yet, what was told before still holds.
        """
        current = {shown(name): words for name, words in sorted(found.items())[:_MOST]}
        if len(found) > _MOST:
            current["…"] = f"and {len(found) - _MOST} more cannot be taken in"
        if self._told is None:
            self._told = await self._remembered()
        for name in map(shown, untried):
            if name in self._told:
                current.setdefault(name, self._told[name])
        if current == self._told:
            return
        async with self._store.write() as connection:
            await shelf.set_troubles(connection, self._folder, current, now)
        for name, words in current.items():
            if self._told.get(name) != words:
                log.warning("the watched folder needs a look", file=name or self._folder, words=words)
        self._told = current

    async def _remembered(self) -> dict[str, str]:
        """What the store has; what it has of folders that are not looked at any more is forgotten."""
        async with self._store.read() as connection:
            every = await shelf.troubles(connection)
        if any(one.folder != self._folder for one in every):
            async with self._store.write() as connection:
                await shelf.forget_other_folders(connection, self._folder)
        return {one.name: one.words for one in every if one.folder == self._folder}
