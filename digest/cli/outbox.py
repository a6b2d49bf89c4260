"""`digest outbox`: the mails that were written into a folder instead of being sent, listed and shown."""

from __future__ import annotations

import sys
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from digest.cli.browsing import open_in_browser
from digest.cli.console import All, Config, Json, Limit, answer, say, table
from digest.config import Settings
from digest.errors import InputError, NotFoundError
from digest.mail.laid_out import Opened, newest_first, opened
from digest.mail.servers import FileOutbox, parse_servers
from digest.settings_file import load_settings

outbox = typer.Typer(help="List and show the mails of an outbox that is a folder.")

#: What stands above the text of a mail.
_HEAD: Final = ("From", "To", "Subject", "Date")

Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="FOLDER", help="Look in there, and not where smtp_url leads."),
]
To = Annotated[str, typer.Option("--to", metavar="EMAIL", help="Mails to this address, or a part of one.")]


class View(Enum):
    """What is shown of a mail; the value is the ending of a file with it."""

    TEXT = ".txt"
    HTML = ".html"
    HEADERS = ".headers.txt"
    RAW = ".eml"


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(outbox, name="outbox")


@outbox.command("list")
def list_mails(
    to: To = "",
    folder: Folder = None,
    limit: Limit = 100,
    after: Annotated[
        str | None, typer.Option("--after", metavar="CURSOR", help="Go on behind this one.")
    ] = None,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List the mails in the outbox, the newest first."""
    place = _folder(load_settings(config), folder)
    found = newest_first(place, to=to, behind=after)
    mails = list(found if everything else islice(found, limit + 1))
    shown = mails if everything else mails[:limit]
    following = shown[-1].name if len(shown) < len(mails) else None
    if json:
        return answer({"items": shown, "next": following})
    if not shown:
        return say(f"no mail lies in {place}" + (f" that is to {to!r}" if to else ""))
    rows = [(one.name, one.to, one.subject, one.written_at) for one in shown]
    return table("", ("name", "to", "subject", "written_at"), rows, following=following)


@outbox.command("show")
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Its name, as `digest outbox list` says it.")
    ] = None,
    latest: Annotated[bool, typer.Option("--latest", help="The newest one.")] = False,
    to: To = "",
    text: Annotated[bool, typer.Option("--text", help="Its plain text alone.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Its HTML, with its pictures in it.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Its headers, readable.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="All of it, as it would travel.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write that into a file.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open its HTML in the browser.")] = False,
    folder: Folder = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Show a mail of the outbox: from whom, to whom, and its plain text, unless asked for something else."""
    views = (text and View.TEXT, html and View.HTML, headers and View.HEADERS, raw and View.RAW)
    view = _one_of([one for one in views if one])
    settings = load_settings(config)
    place = _folder(settings, folder)
    mail = opened(place, _named(place, name, latest=latest, to=to))
    files = []
    if out is not None:
        files.append(_written(out, _octets(mail, view)))
    if open_:
        files.append(_opened_in_browser(settings, mail))
    if json:
        return answer({**_document(mail), "files": files})
    if files:
        return say("\n".join(map(str, files)))
    if view is View.RAW:
        sys.stdout.buffer.write(mail.content)
        return None
    return say(_words(mail, view).rstrip("\n"))


def _folder(settings: Settings, named: Path | None) -> Path:
    """Where mails are written to; raises InputError where they are sent."""
    if named is not None:
        return named
    target = parse_servers(settings.smtp_url.get_secret_value())
    if isinstance(target, FileOutbox):
        return target.folder
    raise InputError(
        f"mails go to {target[0]} and not into a folder: name one with --folder, "
        "or see digest deliveries list and digest notices list"
    )


def _one_of(views: list[View]) -> View | None:
    if len(views) > 1:
        raise InputError("a mail is shown in one way: choose one of --text, --html, --headers and --raw")
    return views[0] if views else None


def _named(place: Path, name: str | None, *, latest: bool, to: str) -> str:
    """The name of the mail that is meant."""
    if (name is None) == (not latest):
        raise InputError("which mail is meant? Say its NAME, as digest outbox list has it, or --latest")
    if name is not None:
        if to:
            raise InputError(f"--to {to!r} goes with --latest: a mail that is named needs none")
        return name
    for one in newest_first(place, to=to):
        return one.name
    raise NotFoundError(f"no mail lies in {str(place)!r}" + (f" that is to {to!r}" if to else ""))


def _words(mail: Opened, view: View | None) -> str:
    """What is said of a mail in this view; raises InputError where it has no such part."""
    match view:
        case None:
            head = (f"{name + ':':9}{mail.header(name)}" for name in _HEAD)
            return "\n".join([*head, "", mail.text or "(it has no plain text: look at it with --html)"])
        case View.TEXT:
            return _there(mail.text, mail, "plain text")
        case View.HTML:
            return _there(mail.html, mail, "HTML")
        case View.HEADERS:
            return "\n".join(f"{name}: {value}" for name, value in mail.headers)
        case View.RAW:
            return mail.content.decode("utf-8", "replace")


def _there(part: str | None, mail: Opened, what: str) -> str:
    if part is None:
        raise InputError(f"mail {mail.laid.name!r} has no {what}: look at it without that option")
    return part


def _octets(mail: Opened, view: View | None) -> bytes:
    return mail.content if view is View.RAW else _words(mail, view).encode("utf-8", "replace")


def _written(file: Path, content: bytes) -> Path:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(f"file {str(file)!r} cannot be written ({error.strerror})") from error
    return file


def _opened_in_browser(settings: Settings, mail: Opened) -> Path:
    """A page beside the previews, opened, or named where nothing can open it; of a plain mail its text."""
    view = View.TEXT if mail.html is None else View.HTML
    folder = settings.var_dir / "preview"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {str(folder)!r} cannot be written to ({error.strerror})") from error
    page = folder / mail.laid.name.replace(View.RAW.value, view.value)
    open_in_browser(_written(page, _octets(mail, view)))
    return page


def _document(mail: Opened) -> dict[str, Any]:
    laid = mail.laid
    return {
        "name": laid.name,
        "from": mail.header("From"),
        "to": laid.to,
        "subject": laid.subject,
        "date": mail.header("Date"),
        "written_at": laid.written_at,
        "octets": laid.octets,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "text": mail.text,
        "html": mail.html,
    }
