"""The watched folder at the desk: which files were taken or refused, why, and what lies there still."""

from __future__ import annotations

from typing import Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.watching import REASONS
from digest.store import taken_files
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit

#: Files on a page, and reasons shown of each.
_ON_A_PAGE: Final = 50
_REASONS: Final = 20


class FolderPage:
    """`/admin/files`."""

    def __init__(self, *, store: Database) -> None:
        """Look at this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [gate.page("/admin/files", Power.SEE, self._show)]

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            found = await taken_files.newest(
                connection, before=visit.asked_number("before"), limit=_ON_A_PAGE + 1
            )
            troubles = await taken_files.troubles(connection)
        shown = found[:_ON_A_PAGE]
        return sheet(
            visit,
            "files",
            files=shown,
            troubles=troubles,
            named=_REASONS,
            ending=REASONS,
            following=shown[-1].id if len(found) > _ON_A_PAGE else None,
        )
