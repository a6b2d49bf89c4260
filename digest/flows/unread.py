"""Mails that say nothing find room among those that wait for a person, or are counted."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.unread import KEPT_OCTETS, Lying, Room
from digest.flows.matching import Matched
from digest.store import unread

log = structlog.get_logger(__name__)


class UnreadMails:
    """Those that come in one transaction."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        """Look at nothing yet: most transactions have none."""
        self._connection: Final = connection
        self._now: Final = now
        self._room: Room | None = None
        self._unkept = 0
        self._unkept_octets = 0

    async def take(self, one: Matched, octets: int) -> bool:
        """Make room for a mail of so many octets; False when there is none, and it is counted alone."""
        if self._room is None:
            self._room = Room(await unread.lying(self._connection))
        mailed = one.mailed
        of = (None, None) if mailed is None else (mailed.delivery_id, mailed.notice_id)
        if self._room.take(Lying(*of, min(octets, KEPT_OCTETS))):
            return True
        self._unkept += 1
        self._unkept_octets += octets
        return False

    async def finish(self) -> None:
        """Write down how many there was no room for."""
        if self._unkept:
            log.warning("mails that say nothing were not kept: too many wait already", mails=self._unkept)
            await unread.count_unkept(self._connection, self._unkept, self._unkept_octets, self._now)
