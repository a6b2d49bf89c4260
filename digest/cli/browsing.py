"""A page that was written is opened in the browser of whoever sits before this machine."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from digest.cli.console import note


def open_in_browser(page: Path) -> None:
    """Open a page, or say where it is when this machine has nothing to open it with."""
    try:
        is_open = webbrowser.open(page.resolve().as_uri())
    except webbrowser.Error:
        is_open = False
    if not is_open:
        note(f"no browser was found here: open {page} in one")
