"""The suppression list: whom nobody may write to, by hash alone."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi.responses import Response, StreamingResponse

from digest.core.access import Power
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import suppressing
from digest.flows.importing import text_of
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.suppressions import Entry, Hashing, page_of_entries
from subscribers.wishes import WishError, parse_address

#: Entries on one page.
_LINES: Final = 50


class Suppressions:
    """The list, a question about one address, and what may be changed by hand."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/readers/suppressed", Power.SEE_READERS, self._list),
            gate.act("/admin/readers/suppressed", Power.KEEP_READERS, self._add),
            gate.act("/admin/readers/suppressed/look", Power.SEE_READERS, self._look),
            gate.act("/admin/readers/suppressed/lift", Power.KEEP_READERS, self._lift),
            gate.page("/admin/readers/suppressed/export.csv", Power.KEEP_READERS, self._export),
        ]

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit)

    async def _listed(
        self,
        visit: Visit,
        *,
        wrong: str = "",
        about: str = "",
        entry: Entry | None = None,
        done: suppressing.Suppressed | None = None,
    ) -> Response:
        async with self._store.read() as connection:
            found = await page_of_entries(connection, before=visit.asked_number("before"), limit=_LINES + 1)
        return sheet(
            visit,
            "suppressed",
            status=422 if wrong else 200,
            entries=found[:_LINES],
            more=found[_LINES - 1].id if len(found) > _LINES else None,
            wrong=wrong,
            about=about,
            entry=entry,
            result=done,
        )

    async def _add(self, visit: Visit) -> Response:
        file = visit.form.file("file")
        try:
            text = visit.form.text("addresses") if file is None else text_of(await file.read())
            kind, note = visit.form.one("kind"), visit.form.one("note")
            act = (
                partial(suppressing.suppress_hashes, text, Hashing(kind))
                if kind in set(Hashing)
                else partial(suppressing.suppress_addresses, text)
            )
            done = await act(note=note, by=visit.actor, store=self._store, now=visit.now)
        except InputError as error:
            return await self._listed(visit, wrong=words_for_all(error))
        return await self._listed(visit, done=done)

    async def _look(self, visit: Visit) -> Response:
        """An address in a form, not in a link: it stays out of histories and logs."""
        try:
            about = parse_address(visit.form.one("address"))
        except WishError as error:
            return await self._listed(visit, wrong=words_for_all(error))
        return await self._listed(
            visit, about=about, entry=await suppressing.look_up(about, store=self._store)
        )

    async def _lift(self, visit: Visit) -> Response:
        try:
            address = parse_address(visit.form.one("address"))
            note = visit.form.one("note")
            await suppressing.lift(address, by=visit.actor, store=self._store, now=visit.now, note=note)
        except (InputError, NotFoundError, WishError) as error:
            return await self._listed(visit, wrong=words_for_all(error))
        return see_other("../suppressed?done=lifted")

    async def _export(self, visit: Visit) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="suppressed.csv"'}
        return StreamingResponse(
            suppressing.as_csv(store=self._store), media_type="text/csv; charset=utf-8", headers=headers
        )
