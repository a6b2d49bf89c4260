"""Topics at the desk: their order, names and rules, what rules would do, and what removing one means."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.lines import parse_line
from digest.core.model import GENERAL, Topic
from digest.core.topic_words import retold
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import edit_topics as flows
from digest.flows.edit_topics import TopicEdit, TryOut
from digest.flows.merge_topics import merge_topic
from digest.ingest.rules import parse_rules
from digest.store import editing
from digest.store import topics as shelf
from digest.store.database import Database
from digest.web.desk.entered import Entered
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.topic_words import MORE, languages_of, words_entered
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.figures import Following, following

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: How many readers follow a topic changes slowly, and counting a million takes its time.
_COUNTS_KEPT_FOR: Final = timedelta(minutes=10)
#: So many titles of a try-out are named.
_NAMED: Final = 8


class Topics:
    """`/admin/topics`."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store
        self._counted: tuple[datetime, Following] | None = None

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/topics/{slug}"
        return [
            gate.page("/admin/topics", Power.SEE, self._list),
            gate.page("/admin/topics/new", Power.EDIT, self._new),
            gate.act("/admin/topics/new", Power.EDIT, self._add),
            gate.act("/admin/topics/order", Power.EDIT, self._order),
            gate.page(one, Power.SEE, self._show),
            gate.act(one, Power.EDIT, self._save),
            gate.act(f"{one}/move", Power.EDIT, self._move),
            gate.page(f"{one}/remove", Power.EDIT, self._ask_to_remove),
            gate.act(f"{one}/remove", Power.EDIT, self._remove),
            gate.act(f"{one}/merge", Power.EDIT, self._merge),
        ]

    async def _list(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            every = await shelf.every(connection)
            items = await editing.counts_by_topic(connection)
        return sheet(
            visit,
            "topics",
            topics=every,
            items=items,
            readers=await self._following(visit.now),
        )

    async def _new(self, visit: Visit) -> Response:
        return self._form(visit, None, _fields_again(visit.form))

    async def _add(self, visit: Visit) -> Response:
        form = visit.form
        try:
            topic = _topic(form, _slug(form.one("slug")), position=0)
            if form.one("then") == "try":
                return await self._tried(visit, None, topic)
            await flows.add_topic(topic, **self._by(visit))
        except InputError as error:
            return self._form(visit, None, _fields_again(form), wrong=words_for_all(error))
        return see_other(f"{topic.slug}?done=added")

    async def _show(self, visit: Visit) -> Response:
        topic = await self._topic(visit)
        return self._form(visit, topic, _fields_of(topic))

    async def _save(self, visit: Visit) -> Response:
        topic, form = await self._topic(visit), visit.form
        try:
            wanted = _topic(form, topic.slug, position=topic.position)
            if form.one("then") == "try":
                return await self._tried(visit, topic, wanted)
            titles_in, descriptions_in = words_entered(form)
            wish = TopicEdit(
                title=wanted.title,
                rules=wanted.rules,
                aliases=wanted.aliases,
                description=wanted.description,
                titles_in=titles_in,
                descriptions_in=descriptions_in,
            )
            await flows.edit_topic(topic.slug, wish, **self._by(visit))
        except InputError as error:
            return self._form(visit, topic, _fields_again(form), wrong=words_for_all(error))
        return see_other(f"{topic.slug}?done=saved")

    async def _tried(self, visit: Visit, topic: Topic | None, wanted: Topic) -> Response:
        tried = await flows.try_out(wanted, store=self._store)
        return self._form(visit, topic, _fields_again(visit.form), tried=tried)

    async def _move(self, visit: Visit) -> Response:
        step = {"up": -1, "down": 1}.get(visit.form.one("to"), 0)
        await flows.move_topic(visit.word("slug"), step, **self._by(visit))
        return see_other(f"../../topics?done=order#topic-{visit.word('slug')}")

    async def _order(self, visit: Visit) -> Response:
        await flows.order_topics(visit.form.all("slug"), **self._by(visit))
        return see_other("../topics?done=order")

    async def _ask_to_remove(self, visit: Visit) -> Response:
        topic = await self._topic(visit)
        if topic.slug == GENERAL:
            raise InputError(f"topic {GENERAL!r} cannot be removed: it takes what no rule claims")
        async with self._store.read() as connection:
            items = (await editing.counts_by_topic(connection)).get(topic.slug, 0)
            alone = await editing.alone_under(connection, topic.slug)
            others = [one for one in await shelf.every(connection) if one.slug != topic.slug]
        readers = (await self._following(visit.now)).by_slug[topic.slug]
        return sheet(
            *(visit, "topic_remove"), topic=topic, items=items, alone=alone, readers=readers, others=others
        )

    async def _remove(self, visit: Visit) -> Response:
        await flows.remove_topic(visit.word("slug"), **self._by(visit))
        return see_other("../../topics?done=removed")

    async def _merge(self, visit: Visit) -> Response:
        into = visit.form.one("into")
        await merge_topic(visit.word("slug"), into, **self._by(visit))
        # how many follow it is another number now
        self._counted = None
        return see_other(f"../{into}?done=merged")

    def _form(
        self,
        visit: Visit,
        topic: Topic | None,
        fields: dict[str, str],
        *,
        wrong: str = "",
        tried: TryOut | None = None,
    ) -> Response:
        return sheet(
            visit,
            "topic",
            status=422 if wrong else 200,
            topic=topic,
            fields=fields,
            languages=languages_of(topic, visit.form),
            wrong=wrong,
            tried=tried,
            named=_NAMED,
            can_remove=topic is not None and topic.slug != GENERAL,
        )

    async def _topic(self, visit: Visit) -> Topic:
        async with self._store.read() as connection:
            every = await shelf.every(connection)
        found = next((topic for topic in every if topic.slug == visit.word("slug")), None)
        if found is None:
            raise NotFoundError("there is no such topic")
        return found

    async def _following(self, now: datetime) -> Following:
        known = self._counted
        if known is None or not timedelta(0) <= now - known[0] < _COUNTS_KEPT_FOR:
            async with self._store.read() as connection:
                known = self._counted = now, await following(connection)
        return known[1]

    def _by(self, visit: Visit) -> Any:
        return {"store": self._store, "now": visit.now, "by": visit.actor}


def _topic(form: Entered, slug: str, *, position: int) -> Topic:
    description = form.one("description")
    return Topic(
        slug=slug,
        title=parse_line(form.one("title"), "title"),
        position=position,
        rules=parse_rules(form.text("rules")),
        aliases=tuple(parse_line(one, "alias") for one in form.one("aliases").split(",") if one.strip()),
        description=parse_line(description, "description", most=500) if description else "",
        translations=retold({}, *words_entered(form)),
    )


def _slug(text: str) -> str:
    if not text:
        raise InputError("short name is empty: write one, such as economy")
    if not _SLUG.fullmatch(text) or len(text) > 60 or text in {"new", "order"}:
        raise InputError(
            f"short name {text!r} cannot be one: use at most 60 lower-case letters, digits and single hyphens"
        )
    return text


def _fields_of(topic: Topic) -> dict[str, str]:
    return {
        "slug": topic.slug,
        "title": topic.title,
        "description": topic.description,
        "aliases": ", ".join(topic.aliases),
        **dict.fromkeys(MORE, ""),
        "rules": "\n".join(f"{word}:{weight}" for word, weight in topic.rules.items()),
    }


def _fields_again(form: Entered) -> dict[str, str]:
    lines = {name: form.one(name) for name in ("slug", "title", "description", "aliases", *MORE)}
    return {**lines, "rules": form.text("rules")}
