"""Readers taken in from a file, by steps: upload, columns, trial, import, and one way back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response, StreamingResponse

from digest.core.access import Power
from digest.core.importing import ImportStatus
from digest.errors import InputError, words_for_all
from digest.flows import importing
from digest.ingest.plaintext import encoded
from digest.store import imports, newsletters
from digest.store.database import Database
from digest.web.desk import export_pages
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.headings import guessed
from subscribers.roster import READ_COLUMNS, write_cells

_LINES: Final = 30
#: Refused lines that are shown; all of them can be fetched as a file.
_SHOWN: Final = 10
#: Seconds after which a page without scripts asks again.
_AGAIN: Final = 3


class Imports:
    """The wizard; the work itself is done by whoever keeps time."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/readers/import/{id:int}"
        return [
            gate.page("/admin/readers/import", Power.KEEP_READERS, self._list),
            gate.act("/admin/readers/import", Power.KEEP_READERS, self._hand_over),
            gate.page(one, Power.KEEP_READERS, self._show),
            gate.page(f"{one}/progress", Power.KEEP_READERS, self._progress),
            gate.page(f"{one}/columns", Power.KEEP_READERS, self._columns),
            gate.act(f"{one}/columns", Power.KEEP_READERS, self._name_columns),
            gate.page(f"{one}/refused.csv", Power.KEEP_READERS, self._refused),
            gate.act(f"{one}/take", Power.KEEP_READERS, self._take),
            gate.act(f"{one}/undo", Power.KEEP_READERS, self._undo),
            gate.act(f"{one}/drop", Power.KEEP_READERS, self._drop),
        ]

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit, "")

    async def _listed(self, visit: Visit, wrong: str) -> Response:
        async with self._store.read() as connection:
            found = await imports.page(connection, before=visit.asked_number("before"), limit=_LINES + 1)
        return sheet(
            visit,
            "imports",
            status=422 if wrong else 200,
            imports=found[:_LINES],
            more=found[_LINES - 1].id if len(found) > _LINES else None,
            columns=[column.replace("_", "-") for column in READ_COLUMNS],
            wrong=wrong,
        )

    async def _hand_over(self, visit: Visit) -> Response:
        form = visit.form
        file = form.file("file")
        try:
            data = encoded(form.secret("pasted")) if file is None else await file.read()
            name = (file.filename if file is not None else "") or "pasted lines"
            number = await export_pages.handed_over(data, name, visit, self._store)
            if number is not None:
                return see_other(f"import/{number}/columns")
            text = form.text("pasted") if file is None else await asyncio.to_thread(importing.text_of, data)
            if not text.strip():
                raise InputError("choose a file, or paste lines")
            number = await importing.hand_over(
                text, raw=form.chosen("raw"), by=visit.actor, store=self._store, now=visit.now
            )
        except InputError as error:
            return await self._listed(visit, words_for_all(error))
        return see_other(f"import/{number}/columns")

    async def _columns(self, visit: Visit) -> Response:
        return await self._columned(visit, "")

    async def _columned(self, visit: Visit, wrong: str) -> Response:
        number = visit.number("id")
        async with self._store.read() as connection:
            one = await importing.require(connection, number)
            known = await newsletters.every(connection)
        if one.export is not None:
            return await export_pages.labels_page(visit, one, wrong, self._store)
        form = visit.form
        columns = list(one.columns) if any(one.columns) else guessed(one.headings)
        if "newsletter" in form:
            columns = [form.one(f"column-{place}") for place in range(len(one.headings))]
        lines = await importing.sample(number, store=self._store)
        samples = [
            [cells[place] for cells in lines if place < len(cells) and cells[place]]
            for place in range(len(one.headings))
        ]
        return sheet(
            visit,
            "import_columns",
            status=422 if wrong else 200,
            one=one,
            rows=list(zip(one.headings, columns, samples, strict=True)),
            known=READ_COLUMNS,
            newsletters=known,
            newsletter=form.one("newsletter") or one.newsletter or known[0].slug,
            basis=form.text("basis") or one.basis,
            wrong=wrong,
        )

    async def _name_columns(self, visit: Visit) -> Response:
        number, form = visit.number("id"), visit.form
        async with self._store.read() as connection:
            one = await importing.require(connection, number)
        columns = [form.one(f"column-{place}") for place in range(len(one.headings))]
        try:
            if one.export is not None:
                await export_pages.name_labels(visit, one, self._store)
                return see_other(f"../{number}")
            await importing.name_columns(
                number,
                columns,
                newsletter=form.one("newsletter"),
                basis=form.text("basis"),
                by=visit.actor,
                store=self._store,
                now=visit.now,
            )
        except InputError as error:
            return await self._columned(visit, words_for_all(error))
        return see_other(f"../{number}")

    async def _show(self, visit: Visit) -> Response:
        values = await self._values(visit)
        if values["one"].status is ImportStatus.HANDED_OVER:
            return see_other(f"{values['one'].id}/columns")
        return sheet(visit, "reader_import", **values)

    async def _progress(self, visit: Visit) -> Response:
        """The moving part of the page; when it has come to an end, the page is loaded anew."""
        values = await self._values(visit)
        answer: HTMLResponse = sheet(visit, "_import_progress", **values)
        if not values["one"].is_under_way:
            answer.headers["HX-Refresh"] = "true"
        return answer

    async def _values(self, visit: Visit) -> dict[str, Any]:
        number = visit.number("id")
        async with self._store.read() as connection:
            one = await importing.require(connection, number)
            titles = {known.id: known.title for known in await newsletters.every(connection)}
        some: dict[str, Any] = {"refused": [], "would_change": []}
        if not one.is_under_way:
            some["refused"] = await importing.refusals(number, store=self._store, limit=_SHOWN)
        if one.status is ImportStatus.REHEARSED and one.updated:
            some["would_change"] = await importing.would_change(number, store=self._store, limit=_SHOWN)
        return {"one": one, **some, "titles": titles, "again": _AGAIN, "waited": visit.now - one.changed_at}

    async def _refused(self, visit: Visit) -> Response:
        number = visit.number("id")
        async with self._store.read() as connection:
            one = await importing.require(connection, number)

        async def pieces() -> Any:
            yield write_cells([("line", "refused because", *one.headings)])
            place = 0
            while True:
                async with self._store.read() as connection:
                    piece = await imports.piece(connection, number, place)
                if piece is None:
                    return
                if piece.refused:
                    yield write_cells((str(line), why, *cells) for line, why, cells in piece.refused)
                place += 1

        headers = {"Content-Disposition": f'attachment; filename="refused-{number}.csv"'}
        return StreamingResponse(pieces(), media_type="text/csv; charset=utf-8", headers=headers)

    async def _take(self, visit: Visit) -> Response:
        number = visit.number("id")
        await importing.take(number, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{number}")

    async def _undo(self, visit: Visit) -> Response:
        number = visit.number("id")
        await importing.undo(number, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{number}")

    async def _drop(self, visit: Visit) -> Response:
        await importing.drop(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../import?done=dropped")
