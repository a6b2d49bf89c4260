"""Newsletters: what each is called, whom it is from, what it carries, how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi.responses import Response
from msgspec.structs import replace

from digest.core.access import Power
from digest.core.brand import MOST_LINKS
from digest.core.model import Archive, ItemText, Pictures
from digest.errors import DigestError
from digest.flows.holidays import FIRST_YEAR, LAST_YEAR, add_holidays
from digest.flows.newsletters import (
    MOST_DAYS,
    MOST_LEAD,
    MOST_MINUTES,
    add_newsletter,
    edit_newsletter,
    newsletter_named,
    settings_from,
)
from digest.flows.samples import newsletter_mail
from digest.render.environment import known_themes
from digest.store import newsletters as shelf
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.faults import Faults, FormError, Reading, faults_of
from digest.web.desk.frames import framed_mail, framed_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.newsletter_form import LABELS, NEW, as_typed, read, read_new, typed_in, year_from
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section
from subscribers.wishes import MAX_ITEMS_LIMIT, WishError

#: The limits that the pages state.
_MOST: Final = {
    "items": MAX_ITEMS_LIMIT,
    "days": MOST_DAYS,
    "minutes": MOST_MINUTES,
    "lead": MOST_LEAD,
    "links": MOST_LINKS,
    "first_year": FIRST_YEAR,
    "last_year": LAST_YEAR,
}
_NOTHING: Final = Faults()
_HOLIDAYS: Final = ("country", "year")


class Newsletters:
    """The standing publications."""

    def __init__(self, *, store: Database, own_themes: Path | None) -> None:
        """Work on this store, with the themes that come with the program and those of one's own."""
        self._store: Final = store
        self._own_themes: Final = own_themes

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/newsletters", Power.SEE, self._list),
            gate.act("/admin/newsletters", Power.RUN, self._add),
            gate.page("/admin/newsletters/{slug}", Power.SEE, self._show),
            gate.act("/admin/newsletters/{slug}", Power.RUN, self._edit),
            gate.act("/admin/newsletters/{slug}/try", Power.RUN, self._try),
            gate.act("/admin/newsletters/{slug}/holidays", Power.RUN, self._add_holidays),
            gate.page("/admin/newsletters/{slug}/sample", Power.SEE, self._sample),
        ]

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit, _NOTHING)

    async def _listed(self, visit: Visit, faults: Faults) -> Response:
        async with self._store.read() as connection:
            found = await shelf.every(connection)
        return sheet(
            *(visit, "newsletters"),
            status=422 if faults else 200,
            newsletters=found,
            typed={name: visit.form.one(name) for name in ("slug", "open", *NEW)},
            labels=LABELS,
            faults=faults,
        )

    async def _add(self, visit: Visit) -> Response:
        try:
            slug, said = read_new(visit.form)
            await add_newsletter(slug, said, store=self._store, now=visit.now, by=visit.actor)
        except (DigestError, WishError, FormError) as error:
            return await self._listed(visit, faults_of(error))
        return see_other(f"newsletters/{slug}?done=added")

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            newsletter = await newsletter_named(connection, visit.word("slug"))
        return self._shown(visit, newsletter.slug, as_typed(newsletter))

    async def _edit(self, visit: Visit) -> Response:
        slug = visit.word("slug")
        try:
            await edit_newsletter(
                *(slug, await self._read(visit)),
                store=self._store,
                now=visit.now,
                by=visit.actor,
                own_themes=self._own_themes,
            )
        except (DigestError, WishError, FormError) as error:
            return self._shown(visit, slug, typed_in(visit.form), faults_of(error))
        return see_other(f"{slug}?done=saved")

    async def _read(self, visit: Visit) -> dict[str, Any]:
        async with self._store.read() as connection:
            known = [topic.slug for topic in await topics.every(connection)]
        return read(visit.form, known, self._own_themes)

    async def _add_holidays(self, visit: Visit) -> Response:
        slug, asked = visit.word("slug"), {name: visit.form.one(name) for name in _HOLIDAYS}
        reading = Reading(LABELS)
        with reading.of("year"):
            year = year_from(asked["year"])
        with reading.of("country"):
            if not reading.faults:
                await add_holidays(
                    *(slug, asked["country"], year), store=self._store, now=visit.now, by=visit.actor
                )
        if reading.faults:
            async with self._store.read() as connection:
                newsletter = await newsletter_named(connection, slug)
            return self._shown(visit, slug, as_typed(newsletter), reading.faults, asked)
        return see_other(f"../{slug}?done=holidays")

    async def _try(self, visit: Visit) -> Response:
        """For the frame beside the form: a mail with what it says; nothing is kept."""
        try:
            wishes = settings_from(await self._read(visit), self._own_themes)
        except (DigestError, WishError, FormError) as error:
            return framed_words(faults_of(error).in_words)
        return await self._sampled(visit, wishes)

    async def _sample(self, visit: Visit) -> Response:
        return await self._sampled(visit, {})

    async def _sampled(self, visit: Visit, wishes: Mapping[str, Any]) -> Response:
        async with self._store.read() as connection:
            newsletter = replace(await newsletter_named(connection, visit.word("slug")), **wishes)
        found = await newsletter_mail(
            newsletter, store=self._store, now=visit.now, own_themes=self._own_themes
        )
        return framed_words("Nothing is published yet.") if found is None else framed_mail(found)

    def _shown(
        self,
        visit: Visit,
        slug: str,
        typed: dict[str, Any],
        faults: Faults = _NOTHING,
        asked: Mapping[str, str] | None = None,
    ) -> Response:
        return sheet(
            *(visit, "newsletter"),
            status=422 if faults else 200,
            slug=slug,
            typed=typed,
            asked=asked or dict.fromkeys(_HOLIDAYS, ""),
            labels=LABELS,
            faults=faults,
            most=_MOST,
            themes=known_themes(self._own_themes),
            sections=list(Section),
            texts=list(ItemText),
            pictures=list(Pictures),
            archives=list(Archive),
        )
