"""`digest store`: a store as a whole is copied into another one, and a closed one opened again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict
from sqlalchemy.engine import make_url

from digest import wiring
from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, confirmed, counted, note, parse_now, run, say
from digest.cli.doors import A_STORE, store_by_url, url_of
from digest.cli.meters import watched
from digest.cli.statuses import FAILED_IN_PART
from digest.core.leavings import Record
from digest.core.moving import Closed, Start, Why
from digest.errors import InputError, UnfinishedCopyError
from digest.flows.leave_again import recorded
from digest.flows.move_store import Copied, move_store
from digest.flows.reopen import Opened, reopen_restored
from digest.settings_file import load_settings
from digest.store import schema
from digest.store.closing import reopen
from digest.store.openness import closed
from digest.store.places import shown


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    group = typer.Typer(rich_markup_mode=None, help="The store as a whole.")
    group.command("copy")(copy)
    group.command("reopen")(reopen_store)
    app.add_typer(group, name="store")


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help=A_STORE)],
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
    store: Annotated[str, typer.Argument(metavar="STORE", help=A_STORE)] = "settings",
    sent_until: Annotated[
        str | None,
        typer.Option(
            "--sent-until",
            metavar="TIME",
            help="Of a backup: mails due by then went out from the store that is gone (ISO 8601).",
        ),
    ] = None,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Of a backup: send all that is due, perhaps twice.")
    ] = False,
    leavings: Annotated[
        Path | None,
        typer.Option(
            "--leavings",
            metavar="FOLDER",
            help="Of a backup: the record of who left since, where it is not in the folder of the settings.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Open a store that was closed for a copy, or put back; the other one must not send any more."""
    (url,) = _urls((store,), config)
    until = None if sent_until is None else parse_now(sent_until)
    found = run(_word_of(url))
    if found is not None:
        _require_choice(found, until, url, send_again=send_again)
        if leavings is not None and found.why is not Why.RESTORED:
            raise InputError("--leavings is for a store that was put back from a backup")
    if found is not None and not yes and not confirmed(_question(found, until)):
        return answer({"reopened": False}) if json else say("nothing was changed")
    if found is not None and found.why is Why.RESTORED:
        folder = leavings or wiring.leavings_folder_of(load_settings(config))
        return _open_restored(url, until, folder, is_named=leavings is not None, json=json)

    async def work() -> tuple[Closed | None, str]:
        async with store_by_url(url) as opened:
            return await reopen(opened), shown(opened.url)

    found, where = run(work())
    if json:
        return answer({"reopened": found is not None})
    return say(f"the store {where} is open" if found else f"the store {where} was open already")


def _require_choice(found: Closed, until: datetime | None, url: str, *, send_again: bool) -> None:
    if found.why is not Why.RESTORED:
        if until is not None or send_again:
            raise InputError("--sent-until and --send-again are for a store that was put back from a backup")
    elif (until is not None) is send_again:
        raise InputError(
            f"{found.words(shown(make_url(url)))}" if until is None else "both given: say one of them"
        )


def _open_restored(url: str, until: datetime | None, leavings: Path, *, is_named: bool, json: bool) -> None:
    async def work() -> tuple[Opened, Record, str]:
        async with (
            store_by_url(url) as opened,
            watched(json, "planning what was sent", "times") as progress,
        ):
            record = await recorded(leavings, store=opened, must_be_there=is_named)
            now, by = datetime.now(UTC), at_the_shell()
            done = await reopen_restored(
                opened, sent_until=until, by=by, now=now, record=record, progress=progress
            )
            return done, record, shown(opened.url)

    done, record, where = run(work())
    if json:
        document = {"issues": done.issues, "sent_elsewhere": done.settled._asdict()}
        known = {"since": record.since, "until": record.until, "broken": record.broken}
        return answer({"reopened": True, **document, "leavings": asdict(done.left) | known})
    say(f"the store {where} is open")
    if until is not None:
        say(
            f"{counted(done.settled.copies, 'copy')} and {counted(done.settled.notices, 'other mail')} count "
            f"as sent elsewhere; {counted(done.issues, 'issue')} of them came after the backup"
        )
    if record.until is not None:
        say(
            f"{_left_in_words(done)} since the backup, by the record of leavings in {leavings}, which goes "
            f"until {record.until:%Y-%m-%d %H:%M} UTC"
        )
    if remark := _remark(record, done, leavings):
        note(remark)
    return None


def _left_in_words(done: Opened) -> str:
    some = {
        "subscription": done.left.readers,
        "suppression": done.left.suppressed,
        "erased reader": done.left.erased,
    }
    named = [counted(count, what) for what, count in some.items() if count]
    return f"gone here, too: {', '.join(named)}" if named else "nobody is gone"


def _remark(record: Record, done: Opened, leavings: Path) -> str:
    """What the record of leavings does not tell."""
    if not record.covers(done.word.at):
        begins = f"begins only on {record.since:%Y-%m-%d %H:%M} UTC" if record.since else "has nothing"
        return (
            f"the record of leavings in {leavings} {begins}: who left after the backup and is not in it is a "
            "reader again (docs/backup.md)"
        )
    if record.broken:
        return f"{counted(record.broken, 'line')} of the record of leavings in {leavings} could not be read"
    return ""


async def _word_of(url: str) -> Closed | None:
    async with store_by_url(url) as opened:
        await schema.require_current(opened)
        async with opened.read() as connection:
            return await closed(connection)


def _urls(words: tuple[str, ...], config: Path | None) -> list[str]:
    settings = load_settings(config)
    return [url_of(word, settings) for word in words]


def _question(found: Closed, until: datetime | None) -> str:
    if found.why is Why.RESTORED:
        if until is None:
            return f"Open it, and send what has been due since {found.at:%Y-%m-%d %H:%M} UTC once more?"
        return "Open it? If the store of which it is a backup still sends, readers get everything twice."
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
