"""The application behind a real server, and a real Chromium before it: phone and desktop, with and without
scripts, light and dark.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import uvicorn

from digest.store.database import Database
from digest.web.app import build_app
from tests.mail_lint.tools import AXE, browser
from tests.web.visiting import TOKENS

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page


class View(NamedTuple):
    """A window: how wide, in which colours, and whether scripts run in it."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    scripts: bool = True
    #: what the browser says of the languages of its user
    language: str = "en"


PHONE: Final = View("phone", 375)
DESKTOP: Final = View("desktop", 1100)
DARK_PHONE: Final = View("phone-dark", 375, "dark")
DARK_DESKTOP: Final = View("desktop-dark", 1100, "dark")
PLAIN_PHONE: Final = View("phone-plain", 375, scripts=False)
PLAIN_DESKTOP: Final = View("desktop-plain", 1100, scripts=False)
#: The narrowest phone that a page must fit (WCAG 2.2, 1.4.10).
NARROWEST: Final = View("narrowest", 320)
_GIVEN_UP: Final = {f"htmx:{what}, [object HTMLDivElement]" for what in ("afterRequest", "sendAbort")}
_ASK: Final = """(rules) => axe.run(
    document, {resultTypes: ["violations"], ...(rules && {runOnly: rules})}
)"""
_WIDER: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def name_of(view: View) -> str:
    """What a test is called by."""
    return view.name


@asynccontextmanager
async def served(store: Database, now: datetime, **parts: Any) -> AsyncIterator[str]:
    """The application on a port of this machine at an instant; where it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = build_app(store=store, tokens=TOKENS, base_url=base_url, now=lambda: now, **parts)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        # who connects before it has started waits at the socket; signals are those of the tests
        serving = asyncio.create_task(server._serve(sockets=[listening]))
        try:
            yield base_url
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser for as long as the block lasts."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        started = await driver.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def window(started: Browser, view: View) -> AsyncIterator[Page]:
    """A window; what its console complains of is an error of the page."""
    context = await started.new_context(
        viewport={"width": view.width, "height": 800},
        color_scheme=view.scheme,
        java_script_enabled=view.scripts,
        locale=view.language,
        timezone_id="Europe/Paris",
    )
    complaints: list[str] = []
    page = await context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if _is_wrong(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        await context.close()
    assert not complaints, complaints


def _is_wrong(said: ConsoleMessage) -> bool:
    """Chromium notes every answer that is none of 2xx: those that are meant, too, and an icon's.

    htmx notes a part of a page that was asked for, and given up when the page was left.
    """
    answered = any(f"status of {status}" in said.text for status in (410, 422))
    # a page itself that says that there is none; a picture or a script that is not there is a fault
    missing = "status of 404" in said.text and said.page is not None and said.location["url"] == said.page.url
    meant = answered or missing or "favicon" in said.location["url"] or said.text in _GIVEN_UP
    return said.type == "error" and not meant


async def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds on a page by all of its rules, or by these, and whether it is wider than its window."""
    if not await page.evaluate("() => 'axe' in window"):
        # the tool stands beside the policy of the page, not under it
        session = await page.context.new_cdp_session(page)
        await session.send("Page.setBypassCSP", {"enabled": True})
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = (await page.evaluate(_ASK, list(rules) or None))["violations"]
    wrong = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
    beyond = await page.evaluate(_WIDER)
    return [*wrong, f"{beyond} pixels too wide"] if beyond > 0 else wrong


async def says(page: Page, place: str, words: str) -> None:
    """Wait until an element says something."""
    await page.locator(place).filter(has_text=words).first.wait_for(timeout=5_000)
