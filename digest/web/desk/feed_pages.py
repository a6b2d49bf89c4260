"""Feeds at the desk: which are polled, how they are, what was refused; the scheduler does the asking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.feeding import Feed, health_of
from digest.core.lines import parse_line
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import edit_feeds as flows
from digest.flows.edit_feeds import EVERY, SETTLE, TAKE, FeedWish
from digest.flows.feeds_shown import FeedSheet, feed_sheet, unwell_feeds
from digest.store import feeds as shelf
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.entered import Entered
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section
from subscribers.wishes import WishError, parse_section

#: Feeds on a page.
_ON_A_PAGE: Final = 100
#: What the form for a new one begins with.
FIELDS: Final[Mapping[str, Any]] = {
    "url": "",
    "source": "",
    "section": Section.BRIEFING.value,
    "topics": (),
    "every": flows.EVERY_DEFAULT,
    "settle": flows.SETTLE_DEFAULT,
    "take": flows.TAKE_DEFAULT,
}


class Feeds:
    """`/admin/feeds`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/feeds/{id:int}"
        return [
            gate.page("/admin/feeds", Power.SEE, self._list),
            gate.page("/admin/feeds/new", Power.EDIT, self._new),
            gate.act("/admin/feeds/new", Power.EDIT, self._add),
            gate.page(one, Power.SEE, self._show),
            gate.act(one, Power.EDIT, self._save),
            gate.act(f"{one}/poll", Power.EDIT, self._poll),
            gate.page(f"{one}/remove", Power.EDIT, self._ask_to_remove),
            gate.act(f"{one}/remove", Power.EDIT, self._remove),
        ]

    async def _list(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            found = await shelf.page(connection, after=visit.asked_number("after") or 0, limit=_ON_A_PAGE + 1)
        shown = found[:_ON_A_PAGE]
        return sheet(
            visit,
            "feeds",
            feeds=[(feed, health_of(feed, visit.now)) for feed in shown],
            unwell=len(await unwell_feeds(store=self._store, now=visit.now)),
            following=shown[-1].id if len(found) > _ON_A_PAGE else None,
        )

    async def _new(self, visit: Visit) -> Response:
        return await self._form(visit, None, {**FIELDS, "url": visit.asked("url")})

    async def _add(self, visit: Visit) -> Response:
        form = visit.form
        try:
            feed = await flows.add_feed(form.one("url"), wish_in(form), **self._by(visit))
        except InputError as error:
            return await self._form(visit, None, fields_again(form), wrong=words_for_all(error))
        return see_other(f"{feed.id}?done=added")

    async def _show(self, visit: Visit) -> Response:
        found = await self._sheet(visit)
        return await self._form(visit, found, _fields_of(found.feed))

    async def _save(self, visit: Visit) -> Response:
        found, form = await self._sheet(visit), visit.form
        try:
            wish = wish_in(form)
            await flows.edit_feed(found.feed.id, wish, **self._by(visit))
        except InputError as error:
            return await self._form(visit, found, fields_again(form), wrong=words_for_all(error))
        return see_other(f"{found.feed.id}?done=saved")

    async def _poll(self, visit: Visit) -> Response:
        await flows.poll_now(visit.number("id"), **self._by(visit))
        return see_other(f"../{visit.number('id')}?done=asked")

    async def _ask_to_remove(self, visit: Visit) -> Response:
        found = await self._sheet(visit)
        return sheet(visit, "feed_remove", feed=found.feed, items=found.items)

    async def _remove(self, visit: Visit) -> Response:
        await flows.remove_feed(visit.number("id"), **self._by(visit))
        return see_other("../../feeds?done=removed")

    async def _sheet(self, visit: Visit) -> FeedSheet:
        try:
            return await feed_sheet(visit.number("id"), store=self._store, now=visit.now)
        except NotFoundError:
            raise NotFoundError("there is no such feed") from None

    async def _form(
        self, visit: Visit, found: FeedSheet | None, fields: dict[str, Any], *, wrong: str = ""
    ) -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
        return sheet(
            visit,
            "feed",
            status=422 if wrong else 200,
            feed=found and found.feed,
            health=found and found.health,
            polls=found.polls if found else (),
            refusals=found.refusals if found else (),
            items=found.items if found else {},
            fields=fields,
            topics=every,
            sections=list(Section),
            every=EVERY,
            settle=SETTLE,
            take=TAKE,
            wrong=wrong,
        )

    def _by(self, visit: Visit) -> Any:
        return {"store": self._store, "now": visit.now, "by": visit.actor}


def wish_in(form: Entered) -> FeedWish:
    """How a feed shall be, as a form says it; raises InputError."""
    source = form.one("source")
    try:
        section = parse_section(form.one("section") or Section.BRIEFING.value)
    except WishError as error:
        raise InputError(words_for_all(error)) from None
    return FeedWish(
        source=parse_line(source, "source") if source else "",
        section=section,
        topics=form.all("topic"),
        every_minutes=_number(form, "every"),
        settle_minutes=_number(form, "settle"),
        take=_number(form, "take"),
        url=form.one("url"),
    )


def _number(form: Entered, name: str) -> int | None:
    word = form.one(name)
    if not word:
        return None
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise InputError(f"{name} {word!r} is not a whole number")
    return int(word)


def _fields_of(feed: Feed) -> dict[str, Any]:
    return {
        "url": feed.url,
        "source": feed.source,
        "section": feed.section.value,
        "topics": feed.topics,
        "every": feed.every_minutes,
        "settle": feed.settle_minutes,
        "take": feed.take,
    }


def fields_again(form: Entered) -> dict[str, Any]:
    """What was entered, for the same form once more."""
    lines = {name: form.one(name) for name in ("url", "source", "section", "every", "settle", "take")}
    return {**lines, "topics": form.all("topic")}
