"""Lists of feeds at the desk (OPML): what would be added is shown first; and all feeds as such a list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response

from digest.core.access import Power
from digest.errors import InputError, words_for_all
from digest.flows.edit_feeds import EVERY, SETTLE, TAKE
from digest.flows.feed_lists import add_feeds, listed_feeds, look_at_feeds
from digest.ingest.opml import read_opml, write_opml
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.feed_pages import FIELDS, fields_again, wish_in
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.handed_over import handed_over
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section

_PASTED: Final = "a pasted list"
#: So many feeds of each kind are named.
_NAMED: Final = 200


class FeedLists:
    """`/admin/feeds/import` and `/admin/feeds/export.opml`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/feeds/import", Power.EDIT, self._ask),
            gate.act("/admin/feeds/import", Power.EDIT, self._take),
            gate.page("/admin/feeds/export.opml", Power.SEE, self._export),
        ]

    async def _ask(self, visit: Visit) -> Response:
        return await self._form(visit, FIELDS)

    async def _take(self, visit: Visit) -> Response:
        """Show what would be added, unless the form says that this was seen."""
        form = visit.form
        try:
            handed = await handed_over(form, pasted=_PASTED, too_large="use digest feeds import for it")
            wish = wish_in(form)
            outlines = await asyncio.to_thread(read_opml, handed.data, source=handed.source)
            if not outlines:
                raise InputError(f"{handed.source} names no feed")
            about: Any = {"source": handed.source, "store": self._store}
            if form.one("then") == "take":
                done = await add_feeds(outlines, wish, **about, now=visit.now, by=visit.actor)
                counts = {"added": len(done.added), "known": done.known, "refused": len(done.rejected)}
                return see_other(f"../feeds?{urlencode({'done': 'listed', **counts})}")
            seen = await look_at_feeds(outlines, wish, **about)
        except InputError as error:
            return await self._form(visit, fields_again(form), wrong=words_for_all(error))
        fields = fields_again(form) | {"data": handed.carried, "called": handed.source}
        return sheet(visit, "feeds_tried", source=handed.source, seen=seen, fields=fields, named=_NAMED)

    async def _form(self, visit: Visit, fields: Mapping[str, Any], *, wrong: str = "") -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
        return sheet(
            visit,
            "feeds_import",
            status=422 if wrong else 200,
            fields=fields,
            text=visit.form.secret("page"),
            topics=every,
            sections=list(Section),
            every=EVERY,
            settle=SETTLE,
            take=TAKE,
            wrong=wrong,
        )

    async def _export(self, visit: Visit) -> Response:
        text = write_opml(await listed_feeds(store=self._store), title="Feeds")
        headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
        return Response(text, media_type="text/x-opml; charset=utf-8", headers=headers)
