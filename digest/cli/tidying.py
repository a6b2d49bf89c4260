"""`digest tidy`: what is old is forgotten or becomes smaller now, rather than in the hours to come."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from digest import wiring
from digest.cli.console import Config, Json, answer, counted, parse_now, run, say
from digest.cli.dispatch import stopping
from digest.cli.doors import store_at
from digest.flows.shrink import shrink, would_shrink
from digest.flows.tidy import Tidied, overdue, tidy
from digest.flows.unhurried import Unhurried
from digest.settings_file import load_settings
from digest.store.outlived import Kind


def add_to(app: typer.Typer) -> None:
    """Hang the command of this file into the tree."""
    app.command("tidy")(tidy_up)


def tidy_up(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Forget what is older than the settings keep it, and bind copies of old issues into volumes."""

    async def work() -> dict[str, Any]:
        settings = load_settings(config)
        keep, now = wiring.keep_of(settings), parse_now(None)
        unconfirmed = timedelta(days=settings.unconfirmed_days)
        async with store_at(settings) as store, stopping() as stop:
            pace = Unhurried(stop)
            if dry_run:
                tidied = Tidied(await overdue(store=store, now=now, keep_unconfirmed=unconfirmed))
                done = await would_shrink(store=store, now=now, keep=keep)
            else:
                tidied = await tidy(store=store, now=now, keep_unconfirmed=unconfirmed)
                done = await shrink(store=store, now=now, keep=keep, pace=pace)
        return {
            "dry_run": dry_run,
            "unconfirmed": tidied.removed + tidied.left,
            "copies": done.copies,
            **{kind.value: done.dropped.get(kind, 0) for kind in Kind},
            "complete": not pace.broke_off,
        }

    document = run(work())
    return answer(document) if json else _tell(document)


def _tell(found: dict[str, Any]) -> None:
    words = "would be forgotten" if found["dry_run"] else "forgotten"
    bound = "would be bound" if found["dry_run"] else "bound"
    say(f"{bound} into volumes: {counted(found['copies'], 'copy')} of old issues")
    say(
        f"{words}: {counted(found['unconfirmed'], 'question')} that nobody confirmed, "
        f"{counted(found['returns'], 'return')}, {counted(found['notices'], 'notice')}, "
        f"{counted(found['changes'], 'change')}"
    )
    if not found["complete"]:
        say("stopped before the end: the next run goes on")
