"""Today: the first page of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.flows.today import Counted, Running, running, today
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.live import Pace, stream
from digest.web.desk.sheets import part, sheet
from digest.web.desk.visit import Visit


class TodayPage:
    """What comes, what runs, what needs a person, what was sent."""

    def __init__(self, *, store: Database) -> None:
        """Look at this store."""
        self._store: Final = store
        self._counted: Final = Counted()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/", Power.SEE, self._show),
            gate.page("/admin/running", Power.SEE, self._stream),
        ]

    async def _show(self, visit: Visit) -> Response:
        found = await today(store=self._store, now=visit.now, counted=self._counted)
        paces = {one.issue.id: _since_it_began(one, visit) for one in found.running}
        return sheet(visit, "today", today=found, running=found.running, paces=paces)

    async def _stream(self, visit: Visit) -> Response:
        look = partial(running, store=self._store, now=visit.now)

        def show(found: tuple[Running, ...], paces: Mapping[int, Pace]) -> str:
            return part(visit, "_running", running=found, paces=paces)

        return stream(visit.request, look, show)


def _since_it_began(one: Running, visit: Visit) -> Pace:
    """The pace on the whole, for a page that stays as it is."""
    seconds = (visit.now - one.issue.planned_at) / timedelta(seconds=1)
    return Pace(one.settled / seconds if seconds > 0 else 0.0)
