"""What operators and their programs ask a process: does it live, can it serve, what are its figures."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest.core.readiness import Pulse
from digest.core.stopwatch import Stopwatch
from digest.flows.metrics import StoreMetrics
from digest.flows.readiness import ReadyOrNot
from digest.store.database import Database
from digest.web.exposition import ProcessFigures, exposed
from digest.web.forms import seen_from
from digest.web.guesses import Guesses
from digest.web.requests_counted import Requests
from digest.web.shield import Shield, security_headers


class Operated(Struct, frozen=True):
    """What a process knows of itself, and who may ask for its figures."""

    #: any of them opens `/metrics`; without one it is not there
    metrics_tokens: Sequence[str] = ()
    #: of the scheduler of this process; None where there is none
    pulse: Pulse | None = None
    #: what sending takes here
    stopwatch: Stopwatch | None = None
    is_stopping: Callable[[], bool] = lambda: False
    #: figures from the rows are told as well; several processes would all tell the same
    tells_of_store: bool = True
    #: seconds that only go forward, by which answers grow old
    clock: Callable[[], float] = time.monotonic


class Operations:
    """The three endpoints."""

    def __init__(
        self,
        *,
        store: Database,
        operated: Operated,
        now: Callable[[], datetime],
        requests: Requests | None = None,
    ) -> None:
        """Take the parts; nothing is asked of the store before somebody asks us."""
        self._tokens: Final = [token.encode() for token in operated.metrics_tokens]
        self._store_name: Final = store.url.get_backend_name()
        clock = operated.clock
        self._metrics: Final = (
            StoreMetrics(store=store, now=now, clock=clock) if operated.tells_of_store else None
        )
        self._ready: Final = ReadyOrNot(
            store=store, pulse=operated.pulse, is_stopping=operated.is_stopping, clock=clock
        )
        self._process: Final = ProcessFigures(
            requests=requests, stopwatch=operated.stopwatch, pulse=operated.pulse
        )
        self._guesses: Final = Guesses(now=now, what="wrong tokens for the metrics")

    def routes(self) -> list[Route]:
        """Their paths."""
        return [
            Route("/healthz", _lives, methods=["GET"]),
            Route("/readyz", self._readiness, methods=["GET"]),
            Route("/metrics", self._figures, methods=["GET"]),
        ]

    async def _readiness(self, request: Request) -> Response:
        found = await self._ready.look()
        document = {"status": "ok" if found.is_ready else "not ready", "checks": found.checks()}
        return JSONResponse(document, status_code=200 if found.is_ready else 503)

    async def _figures(self, request: Request) -> Response:
        if not self._tokens:
            raise HTTPException(404)
        if not self._may(request.headers.get("authorization", "")):
            return self._refuse(request)
        seen = None if self._metrics is None else await self._metrics.seen()
        accept = request.headers.get("accept", "")
        text, media_type = exposed(self._process, seen, store=self._store_name, accept=accept)
        return Response(text, headers={"Content-Type": media_type})

    def _may(self, said: str) -> bool:
        scheme, _blank, token = said.partition(" ")
        given = token.strip().encode("utf-8", "surrogateescape")
        # each is compared, in constant time, whatever came of the one before
        fitting = [hmac.compare_digest(given, mine) for mine in self._tokens]
        return scheme.lower() == "bearer" and any(fitting)

    def _refuse(self, request: Request) -> Response:
        wait = self._guesses.one_more(seen_from(request))
        if wait:
            return PlainTextResponse(
                "Too many wrong tokens.\n", status_code=429, headers={"Retry-After": str(wait)}
            )
        return PlainTextResponse(
            "The token of DIGEST_METRICS_TOKEN is wanted.\n",
            status_code=401,
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )


def build_operations(*, store: Database, operated: Operated, now: Callable[[], datetime]) -> Starlette:
    """The three endpoints and nothing else, for a process that has no pages."""
    routes = Operations(store=store, operated=operated, now=now).routes()
    app = Starlette(routes=routes, middleware=[Middleware(Shield, headers=security_headers())])
    # such an answer would be made of the Host that was asked for
    app.router.redirect_slashes = False
    return app


async def _lives(request: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "ok"})
