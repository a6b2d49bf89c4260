"""A page is pasted or a file dropped: what would become of its items is shown first, then they are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response
from msgspec import Struct
from msgspec.structs import replace

from digest.core.access import Power
from digest.errors import InputError, words_for_all
from digest.flows.collect import collect_all, rehearse
from digest.ingest.formats import known_formats
from digest.ingest.gathered import Gathered
from digest.ingest.headings import HEADINGS, ForeignTable, HeadingsError, guessed_keys, plain_heading
from digest.ingest.packed import read_all
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.entered import Entered
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.handed_over import HandedOver, handed_over
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section

_PASTED: Final = "a pasted page"
#: So many items of each kind are named.
_NAMED: Final = 100
_MOST_COLUMNS: Final = 100
#: The button that leads back to the columns.
_AGAIN: Final = "columns"
#: More than these are written by programs; meanwhile nobody else could write.
_MOST_ITEMS: Final = 5_000
#: Of an archive as unpacked: reading takes a second a megabyte, and this process has others to answer.
_MOST_UNPACKED: Final = 5_000_000


class _Asked(Struct, frozen=True):
    """What is to be read, and how."""

    handed: HandedOver
    #: what somebody said of the columns of a table, by heading
    columns: Mapping[str, str]


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
        """Ask what columns are, show what would become of the items, take them: one after the other."""
        form = visit.form
        try:
            handed = await handed_over(form, pasted=_PASTED, too_large="use digest ingest for it")
            asked = _Asked(handed, _columns_in(form))
            then = form.one("then")
            # without what was said of them, it comes to light which columns have to be asked for
            parts, tables, wrong = await self._read(
                form, replace(asked, columns={}) if then == _AGAIN else asked
            )
            if tables:
                return self._ask_columns(visit, asked, tables, "" if then == _AGAIN else wrong)
            if then != "take":
                return await self._tried(visit, asked, parts)
            return await self._taken(visit, parts)
        except InputError as error:
            return await self._form(visit, wrong=words_for_all(error))

    async def _read(
        self, form: Entered, asked: _Asked
    ) -> tuple[tuple[Gathered, ...], list[ForeignTable], str]:
        """What the bytes hold, and the tables of which it has to be asked what their columns are, and why."""
        try:
            parts = await asyncio.to_thread(_read, form, asked)
        except HeadingsError as error:
            return (), [error.table], words_for_all(error)
        foreign = [(one.foreign, one.rejected[0].reason) for one in parts if one.foreign is not None]
        return parts, [table for table, _reason in foreign], foreign[0][1] if foreign else ""

    def _ask_columns(
        self, visit: Visit, asked: _Asked, tables: Iterable[ForeignTable], wrong: str
    ) -> Response:
        """The tables' headings, each with what it may be; nothing is wrong before anybody was asked."""
        samples = {
            plain_heading(heading): (heading, cells)
            for table in tables
            for heading, cells in zip(table.headings, table.samples, strict=True)
        }
        headings = [heading for heading, _cells in samples.values()]
        if len(headings) > _MOST_COLUMNS:
            raise InputError(f"{asked.handed.source} has {len(headings)} columns: keep those of the items")
        said = {plain_heading(heading): key for heading, key in asked.columns.items()}
        guesses = zip(samples, guessed_keys(headings), strict=True)
        chosen = [said.get(plain, guess) for plain, guess in guesses]
        rows = [(*pair, key) for pair, key in zip(samples.values(), chosen, strict=True)]
        return self._sheet(
            visit, "import_mapped", asked, rows=rows, keys=HEADINGS, wrong=wrong if asked.columns else ""
        )

    async def _tried(self, visit: Visit, asked: _Asked, parts: tuple[Gathered, ...]) -> Response:
        found = await rehearse(parts, store=self._store, now=visit.now)
        async with self._store.read() as connection:
            titles = {topic.slug: topic.title for topic in await topics.every(connection)}
        empty = [one.source for one in parts if not (one.drafts or one.rejected)]
        return self._sheet(
            visit, "import_tried", asked, rehearsal=found, titles=titles, named=_NAMED, empty=empty
        )

    def _sheet(self, visit: Visit, name: str, asked: _Asked, *, wrong: str = "", **values: Any) -> Response:
        """A page that carries on what was handed over."""
        carried = {
            "data": asked.handed.carried,
            "source": asked.handed.source,
            "columns": asked.columns,
            **_chosen(visit.form),
        }
        status = 422 if wrong else 200
        return sheet(
            *(visit, name), status=status, carried=carried, source=asked.handed.source, wrong=wrong, **values
        )

    async def _taken(self, visit: Visit, parts: tuple[Gathered, ...]) -> Response:
        publish = not visit.form.chosen("draft")
        done = await collect_all(parts, store=self._store, now=visit.now, publish=publish, by=visit.actor)
        counts = {"added": len(done.added), "updated": len(done.updated), "refused": len(done.rejected)}
        return see_other(f"../briefings?{urlencode({'done': 'taken', **counts})}")

    async def _form(self, visit: Visit, *, wrong: str = "") -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
        return sheet(
            visit,
            "import",
            status=422 if wrong else 200,
            topics=every,
            sections=list(Section),
            formats=known_formats(),
            text=visit.form.secret("page"),
            wrong=wrong,
            chosen=_chosen(visit.form),
        )


def _read(form: Entered, asked: _Asked) -> tuple[Gathered, ...]:
    """What the bytes hold; a feed is read in a process of its own, and waited for."""
    source = asked.handed.source
    parts = read_all(
        asked.handed.data,
        source=source,
        format=form.one("format") or None,
        section=_section(form.one("section")),
        topics=form.all("topic"),
        columns=asked.columns,
        most_bytes=_MOST_UNPACKED,
    )
    if not any(one.drafts or one.rejected for one in parts):
        raise InputError(f"{source} holds no item: look at the start of it, or name its format")
    count = sum(len(one.drafts) + len(one.rejected) for one in parts)
    if count > _MOST_ITEMS:
        raise InputError(f"{source} holds {count:,} items: use digest ingest for more than {_MOST_ITEMS:,}")
    return parts


def _columns_in(form: Entered) -> dict[str, str]:
    """Keys by the headings of a table, as `import_mapped` asks for them."""
    found = {}
    for place in range(_MOST_COLUMNS):
        if f"heading-{place}" not in form:
            break
        found[form.secret(f"heading-{place}")] = form.one(f"column-{place}")
    return found


def _chosen(form: Entered) -> dict[str, Any]:
    return {
        "format": form.one("format"),
        "section": form.one("section") or Section.BRIEFING.value,
        "topic": form.all("topic"),
        "draft": form.chosen("draft"),
    }


def _section(word: str) -> Section:
    try:
        return Section(word or Section.BRIEFING)
    except ValueError:
        raise InputError(f"section {word!r} is not known: choose among {', '.join(Section)}") from None
