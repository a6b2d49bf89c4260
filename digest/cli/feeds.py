"""`digest feeds`: which feeds are polled, how they are, and what was refused of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from digest.cli import feed_lists
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
    note,
    parse_now,
    run,
    say,
    table,
    whole,
)
from digest.cli.dispatch import polling
from digest.cli.doors import store_at, store_of
from digest.cli.feed_options import Every, Section, Settle, Take, Topic, wish_of
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.feeding import Feed, PollOutcome
from digest.flows import edit_feeds as flows
from digest.flows.feeds_shown import FeedSheet, feed_sheet, feed_shown, poll_shown, sheet_shown
from digest.flows.poll_feed import Polled
from digest.settings_file import load_settings
from digest.store import feeds as shelf

FeedId = Annotated[int, typer.Argument(metavar="ID", parser=whole())]
Source = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="The source's name instead of the feed's title."),
]
Later = Annotated[bool, typer.Option("--later", help="Leave it to the scheduler to go there.")]

feeds = typer.Typer(help="List, show, add, edit, poll and remove feeds; lists of them.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    feed_lists.add_to(feeds)
    app.add_typer(feeds, name="feeds")


@feeds.command("list")
def list_feeds(
    limit: Limit = 100, after: After = 0, everything: All = False, json: Json = False, config: Config = None
) -> None:
    """List feeds by id, and how they are."""
    now = parse_now(None)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            return await listing(
                lambda start, count: shelf.page(connection, after=start, limit=count),
                Page(limit, after, everything),
                lambda feed: feed.id,
                lambda feed: feed_shown(feed, now),
            )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "health", "title", "polled_at", "next_poll_at", "newest_at", "url", "trouble")
    rows = [[item[name] for name in columns] for item in document["items"]]
    return table("", columns, rows, following=document["next"])


@feeds.command("show")
def show(feed_id: FeedId, json: Json = False, config: Config = None) -> None:
    """Show a feed with its last polls, and what was refused of it and why."""
    now = parse_now(None)

    async def work() -> FeedSheet:
        async with store_of(config) as store:
            return await feed_sheet(feed_id, store=store, now=now)

    sheet = run(work())
    if json:
        return answer(sheet_shown(sheet, now))
    for name, value in feed_shown(sheet.feed, now).items():
        shown = ", ".join(value) if isinstance(value, list) else value
        say(f"{name:15} {f'{shown:%Y-%m-%d %H:%M}' if isinstance(shown, datetime) else shown or ''}")
    say("")
    columns = ("at", "outcome", "status", "added", "updated", "unchanged", "refused", "words")
    table("last polls", columns, [[poll_shown(one)[name] for name in columns] for one in sheet.polls])
    if sheet.refusals:
        rows = [(one.last_at, one.times, one.line, one.label, one.reason) for one in sheet.refusals]
        table("refused", ("last", "times", "line", "entry", "reason"), rows)
    return None


@feeds.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Of a feed, or of a page that names one.")],
    take: Take = None,
    every: Every = None,
    topic: Topic = None,
    section: Section = None,
    source: Source = None,
    settle: Settle = None,
    later: Later = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add a feed, and take in what it holds."""
    wish = replace(wish_of(every, topic, section, source, settle), take=take)
    address = flows.feed_address(url)
    settings = load_settings(config)

    async def work() -> tuple[FeedSheet, Polled | None]:
        async with store_at(settings) as store:
            if later:
                feed = await flows.add_feed(address, wish, store=store, **_by())
                return await feed_sheet(feed.id, store=store, now=feed.added_at), None
            async with polling(settings, store) as poller:
                found = await poller.find(address)
                feed = await flows.add_feed(found.url, wish, store=store, title=found.read.title, **_by())
                polled = await poller.poll(feed, feed.added_at)
            return await feed_sheet(feed.id, store=store, now=feed.added_at), polled

    sheet, polled = run(work())
    if json:
        answer(sheet_shown(sheet, sheet.feed.added_at))
    else:
        say(f"feed {sheet.feed.id} is added: {sheet.feed.name}, {sheet.feed.url}")
    _tell([] if polled is None else [polled], json)


@feeds.command("edit")
def edit(
    feed_id: FeedId,
    url: Annotated[str | None, typer.Option("--url", help="Where it is now.")] = None,
    every: Every = None,
    topic: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="SLUG", help="Topics instead of today's; '' for none."),
    ] = None,
    section: Section = None,
    source: Source = None,
    settle: Settle = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a feed; what was seen of it stays known."""
    wish = replace(wish_of(every, topic, section, source, settle), url=url)

    async def work() -> Feed:
        async with store_of(config) as store:
            return await flows.edit_feed(feed_id, wish, store=store, **_by())

    feed = run(work())
    if json:
        return answer(feed_shown(feed, parse_now(None)))
    return say(f"feed {feed.id}: {feed.name}, every {feed.every_minutes} minutes, {feed.url}")


@feeds.command("poll")
def poll(
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="ID", parser=whole(), help="Of feeds; without any, all that are not gone."),
    ] = None,
    later: Later = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Ask feeds now, whenever they are due."""
    polled = run(_polled(tuple(ids or ()), later, config))
    if json:
        answer({"polls": [{"feed": one.feed.id} | poll_shown(one.poll) for one in polled]})
    elif later:
        say("the scheduler asks as soon as it looks")
    _tell(polled, json)


@feeds.command("remove")
def remove(feed_id: FeedId, json: Json = False, config: Config = None) -> None:
    """Remove a feed; its briefings stay."""

    async def work() -> Feed:
        async with store_of(config) as store:
            return await flows.remove_feed(feed_id, store=store, **_by())

    feed = run(work())
    return answer(feed_shown(feed, parse_now(None))) if json else say(f"feed {feed.id} is removed")


async def _polled(ids: tuple[int, ...], later: bool, config: Path | None) -> list[Polled]:
    settings = load_settings(config)
    async with store_at(settings) as store:
        async with store.read() as connection:
            every = await shelf.every(connection)
            chosen = [await flows.feed_named(connection, id_) for id_ in ids]
        wanted = chosen or [feed for feed in every if feed.gone_at is None]
        for feed in wanted:
            await flows.poll_now(feed.id, store=store, **_by())
        if later:
            return []
        async with polling(settings, store) as poller:
            # by the same rules of politeness as ever, and no other poller asks them at the same time
            return list((await poller.poll_round(parse_now(None), {feed.id for feed in wanted})).polled)


def _tell(polled: list[Polled], json: bool) -> None:
    """How polls went; the exit status says whether all went well."""
    for one in polled:
        poll_ = one.poll
        if poll_.outcome in {PollOutcome.FAILED, PollOutcome.GONE}:
            note(f"feed {one.feed.id} failed: {poll_.words}")
        elif not json:
            counts = f"{poll_.added} added, {poll_.updated} updated, {poll_.unchanged} unchanged"
            say(f"feed {one.feed.id}: {counts}" + (f"; {poll_.words}" if poll_.words else ""))
        if poll_.refused:
            note(f"feed {one.feed.id}: {poll_.refused} refused, see digest feeds show {one.feed.id}")
    failed = any(one.poll.outcome in {PollOutcome.FAILED, PollOutcome.GONE} for one in polled)
    raise typer.Exit(FAILED_IN_PART if failed else DONE)


def _by() -> dict[str, Any]:
    """When it is done, and by whom."""
    return {"now": parse_now(None), "by": at_the_shell()}
