"""A sign of life to a service elsewhere, which warns when it stays away: then even nobody here can be dead.

Such services are called dead man's switches. They are told nothing but that all is well.
"""

from __future__ import annotations

from typing import Final

import structlog

from digest.reach.answers import Bounds, ReachError
from digest.reach.client import Reach

log = structlog.get_logger(__name__)

#: Nobody waits long for such a service: the next sign comes in a minute.
_BOUNDS: Final = Bounds(seconds=10.0, wire_bytes=100_000, body_bytes=100_000)


class Heartbeat:
    """Calls one address."""

    def __init__(self, *, url: str, reach: Reach) -> None:
        """The address is a secret: who knows it can pretend that we live."""
        self._url: Final = url
        self._reach: Final = reach
        self._is_heard = True

    async def beat(self) -> bool:
        """Give a sign; False when it was not heard, which is logged when it was before."""
        try:
            status = (await self._reach.get(self._url, bounds=_BOUNDS)).status
            trouble = "" if 200 <= status < 300 else f"it answers with {status}"
        except ReachError as error:
            # the words name the address
            trouble = str(error.trouble)
        if trouble and self._is_heard:
            log.warning("the sign of life is not heard, which is tried again", error=trouble)
        elif not trouble and not self._is_heard:
            log.warning("the sign of life is heard again")
        self._is_heard = not trouble
        return self._is_heard
