"""People of the newsroom, logged in, in front of the application on a real store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import httpx
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from fastapi import FastAPI

from digest.core.access import Role
from digest.flows import entering
from digest.flows.entering import Browser, Entered
from digest.store import people
from digest.store.database import Database
from digest.web.app import build_app
from digest.web.desk.gate import COOKIE
from tests.render.pages import document
from tests.web.visiting import BASE_URL, TOKENS

NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PASSWORD: Final = "four words that rhyme not"
#: A browser says of each form where it stands.
FROM_HERE: Final = {"Origin": BASE_URL}
BROWSER: Final = Browser("192.0.2.7", "a browser of the tests")


async def add_person(store: Database, name: str, role: Role, now: datetime = NOW) -> int:
    """Somebody with the password of all tests."""
    async with store.write() as connection:
        return await people.add(connection, name, role, _hash(), now)


async def token_of(store: Database, name: str, now: datetime = NOW) -> str:
    """The token of a new session of somebody who needs no code."""
    found = await entering.log_in(name, PASSWORD, BROWSER, store=store, now=now)
    assert isinstance(found, Entered)
    return found.token


def desk_app(store: Database, clock: Callable[[], datetime] = lambda: NOW, **parts: Any) -> FastAPI:
    """The application as people of the newsroom reach it."""
    return build_app(store=store, tokens=TOKENS, base_url=BASE_URL, now=clock, **parts)


@asynccontextmanager
async def stranger(
    store: Database, clock: Callable[[], datetime] = lambda: NOW, **parts: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a session, that says where its forms stand."""
    transport = httpx.ASGITransport(desk_app(store, clock, **parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=FROM_HERE) as client:
        yield client


@asynccontextmanager
async def at_the_desk(
    store: Database, role: Role = Role.ADMIN, clock: Callable[[], datetime] = lambda: NOW, **parts: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody with this role, who is called as it; the account is made when it is missing."""
    name = f"the {role}"
    async with store.read() as connection:
        known = await people.by_name(connection, name)
    if known is None:
        await add_person(store, name, role, clock())
    token = await token_of(store, name, clock())
    async with stranger(store, clock, **parts) as client:
        client.cookies.set(COOKIE, token, domain="news.example", path="/")
        yield client


async def submit(
    client: httpx.AsyncClient, answer: httpx.Response, action: str, **entered: Any
) -> httpx.Response:
    """Send the form of a page whose action ends like this, with its own fields but for those `entered`."""
    form = next(one for one in document(answer.text).xpath("//form") if (one.action or "").endswith(action))
    fields: dict[str, Any] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    return await client.post(answer.url.join(form.action or ""), data=fields | entered, follow_redirects=True)


def says(answer: httpx.Response) -> str:
    """All that a page says, in one line."""
    return re.sub(r"\s+", " ", document(answer.text).body.text_content()).strip()


@cache
def _hash() -> str:
    return PasswordHasher.from_parameters(CHEAPEST).hash(PASSWORD)
