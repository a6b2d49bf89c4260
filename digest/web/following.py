"""Counted links in mails: a signed number leads to the address that stands in the store, and nowhere else."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.flows.following import count_click, target_of
from digest.store.database import Database
from digest.web.linked import subject_of
from digest.web.paths import shows
from subscribers.tokens import Purpose, Tokens


class Following:
    """Answers for `/go`: the one page where looking counts, and all that it counts is the item."""

    def __init__(self, *, store: Database, tokens: Tokens) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens

    def routes(self) -> list[Route]:
        """The path, and what answers on it."""
        return [shows("/go/{token}", self.follow)]

    async def follow(self, token: str, request: Request) -> Response:
        """On to the item's own address; a link that we did not make leads nowhere."""
        link = subject_of(self._tokens, Purpose.FOLLOW, token)
        url = await target_of(link, store=self._store)
        if url is None:
            raise HTTPException(404)
        counting = BackgroundTask(count_click, link, store=self._store) if _is_meant(request) else None
        return Response(status_code=302, headers={"Location": _in_ascii(url)}, background=counting)


def _is_meant(request: Request) -> bool:
    """False for who only asks whether the link is there, or fetches it in case it is wanted."""
    purpose = request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    return request.method == "GET" and "prefetch" not in purpose.lower()


def _in_ascii(url: str) -> str:
    """As a header can carry it (RFC 3986): other signs by their octets, escapes as they are."""
    return "".join(
        sign if "!" <= sign <= "~" else "".join(f"%{octet:02X}" for octet in sign.encode()) for sign in url
    )
