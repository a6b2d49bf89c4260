"""A process that reads a mailbox and is killed at a moment: before the mails are recorded, or right after.

Arguments: store's URL, mailbox's URL, certificate, and `before` or `after`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import Sequence

from digest.flows.read_mailbox import MailboxReader
from digest.flows.settle import Mail, Settled, Settling
from digest.mail.mailbox.address import parse_mailbox
from digest.store.database import Database
from tests.flows.returning import NINE, settling


class Killed:
    """Takes mails in, and dies of it."""

    def __init__(self, settles: Settling, when: str) -> None:
        self._settles = settles
        self._when = when

    async def take_in(self, mails: Sequence[Mail]) -> list[tuple[Settled, ...]]:
        if self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = await self._settles.take_in(mails)
        os.kill(os.getpid(), signal.SIGKILL)
        return done


async def main(database: str, mailbox: str, certificate: str, when: str) -> None:
    """Read until we are killed."""
    store = Database(database)
    context = ssl.create_default_context(cafile=certificate)
    intake = Killed(settling(store, NINE), when)
    await MailboxReader(address=parse_mailbox(mailbox), intake=intake, context=context).read(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
