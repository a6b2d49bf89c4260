"""A page is pasted or a file dropped: what would become of its items is shown first, then they are taken."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.errors import InputError
from digest.flows.collect import Rehearsal, collect, rehearse
from digest.ingest.formats import FORMATS, read
from digest.ingest.gathered import Gathered
from digest.ingest.plaintext import decoded
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section

#: A file travels through the form a second time when its items are taken, and forms have their limit.
_MOST_BYTES: Final = 1_500_000
_PASTED: Final = "a pasted page"
#: So many items of each kind are named.
_NAMED: Final = 100


class Import:
    """`/admin/briefings/import`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/briefings/import", Power.EDIT, self._ask),
            gate.act("/admin/briefings/import", Power.EDIT, self._take),
        ]

    async def _ask(self, visit: Visit) -> Response:
        return await self._form(visit)

    async def _take(self, visit: Visit) -> Response:
        """Rehearse, unless the form says that the rehearsal was seen."""
        form = visit.form
        try:
            text, source = await _handed_over(visit)
            # a feed is read in a process of its own, and waited for
            gathered = await asyncio.to_thread(
                read,
                text.encode(),
                source=source,
                format=form.one("format") or None,
                section=_section(form.one("section")),
                topics=form.all("topic"),
            )
            if not (gathered.drafts or gathered.rejected):
                raise InputError(f"{source} holds no item: look at the start of it, or name its format")
            if form.one("then") != "take":
                found = await rehearse(gathered, store=self._store, now=visit.now)
                return await self._form(visit, text=text, source=source, rehearsal=found)
            return await self._taken(visit, gathered)
        except InputError as error:
            return await self._form(visit, text=form.secret("page"), wrong=str(error))

    async def _taken(self, visit: Visit, gathered: Gathered) -> Response:
        publish = not visit.form.chosen("draft")
        await collect(gathered, store=self._store, now=visit.now, publish=publish, by=visit.actor)
        return see_other("../briefings?done=taken")

    async def _form(
        self,
        visit: Visit,
        *,
        text: str = "",
        source: str = "",
        rehearsal: Rehearsal | None = None,
        wrong: str = "",
    ) -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
        form: Any = visit.form
        return sheet(
            visit,
            "import",
            status=422 if wrong else 200,
            topics=every,
            titles={topic.slug: topic.title for topic in every},
            sections=list(Section),
            formats=FORMATS,
            text=text,
            source=source,
            rehearsal=rehearsal,
            wrong=wrong,
            named=_NAMED,
            chosen={
                "format": form.one("format"),
                "section": form.one("section") or Section.BRIEFING.value,
                "topic": form.all("topic"),
                "draft": form.chosen("draft"),
            },
        )


async def _handed_over(visit: Visit) -> tuple[str, str]:
    """The text and what it is called: of the file when there is one, else what was pasted."""
    form = visit.form
    file = form.file("file")
    if file is None:
        text = form.secret("page")
        if not text.strip():
            raise InputError("there is nothing to read: paste a page, or choose a file")
        source = form.one("source")[:60] or _PASTED
        data = text.encode("utf-8", "surrogatepass")
    else:
        data = await file.read(_MOST_BYTES + 1)
        source = " ".join((file.filename or "").split())[-60:] or "a file"
        text = ""
    if len(data) > _MOST_BYTES:
        raise InputError(f"{source} is larger than {_MOST_BYTES // 1000} kB: use digest ingest for it")
    return text or decoded(data, source=source), source


def _section(word: str) -> Section:
    try:
        return Section(word or Section.BRIEFING)
    except ValueError:
        raise InputError(f"section {word!r} is not known: choose among {', '.join(Section)}") from None
