"""`digest subscribers import`, `export` and `data`: readers as files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, counted, note, parse_now, plain, run, say
from digest.cli.doors import store_of
from digest.cli.files import bytes_of, text_in, written_to
from digest.cli.moving_in import From, Mapped, Said, StatusOfAll, UnconfirmedThere, Update, take_if_export
from digest.cli.readers import Email, Grounds, NewsletterName, subscribers
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.arrivals import Unconfirmed
from digest.errors import missing
from digest.flows import my_data
from digest.flows.grounds import grounds_for
from digest.flows.handing_out import roster_of
from digest.flows.rosters import Imported, import_roster
from subscribers.consents import Shown
from subscribers.wishes import parse_address


@subscribers.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON or ZIP; or - for standard input.")],
    system: From = None,
    newsletter: Annotated[
        str | None, typer.Option("--newsletter", metavar="SLUG", help="Of an export: what they read here.")
    ] = None,
    mapping: Mapped = None,
    unconfirmed: UnconfirmedThere = Unconfirmed.LEAVE.value,
    status: StatusOfAll = None,
    update: Update = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line, change nothing.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Cells are not guarded against formulas.")] = False,
    grounds: Grounds = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Add or change readers from a CSV file, or from an export of another system.

    Exports of listmonk, Mailchimp, Substack, Ghost and Mailman 3 are recognised, zipped or not. Refused lines
    are reported, the rest is taken. Who left there, whose mail came back or who complained is kept as such
    and not written to; of those who read here already nothing is changed without --update.
    """
    data, agreed = bytes_of(file), grounds_for(grounds)
    said = Said(system, newsletter, mapping or [], unconfirmed, status, update, raw)
    if not take_if_export(data, said, _named(file), grounds, dry_run=dry_run, json=json, config=config):
        _import_roster(text_in(data, file), file, agreed, raw, dry_run, json, config)


def _import_roster(
    text: str, file: Path, agreed: Shown | None, raw: bool, dry_run: bool, json: bool, config: Config
) -> None:
    async def work() -> Imported:
        async with store_of(config) as store:
            return await import_roster(
                text,
                store=store,
                now=parse_now(None),
                raw=raw,
                dry_run=dry_run,
                by=at_the_shell(),
                grounds=agreed,
            )

    done = run(work())
    if json:
        answer(done)
    else:
        would = "would be " if dry_run else ""
        say(f"{done.added} {would}added, {done.updated} {would}updated, {len(done.rejected)} refused")
    for refusal in done.rejected:
        note(f"refused {_named(file)}, line {refusal.line}: {refusal.reason}")
    raise typer.Exit(FAILED_IN_PART if done.rejected else DONE)


def _named(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)


@subscribers.command("export")
def export_file(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Standard output when not given.")
    ] = None,
    newsletter: NewsletterName = None,
    raw: Annotated[bool, typer.Option("--raw", help="For machines: do not guard against formulas.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Write all readers as CSV."""

    kept: list[str] = []

    async def work(out: Callable[[str], object]) -> int:
        count = 0
        async with store_of(config) as store:
            async for text, more in roster_of(newsletter, store=store, raw=raw):
                out(text)
                count += more
        return count

    if file is None or str(file) == "-":
        count = run(work(kept.append if json else sys.stdout.write))
        return answer({"exported": count, "file": None, "csv": "".join(kept)}) if json else None
    with written_to(file) as written:
        count = run(work(written.write))
    return (
        answer({"exported": count, "file": file})
        if json
        else say(f"{counted(count, 'reader')} written to {file}")
    )


@subscribers.command("data")
def data_file(
    email: Email,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Standard output when not given.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Write all that is kept on a reader as JSON, to be handed to whom it is about."""
    address = parse_address(email)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            found = await my_data.all_of(address, store=store)
        if found is None:
            raise missing(f"subscriber {address!r}", "subscribers list")
        return found

    document = run(work())
    if file is None or str(file) == "-":
        return answer(document)
    _write(file, dumps(plain(document), ensure_ascii=False, indent=2) + "\n")
    told = {"written": address, "file": file}
    return answer(told) if json else say(f"all that is kept on {address} is written to {file}")


def _write(file: Path, text: str) -> None:
    with written_to(file) as written:
        written.write(text)
