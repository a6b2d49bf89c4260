"""Stories that somebody of the newsroom forwards to their own address become drafts, each mail once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from msgspec import Struct

from digest.core.access import POWERS_OF, Actor, Power, Via
from digest.core.model import Rejected
from digest.errors import InputError
from digest.flows.collect import collect_within
from digest.ingest.gathered import Gathered
from digest.ingest.mails import read_mails
from digest.mail.mail_in import person_behind
from digest.store import people
from digest.store import taken_files as shelf
from digest.store.database import Database
from digest.store.people import Person

log = structlog.get_logger(__name__)

#: A story is a mail of words; what hangs on it is not read.
MOST_OCTETS: Final = 10_000_000


class Story(Struct, frozen=True):
    """A mail that came to somebody's own address."""

    person_id: int
    raw: bytes


class MailIn:
    """Knows the addresses of the newsroom's people, and takes in what they forward."""

    def __init__(self, *, store: Database, mailbox: str, keys: Sequence[bytes]) -> None:
        """`mailbox` is the address that is tagged; without one nothing is for us."""
        self._store: Final = store
        self._mailbox: Final = mailbox
        self._keys: Final = tuple(keys)

    def person_at(self, addresses: Sequence[str]) -> int | None:
        """Whose address is among these; None for nobody's."""
        if not self._mailbox:
            return None
        found = (person_behind(one, mailbox=self._mailbox, keys=self._keys) for one in addresses)
        return next((one for one in found if one is not None), None)

    async def take(self, story: Story, now: datetime) -> bool:
        """Make drafts of a mail, with the record of it in one transaction; False when it was taken before.

        Who was shut out, or may not edit, has what they send refused, with that reason.
        """
        digest = hashlib.sha256(b"mail-in\0" + story.raw).hexdigest()
        gathered, refusal = await asyncio.to_thread(_read, story.raw)
        async with self._store.write() as connection:
            person = await people.by_id(connection, story.person_id)
            name = "a mail to nobody" if person is None else f"a mail of {person.name}"
            record = await shelf.begin(connection, digest, name[:200], len(story.raw), now)
            if record.times:
                return False
            refusal = _why_not(person) or refusal
            added = updated = unchanged = 0
            rejected = [Rejected(name, 1, refusal)] if refusal else []
            if person is not None and not refusal:
                by = Actor(person.name, Via.MAIL, person.id)
                done = (await collect_within(connection, gathered, now, publish=False, by=by)).whole
                added, updated, unchanged = len(done.added), len(done.updated), done.unchanged
                rejected += done.rejected
            noted = {"added": added, "updated": updated, "unchanged": unchanged}
            await shelf.note(connection, record.id, **noted, rejected=rejected, now=now)
            await shelf.note_kept(connection, record.id, "(mail)", now)
        log.info("a story came by mail", added=added, updated=updated, refused=len(rejected))
        return True


def _read(raw: bytes) -> tuple[Gathered, str]:
    """What the mail holds, and why it cannot be taken, if so."""
    if len(raw) >= MOST_OCTETS:
        return Gathered(), f"the mail has more than {MOST_OCTETS // 1_000_000} MB"
    try:
        return read_mails(raw, source="mail"), ""
    except InputError as error:
        return Gathered(), str(error)


def _why_not(person: Person | None) -> str:
    if person is None or person.shut_out_at is not None:
        return "its sender may not enter the desk any more"
    if Power.EDIT not in POWERS_OF[person.role]:
        return f"its sender is {person.role}, and may not edit"
    return ""
