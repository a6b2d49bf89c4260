"""Mails that a person may look at find room among those that are kept, or are counted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.returned import Kind
from digest.core.unread import SILENT, TELLING, Bounds, Lying, Room
from digest.flows.matching import Matched
from digest.store import unread

log = structlog.get_logger(__name__)


class UnreadMails:
    """Those that come in one transaction."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        """Look at nothing yet: most transactions have none."""
        self._connection: Final = connection
        self._now: Final = now
        self._rooms: Final[dict[Bounds, Room]] = {}
        self._unkept: Final[Counter[Bounds]] = Counter()
        self._unkept_octets = 0

    async def take(self, one: Matched, octets: int) -> Bounds | None:
        """Make room for a mail of so many octets; None when there is none, and it is counted alone."""
        bounds = SILENT if one.event.kind is Kind.UNKNOWN else TELLING
        if bounds not in self._rooms:
            self._rooms[bounds] = Room(await unread.lying(self._connection, bounds), bounds)
        mailed = one.mailed
        of = (None, None) if mailed is None else (mailed.delivery_id, mailed.notice_id)
        if self._rooms[bounds].take(Lying(*of, min(octets, bounds.kept))):
            return bounds
        self._unkept[bounds] += 1
        self._unkept_octets += octets
        return None

    async def finish(self) -> None:
        """Write down how many there was no room for."""
        if not self._unkept:
            return
        silent, telling = self._unkept[SILENT], self._unkept[TELLING]
        log.warning("mails were not kept: too many lie there already", silent=silent, others=telling)
        await unread.count_unkept(self._connection, silent + telling, self._unkept_octets, self._now)
