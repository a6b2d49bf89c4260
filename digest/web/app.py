"""The web application: pages for readers, the desk, the API, and what operators ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.flows.hooks import Hooks
from digest.flows.looking import Look
from digest.flows.press import Press
from digest.flows.reprints import Reprints
from digest.store.database import Database
from digest.web import static, trouble
from digest.web.addresses import Addresses
from digest.web.api.api import CALLS_A_MINUTE, ApiRoute, build_api
from digest.web.archive_pages import ArchivePages
from digest.web.cached import Cached
from digest.web.confirming import Confirming
from digest.web.desk.desk import desk_routes
from digest.web.embed import Embedding
from digest.web.feeds import Feeds
from digest.web.following import Following
from digest.web.guesses import Guesses
from digest.web.hooks import HookCalls
from digest.web.issue_pages import IssuePages
from digest.web.leaving import Leaving
from digest.web.my_data import MyData
from digest.web.operations import Operated, Operations
from digest.web.own_issues import OwnIssues
from digest.web.preferences import Preferences
from digest.web.request_ids import RequestIds
from digest.web.requests_counted import Counting, Requests
from digest.web.shield import Shield, security_headers
from digest.web.signing_up import SigningUp
from subscribers.tokens import Tokens


def _present() -> datetime:
    return datetime.now(UTC)


class Pages(FastAPI):
    """An application whose requests have ids, whatever becomes of them."""

    def __init__(self, *, proxies: str, logs_requests: bool, **more: Any) -> None:
        """Believe these proxies; log each request if wanted."""
        self._proxies: Final = proxies
        self._logs_requests: Final = logs_requests
        super().__init__(**more)

    def build_middleware_stack(self) -> ASGIApp:
        """All that a request passes: what answers faults of ours stands within the ids."""
        stack = super().build_middleware_stack()
        return RequestIds(stack, proxies=self._proxies, writes_lines=self._logs_requests)


def build_app(
    *,
    store: Database,
    tokens: Tokens,
    base_url: str,
    own_themes: Path | None = None,
    zone: str = "UTC",
    now: Callable[[], datetime] = _present,
    press: Press | None = None,
    calls_a_minute: int = CALLS_A_MINUTE,
    hooks: Hooks | None = None,
    mail_in: Callable[[int], str] | None = None,
    look: Look | None = None,
    proxies: str = "",
    logs_requests: bool = False,
    operated: Operated | None = None,
) -> FastAPI:
    """An application without its framework's interactive pages: they would load scripts from elsewhere.

    Nor does it send anybody on to a path with or without a last slash: that answer would be made of the
    Host that was asked for. Days of the archive are those of `zone`; the desk shows
    mails as `press` prints them, and with one there is the API; `mail_in` gives the address at which the
    stories of a person, by number, come in; `look` looks at all that mails depend on. Without `hooks` no
    provider is listened to. What `proxies` say, comma-separated, is believed: where a request came from,
    and its id. `operated` is what the process says of itself to who watches it.
    """
    requests = Requests()
    operations = Operations(store=store, operated=operated or Operated(), now=now, requests=requests)
    signing_up = SigningUp(store=store, now=now)
    reprints = Reprints(store=store, own_themes=own_themes)
    app = Pages(
        proxies=proxies,
        logs_requests=logs_requests,
        title="digest",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        routes=[
            *(
                one
                for pages in (Leaving, Preferences, MyData, Addresses, Confirming)
                for one in pages(store=store, tokens=tokens, now=now).routes()
            ),
            *signing_up.routes(),
            *Embedding(store=store, signing_up=signing_up, now=now).routes(),
            *IssuePages(reprints=reprints, tokens=tokens, base_url=base_url).routes(),
            *Following(store=store, tokens=tokens).routes(),
            *OwnIssues(store=store, tokens=tokens, now=now).routes(),
            *HookCalls(hooks=hooks, now=now).routes(),
            *_archive(store=store, base_url=base_url, zone=zone),
            *desk_routes(
                store=store,
                base_url=base_url,
                zone=zone,
                now=now,
                own_themes=own_themes,
                press=press,
                mail_in=mail_in,
                look=look,
            ),
            *static.routes(),
            *operations.routes(),
        ],
    )
    if press is not None:
        build = partial(
            build_api,
            store=store,
            press=press,
            base_url=base_url,
            own_themes=own_themes,
            now=now,
            calls_a_minute=calls_a_minute,
        )
        app.router.routes.append(ApiRoute(build))
    app.add_middleware(Shield, headers=security_headers())
    # outermost: what the others take counts, too
    app.add_middleware(Counting, requests=requests, routes=app.router.routes)
    trouble.add_to(app, Guesses(now=now), base_url=base_url)
    return app


def _archive(*, store: Database, base_url: str, zone: str) -> list[Route]:
    """The public archive, whose days are those of `zone`."""
    cached = Cached(store=store, settings=(base_url, zone))
    feeds = Feeds(store=store, base_url=base_url, zone=zone, cached=cached)
    pages = ArchivePages(store=store, base_url=base_url, zone=zone, cached=cached)
    # the names of feeds would be taken for days
    return [*feeds.routes(), *pages.routes()]
