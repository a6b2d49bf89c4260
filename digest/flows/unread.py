"""Mails that a person may look at find room among those that are kept, or are counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.returned import Kind
from digest.core.unread import SILENT, TELLING, Bounds, Lying, Room
from digest.flows.matching import Matched
from digest.mail.peek import sender_and_subject
from digest.store import returned_mails, unread

log = structlog.get_logger(__name__)


class UnreadMails:
    """Those that come in one transaction."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        """Look at nothing yet: most transactions have none."""
        self._connection: Final = connection
        self._now: Final = now
        self._rooms: Final[dict[Bounds, Room]] = {}
        #: whether there was room, by mail: one may tell of many recipients, and is kept once
        self._taken: Final[dict[bytes, bool]] = {}
        self._unkept: Final[Counter[Bounds]] = Counter()
        self._unkept_octets = 0

    async def has_room(self, one: Matched, raw: bytes) -> bool:
        """Make room for a mail; False when there is none, and it is counted alone."""
        key, bounds = _key_of(raw), _bounds_of(one)
        if key not in self._taken:
            if bounds not in self._rooms:
                self._rooms[bounds] = Room(await unread.lying(self._connection, bounds), bounds)
            mailed = one.mailed
            of = (None, None) if mailed is None else (mailed.delivery_id, mailed.notice_id)
            self._taken[key] = self._rooms[bounds].take(Lying(*of, min(len(raw), bounds.kept)))
            if not self._taken[key]:
                self._unkept[bounds] += 1
                self._unkept_octets += len(raw)
        return self._taken[key]

    async def keep(self, one: Matched, raw: bytes) -> int | None:
        """Keep the first part of a mail; its number, or None when there is no room."""
        if not await self.has_room(one, raw):
            return None
        heading, most = sender_and_subject(raw), _bounds_of(one).kept
        return await returned_mails.keep(self._connection, _key_of(raw), raw, heading, self._now, most)

    async def finish(self) -> None:
        """Write down how many there was no room for."""
        if not self._unkept:
            return
        silent, telling = self._unkept[SILENT], self._unkept[TELLING]
        log.warning("mails were not kept: too many lie there already", silent=silent, others=telling)
        await unread.count_unkept(self._connection, silent + telling, self._unkept_octets, self._now)


def _bounds_of(one: Matched) -> Bounds:
    return SILENT if one.event.kind is Kind.UNKNOWN else TELLING


def _key_of(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=16).digest()
