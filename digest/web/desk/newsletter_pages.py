"""Newsletters: what each is called, whom it is from, what it carries, how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi.responses import Response
from msgspec.structs import replace

from digest.core.access import Power
from digest.core.beginnings import OPTIONS
from digest.core.model import Archive, ItemText, Newsletter, Pictures
from digest.errors import DigestError, InputError, words_for_all
from digest.flows.holidays import add_holidays
from digest.flows.newsletters import (
    add_newsletter,
    edit_newsletter,
    newsletter_named,
    settings_from,
    shown_newsletter,
)
from digest.flows.samples import newsletter_mail
from digest.render.environment import known_themes
from digest.store import newsletters as shelf
from digest.store.database import Database
from digest.web.desk.frames import framed_mail, framed_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section
from subscribers.wishes import WishError

#: The boxes of the form: a box that is not ticked is not sent, and means no.
_BOXES: Final = ("welcome", "goodbye", "sign_up", "feedback", "clicks", "approval")
_LINES: Final = (
    *("title", "sender_name", "sender_address", "theme", "reach_back_days", "give_up_minutes"),
    "approval_lead_minutes",
    *("item_text", "pictures", "logo_url", "logo_alt", "accent", "ground", "archive"),
)
_TEXTS: Final = ("description", "postal_address")
#: Empty in the form, they mean that there is no limit.
_LIMITS: Final = ("max_items", "latest_start_minutes")


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
        return await self._listed(visit, "", "")

    async def _listed(self, visit: Visit, slug: str, wrong: str) -> Response:
        async with self._store.read() as connection:
            found = await shelf.every(connection)
        status = 422 if wrong else 200
        return sheet(visit, "newsletters", status=status, newsletters=found, slug=slug, wrong=wrong)

    async def _add(self, visit: Visit) -> Response:
        slug = visit.form.one("slug").lower()
        said = {
            name: value
            for name in ("title", "sender_name", "sender_address")
            if (value := visit.form.one(name))
        }
        try:
            await add_newsletter(slug, said, store=self._store, now=visit.now, by=visit.actor)
        except (DigestError, WishError) as error:
            return await self._listed(visit, slug, words_for_all(error))
        return see_other(f"newsletters/{slug}?done=added")

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            newsletter = await newsletter_named(connection, visit.word("slug"))
        return self._shown(visit, newsletter.slug, _as_typed(newsletter))

    async def _edit(self, visit: Visit) -> Response:
        slug, said = visit.word("slug"), _said(visit)
        try:
            await edit_newsletter(
                *(slug, said),
                store=self._store,
                now=visit.now,
                by=visit.actor,
                own_themes=self._own_themes,
            )
        except (DigestError, WishError) as error:
            return self._shown(visit, slug, _typed(visit), wrong=words_for_all(error))
        return see_other(f"{slug}?done=saved")

    async def _add_holidays(self, visit: Visit) -> Response:
        slug, year = visit.word("slug"), visit.form.one("year")
        try:
            if not year.isdecimal():
                raise InputError(f"year {year!r} is not known: say one, such as {visit.now.year}")
            await add_holidays(
                *(slug, visit.form.one("country"), int(year[:6])),
                store=self._store,
                now=visit.now,
                by=visit.actor,
            )
        except (DigestError, WishError) as error:
            async with self._store.read() as connection:
                newsletter = await newsletter_named(connection, slug)
            return self._shown(visit, slug, _as_typed(newsletter), wrong=words_for_all(error))
        return see_other(f"../{slug}?done=holidays")

    async def _try(self, visit: Visit) -> Response:
        """For the frame beside the form: a mail with what it says; nothing is kept."""
        try:
            wishes = settings_from(_said(visit), self._own_themes)
        except (DigestError, WishError) as error:
            return framed_words(words_for_all(error))
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

    def _shown(self, visit: Visit, slug: str, typed: dict[str, Any], *, wrong: str = "") -> Response:
        return sheet(
            visit,
            "newsletter",
            status=422 if wrong else 200,
            slug=slug,
            typed=typed,
            wrong=wrong,
            themes=known_themes(self._own_themes),
            sections=list(Section),
            texts=list(ItemText),
            pictures=list(Pictures),
            archives=list(Archive),
        )


def _said(visit: Visit) -> dict[str, Any]:
    """What the form says, as the flow takes it."""
    form = visit.form
    said: dict[str, Any] = {name: form.one(name) for name in _LINES if name in form}
    said |= {name: form.text(name) for name in _TEXTS if name in form}
    said |= {name: form.one(name) or "none" for name in _LIMITS if name in form}
    said |= {name: form.chosen(name) for name in _BOXES}
    said["sections"] = ", ".join(form.all("sections")) or " "
    links = [line for line in form.text("links").splitlines() if line.strip()]
    said["links"] = links or [""]
    first = {option: form.one(f"first_{option}") for option in OPTIONS if f"first_{option}" in form}
    if first:
        said["first_wishes"] = [f"{option}={word}" for option, word in first.items() if word] or [""]
    if "quiet_days" in form:
        days = [line for line in form.text("quiet_days").splitlines() if line.strip()]
        said["quiet_days"] = days or [""]
    return said


def _typed(visit: Visit) -> dict[str, Any]:
    """What was typed, to be shown again beside what is wrong with it."""
    form = visit.form
    typed: dict[str, Any] = {name: form.one(name) for name in (*_LINES, *_LIMITS)}
    typed |= {name: form.text(name) for name in (*_TEXTS, "links", "quiet_days")}
    typed |= {name: form.chosen(name) for name in _BOXES}
    first = {option: form.one(f"first_{option}") for option in OPTIONS}
    return typed | {"sections": form.all("sections"), "first_wishes": first}


def _as_typed(newsletter: Newsletter) -> dict[str, Any]:
    """A newsletter as its form shows it."""
    shown = shown_newsletter(newsletter)
    typed = {name: "" if value is None else value for name, value in shown.items()}
    return typed | {
        "links": "\n".join(f"{link.name}={link.url}" for link in newsletter.links),
        "quiet_days": "\n".join(map(str, newsletter.quiet_days)),
        "first_wishes": dict.fromkeys(OPTIONS, "") | dict(newsletter.first_wishes),
    }
