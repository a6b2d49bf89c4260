"""Each request has an id: in every line of the log that is written for it, in its answer, and in what failed.

It is taken from a proxy that is trusted, so that its lines and ours can be laid side by side, and made
otherwise.
"""

from __future__ import annotations

import re
from secrets import token_hex
from time import perf_counter
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from digest import tracing
from digest.core.metric_labels import method_label

log = structlog.get_logger(__name__)

HEADER: Final = "X-Request-ID"
#: Long enough to be told apart from others, and nothing that could be taken for anything else in a line.
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
_HEADER: Final = HEADER.lower().encode()
_FIELD: Final = "request"


def request_id() -> str | None:
    """The id of the request that is being answered; None where none is."""
    found: str | None = get_contextvars().get(_FIELD)
    return found


class RequestIds:
    """Stands before everything else, so that an answer to a fault of ours has an id, too."""

    def __init__(self, app: ASGIApp, *, proxies: str = "", writes_lines: bool = False) -> None:
        """Believe these `proxies`, comma-separated, where a request comes from and what its id is.

        One that `writes_lines` logs each request.
        """
        self._inner: Final = ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type]
        self._writes_lines: Final = writes_lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the id."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)  # type: ignore[arg-type]
            return
        word, began, status = self._given(scope) or token_hex(16), perf_counter(), 500
        header = (_HEADER, word.encode())

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        before = bind_contextvars(**{_FIELD: word})
        try:
            with tracing.request(method_label(scope["method"]), self._parent(scope)) as span:
                try:
                    await self._inner(scope, receive, with_id)  # type: ignore[arg-type]
                finally:
                    span.answered(_route_of(scope), status)
        finally:
            if self._writes_lines:
                log.info(
                    "a request was answered",
                    method=scope["method"],
                    route=_route_of(scope),
                    status=status,
                    seconds=round(perf_counter() - began, 4),
                )
        # not after a fault: the server logs that when we are done, and its line should have the id
        reset_contextvars(**before)

    def _given(self, scope: Scope) -> str:
        """The id that a trusted proxy gave, if it is one; else nothing."""
        given = self._by_proxy(scope, _HEADER)
        return given.decode() if _WELL_FORMED.fullmatch(given) else ""

    def _parent(self, scope: Scope) -> bytes:
        """Of which trace the request is, as a trusted proxy says."""
        return self._by_proxy(scope, tracing.PARENT) if tracing.is_told() else b""

    def _by_proxy(self, scope: Scope, header: bytes) -> bytes:
        """What a trusted proxy says in a header of which there is one; else nothing."""
        client = scope.get("client")
        if not client or client[0] not in self._inner.trusted_hosts:
            return b""
        given = [value for name, value in scope["headers"] if name == header]
        return given[0] if len(given) == 1 else b""


def _route_of(scope: Scope) -> str:
    """What was asked for, with the names of what varies: the path itself may be the key of a reader."""
    found: str = getattr(scope.get("route"), "path", "")
    if not found and "endpoint" in scope and not scope.get("path_params"):
        # nothing varies in it
        found = scope["path"]
    return found or "none"
