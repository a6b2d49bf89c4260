"""Programs with keys, in front of the application on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from fastapi import FastAPI

from digest.core.access import POWERS_OF, SCOPES, Power, Role
from digest.flows import proofs
from digest.flows.press import Press
from digest.store import people
from digest.store.database import Database
from digest.web.api.api import ApiRoute
from digest.web.api.gate import GuardedRoute
from digest.web.app import build_app
from tests.web.visiting import BASE_URL, KEY, TOKENS

NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
V1: Final = f"{BASE_URL}/api/v1/"
#: What nobody can log in with: these people are known by their keys alone.
_NO_PASSWORD: Final = "none"


async def a_key(
    store: Database,
    role: Role = Role.ADMIN,
    scopes: Collection[Power] | None = None,
    *,
    name: str = "",
    now: datetime = NOW,
) -> str:
    """A new key of somebody with this role; with all that the role can, if nothing else is said."""
    key, holder = proofs.new_api_key(), name or f"the {role}"
    async with store.write() as connection:
        person = await people.by_name(connection, holder)
        person_id = person.id if person else await people.add(connection, holder, role, _NO_PASSWORD, now)
        kept = proofs.beginning_of(key), proofs.hash_of(key)
        wanted = POWERS_OF[role] & SCOPES if scopes is None else scopes
        await people.add_key(connection, person_id, "tests", kept, wanted, now)
    return key


def api_app(store: Database, clock: Callable[[], datetime] = lambda: NOW, **parts: Any) -> FastAPI:
    """The application as programs reach it."""
    press = Press(store=store, keys=[KEY], base_url=BASE_URL)
    return build_app(store=store, tokens=TOKENS, base_url=BASE_URL, now=clock, press=press, **parts)


def routes_of(app: FastAPI) -> list[GuardedRoute]:
    """All routes of the API but the one that describes it."""
    (api,) = [route.app for route in app.router.routes if isinstance(route, ApiRoute)]
    return [route for route in api.router.routes if isinstance(route, GuardedRoute)]


@asynccontextmanager
async def program(
    store: Database,
    key: str | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    *,
    role: Role = Role.ADMIN,
    **parts: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key, by default a new one of an admin; paths are given behind `/api/v1/`."""
    word = await a_key(store, role) if key is None else key
    transport = httpx.ASGITransport(api_app(store, clock, **parts), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {word}"} if word else {}
    async with httpx.AsyncClient(transport=transport, base_url=V1, headers=headers) as client:
        yield client
