"""All of the API behind its one gate, and the path under which the pages leave it alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from digest import __version__
from digest.core.rates import Rates
from digest.flows.press import Press
from digest.store.database import Database
from digest.web.api import (
    briefings,
    families,
    feed_lists,
    feeds,
    finding,
    imports,
    ingest,
    issues,
    orders,
    people,
    problems,
    returns,
    rosters,
    sending,
    stories,
    subscribers,
    suppressions,
    topics,
    webhooks,
)
from digest.web.api.described import description
from digest.web.api.gate import Gate
from digest.web.api.paths import Paths
from digest.web.api.reference import page_of, reference_of

#: Calls of one key in a minute, in each process.
CALLS_A_MINUTE: Final = 600


class ApiRoute(BaseRoute):
    """All paths under `/api`: what is none there is answered by the API as well, not by a page."""

    def __init__(self, build: Callable[[], FastAPI]) -> None:
        """Hand them to the application that is built when the first call comes."""
        self._build: Final = build

    @cached_property
    def app(self) -> FastAPI:
        """The API. Its hundred paths are looked into as they are added: not while the pages start."""
        return self._build()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take what begins so, whatever its method."""
        path = scope.get("path", "")
        is_ours = scope["type"] == "http" and (path == "/api" or path.startswith("/api/"))
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self.app(scope, receive, send)


def build_api(
    *,
    store: Database,
    press: Press,
    base_url: str,
    own_themes: Path | None,
    now: Callable[[], datetime],
    calls_a_minute: int = CALLS_A_MINUTE,
) -> FastAPI:
    """The API as an application of its own, with errors of its own; its paths are whole."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    gate = Gate(store=store, rates=Rates(calls_a_minute, timedelta(minutes=1)), now=now)
    paths = Paths(gate)
    briefings.add_to(paths)
    ingest.add_to(paths)
    finding.add_to(paths)
    stories.add_to(paths)
    topics.add_to(paths, own_themes)
    feed_lists.add_to(paths)
    feeds.add_to(paths)
    rosters.add_to(paths)
    imports.add_to(paths)
    subscribers.add_to(paths)
    suppressions.add_to(paths)
    returns.add_to(paths)
    issues.add_to(paths, press)
    sending.add_to(paths, press)
    orders.add_to(paths)
    families.add_to(paths)
    people.add_to(paths, base_url)
    webhooks.add_to(paths)
    api.router.routes.extend(paths.routes)
    problems.add_to(api)
    add_description(api, paths, base_url)
    return api


def add_description(api: FastAPI, paths: Paths, base_url: str) -> None:
    """Add what there is, for programs and for people: for everybody, since it holds nothing of this house."""
    told: dict[str, Any] = {}

    def tell() -> dict[str, Any]:
        if not told:
            told.update(description(paths.routes, version=__version__, server=base_url))
        return told

    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(tell())

    async def reference(request: Request) -> HTMLResponse:
        return page_of(reference_of(tell()))

    api.router.add_route("/api/openapi.json", openapi, methods=["GET"])
    api.router.add_route("/api/", reference, methods=["GET"])
