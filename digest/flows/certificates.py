"""Certificates under which Amazon signs: fetched once, kept for as long as this process lives.

Anybody may call and name one, at Amazon alone; so no more than some an hour are asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from digest.core.limits import Limit, end_of_span
from digest.mail.hooks.called import Refusal, RefusedError
from digest.reach.answers import Bounds, ReachError
from digest.reach.client import Reach

log = structlog.get_logger(__name__)

#: Amazon changes its certificate about once a year, and each region has one.
_ASKED_FOR: Final = Limit(30, timedelta(hours=1))
#: More certificates than any newsroom has to do with.
_MOST_KEPT: Final = 50
#: A redirect would lead away from who vouches for it.
_BOUNDS: Final = Bounds(seconds=15, wire_bytes=50_000, body_bytes=50_000, redirects=0)


class Certificates:
    """PEM by web address; the address has been looked at."""

    def __init__(self, *, reach: Reach, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._reach: Final = reach
        self._now: Final = now
        self._kept: Final[dict[str, bytes]] = {}
        # one asks, the others wait for the same answer
        self._asking: Final = asyncio.Lock()
        self._asked = 0
        self._until: datetime | None = None

    async def at(self, url: str) -> bytes:
        """The certificate that lies there; raises RefusedError when it cannot be had for now."""
        if url not in self._kept:
            async with self._asking:
                if url not in self._kept:
                    await self._fetch(url)
        return self._kept[url]

    async def _fetch(self, url: str) -> None:
        now = self._now()
        if self._until is None or now >= self._until:
            self._asked, self._until = 0, end_of_span(_ASKED_FOR.span, now)
        if self._asked >= _ASKED_FOR.most:
            raise RefusedError(Refusal.LATER)
        self._asked += 1
        try:
            answer = await self._reach.get(url, bounds=_BOUNDS)
        except ReachError as error:
            log.warning("a certificate could not be fetched", error=str(error))
            raise RefusedError(Refusal.LATER) from None
        if answer.status != 200 or b"BEGIN CERTIFICATE" not in answer.body:
            log.warning("a certificate could not be fetched", url=url, status=answer.status)
            raise RefusedError(Refusal.LATER)
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = answer.body
