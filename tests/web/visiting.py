"""A reader's browser and a mail program's button, in front of the application on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import httpx
from sqlalchemy import select

from digest.store.database import Database
from digest.store.tables import metadata
from digest.web.app import build_app
from subscribers import store as shelf
from subscribers.subscription import Subscription
from subscribers.tokens import Purpose, Tokens
from tests.render.pages import document

KEY: Final = b"a key for tests that is long enough"
TOKENS: Final = Tokens([KEY])
BASE_URL: Final = "https://news.example"
ONE_CLICK: Final = {"List-Unsubscribe": "One-Click"}


@asynccontextmanager
async def visitor(store: Database, now: datetime, *, zone: str = "UTC") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application at an instant; faults of ours come back as the answer that readers get."""
    app = build_app(store=store, tokens=TOKENS, base_url=BASE_URL, zone=zone, now=lambda: now)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


def leaving(reader: Subscription) -> str:
    """The path of a reader's unsubscribe link."""
    return f"/unsubscribe/{TOKENS.make(Purpose.UNSUBSCRIBE, reader.id)}"


def choices(reader: Subscription) -> str:
    """The path of a reader's preferences link."""
    return f"/preferences/{TOKENS.make(Purpose.PREFERENCES, reader.id)}"


async def press(
    client: httpx.AsyncClient, answer: httpx.Response, button: str | None = None, **entered: Any
) -> httpx.Response:
    """Press a button of a page, as a browser without scripts does; without a name, the first one.

    Fields are sent as they stand on the page, but for those that are `entered`.
    """
    pressed = next(one for one in tree(answer).xpath("//button") if button in {None, said_by(one)})
    form = next(pressed.iterancestors("form"))
    assert form.method == "POST"
    fields: dict[str, list[str]] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    action = pressed.get("formaction") or form.action
    return await client.post(answer.url.join(action), data=fields | entered, follow_redirects=True)


def said_by(node: Any) -> str:
    """What an element says, in one line."""
    return " ".join(node.text_content().split())


def tree(answer: httpx.Response) -> Any:
    """The page as a tree."""
    return document(answer.text)


def said(answer: httpx.Response) -> str:
    """All that the page says, in one line."""
    return " ".join(tree(answer).body.text_content().split())


def headline(answer: httpx.Response) -> str:
    """The one main heading of a page."""
    (found,) = tree(answer).xpath("//h1")
    return str(found.text_content())


async def all_rows(store: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    async with store.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in await connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


async def history(store: Database, reader: Subscription) -> list[tuple[str | None, str, str]]:
    """How the standing of a reader changed: before, after, reason."""
    async with store.read() as connection:
        rows = await shelf.standing_history(connection, reader.id)
    return [(row.before, row.after, row.reason) for row in rows]
