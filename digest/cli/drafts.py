"""`digest briefings discard|restore`: drafts are thrown away, and brought back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, parse_now, run, say, whole
from digest.cli.doors import store_of
from digest.core.model import Briefing
from digest.flows import discarding
from digest.flows.shown import briefing_in_a_list

BriefingIds = Annotated[
    list[int], typer.Argument(metavar="ID...", help="One or more drafts.", parser=whole())
]


def add_to(app: typer.Typer) -> None:
    """Hang these commands beside the others about briefings."""
    app.command("discard")(discard)
    app.command("restore")(restore)


def discard(briefing_ids: BriefingIds, json: Json = False, config: Config = None) -> None:
    """Throw drafts away that were never published: all of them, or none when one cannot be.

    They are kept, and known when the same item comes in again; `restore` makes drafts of them.
    """
    _move(discarding.discard, briefing_ids, json, config)


def restore(briefing_ids: BriefingIds, json: Json = False, config: Config = None) -> None:
    """Let discarded briefings be drafts again."""
    _move(discarding.restore, briefing_ids, json, config)


def _move(
    do: Callable[..., Awaitable[tuple[Briefing, ...]]], ids: list[int], json: bool, config: Any
) -> None:
    async def work() -> tuple[Briefing, ...]:
        async with store_of(config) as store:
            return await do(ids, store=store, now=parse_now(None), by=at_the_shell())

    moved = run(work())
    if json:
        return answer({"items": [briefing_in_a_list(one) for one in moved]})
    for one in moved:
        say(f"briefing {one.id} is {one.status}")
    return None
