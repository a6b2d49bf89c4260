"""Requests are counted by the path as the program has it, and how long each took: never by what was asked."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.core.metric_labels import method_label
from digest.core.stopwatch import Histogram, histogram_of

#: What is no path of ours: whoever guesses makes one line of figures, not thousands.
NO_ROUTE: Final = "none"


class Requests:
    """What was answered in this process."""

    def __init__(self) -> None:
        """Nothing yet."""
        #: by route, method and status
        self.answered: Final[Counter[tuple[str, str, str]]] = Counter()
        #: by route and method
        self.seconds: Final[dict[tuple[str, str], Histogram]] = {}

    def add(self, route: str, method: str, status: int, seconds: float) -> None:
        """One more."""
        self.answered[route, method, str(status)] += 1
        mine = self.seconds.get((route, method))
        if mine is None:
            mine = self.seconds[route, method] = histogram_of("digest_http_request_seconds")
        mine.add(seconds)


class Counting:
    """Stands before the application and counts what it answers."""

    def __init__(self, app: ASGIApp, requests: Requests, routes: Iterable[BaseRoute]) -> None:
        """Stand before `app`, which answers on these."""
        self._app: Final = app
        self._requests: Final = requests
        self._routes: Final = _by_endpoint(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        # a fault of ours that comes out is answered so, further out
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = time.perf_counter() - began
            self._requests.add(self._route_of(scope), method_label(scope["method"]), status, took)

    def _route_of(self, scope: Scope) -> str:
        """The path that was answered on, as the program has it."""
        # the API says itself which of its paths it was; of a page what it is done by is known
        found = getattr(scope.get("route"), "path", None)
        if found is not None:
            return str(found)
        mine = self._routes.get(scope.get("endpoint"), [])
        fitting = mine if len(mine) == 1 else [one for one in mine if one.path_regex.match(scope["path"])]
        return fitting[0].path if fitting else NO_ROUTE


def _by_endpoint(routes: Iterable[BaseRoute]) -> dict[Any, list[Route]]:
    found: dict[Any, list[Route]] = {}
    for one in routes:
        if isinstance(one, Route):
            found.setdefault(one.endpoint, []).append(one)
    return found
