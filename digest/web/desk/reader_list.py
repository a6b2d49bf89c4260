"""Readers as a list: found, counted, added, and written out as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response, StreamingResponse
from msgspec import Struct

from digest.core.access import Power
from digest.errors import InputError
from digest.flows import handing_out
from digest.flows import readers as flows
from digest.flows.grounds import MOST_GROUNDS, grounds_for
from digest.store import listed, newsletters, topics
from digest.store.database import Database
from digest.store.listed import Wanted
from digest.web.desk.faults import Faults, FormError, Reading, faults_of
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.desk.wish_form import LABELS, OPTIONS, said_in, wishes_in
from digest.web.linked import see_other
from subscribers import store as shelf
from subscribers.interning import cadence_from
from subscribers.model import Standing
from subscribers.wishes import parse_address

#: Readers on one page.
_LINES: Final = 50
#: So long the same counts are shown: with a million readers, counting takes a moment.
_FRESH: Final = timedelta(minutes=2)

#: How a standing looks.
TONES: Final[Mapping[Standing, str]] = {
    Standing.ACTIVE: "good",
    Standing.PENDING: "warn",
    Standing.PAUSED: "busy",
    Standing.BOUNCING: "bad",
    Standing.COMPLAINED: "bad",
    Standing.LEFT: "empty",
    Standing.SUPPRESSED: "bad",
}


class _Counted(Struct, frozen=True):
    at: datetime
    #: by newsletter and standing
    counts: Mapping[tuple[int, Standing], int]


class ReaderList:
    """The list, and what is done with it as a whole."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store
        self._counted: _Counted | None = None
        self._one_counts: Final = asyncio.Lock()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/readers", Power.SEE_READERS, self._list),
            gate.page("/admin/readers/add", Power.KEEP_READERS, self._form),
            gate.act("/admin/readers/add", Power.KEEP_READERS, self._add),
            # an export is handed to whoever may change what it holds, not to everybody who may look
            gate.page("/admin/readers/export.csv", Power.KEEP_READERS, self._csv),
            gate.page("/admin/readers/export.json", Power.KEEP_READERS, self._json),
        ]

    async def _list(self, visit: Visit) -> Response:
        wanted, asked = await self._wanted(visit)
        before = visit.asked_number("before")
        async with self._store.read() as connection:
            people, more = await listed.page(
                connection,
                wanted,
                before=min(before or listed.FROM_THE_NEWEST, listed.FROM_THE_NEWEST),
                count=_LINES,
            )
            known = await newsletters.every(connection)
            cadences = [
                (row.id, cadence_from(row).in_words) for row in await listed.cadences_in_use(connection)
            ]
            topics_known = await topics.every(connection)
        counted = await self._counts(visit.now)
        return sheet(
            visit,
            "readers",
            people=people,
            more=more,
            asked=asked,
            query=urlencode({name: word for name, word in asked.items() if word}),
            slugs={one.id: one.slug for one in known},
            newsletters=known,
            cadences=cadences,
            topics=topics_known,
            standings=list(Standing),
            tones=TONES,
            counts=_by_standing(counted.counts, wanted.newsletter_id),
            counted_at=counted.at,
        )

    async def _wanted(self, visit: Visit) -> tuple[Wanted, dict[str, str]]:
        """The filter that the address of the page says, and its words; what is unknown there is refused."""
        asked = {name: visit.asked(name) for name in ("part", "newsletter", "standing", "topic", "cadence")}
        async with self._store.read() as connection:
            slugs = await newsletters.slugs(connection)
        word = asked["standing"]
        if word and word not in set(Standing):
            raise InputError(f"standing {word!r} is not known: choose among {', '.join(Standing)}")
        return Wanted(
            newsletter_id=flows.newsletter_id_of(asked["newsletter"] or None, slugs),
            standing=Standing(word) if word else None,
            topic=asked["topic"] or None,
            cadence_id=visit.asked_number("cadence"),
            part=asked["part"],
        ), asked

    async def _counts(self, now: datetime) -> _Counted:
        """Counts of the last two minutes; who asks while they are counted waits for the same."""
        async with self._one_counts:
            if self._counted is None or not timedelta() <= now - self._counted.at < _FRESH:
                async with self._store.read() as connection:
                    self._counted = _Counted(now, await listed.counts(connection))
            return self._counted

    async def _form(self, visit: Visit) -> Response:
        return await self._formed(visit, {}, Faults())

    async def _formed(self, visit: Visit, said: Mapping[str, Any], faults: Faults) -> Response:
        async with self._store.read() as connection:
            email = said.get("email", "")
            reads = await shelf.subscriber_id_of(connection, email) if faults and email else None
            known = await newsletters.every(connection)
            every = await topics.every(connection)
        return sheet(
            visit,
            "reader_add",
            status=422 if faults else 200,
            said=dict.fromkeys(("email", "newsletter", "unconfirmed", "grounds", *OPTIONS), "") | dict(said),
            newsletters=known,
            topics=every,
            most_grounds=MOST_GROUNDS,
            labels=LABELS,
            faults=faults,
            reads=reads,
        )

    async def _add(self, visit: Visit) -> Response:
        form = visit.form
        reading, address, grounds = Reading(LABELS), "", None
        try:
            with reading.of("email"):
                address = parse_address(form.one("email"))
            with reading.of("grounds"):
                grounds = grounds_for(form.text("grounds").strip())
            wishes = await wishes_in(form, reading, store=self._store)
            reading.done()
            new = flows.Enrolment(
                address, form.one("newsletter"), wishes, not form.chosen("unconfirmed"), "added by an admin"
            )
            made = await flows.subscribe(
                new, store=self._store, now=visit.now, by=visit.actor, grounds=grounds
            )
        except (InputError, FormError) as error:
            kept = {name: form.one(name) for name in ("email", "newsletter", "unconfirmed")}
            kept["grounds"] = form.text("grounds")
            return await self._formed(visit, said_in(form) | kept, faults_of(error))
        return see_other(f"{made.subscriber_id}?done=added")

    async def _csv(self, visit: Visit) -> Response:
        wanted, _ = await self._wanted(visit)
        raw = visit.asked("raw") == "yes"

        async def pieces() -> Any:
            async for text, _count in handing_out.as_csv(wanted, store=self._store, raw=raw):
                yield text

        return _file(pieces(), "readers.csv", "text/csv; charset=utf-8")

    async def _json(self, visit: Visit) -> Response:
        wanted, _ = await self._wanted(visit)
        return _file(handing_out.as_json(wanted, store=self._store), "readers.json", "application/json")


def _file(pieces: Any, name: str, kind: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type=kind, headers=headers)


def _by_standing(
    counts: Mapping[tuple[int, Standing], int], newsletter_id: int | None
) -> dict[Standing, int]:
    found = dict.fromkeys(Standing, 0)
    for (newsletter, standing), count in counts.items():
        if newsletter_id in {None, newsletter}:
            found[standing] += count
    return found
