"""The briefings of the desk: listed, filtered, searched, and acted on several at a time."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.model import BriefingStatus
from digest.core.seeking import pieces, snippet, wanted
from digest.errors import InputError
from digest.flows import discarding, edit_briefing, stories
from digest.store import editing, searching, topics
from digest.store.database import Database
from digest.store.editing import WITHOUT_TOPIC, Filter
from digest.web.desk.briefing_form import word_of
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section

_ON_PAGE: Final = 50
#: The filters, as they stand in the address.
_ASKED: Final = ("q", "status", "section", "topic")


class BriefingList:
    """`/admin/briefings`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/briefings", Power.SEE, self._list),
            gate.act("/admin/briefings", Power.EDIT, self._act),
        ]

    async def _list(self, visit: Visit) -> Response:
        asked = {name: visit.asked(name) for name in _ASKED}
        async with self._store.read() as connection:
            stemmers = await searching.stemmers_in_use(connection)
            words = wanted(asked["q"], stemmers) if asked["q"] else None
            filters = Filter(
                status=_one_of(BriefingStatus, asked["status"]),
                section=_one_of(Section, asked["section"]),
                topic=asked["topic"] or None,
                words=words,
            )
            before = visit.asked_number("before")
            found = await editing.page(connection, filters, before=before, limit=_ON_PAGE + 1)
            every = await topics.every(connection)
        shown = found[:_ON_PAGE]
        marked = {
            one.id: {
                "title": pieces(one.title, one.language, words),
                "text": snippet(one.paragraphs, one.language, words),
            }
            for one in shown
            if words is not None
        }
        said = {name: value for name, value in asked.items() if value}
        more = shown[-1].id if len(found) > _ON_PAGE else None
        return sheet(
            visit,
            "briefings",
            briefings=shown,
            marked=marked,
            topics=every,
            titles={topic.slug: topic.title for topic in every},
            statuses=list(BriefingStatus),
            sections=list(Section),
            without=WITHOUT_TOPIC,
            asked=asked,
            is_filtered=bool(said),
            more=more,
            older=f"briefings?{urlencode({**said, 'before': more})}" if more else "",
            came_by=urlencode(said),
        )

    async def _act(self, visit: Visit) -> Response:
        form = visit.form
        ids = [int(one) for one in form.all("id") if one.isascii() and one.isdigit() and len(one) < 10]
        back = "briefings?" + (f"{form.one('came_by')}&" if form.one("came_by") else "")
        if not ids:
            return see_other(f"{back}done=none")
        parts: Any = {"store": self._store, "now": visit.now, "by": visit.actor}
        act = form.one("act")
        if act == "publish":
            # the list has the newest first; they come out in the order in which they were written
            await edit_briefing.publish_together(sorted(ids), **parts)
            return see_other(f"{back}done=published")
        if act == "topic":
            for id_ in ids:
                await edit_briefing.give_topic(id_, form.one("topic"), **parts)
            return see_other(f"{back}done=topic")
        if act in {"discard", "restore"}:
            do = discarding.discard if act == "discard" else discarding.restore
            await do(sorted(ids), **parts)
            return see_other(f"{back}done={act}ed" if act == "discard" else f"{back}done=restored")
        if act == "join":
            await stories.join(sorted(ids), **parts)
            return see_other(f"{back}done=joined")
        if act == "retract" and form.one("sure") == "yes":
            for id_ in ids:
                await edit_briefing.retract(id_, word_of(form), **parts)
            return see_other(f"{back}done=retracted")
        if act == "retract":
            async with self._store.read() as connection:
                found = await editing.existing(connection, ids)
            chosen = [one for one in found if one.status is BriefingStatus.PUBLISHED]
            came_by = form.one("came_by")
            return sheet(visit, "briefings_retract", briefings=chosen, came_by=came_by, goes_to="")
        raise InputError(
            "nothing was chosen that can be done: say publish, retract, discard, join or a topic"
        )


def _one_of(known: Any, word: str) -> Any:
    return known(word) if word in set(known) else None
