"""Topics and newsletters through the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fastapi import Response

from digest.core.access import Power
from digest.core.lines import parse_line
from digest.core.model import Topic
from digest.core.topic_words import retold
from digest.errors import InputError, NotFoundError
from digest.flows import edit_topics
from digest.flows import newsletters as flows
from digest.flows.edit_topics import TopicEdit as TopicWish
from digest.flows.holidays import add_holidays
from digest.flows.merge_topics import merge_topic, merged_shown
from digest.flows.newsletters import newsletter_named, shown_newsletter
from digest.flows.shown import topic_shown
from digest.ingest.rules import parse_rules
from digest.store import newsletters as newsletter_shelf
from digest.store import topics as topic_shelf
from digest.web.api.answered import NewsletterShown
from digest.web.api.answered_topics import TopicMerged, TopicShown
from digest.web.api.asked import NewNewsletter, NewsletterEdit, NewTopic, TopicEdit, TopicMerge
from digest.web.api.calls import Made
from digest.web.api.desk_documents import PlaceAndYear, TopicOrder
from digest.web.api.paths import ROOT, After, Document, Limit, Listing, Paths, Slug, part


def add_to(paths: Paths, own_themes: Path | None) -> None:
    """Add what is about topics and newsletters."""
    paths.get("/topics", Power.SEE, list_topics, Listing[TopicShown])
    paths.post("/topics", Power.EDIT, add_topic, TopicShown, status_code=201)
    paths.patch("/topics", Power.EDIT, order_topics, Listing[TopicShown])
    paths.get("/topics/{slug}", Power.SEE, show_topic, TopicShown)
    paths.patch("/topics/{slug}", Power.EDIT, edit_a_topic, TopicShown)
    paths.delete("/topics/{slug}", Power.EDIT, remove_topic, TopicShown)
    paths.post("/topics/{slug}/merge", Power.EDIT, merge_a_topic, TopicMerged)
    inner = Newsletters(own_themes)
    paths.get("/newsletters", Power.SEE, list_newsletters, Listing[NewsletterShown])
    paths.post("/newsletters", Power.RUN, inner.add_newsletter, NewsletterShown, status_code=201)
    paths.get("/newsletters/{slug}", Power.SEE, show_newsletter, NewsletterShown)
    paths.patch("/newsletters/{slug}", Power.RUN, inner.edit_a_newsletter, NewsletterShown)
    paths.post("/newsletters/{slug}/holidays", Power.RUN, add_public_holidays, NewsletterShown)


async def list_topics(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List topics in the order in which mails show them

    The cursor is a place in that order.
    """
    async with call.store.read() as connection:
        found = list(enumerate(await topic_shelf.every(connection), 1))
    return part(found[after : after + limit + 1], limit, lambda one: one[0], lambda one: topic_shown(one[1]))


async def order_topics(call: Made, body: TopicOrder) -> Document:
    """Put topics in the order in which mails show them

    One that is not named comes behind the others, in the order of today.
    """
    found = await edit_topics.order_topics(body.slugs, store=call.store, now=call.now, by=call.actor)
    return {"items": [topic_shown(one) for one in found], "next": None}


async def show_topic(call: Made, slug: Slug) -> Document:
    """Show a topic with the rules that find it."""
    async with call.store.read() as connection:
        found = {topic.slug: topic for topic in await topic_shelf.every(connection)}
    if slug not in found:
        raise NotFoundError(f"topic {slug!r} does not exist")
    return topic_shown(found[slug])


async def add_topic(call: Made, body: NewTopic, answer: Response) -> Document:
    """Add a topic

    Briefings that come in from now on may get it.
    """
    wish = _wish(body)
    new = Topic(
        slug=body.slug,
        title=parse_line(body.title, "title"),
        position=wish.position or 0,
        rules=wish.rules or {},
        aliases=wish.aliases or (),
        description=wish.description or "",
        translations=retold({}, wish.titles_in, wish.descriptions_in),
    )
    made = await edit_topics.add_topic(
        new, store=call.store, now=call.now, by=call.actor, last=wish.position is None
    )
    answer.headers["Location"] = f"{ROOT}/topics/{made.slug}"
    return topic_shown(made)


async def edit_a_topic(call: Made, slug: Slug, body: TopicEdit) -> Document:
    """Change a topic

    Its slug stays, since readers' wishes name it.
    """
    wish = _wish(body)
    return topic_shown(
        await edit_topics.edit_topic(slug, wish, store=call.store, now=call.now, by=call.actor)
    )


async def remove_topic(call: Made, slug: Slug) -> Document:
    """Remove a topic from the order and from its briefings."""
    return topic_shown(await edit_topics.remove_topic(slug, store=call.store, now=call.now, by=call.actor))


async def merge_a_topic(call: Made, slug: Slug, body: TopicMerge) -> Document:
    """Make a topic a part of another one

    Whoever chose it chooses the other one from then on, whose briefings, rules and names are added to. Copies
    that are planned stay as they are.
    """
    done = await merge_topic(slug, body.into, store=call.store, now=call.now, by=call.actor)
    return merged_shown(done)


async def list_newsletters(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List newsletters by id."""
    async with call.store.read() as connection:
        found = [one for one in await newsletter_shelf.every(connection) if one.id > after]
    return part(found, limit, lambda one: one.id, shown_newsletter)


async def show_newsletter(call: Made, slug: Slug) -> Document:
    """Show a newsletter with all its settings."""
    async with call.store.read() as connection:
        return shown_newsletter(await newsletter_named(connection, slug))


async def add_public_holidays(call: Made, slug: Slug, body: PlaceAndYear) -> Document:
    """Add a year's public holidays of a country to the days on which a newsletter does not come

    Days that are quiet already keep their names.
    """
    changed = await add_holidays(
        *(slug, body.country, body.year), store=call.store, now=call.now, by=call.actor
    )
    return shown_newsletter(changed)


class Newsletters:
    """What changes newsletters looks at themes."""

    def __init__(self, own_themes: Path | None) -> None:
        """Themes are those of the program, and those of this folder."""
        self._own_themes: Final = own_themes

    async def add_newsletter(self, call: Made, body: NewNewsletter, answer: Response) -> Document:
        """Found a newsletter."""
        made = await flows.add_newsletter(
            body.slug,
            _said(body),
            store=call.store,
            now=call.now,
            by=call.actor,
            own_themes=self._own_themes,
        )
        answer.headers["Location"] = f"{ROOT}/newsletters/{made.slug}"
        return shown_newsletter(made)

    async def edit_a_newsletter(self, call: Made, slug: Slug, body: NewsletterEdit) -> Document:
        """Change a newsletter

        Issues that are planned already keep what was decided for them.
        """
        changed = await flows.edit_newsletter(
            slug,
            _said(body),
            store=call.store,
            now=call.now,
            by=call.actor,
            own_themes=self._own_themes,
        )
        return shown_newsletter(changed)


#: How a setting is said of which a newsletter has none from now on.
_NOTHING: Final = {
    "max_items": "none",
    "latest_start_minutes": "none",
    "logo_url": "",
    "accent": "",
    "ground": "",
}


def _said(body: NewsletterEdit) -> dict[str, Any]:
    """Settings as people say them: what is null is taken away, where that can be."""
    said = body.given()
    said.pop("slug", None)
    for name, value in said.items():
        if value is None:
            if name not in _NOTHING:
                raise InputError(f"body.{name} is null: leave it out, or say one")
            said[name] = _NOTHING[name]
    if "links" in said:
        said["links"] = [f"{link.name}={link.url}" for link in said["links"]]
    if "quiet_days" in said:
        said["quiet_days"] = [f"{one.day}={one.name}" for one in said["quiet_days"]] or [""]
    if "first_wishes" in said:
        said["first_wishes"] = [f"{option}={word}" for option, word in said["first_wishes"].items()] or [""]
    if "sections" in said:
        said["sections"] = ",".join(said["sections"])
    return said


def _wish(body: TopicEdit) -> TopicWish:
    return TopicWish(
        title=None if body.title is None else parse_line(body.title, "title"),
        rules=None if body.rules is None else _rules(body.rules),
        position=body.position,
        aliases=None if body.aliases is None else tuple(parse_line(one, "alias") for one in body.aliases),
        description=None if body.description is None else _description(body.description),
        titles_in={
            tag: parse_line(said.title, f"title in {tag}") if said else ""
            for tag, said in body.translations.items()
        },
        descriptions_in={tag: said.description for tag, said in body.translations.items() if said},
    )


def _rules(rules: dict[str, int]) -> dict[str, int]:
    """Rules as people type them have the same form: what would be read as something else is refused."""
    found = parse_rules("\n".join(f"{keyword}:{weight}" for keyword, weight in rules.items()))
    if len(found) != len(rules):
        raise InputError("a keyword of rules holds a comma, colon or line end: take it out")
    return found


def _description(text: str) -> str:
    return parse_line(text, "description") if text.strip() else ""
