"""axe finds nothing that keeps anybody from reading: on phone and desktop, light and dark, by all its rules.

And the page is nowhere wider than the narrowest phone, which axe does not ask (WCAG 2.2, 1.4.10).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from tests.mail_lint.browser import NARROWEST, VIEWS, chromium, window
from tests.mail_lint.mail import Mail
from tests.mail_lint.tools import AXE

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Rules of axe that do not fit a mail, and why.
EXCEPTIONS: Final = {
    "landmark-one-main": "a mail is shown within the page of a mail program, which has a main part already",
    "region": "for the same reason the mail is one article, and not a page of landmarks",
}
_ASK: Final = "() => axe.run(document, {resultTypes: ['violations']})"
_WIDER: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look_at(mails: Sequence[Mail]) -> Iterator[tuple[str, str]]:
    """Violations with the name of the mail; one start of the browser for all."""
    pages = [mail for mail in mails if mail.html is not None]
    if not pages:
        return
    source = AXE.read_text(encoding="utf-8")
    with chromium() as started:
        for view in VIEWS:
            with window(started, view) as page:
                for mail in pages:
                    yield from (
                        (mail.name, f"{view.name}: {wrong}") for wrong in _violations(page, mail, source)
                    )
        with window(started, NARROWEST) as page:
            for mail in pages:
                page.set_content(mail.html or "")
                beyond = page.evaluate(_WIDER)
                if beyond > 0:
                    yield mail.name, f"is {beyond} pixels wider than a window of {NARROWEST.width}"


def _violations(page: Page, mail: Mail, source: str) -> Iterator[str]:
    page.set_content(mail.html or "")
    page.evaluate(source)
    results: list[dict[str, Any]] = page.evaluate(_ASK)["violations"]
    for violation in results:
        if violation["id"] not in EXCEPTIONS:
            places = [node["html"] for node in violation["nodes"]]
            yield f"{violation['id']} ({violation['impact']}), {len(places)} times: {places[0][:120]}"
