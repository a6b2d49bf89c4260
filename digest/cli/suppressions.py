"""`digest suppressions`: addresses that must not be written to."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    Page,
    answer,
    counted,
    listing,
    note,
    parse_choice,
    parse_now,
    run,
    say,
    table,
)
from digest.cli.doors import store_of
from digest.cli.files import text_of, written_to
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.flows import suppressing
from digest.flows.suppressing import Suppressed
from digest.store.database import Database
from subscribers.suppressions import Entry, Hashing, page_of_entries
from subscribers.wishes import parse_address

suppressions = typer.Typer(help="List, add and lift addresses that must not be written to.")

Note = Annotated[str, typer.Option("--note", help="Why, without names: it stands there for good.")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(suppressions, name="suppressions")


@suppressions.command("list")
def list_entries(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List entries, the newest first; whose they are, only their hashes say."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            return await listing(
                lambda start, count: page_of_entries(connection, before=start or None, limit=count),
                Page(limit, after, everything),
                lambda one: one.id,
                _shown,
            )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "at", "reason", "made_by", "note", "hash")
    rows = [[item[name] for name in columns] for item in document["items"]]
    return table("", columns, rows, following=document["next"])


@suppressions.command("add")
def add(
    emails: Annotated[list[str], typer.Argument(metavar="EMAIL...")],
    why: Note = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Put addresses on the list; who reads at one of them is suppressed everywhere."""
    addresses = [parse_address(one) for one in emails]
    _put(lambda **given: suppressing.suppress_addresses("\n".join(addresses), **given), why, config, json)


@suppressions.command("lift")
def lift(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    why: Note = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Take an address off the list that was put on it by hand, or, saying why, by a complaint."""
    address = parse_address(email)

    async def work() -> None:
        async with store_of(config) as store:
            await suppressing.lift(address, by=at_the_shell(), store=store, now=parse_now(None), note=why)

    run(work())
    return answer({"lifted": address}) if json else say(f"{address} is off the list")


@suppressions.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One a line; or - for standard input.")],
    hashes: Annotated[
        str | None,
        typer.Option("--hashes", metavar="own|sha256|md5", help="It holds hashes in place of addresses."),
    ] = None,
    why: Note = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Put a list of addresses, or of hashes of them, on the list; refused lines are reported."""
    hashing = parse_choice(hashes, Hashing, "hashes")
    text = text_of(file)
    if hashing is None:
        return _put(lambda **given: suppressing.suppress_addresses(text, **given), why, config, json)
    return _put(lambda **given: suppressing.suppress_hashes(text, hashing, **given), why, config, json)


@suppressions.command("export")
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Standard output when not given.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Write the list as CSV: hashes alone, for nobody knows the addresses any more."""
    kept: list[str] = []

    async def work(out: Callable[[str], object]) -> int:
        async with store_of(config) as store:
            lines = 0
            async for text in suppressing.as_csv(store=store):
                out(text)
                lines += text.count("\n")
            return lines - 1

    if file is None or str(file) == "-":
        count = run(work(kept.append if json else sys.stdout.write))
        return answer({"exported": count, "file": None, "csv": "".join(kept)}) if json else None
    with written_to(file) as written:
        count = run(work(written.write))
    if json:
        return answer({"exported": count, "file": file})
    return say(f"{counted(count, 'hash')} written to {file}")


def _put(act: Callable[..., Awaitable[Suppressed]], why: str, config: Config, json: bool) -> None:
    async def work() -> Suppressed:
        async with store_of(config) as store:
            return await _done(act, why, store)

    done = run(work())
    if json:
        answer(done)
    else:
        again = f", {done.repeated} repeated" if done.repeated else ""
        say(f"{done.added} added, {done.known} stood there before{again}, {len(done.rejected)} refused")
    for refusal in done.rejected:
        note(f"refused line {refusal.line}: {refusal.reason}")
    raise typer.Exit(FAILED_IN_PART if done.rejected else DONE)


async def _done(act: Callable[..., Awaitable[Suppressed]], why: str, store: Database) -> Suppressed:
    return await act(note=why, by=at_the_shell(), store=store, now=parse_now(None))


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at,
        "reason": entry.reason,
        "made_by": entry.made_by,
        "note": entry.note,
        "hash": entry.address_hash.hex(),
    }
