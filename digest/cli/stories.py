"""`digest briefings story|join|split|front`: which briefings tell of the same event."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, parse_now, run, say, table, whole
from digest.cli.doors import store_of
from digest.errors import missing
from digest.flows import stories
from digest.flows.shown import story_shown
from digest.store import briefings

BriefingId = Annotated[int, typer.Argument(metavar="ID", parser=whole())]


def add_to(app: typer.Typer) -> None:
    """Hang these commands beside the others about briefings."""
    app.command("story")(show)
    app.command("join")(join)
    app.command("split")(split)
    app.command("front")(front)


def show(briefing_id: BriefingId, json: Json = False, config: Config = None) -> None:
    """Show what tells of the same event as a briefing, and what is like it."""
    _told(run(_story(briefing_id, config)), json)


def join(
    briefing_ids: Annotated[
        list[int],
        typer.Argument(metavar="ID...", help="Two or more of the same event.", parser=whole()),
    ],
    json: Json = False,
    config: Config = None,
) -> None:
    """Say that briefings tell of the same event: a copy holds one of them, and names the others."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            await stories.join(briefing_ids, store=store, **_by())
        return await _story(briefing_ids[0], config)

    _told(run(work()), json)


def split(briefing_id: BriefingId, json: Json = False, config: Config = None) -> None:
    """Take a briefing out of its story; the rule does not join it with the others again."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            await stories.split(briefing_id, store=store, **_by())
        return await _story(briefing_id, config)

    _told(run(work()), json)


def front(briefing_id: BriefingId, json: Json = False, config: Config = None) -> None:
    """Let copies that could hold several of a story hold this one."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            await stories.put_in_front(briefing_id, store=store, **_by())
        return await _story(briefing_id, config)

    _told(run(work()), json)


async def _story(briefing_id: int, config: Any) -> dict[str, Any]:
    async with store_of(config) as store, store.read() as connection:
        found = await briefings.by_id(connection, briefing_id)
        if found is None:
            raise missing(f"briefing {briefing_id}", "briefings list")
        story = await stories.story_of(connection, found)
        return story_shown(story, await stories.alike(connection, found, parse_now(None)))


def _told(document: dict[str, Any], json: bool) -> None:
    if json:
        return answer(document)
    if document["story"] is None:
        say("it stands alone: no other briefing is known to tell of the same event")
    else:
        _listed(f"story {document['story']}", document["members"], document["in_front"])
    if document["alike"]:
        _listed("alike, not joined", document["alike"], None)
    return None


def _listed(title: str, items: list[dict[str, Any]], in_front: int | None) -> None:
    columns = ("id", "number", "status", "source", "title", "score", "why", "in front")
    rows = [
        [
            *(item[name] for name in columns[:5]),
            "" if item["score"] is None else f"{item['score']:.2f}",
            ", ".join(item["shared"]) or item.get("joined_by", ""),
            "yes" if item["id"] == in_front else "",
        ]
        for item in items
    ]
    table(title, columns, rows)


def _by() -> dict[str, Any]:
    return {"now": parse_now(None), "by": at_the_shell()}
