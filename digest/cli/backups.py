"""`digest backup` and `digest restore`: a store into a file, while all goes on, and back."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from digest import __version__
from digest.cli.console import Config, Json, answer, confirmed, counted, note, run, say
from digest.cli.doors import A_STORE, store_at, store_by_url, url_of
from digest.cli.meters import watched
from digest.cli.statuses import FAILED_IN_PART
from digest.config import Settings
from digest.core.backups import Head, mark_of
from digest.errors import InputError, UnfinishedCopyError
from digest.flows.back_up import Backup, Keys, back_up, look_through
from digest.flows.restore import Restored, restore, usable
from digest.settings_file import key_file, load_settings, put_back_keys, secret_keys
from digest.store.places import shown


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("backup")(backup)
    app.command("restore")(restore_file)


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Where to; in a folder, a name with the date (var/backups when not given)."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only read FILE, and add it up.")] = False,
    with_key: Annotated[
        bool, typer.Option("--with-key", help="Keep the secret key in it as well: keep the file safe then.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE when it is there.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Write the whole store into a file, as it is at this moment; all goes on meanwhile."""
    if check:
        return _check(file, json=json)
    settings, now, start = load_settings(config), datetime.now(UTC), time.monotonic()
    path = _named(file or settings.var_dir / "backups", now, is_folder=file is None)
    keys = Keys(secret_keys(settings, made_when_missing=False), with_key)
    if with_key and not keys.keys:
        raise InputError("there is no secret key yet: leave --with-key out, or run digest init")

    async def work() -> Backup:
        async with store_at(settings) as store, watched(json, "backing up", "rows") as progress:
            return await back_up(
                *(store, path),
                now=now,
                program=__version__,
                keys=keys,
                overwrite=overwrite,
                progress=progress,
            )

    done = run(work())
    seconds = round(time.monotonic() - start, 1)
    if json:
        return answer(_document(path, done) | {"seconds": seconds})
    say(f"{_in_words(done)} are in {path} ({_size(done.whole.octets)}, {seconds} s)")
    if not with_key:
        where = key_file(settings) or "DIGEST_SECRET_KEY"
        note(f"the secret key is not in it, and links in mails need it: keep a copy of {where} elsewhere")
    return None


def restore_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What digest backup has written.")],
    into: Annotated[str, typer.Option("--into", metavar="STORE", help=A_STORE)] = "settings",
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove what is in the store; else it must be empty.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Put a backup back into a store of any kind; it sends nothing until digest store reopen."""
    settings, start = load_settings(config), time.monotonic()
    url = url_of(into, settings)

    async def work() -> tuple[Restored, str]:
        # first: what cannot be used makes no store
        usable(file)
        async with store_by_url(url, may_be_new=True) as store:
            async with watched(json, "putting back", "rows written and compared") as progress:
                now = datetime.now(UTC)
                done = await restore(file, store, now=now, may_replace=replace, progress=progress)
            return done, shown(store.url)

    if replace and not yes and not confirmed(f"Remove all that is in the store {into}?"):
        return answer({"restored": False}) if json else say("nothing was changed")
    try:
        done, where = run(work())
    except UnfinishedCopyError as error:
        note(f"digest: {error}")
        raise typer.Exit(FAILED_IN_PART) from None
    except KeyboardInterrupt:
        note("what was begun is not whole, and is begun anew by the next call")
        raise
    links = _links(done.head, settings, is_ours=into == "settings")
    seconds = round(time.monotonic() - start, 1)
    if json:
        said = {"file": file, "of": done.head.at, "schema": done.head.schema, "program": done.head.program}
        said |= {"tables": done.tables, "verified": not done.unlike, "links": links, "seconds": seconds}
        answer(said | ({"differences": done.unlike} if done.unlike else {}))
    elif not done.unlike:
        rows = f"{sum(done.tables.values()):,} rows of {counted(len(done.tables), 'table')}"
        say(f"{rows} are in {where}, compared, and the same as on {_instant(done.head.at)} ({seconds} s)")
    if done.unlike:
        note(f"tables differ: {', '.join(done.unlike)}; the store {where} is not used: call again")
        raise typer.Exit(FAILED_IN_PART)
    note(_NEXT)
    if links in _WHAT_OF_LINKS:
        note(_WHAT_OF_LINKS[links])
    return None


_NEXT = (
    "it is closed: say digest store reopen --sent-until TIME when the store that is gone sent until then, "
    "or --send-again"
)
_WHAT_OF_LINKS = {
    "other-key": "links in mails that were sent by then are signed with another secret key: they work again "
    "once that key is set, behind a new one if you like (docs/backup.md)",
    "no-key": "there is no secret key here: put the old one in its place before anything is sent, or links "
    "in mails that are out will not work",
}


def _check(file: Path | None, *, json: bool) -> None:
    if file is None:
        raise InputError("nothing to check: say which file")

    async def work() -> Backup:
        async with watched(json, "reading", "rows") as progress:
            return await look_through(file, progress)

    done = run(work())
    if json:
        return answer(_document(file, done))
    return say(
        f"{file} is whole: {_in_words(done)} of the store {done.head.store}, version {done.head.schema}, "
        f"written by digest {done.head.program}"
    )


def _named(path: Path, now: datetime, *, is_folder: bool) -> Path:
    # a folder that may not be looked into is told of when the file is written
    return path / f"digest-{now:%Y%m%dT%H%M%SZ}.backup.gz" if is_folder or os.path.isdir(path) else path  # noqa: PTH112


def _document(path: Path, done: Backup) -> dict[str, Any]:
    head = done.head
    return {
        "file": path,
        "name": done.whole.name,
        "at": head.at,
        "schema": head.schema,
        "program": head.program,
        "store": head.store,
        "tables": done.tables,
        "rows": head.rows,
        "octets": done.whole.octets,
        "with_key": bool(head.keys),
    }


def _in_words(done: Backup) -> str:
    return f"{done.head.rows:,} rows of {counted(len(done.tables), 'table')}, as of {_instant(done.head.at)},"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _size(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB" if octets >= 100_000 else f"{octets:,} octets"


def _links(head: Head, settings: Settings, *, is_ours: bool) -> str:
    """Whether links in mails that are out work here; keys that the backup brings are put where none is."""
    if is_ours and head.keys:
        put_back_keys(settings, tuple(key.encode("utf-8", "surrogateescape") for key in head.keys))
    marks = [mark_of(key) for key in secret_keys(settings, made_when_missing=False)]
    if not head.key_marks:
        return "unknown"
    if not marks:
        return "no-key"
    return "valid" if head.key_marks[0] in marks else "other-key"
