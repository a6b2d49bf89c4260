"""`digest feeds import|export`: lists of feeds, as programs that read feeds hand them over (OPML)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, counted, note, parse_now, run, say
from digest.cli.doors import store_of
from digest.cli.feed_options import Every, Section, Settle, Take, Topic, wish_of
from digest.cli.files import bytes_of, written_to
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.flows import feed_lists
from digest.ingest.opml import Outline, read_opml, write_opml


def add_to(app: typer.Typer) -> None:
    """Hang these commands beside the others about feeds."""
    app.command("import")(import_list)
    app.command("export")(export_list)


def import_list(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list in OPML; - for standard input.")],
    take: Take = None,
    every: Every = None,
    topic: Topic = None,
    section: Section = None,
    settle: Settle = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Add the feeds of a list; the scheduler asks them as soon as it looks."""
    wish = replace(wish_of(every, topic, section, None, settle), take=take)
    outlines = read_opml(bytes_of(file), source=str(file))

    async def work() -> feed_lists.ListTaken:
        async with store_of(config) as store:
            return await feed_lists.add_feeds(
                outlines, wish, source=str(file), store=store, now=parse_now(None), by=at_the_shell()
            )

    taken = run(work())
    if json:
        answer(taken)
    else:
        say(f"{len(taken.added)} added, {taken.known} were there, {len(taken.rejected)} refused")
    if not outlines:
        note(f"{file} names no feed")
    for refusal in taken.rejected:
        note(f"refused {refusal.source}, line {refusal.line}: {refusal.reason}")
    raise typer.Exit(FAILED_IN_PART if taken.rejected else DONE)


def export_list(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Standard output when not given.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Write all feeds as a list in OPML."""

    async def work() -> tuple[Outline, ...]:
        async with store_of(config) as store:
            return await feed_lists.listed_feeds(store=store)

    outlines = run(work())
    text = write_opml(outlines, title="Feeds")
    if file is None or str(file) == "-":
        if json:
            return answer({"exported": len(outlines), "file": None, "opml": text})
        sys.stdout.write(text)
        return None
    with written_to(file) as written:
        written.write(text)
    if json:
        return answer({"exported": len(outlines), "file": file})
    return say(f"{counted(len(outlines), 'feed')} written to {file}")
