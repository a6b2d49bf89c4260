"""The headers that every answer carries: no strange script, no frame, no trace of a token elsewhere."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Of an answer that has no page in it.
NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@lru_cache(maxsize=256)
def page_policy(*styles: str, scripts: bool = False, picture: str | None = None, framed: bool = False) -> str:
    """What a page may load: the styles that stand in it, by their hashes, and what it is said to.

    `scripts` allows our own files, and that they ask us for parts of a page; `picture` is the one address of
    a logo; `framed` lets others show the page within theirs.
    """
    hashes = " ".join(f"'sha256-{_hash(style)}'" for style in styles if style)
    allowed = [f"style-src {hashes}"] if hashes else []
    if scripts:
        allowed += ["script-src 'self'", "connect-src 'self'"]
    if picture is not None:
        allowed.append(f"img-src {picture}")
    if not framed:
        allowed.append("frame-ancestors 'none'")
    return "; ".join(("default-src 'none'", *allowed, "base-uri 'none'", "form-action 'self'"))


def security_headers() -> Mapping[str, str]:
    """What browsers are to hold us to, where an answer says nothing else."""
    return {
        "Content-Security-Policy": NOTHING,
        # the path of a page is the reader's key: it goes to no other site, no cache and no index
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
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
        self._app: Final = app
        self._headers: Final = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers."""

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                # in lower case, as ASGI has names of headers
                given = list(message.get("headers", ()))
                there = {name for name, _value in given}
                message["headers"] = given + [one for one in self._headers if one[0] not in there]
            await send(message)

        await self._app(scope, receive, shielded)


@lru_cache(maxsize=256)
def _hash(text: str) -> str:
    return b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
