"""`digest archive`: what keeps the public archive in order."""

from __future__ import annotations

import sys

import typer

from digest.cli.console import Config, Json, answer, counted, note, run, say
from digest.cli.doors import store_of
from digest.flows import reindex as flow

archive = typer.Typer(help="Keep the public archive in order.")

#: How often people at a terminal are told how far it is.
_TELL_EVERY = 1000


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(archive, name="archive")


@archive.callback()
def several() -> None:
    """Keep the public archive in order."""


@archive.command("reindex")
def reindex(json: Json = False, config: Config = None) -> None:
    """Index all that was published anew, for when a new version finds words otherwise; safe to repeat."""

    def told(count: int) -> None:
        if count % _TELL_EVERY == 0 and sys.stderr.isatty():
            note(f"{count} done")

    async def work() -> int:
        async with store_of(config) as store:
            return await flow.reindex(store=store, told=told)

    count = run(work())
    if json:
        answer({"indexed": count})
    else:
        say(f"{counted(count, 'briefing')} indexed")
