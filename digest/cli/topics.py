"""`digest topics`: what briefings can be about, and the rules that find it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.cli.console import After, All, Config, Json, Limit, answer, run, say, table
from digest.cli.doors import store_of
from digest.core.model import GENERAL, Topic
from digest.errors import InputError, NotFoundError
from digest.ingest.rules import parse_rules
from digest.store import topics as shelf

topics = typer.Typer(help="List, add, edit and remove topics.", no_args_is_help=True)

Rules = Annotated[
    str | None,
    typer.Option("--rules", help='Keywords and phrases with weights: "gallium:4, export controls:3".'),
]
Position = Annotated[int | None, typer.Option("--position", help="Place in the order of a mail.")]
Aliases = Annotated[str | None, typer.Option("--aliases", help="Other names, such as feed categories.")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(topics, name="topics")


@topics.command("list")
def list_topics(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List topics in the order in which mails show them; the cursor is a place in it."""

    async def work() -> tuple[Topic, ...]:
        async with store_of(config) as store, store.read() as connection:
            return await shelf.every(connection)

    found = run(work())
    shown = found[after:] if everything else found[after : after + limit]
    following = after + len(shown)
    if json:
        items = [_shown(topic) for topic in shown]
        return answer({"items": items, "next": following if following < len(found) else None})
    rows = [
        (topic.position, topic.slug, topic.title, len(topic.rules), ", ".join(topic.aliases))
        for topic in shown
    ]
    return table("", ("position", "slug", "title", "rules", "aliases"), rows)


@topics.command("add")
def add(
    slug: str,
    title: Annotated[str, typer.Option("--title")],
    rules: Rules = None,
    position: Position = None,
    aliases: Aliases = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a topic; briefings that come in from now on may get it."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise InputError(f"slug {slug!r} is not one: use lower-case letters, digits and single hyphens")

    async def work() -> Topic:
        async with store_of(config) as store, store.write() as connection:
            if slug in {topic.slug for topic in await shelf.every(connection)}:
                raise InputError(f"topic {slug!r} exists already: change it with digest topics edit")
            place = position if position is not None else await shelf.next_position(connection)
            new = Topic(slug, title, place, parse_rules(rules or ""), _listed(aliases))
            await shelf.add(connection, new)
            return new

    _tell(run(work()), json)


@topics.command("edit")
def edit(
    slug: str,
    title: Annotated[str | None, typer.Option("--title")] = None,
    rules: Rules = None,
    position: Position = None,
    aliases: Aliases = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a topic; its slug stays, since readers' wishes name it."""

    async def work() -> Topic:
        async with store_of(config) as store, store.write() as connection:
            topic = await _topic(connection, slug)
            changed = replace(
                topic,
                title=topic.title if title is None else title,
                rules=topic.rules if rules is None else parse_rules(rules),
                position=topic.position if position is None else position,
                aliases=topic.aliases if aliases is None else _listed(aliases),
            )
            await shelf.save(connection, changed)
            return changed

    _tell(run(work()), json)


@topics.command("remove")
def remove(slug: str, json: Json = False, config: Config = None) -> None:
    """Remove a topic from the order and from its briefings."""
    if slug == GENERAL:
        raise InputError(f"topic {GENERAL!r} cannot be removed: it takes what no rule claims")

    async def work() -> Topic:
        async with store_of(config) as store, store.write() as connection:
            topic = await _topic(connection, slug)
            await shelf.remove(connection, slug)
            return topic

    topic = run(work())
    return answer(_shown(topic)) if json else say(f"topic {topic.slug} is removed")


def _shown(topic: Topic) -> dict[str, Any]:
    return {
        "slug": topic.slug,
        "title": topic.title,
        "position": topic.position,
        "rules": dict(topic.rules),
        "aliases": topic.aliases,
    }


def _tell(topic: Topic, json: bool) -> None:
    if json:
        return answer(_shown(topic))
    return say(f"topic {topic.slug}: {topic.title}, place {topic.position}, {len(topic.rules)} rules")


def _listed(words: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (words or "").split(",") if word.strip())


async def _topic(connection: AsyncConnection, slug: str) -> Topic:
    for topic in await shelf.every(connection):
        if topic.slug == slug:
            return topic
    raise NotFoundError(f"topic {slug!r} does not exist: see digest topics list")
