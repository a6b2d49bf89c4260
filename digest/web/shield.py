"""The headers that every answer carries: no script, no frame, no trace of a link's token elsewhere."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def security_headers(style: str) -> Mapping[str, str]:
    """What browsers are to hold us to. The one style sheet stands in the pages, so its hash stands here."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        # the path of a page is the reader's key: it goes to no other site, no cache and no index
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def issue_headers() -> Mapping[str, str]:
    """What differs where an issue is shown as it was mailed: its style stands in its elements.

    Pictures come from where the theme has them. The page changes when an item is withdrawn, so nobody may
    keep it without asking again.
    """
    policy = (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src https: http: data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {"Content-Security-Policy": "; ".join(policy), "Cache-Control": "private, no-cache"}


class Shield:
    """Adds headers to every answer that does not bring its own."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        """Stand before `app`."""
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers."""

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, shielded)
