"""`digest store`: a store as a whole is copied into another one, and a closed one opened again."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from digest import wiring
from digest.cli.console import Config, Json, answer, confirmed, counted, note, run, say
from digest.cli.doors import store_by_url
from digest.cli.meters import watched
from digest.cli.statuses import FAILED_IN_PART
from digest.core.moving import Closed, Start, Why
from digest.errors import UnfinishedCopyError
from digest.flows.move_store import Copied, move_store
from digest.settings_file import load_settings
from digest.store import schema
from digest.store.closing import reopen
from digest.store.openness import closed
from digest.store.places import shown

_A_STORE = "A URL as in DIGEST_DATABASE_URL, env:NAME for the variable that holds one, or `settings`."


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    group = typer.Typer(rich_markup_mode=None, help="The store as a whole.")
    group.command("copy")(copy)
    group.command("reopen")(reopen_store)
    app.add_typer(group, name="store")


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=_A_STORE)],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same, of an empty store.")],
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="FROM goes on; the copy is for trial, and sends nothing.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Move a store into an empty one, of any kind; FROM is closed. Called again, it goes on."""
    urls = _urls((source, target), config)
    start = time.monotonic()

    async def work() -> tuple[Copied, str, str]:
        # the one that must be there is opened first: a wrong name makes no file
        async with store_by_url(urls[0]) as one:
            await schema.require_current(one)
            async with store_by_url(urls[1], may_be_new=True) as other:
                async with watched(json, "copying", "rows written and compared") as progress:
                    now = datetime.now(UTC)
                    done = await move_store(one, other, now=now, keep_open=keep_open, progress=progress)
                return done, shown(one.url), shown(other.url)

    try:
        done, here, there = run(work())
    except UnfinishedCopyError as error:
        note(f"digest: {error}")
        raise typer.Exit(FAILED_IN_PART) from None
    except KeyboardInterrupt:
        note("a copy that was begun goes on with the next call; digest store reopen opens FROM again")
        raise
    seconds = time.monotonic() - start
    if json:
        document = {"tables": done.tables, "verified": not done.unlike, "seconds": round(seconds, 1)}
        answer(document | ({"differences": _differences(done)} if done.unlike else {}))
    else:
        say(_in_words(done, here, there, seconds, keep_open=keep_open))
    if done.unlike:
        note(
            f"the copy is not used: open {here} with digest store reopen, and name another store"
            if not keep_open
            else "the copy is not used: call again to make it anew"
        )
        raise typer.Exit(FAILED_IN_PART)


def reopen_store(
    store: Annotated[str, typer.Argument(metavar="STORE", help=_A_STORE)] = "settings",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Open a store that was closed for a copy; the other one must not send any more."""
    (url,) = _urls((store,), config)
    found = run(_word_of(url))
    if found is not None and not yes and not confirmed(_question(found)):
        return answer({"reopened": False}) if json else say("nothing was changed")

    async def work() -> tuple[Closed | None, str]:
        async with store_by_url(url) as opened:
            return await reopen(opened), shown(opened.url)

    found, where = run(work())
    if json:
        return answer({"reopened": found is not None})
    return say(f"the store {where} is open" if found else f"the store {where} was open already")


async def _word_of(url: str) -> Closed | None:
    async with store_by_url(url) as opened:
        await schema.require_current(opened)
        async with opened.read() as connection:
            return await closed(connection)


def _urls(words: tuple[str, ...], config: Path | None) -> list[str]:
    settings = load_settings(config)
    return [wiring.store_named(word, settings, os.environ) for word in words]


def _question(found: Closed) -> str:
    if found.why is Why.COPYING:
        return f"Open it again, and give up the copy to {found.other}?"
    return f"Open it? If {found.other} sends as well, readers get everything twice."


def _differences(done: Copied) -> dict[str, list[dict[str, str]]]:
    return {name: [one._asdict() for one in rows] for name, rows in done.unlike.items()}


def _in_words(done: Copied, here: str, there: str, seconds: float, *, keep_open: bool) -> str:
    if done.unlike:
        lines = [f"{name} {one.key}: {one.what}" for name, rows in done.unlike.items() for one in rows]
        return "\n".join([f"{counted(len(done.unlike), 'table')} of {there} differ:", *lines])
    rows = sum(done.tables.values())
    how = "" if done.start is Start.LAST_WORD else f" in {seconds:.1f} s, compared, and the same"
    said = f"{rows:,} rows of {len(done.tables)} tables are in {there}{how}"
    if keep_open:
        return f"{said}; that copy is closed, and what {here} gets from now on is not in it"
    return f"{said}; {here} is closed: let DIGEST_DATABASE_URL name the new one"
