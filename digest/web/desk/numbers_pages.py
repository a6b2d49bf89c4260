"""Numbers: charts of readers and items, each to be had as CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.model import DeliveryStatus
from digest.core.reputation import BOUNCE_LINE, COMPLAINT_LINE, COMPLAINT_WALL, Measure
from digest.errors import NotFoundError
from digest.flows.family_acts import Families, families
from digest.flows.numbers import Numbers, numbers
from digest.store.database import Database
from digest.web.desk.charts import RateLines, columns
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from subscribers.roster import harmless

#: So long the same figures are shown: they change by one or two, and counting takes a moment.
_FRESH: Final = timedelta(seconds=60)

_LOST: Final = "bounced, complained or suppressed"
#: Against what rates are drawn.
RATE_LINES: Final = {
    "complaints": RateLines(0.005, (COMPLAINT_LINE, COMPLAINT_WALL)),
    "bounces": RateLines(0.04, (BOUNCE_LINE,)),
}

Row = Iterable[Any]


class NumbersPages:
    """The figures of the newsroom."""

    def __init__(self, *, store: Database) -> None:
        """Count in this store."""
        self._store: Final = store
        self._known: Numbers | None = None
        self._one_counts: Final = asyncio.Lock()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/numbers", Power.SEE, self._show),
            gate.page("/admin/numbers/{name}.csv", Power.SEE, self._download),
        ]

    async def _show(self, visit: Visit) -> Response:
        found = await self._numbers(visit)
        days = [f"{one.day:%a} {one.day.day} {one.day:%b}" for one in found.days]
        growth = columns(
            days,
            [
                ("joined", "good", [one.joined for one in found.days]),
                ("left", "warn", [one.left for one in found.days]),
                (_LOST, "bad", [one.lost for one in found.days]),
            ],
            below=("left", _LOST),
        )
        hours = columns([f"{hour:02}:00" for hour in range(24)], [("readers", "busy", found.hours)])
        return sheet(
            visit,
            "numbers",
            numbers=found,
            growth=growth,
            hours=hours,
            tables=list(_TABLES),
            # what somebody has just paused must be seen at once
            watched=await families(store=self._store, now=visit.now),
            lines=RATE_LINES,
        )

    async def _download(self, visit: Visit) -> Response:
        if visit.word("name") == "families":
            head, rows = _families(await families(store=self._store, now=visit.now))
        elif (table := _TABLES.get(visit.word("name"))) is not None:
            head, rows = table(await self._numbers(visit))
        else:
            raise NotFoundError("there are no such figures")
        written = io.StringIO(newline="")
        csv.writer(written).writerows([head, *([harmless(str(cell)) for cell in row] for row in rows)])
        headers = {"Content-Disposition": f'attachment; filename="{visit.word("name")}.csv"'}
        return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    async def _numbers(self, visit: Visit) -> Numbers:
        """The figures of this minute; who asks while they are counted waits for the same."""
        async with self._one_counts:
            if self._known is None or visit.now - self._known.at >= _FRESH:
                self._known = await numbers(store=self._store, now=visit.now)
            return self._known


Table = tuple[tuple[str, ...], Iterable[Row]]


def _families(found: Families) -> Table:
    return (
        ("family", "tried", "accepted", "complaints", "complaint rate", "bad addresses", "bounce rate"),
        [
            (
                one.family or "all",
                one.week.tried,
                one.week.accepted,
                one.week.complaints,
                f"{one.readings[Measure.COMPLAINTS].rate:.5f}",
                one.week.hard,
                f"{one.readings[Measure.BOUNCES].rate:.5f}",
            )
            for one in (found.all, *found.each)
        ],
    )


_TABLES: Final[Mapping[str, Callable[[Numbers], Table]]] = {
    "growth": lambda found: (
        ("day", "joined", "left", "lost"),
        [(one.day, one.joined, one.left, one.lost) for one in found.days],
    ),
    "topics": lambda found: (
        ("topic", "title", "readers", "items"),
        [(one.slug, one.title, one.readers, one.items) for one in found.topics],
    ),
    "hours": lambda found: (("hour", "readers"), list(enumerate(found.hours))),
    "languages": lambda found: (("language", "readers"), found.languages.items()),
    "formats": lambda found: (("format", "readers"), found.formats.items()),
    "leavings": lambda found: (("reason", "readers"), found.leavings.items()),
    "providers": lambda found: (
        ("provider", *(status.value for status in DeliveryStatus)),
        [(one.family, *(one.copies.get(status, 0) for status in DeliveryStatus)) for one in found.families],
    ),
    "clicks": lambda found: (
        ("briefing", "title", "clicks"),
        [(one.briefing_id, one.title, one.clicks) for one in found.clicks],
    ),
    "feedback": lambda found: (
        ("briefing", "title", "useful", "not useful"),
        [(one.briefing_id, one.title, one.useful, one.not_useful) for one in found.feedback],
    ),
}
