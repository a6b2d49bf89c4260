"""The machines at the desk: who sends together, what each is at, and who left why."""

from __future__ import annotations

from typing import Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.flows.machines import at_work_of_late
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit


class MachinesPage:
    """`/admin/machines`."""

    def __init__(self, *, store: Database) -> None:
        """Look at this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [gate.page("/admin/machines", Power.SEE, self._show)]

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            found = await at_work_of_late(connection)
        return sheet(visit, "machines", machines=found, alone=self._store.is_sqlite)
