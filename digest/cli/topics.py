"""`digest topics`: what briefings can be about, and the rules that find it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    answer,
    counted,
    note,
    parse_line,
    parse_now,
    parse_slug,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_of
from digest.core.model import Topic
from digest.core.topic_words import parse_said_in, retold
from digest.flows import edit_topics as flows
from digest.flows.merge_topics import Merged, merge_topic, merged_shown
from digest.flows.shown import topic_shown
from digest.ingest.rules import parse_rules
from digest.store import topics as shelf
from subscribers.figures import following

topics = typer.Typer(help="List, add, edit and remove topics.")

Rules = Annotated[
    str | None,
    typer.Option("--rules", help='Keywords and phrases with weights: "gallium:4, export controls:3".'),
]
Position = Annotated[
    int | None,
    typer.Option("--position", metavar="N", parser=whole(0, 9999), help="Place in the order of a mail."),
]
Aliases = Annotated[str | None, typer.Option("--aliases", help="Other names, such as feed categories.")]

TitlesIn = Annotated[
    list[str] | None,
    typer.Option(
        "--title-in", metavar="LANG=TITLE", help="What readers of another language see; LANG= for none."
    ),
]
DescriptionsIn = Annotated[
    list[str] | None,
    typer.Option("--description-in", metavar="LANG=TEXT", help="The description in another language."),
]
Description = Annotated[
    str | None, typer.Option("--description", help="One line for readers who choose; '' for none.")
]


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
    following = after + len(shown) if after + len(shown) < len(found) else None
    if json:
        items = [topic_shown(topic) for topic in shown]
        return answer({"items": items, "next": following})
    rows = [
        (topic.position, topic.slug, topic.title, len(topic.rules), ", ".join(topic.aliases))
        for topic in shown
    ]
    return table("", ("position", "slug", "title", "rules", "aliases"), rows, following=following)


@topics.command("add")
def add(
    slug: str,
    title: Annotated[str, typer.Option("--title")],
    rules: Rules = None,
    position: Position = None,
    aliases: Aliases = None,
    description: Description = None,
    title_in: TitlesIn = None,
    description_in: DescriptionsIn = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a topic; briefings that come in from now on may get it."""
    new = Topic(
        slug=parse_slug(slug),
        title=parse_line(title, "title"),
        position=position or 0,
        rules=parse_rules(rules or ""),
        aliases=_names(aliases),
        description=_line(description),
        translations=retold({}, *_in_languages(title_in, description_in)),
    )

    async def work() -> Topic:
        async with store_of(config) as store:
            return await flows.add_topic(new, store=store, last=position is None, **_by())

    _tell(run(work()), json)


@topics.command("edit")
def edit(
    slug: str,
    title: Annotated[str | None, typer.Option("--title")] = None,
    rules: Rules = None,
    position: Position = None,
    aliases: Aliases = None,
    description: Description = None,
    title_in: TitlesIn = None,
    description_in: DescriptionsIn = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a topic; its slug stays, since readers' wishes name it."""
    titles_in, descriptions_in = _in_languages(title_in, description_in)
    wish = flows.TopicEdit(
        title=None if title is None else parse_line(title, "title"),
        rules=None if rules is None else parse_rules(rules),
        position=position,
        aliases=None if aliases is None else _names(aliases),
        description=None if description is None else _line(description),
        titles_in=titles_in,
        descriptions_in=descriptions_in,
    )

    async def work() -> Topic:
        async with store_of(config) as store:
            return await flows.edit_topic(slug, wish, store=store, **_by())

    _tell(run(work()), json)


@topics.command("remove")
def remove(slug: str, json: Json = False, config: Config = None) -> None:
    """Remove a topic from the order and from its briefings."""

    async def work() -> tuple[Topic, int]:
        async with store_of(config) as store:
            topic = await flows.remove_topic(slug, store=store, **_by())
            async with store.read() as connection:
                return topic, (await following(connection)).by_slug[slug]

    topic, readers = run(work())
    if readers:
        # as the desk says before it is done
        chose = counted(readers, "reader")
        note(f"{chose} chose it among others: who chose nothing else gets no items until the wish is changed")
    return answer(topic_shown(topic)) if json else say(f"topic {topic.slug} is removed")


@topics.command("merge")
def merge(
    slug: str,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The topic that stays.")],
    json: Json = False,
    config: Config = None,
) -> None:
    """Make a topic a part of another one: its readers, briefings, rules and names go over to that."""

    async def work() -> Merged:
        async with store_of(config) as store:
            return await merge_topic(slug, into, store=store, **_by())

    done = run(work())
    if json:
        return answer(merged_shown(done))
    went = f"{counted(done.readers, 'reader')} and {counted(done.briefings, 'briefing')} went over"
    return say(f"topic {slug} is a part of {into} now: {went}")


def _by() -> dict[str, Any]:
    """When it is done, and by whom."""
    return {"now": parse_now(None), "by": at_the_shell()}


def _tell(topic: Topic, json: bool) -> None:
    if json:
        return answer(topic_shown(topic))
    return say(f"topic {topic.slug}: {topic.title}, place {topic.position}, {len(topic.rules)} rules")


def _in_languages(
    titles: list[str] | None, descriptions: list[str] | None
) -> tuple[dict[str, str], dict[str, str]]:
    said = parse_said_in(titles or (), "title")
    return said, parse_said_in(descriptions or (), "description")


def _line(text: str | None) -> str:
    return parse_line(text, "description") if text and text.strip() else ""


def _names(words: str | None) -> tuple[str, ...]:
    return tuple(parse_line(word, "alias") for word in (words or "").split(",") if word.strip())
