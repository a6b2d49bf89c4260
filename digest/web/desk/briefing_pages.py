"""One briefing at the desk: written, shown as in the mail, given topics, published, corrected, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi.responses import Response
from msgspec.structs import replace

from digest.core.access import Power
from digest.core.appointing import PassedError
from digest.core.model import Briefing, BriefingStatus, TopicMark
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import edit_briefing
from digest.flows.collect import BY_HAND
from digest.flows.discarding import discard, restore
from digest.flows.edit_briefing import StandsAlreadyError
from digest.flows.samples import item_mail
from digest.flows.shown import picture_shown, picture_told
from digest.ingest.topics import TopicRules
from digest.store import briefings as shelf
from digest.store import corrections, editing, newsletters, pictures, topics
from digest.store.database import Database
from digest.store.opinions import tally
from digest.web.desk.briefing_form import (
    LABELS,
    TELLINGS,
    as_briefing,
    empty_fields,
    fields_again,
    fields_of,
    is_changed,
    typed,
    wants_to_publish,
    word_of,
)
from digest.web.desk.faults import Faults, FormError, faults_of
from digest.web.desk.frames import framed_mail, framed_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.model import Section

_NOTHING: Final = Faults()
#: Buttons of the form that change the topics, and leave what was typed as it is.
_OF_TOPICS: Final = ("give", "take", "rules")


class BriefingPages:
    """`/admin/briefings/…`."""

    def __init__(self, *, store: Database, own_themes: Path | None = None) -> None:
        """Work on this store; mails are shown in these themes."""
        self._store: Final = store
        self._own_themes: Final = own_themes

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/briefings/{id:int}"
        return [
            gate.page("/admin/briefings/new", Power.EDIT, self._new),
            gate.act("/admin/briefings/new", Power.EDIT, self._write),
            gate.act("/admin/briefings/sample", Power.EDIT, self._sample_typed),
            gate.page(one, Power.SEE, self._show),
            gate.act(one, Power.EDIT, self._save),
            gate.page(f"{one}/sample", Power.SEE, self._sample),
            gate.page(f"{one}/retract", Power.EDIT, self._ask_to_retract),
            gate.act(f"{one}/retract", Power.EDIT, self._retract),
        ]

    async def _new(self, visit: Visit) -> Response:
        return await self._blank(visit, empty_fields())

    async def _blank(self, visit: Visit, fields: Mapping[str, Any], faults: Faults = _NOTHING) -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
            papers = await newsletters.every(connection)
        return sheet(
            visit,
            "briefing_new",
            status=422 if faults else 200,
            fields=fields,
            record=None,
            topics=every,
            newsletters=papers,
            sections=list(Section),
            faults=faults,
            labels=LABELS,
        )

    async def _write(self, visit: Visit) -> Response:
        try:
            found = typed(visit.form, visit.zone)
            publishes = wants_to_publish(visit.form, found)
            made = await edit_briefing.write(found.draft, found.flags, **self._by(visit))
        except StandsAlreadyError as error:
            return await self._again(visit, error.briefing, publishes=publishes)
        except (InputError, FormError) as error:
            return await self._blank(visit, fields_again(visit.form), _faults_of(error))
        if publishes:
            await edit_briefing.publish(made.id, **self._by(visit))
            return see_other(f"{made.id}?done=published")
        return see_other(f"{made.id}?done={'flattened' if found.lost else 'written'}")

    async def _again(self, visit: Visit, before: Briefing, *, publishes: bool) -> Response:
        """Lead to what was made of the same form; who kept a draft, and goes back to publish it, does."""
        if publishes and before.status is BriefingStatus.DRAFT:
            await edit_briefing.publish(before.id, **self._by(visit))
            return see_other(f"{before.id}?done=published")
        return see_other(f"{before.id}?done=again")

    async def _show(self, visit: Visit) -> Response:
        briefing = await self._briefing(visit)
        return await self._shown(visit, briefing, fields_of(briefing, visit.zone))

    async def _shown(
        self,
        visit: Visit,
        briefing: Briefing,
        fields: Mapping[str, Any],
        faults: Faults = _NOTHING,
        done: str = "",
    ) -> Response:
        async with self._store.read() as connection:
            every = await topics.every(connection)
            revisions = await editing.revisions_of(connection, briefing.id)
            papers = await newsletters.every(connection)
            said = await tally(connection, briefing.number or 0)
            told = await corrections.of_briefing(connection, briefing.id)
            record = await pictures.record_of(connection, briefing.picture)
        reasons = {mark.slug: mark.reason for mark in briefing.topics}
        scores = TopicRules(every).scores(briefing.title, briefing.paragraphs)
        return sheet(
            visit,
            "briefing",
            status=422 if faults else 200,
            briefing=briefing,
            fields=fields,
            topics=every,
            titles={topic.slug: topic.title for topic in every},
            others=[score for score in scores if score.slug not in reasons],
            unruled=[topic for topic in every if not topic.rules and topic.slug not in reasons],
            points={score.slug: score for score in scores},
            revisions=revisions,
            newsletters=papers,
            sections=list(Section),
            said=said,
            told=told,
            record=record,
            in_mails=picture_told(picture_shown(record)),
            tellings=TELLINGS,
            faults=faults,
            labels=LABELS,
            done=done or visit.asked("done"),
            by_hand=BY_HAND,
        )

    async def _save(self, visit: Visit) -> Response:
        briefing = await self._briefing(visit)
        if any(name in visit.form for name in _OF_TOPICS):
            return await self._topics(visit, briefing)
        if "discard" in visit.form or "restore" in visit.form:
            return await self._throw_away(visit, briefing)
        try:
            found = typed(visit.form, visit.zone)
            publishes = wants_to_publish(visit.form, found, briefing)
            wish = found.as_edit(visit.form)
            if briefing.status is not BriefingStatus.DRAFT or found.keeps_time_of(briefing):
                wish = replace(wish, publish_at=None)
            after = await edit_briefing.edit(briefing.id, wish, **self._by(visit))
        except (InputError, FormError) as error:
            return await self._shown(visit, briefing, fields_again(visit.form), _faults_of(error))
        if publishes:
            await edit_briefing.publish(after.id, **self._by(visit))
            return see_other(f"{after.id}?done={'early' if after.publish_at else 'published'}")
        return see_other(f"{after.id}?done={'flattened' if found.lost else 'saved'}")

    async def _ask_to_retract(self, visit: Visit) -> Response:
        briefing = await self._briefing(visit)
        if briefing.status is not BriefingStatus.PUBLISHED:
            raise InputError("it is not published: there is nothing to retract")
        return sheet(visit, "briefings_retract", briefings=[briefing], came_by="", goes_to="retract")

    async def _retract(self, visit: Visit) -> Response:
        after = await edit_briefing.retract(visit.number("id"), word_of(visit.form), **self._by(visit))
        return see_other(f"../{after.id}?done=retracted")

    async def _topics(self, visit: Visit, before: Briefing) -> Response:
        """Change its topics alone: what was typed meanwhile is shown again, and is not saved."""
        id_, form = before.id, visit.form
        if form.one("give"):
            after = await edit_briefing.give_topic(id_, form.one("give"), **self._by(visit))
        elif form.one("take"):
            after = await edit_briefing.take_topic(id_, form.one("take"), **self._by(visit))
        else:
            after = await edit_briefing.let_rules_decide(id_, **self._by(visit))
        if not is_changed(form, before, visit.zone):
            return see_other(f"{id_}?done=topics#topics")
        return await self._shown(visit, after, fields_again(form), done="unsaved")

    async def _throw_away(self, visit: Visit, before: Briefing) -> Response:
        """Discard it, or bring it back; what was typed meanwhile is shown again, and is not saved."""
        done, do = ("discarded", discard) if "discard" in visit.form else ("restored", restore)
        (after,) = await do([before.id], **self._by(visit))
        if not is_changed(visit.form, before, visit.zone):
            return see_other(f"{before.id}?done={done}")
        return await self._shown(visit, after, fields_again(visit.form), done=f"{done}-unsaved")

    async def _sample(self, visit: Visit) -> Response:
        return await self._framed(visit, await self._briefing(visit), visit.asked("newsletter"))

    async def _sample_typed(self, visit: Visit) -> Response:
        try:
            found = typed(visit.form, visit.zone)
        except FormError as error:
            return framed_words(f"No preview yet: {error}.")
        async with self._store.read() as connection:
            rules = TopicRules(await topics.every(connection))
        chosen = tuple(TopicMark(slug, "") for slug in found.draft.topics)
        marks = chosen or rules.assign(found.draft.title, found.draft.paragraphs)
        return await self._framed(visit, as_briefing(found, marks), visit.form.one("newsletter"))

    async def _framed(self, visit: Visit, briefing: Briefing, newsletter: str) -> Response:
        html = await item_mail(
            briefing,
            newsletter,
            store=self._store,
            now=visit.now,
            zone=visit.zone,
            own_themes=self._own_themes,
        )
        return framed_mail(html)

    async def _briefing(self, visit: Visit) -> Briefing:
        async with self._store.read() as connection:
            found = await shelf.by_id(connection, visit.number("id"))
        if found is None:
            raise NotFoundError("there is no such briefing")
        return found

    def _by(self, visit: Visit) -> Any:
        return {"store": self._store, "now": visit.now, "by": visit.actor}


def _faults_of(error: InputError | FormError) -> Faults:
    if isinstance(error, PassedError):
        return Faults({"publish_at": LABELS["publish_at"].said(words_for_all(error))})
    return faults_of(error)
