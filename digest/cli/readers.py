"""`digest subscribers`: who reads, what they want, and whether they may be written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    Page,
    answer,
    listing,
    parse_choice,
    parse_line,
    parse_now,
    run,
    say,
    table,
)
from digest.cli.doors import store_of
from digest.errors import InputError
from digest.flows import readers as flows
from digest.flows.asking_again import ask_again
from digest.flows.grounds import grounds_for
from digest.flows.handing_out import said_of
from digest.flows.seed import FIRST_NEWSLETTER
from digest.flows.shown import reader_in_full
from digest.store import newsletters, topics
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes, parse_address, parse_wishes

subscribers = typer.Typer(help="Add, list, change, pause and remove readers.")

Email = Annotated[str, typer.Argument(metavar="EMAIL")]
NewsletterName = Annotated[
    str | None, typer.Option("--newsletter", metavar="SLUG", help="Only this newsletter.")
]
Name = Annotated[str | None, typer.Option("--name", help="How to greet the reader.")]
Topics = Annotated[str | None, typer.Option("--topics", help="Slugs separated by commas, or all.")]
Days = Annotated[str | None, typer.Option("--days", help="daily, weekdays, monthly, or mon,thu and so on.")]
At = Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="Local time of day.")]
Timezone = Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="Such as Europe/Paris.")]
AtOnce = Annotated[bool | None, typer.Option("--at-once/--not-at-once", help="As soon as there is news.")]
Sections = Annotated[str | None, typer.Option("--sections", help="Kinds of item, or all.")]
Format = Annotated[str | None, typer.Option("--format", help="html or text.")]
MaxItems = Annotated[str | None, typer.Option("--max-items", metavar="N", help="Cap on a mail, or none.")]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="TAG",
        help="Of mails and pages: ar, de, en, es, fr, ja, pt or zh-Hans; "
        "any other gets English words with its own dates.",
    ),
]
Grounds = Annotated[
    str, typer.Option("--grounds", metavar="TEXT", help="Why they may be written to; kept as evidence.")
]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(subscribers, name="subscribers")


@subscribers.command("add")
def add(
    email: Email,
    newsletter: Annotated[
        str, typer.Option("--newsletter", metavar="SLUG", help="What to read.")
    ] = FIRST_NEWSLETTER.slug,
    name: Name = None,
    topics: Topics = None,
    days: Days = None,
    at: At = None,
    timezone: Timezone = None,
    at_once: AtOnce = None,
    sections: Sections = None,
    format: Format = None,
    max_items: MaxItems = None,
    language: Language = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="The reader has to confirm before anything is sent.")
    ] = False,
    grounds: Grounds = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a reader, active at once; one who left before returns."""
    words = _words(name, topics, days, at, timezone, at_once, sections, format, max_items, language)
    address, agreed = parse_address(email), grounds_for(grounds)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            wishes = await _wishes(store, words)
            new = flows.Enrolment(address, newsletter, wishes, not unconfirmed, "added by an admin")
            now = parse_now(None)
            made = await flows.subscribe(new, store=store, now=now, by=at_the_shell(), grounds=agreed)
            return (await _shown(store, [made]))[0]

    shown = run(work())
    if json:
        return answer(shown)
    return say(f"{shown['email']} reads {shown['newsletter']}: {_in_words(shown)}")


@subscribers.command("list")
def list_subscribers(
    newsletter: NewsletterName = None,
    status: Annotated[str | None, typer.Option("--status", help="Only readers of this standing.")] = None,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List subscriptions."""
    standing = parse_choice(status, Standing)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            slugs = await newsletters.slugs(connection)
            wanted = flows.newsletter_id_of(newsletter, slugs)
            return await listing(
                lambda start, count: shelf.page_of_subscriptions(
                    connection, after=start, limit=count, newsletter_id=wanted, standing=standing
                ),
                Page(limit, after, everything),
                lambda one: one.id,
                lambda one: said_of(one, slugs),
            )

    document = run(work())
    if json:
        return answer(document)
    rows = [
        (item["email"], item["newsletter"], item["status"], _in_words(item)) for item in document["items"]
    ]
    return table("", ("email", "newsletter", "status", "wishes"), rows, following=document["next"])


@subscribers.command("show")
def show(email: Email, json: Json = False, config: Config = None) -> None:
    """Show a reader's subscriptions, how far each is, and every change of standing."""
    address = parse_address(email)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            return await _in_full(store, address)

    document = run(work())
    if json:
        return answer(document)
    say(f"{document['email']}  {document['name']}".rstrip())
    for item in document["subscriptions"]:
        say(f"\n{item['newsletter']}: {item['status']}, {_in_words(item)}")
        if item["next_slot"] is not None:
            say(f"  next slot {item['next_slot']:%Y-%m-%d %H:%M} UTC")
        say(f"  accounted for up to number {item['bookmark'].cut}")
        for change in item["history"]:
            say(f"  {change['at']:%Y-%m-%d %H:%M} {change['after']}: {change['reason']}")
    return None


@subscribers.command("edit")
def edit(
    email: Email,
    newsletter: NewsletterName = None,
    name: Name = None,
    topics: Topics = None,
    days: Days = None,
    at: At = None,
    timezone: Timezone = None,
    at_once: AtOnce = None,
    sections: Sections = None,
    format: Format = None,
    max_items: MaxItems = None,
    language: Language = None,
    new_address: Annotated[str | None, typer.Option("--email", help="The reader's new address.")] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="The reader has to confirm before anything more is sent.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a reader's wishes, name or address; nothing is repeated or lost by it."""
    words = _words(name, topics, days, at, timezone, at_once, sections, format, max_items, language)
    moved_to = None if new_address is None else parse_address(new_address)
    if unconfirmed and moved_to is not None:
        raise InputError("--unconfirmed asks the address that is known: give --email in a call of its own")

    async def work(store: Database) -> Sequence[Subscription]:
        address, wishes, by, now = (
            parse_address(email),
            await _wishes(store, words),
            at_the_shell(),
            parse_now(None),
        )
        if unconfirmed:
            # first: who may not be asked is refused, and then nothing is changed
            await ask_again(address, newsletter, store=store, now=now, by=by)
        return await flows.edit(
            address, newsletter, wishes, store=store, now=now, new_address=moved_to, by=by
        )

    change(work, json, config)


async def _in_full(store: Database, address: str) -> dict[str, Any]:
    async with store.read() as connection:
        mine = await flows.require_subscriptions(connection, address)
        histories = [await shelf.standing_history(connection, one.id) for one in mine]
        known = {one.id: one for one in await newsletters.every(connection)}
    return reader_in_full(mine, histories, known, parse_now(None))


def _words(
    name: str | None,
    topics: str | None,
    days: str | None,
    at: str | None,
    timezone: str | None,
    at_once: bool | None,
    sections: str | None,
    format: str | None,
    max_items: str | None,
    language: str | None,
) -> dict[str, str]:
    """What was said, by option name."""
    given = {
        "name": name,
        "topics": topics,
        "days": days,
        "at": at,
        "timezone": timezone,
        "at_once": None if at_once is None else ("yes" if at_once else "no"),
        "sections": sections,
        "format": format,
        "max_items": max_items,
        "language": language,
    }
    said = {option: word for option, word in given.items() if word is not None}
    for option, word in said.items():
        # an unset variable of a script is no wish for everything; a name alone may be taken away
        if option != "name" or word.strip():
            said[option] = parse_line(word.strip(" ,"), option.replace("_", "-"))
    return said


async def _wishes(store: Database, words: dict[str, str]) -> Wishes:
    async with store.read() as connection:
        wishes = parse_wishes(words, flows.topic_names(await topics.every(connection)))
    return replace(wishes, name="") if words.get("name") == "" else wishes


async def _shown(store: Database, some: Sequence[Subscription]) -> list[dict[str, Any]]:
    async with store.read() as connection:
        slugs = await newsletters.slugs(connection)
    return [said_of(one, slugs) for one in some]


def change(
    work: Callable[[Database], Awaitable[Sequence[Subscription]]], json: bool, config: Path | None
) -> None:
    """Do one thing with a reader's subscriptions and show what they are afterwards."""

    async def whole() -> list[dict[str, Any]]:
        async with store_of(config) as store:
            return await _shown(store, await work(store))

    shown = run(whole())
    if json:
        return answer({"items": shown, "next": None})
    for item in shown:
        say(f"{item['email']} reads {item['newsletter']}, {item['status']}: {_in_words(item)}")
    return None


def _in_words(item: dict[str, Any]) -> str:
    when = f"{item['days']} at {item['at']} {item['timezone']}"
    topics = "all topics" if item["topics"] == "all" else ", ".join(item["topics"])
    cap = "" if item["max_items"] is None else f", at most {item['max_items']} items"
    at_once = "at once" if item["at_once"] else when
    return f"{topics}, {at_once}, {item['format']}{cap}"
