"""Amazon's hosts in the process: a real server on the loopback stands where names of theirs are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from digest.reach.answers import Answer, Bounds
from digest.reach.client import Reach
from tests.reach.httpd import LOOPBACK, Httpd, httpd


class WayToAmazon(Reach):
    """Goes to the server of the test in place of any https host, by plain HTTP; where to is noted."""

    def __init__(self, server: Httpd) -> None:
        super().__init__(agent="digest-tests", own=LOOPBACK)
        self.server = server
        self.went: list[str] = []

    async def get(
        self, url: str, *, headers: Mapping[str, str] | None = None, bounds: Bounds | None = None
    ) -> Answer:
        self.went.append(url)
        parts = urlsplit(url)
        return await super().get(
            f"{self.server.url}{parts.path}?{parts.query}", headers=headers, bounds=bounds
        )


@asynccontextmanager
async def amazon() -> AsyncIterator[WayToAmazon]:
    """The server, and the way to it."""
    async with httpd() as server:
        reach = WayToAmazon(server)
        try:
            yield reach
        finally:
            await reach.close()
