"""A headless Chromium that shows mails as phones and desktops do, light and dark; it never goes online."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tests.mail_lint.mail import Mail
from tests.mail_lint.tools import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class View(NamedTuple):
    """A window: how wide, in which colours."""

    name: str
    width: int
    scheme: Literal["light", "dark"]


VIEWS: Final = (
    View("phone-light", 375, "light"),
    View("phone-dark", 375, "dark"),
    View("desktop-light", 960, "light"),
    View("desktop-dark", 960, "dark"),
)
#: The narrowest phone that a mail must fit.
NARROWEST: Final = View("narrowest", 320, "light")
_HEIGHT: Final = 900


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as the block lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def window(started: Browser, view: View) -> Iterator[Page]:
    """A window of the browser without a network."""
    context = started.new_context(
        viewport={"width": view.width, "height": _HEIGHT}, color_scheme=view.scheme, offline=True
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take_pictures(mails: list[Mail], folder: Path) -> list[Path]:
    """Each mail in each view as a PNG of the whole page; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with chromium() as started:
        for view in VIEWS:
            with window(started, view) as page:
                for mail in mails:
                    page.set_content(mail.html or "")
                    path = folder / f"{mail.name.replace('/', '-').replace(' ', '-')}-{view.name}.png"
                    page.screenshot(path=path, full_page=True)
                    taken.append(path)
    return taken
