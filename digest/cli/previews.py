"""`digest preview`: a reader's next issue as files, exactly as it would be sent, and a page to look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from digest.cli.browsing import open_in_browser
from digest.cli.console import Config, Json, Now, answer, note, parse_now, run, say
from digest.cli.dispatch import press_for
from digest.cli.doors import store_at
from digest.errors import InputError
from digest.flows.preview import Preview, preview
from digest.settings_file import load_settings
from digest.web.preview_page import Measure, measures, preview_page
from subscribers.model import Standing
from subscribers.wishes import parse_address

#: The page that shows the others.
_PAGE: Final = "index.html"


def add_to(app: typer.Typer) -> None:
    """Hang the command of this file into the tree."""
    app.command("preview")(preview_for)


def preview_for(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    reader: Annotated[str, typer.Option("--for", metavar="EMAIL", help="Whose mail.")],
    now: Now = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Where the files are written.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open index.html in the browser.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Print a reader's next issue as it would be sent: subject.txt, body.html, body.txt, message.eml.

    The page index.html shows it on phone and desktop, light and dark, with its text, headers and size.
    """
    instant = parse_now(now)
    settings = load_settings(config)

    async def work() -> Preview:
        async with store_at(settings) as store:
            press = press_for(settings, store)
            return await preview(parse_address(reader), newsletter, store=store, press=press, now=instant)

    found = run(work())
    files = [] if found.letter is None else _write_preview(out or settings.var_dir / "preview", found)
    if open_ and files:
        open_in_browser(files[-1])
    if found.reader.standing is not Standing.ACTIVE:
        note(f"{found.reader.address} is {found.reader.standing}: nothing is sent until that ends")
    sizes = () if found.letter is None else measures(found.letter)
    if json:
        return answer(
            {
                "subject": found.subject or None,
                "due_at": found.slot.due_at,
                "skip": found.selection.skip,
                "files": files,
                "sizes": [
                    {"part": one.name, "octets": one.octets, "budget": one.budget, "fits": one.fits}
                    for one in sizes
                ],
            }
        )
    if found.letter is None:
        return say(f"nothing would be sent: {found.selection.skip}")
    say(f"{found.subject} (due {found.slot.due_at:%Y-%m-%d %H:%M} UTC)")
    for file in files:
        say(f"  {file}")
    for one in sizes:
        say(f"  {_size(one)}")
    return None


def _size(measure: Measure) -> str:
    """A size against its budget: HTML part: 12.3 kB of 90 kB."""
    told = f"{measure.name}: {measure.octets / 1000:.1f} kB of {measure.budget / 1000:.0f} kB"
    return told if measure.fits else f"{told}, too much: Gmail cuts the mail off there"


def _write_preview(folder: Path, found: Preview) -> list[Path]:
    assert found.letter is not None
    contents = {
        "subject.txt": found.subject.encode() + b"\n",
        "body.html": None if found.html is None else found.html.encode(),
        "body.txt": found.text.encode(),
        "message.eml": found.letter.content,
        _PAGE: preview_page(found).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"folder {str(folder)!r} cannot be written to ({error.strerror})") from error
    return [folder / name for name, content in contents.items() if content is not None]
