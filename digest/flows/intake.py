"""Mails that reach us go where they belong: stories to the drafts, all else to what settles returned mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from digest import tracing
from digest.flows.mail_in import MailIn, Story
from digest.flows.settle import Mail, Settled, Settling
from digest.mail.bounces.addresses import addresses_in
from digest.mail.bounces.mime import read_mail

#: Headers that name the address a mail came to, the surest first.
_CAME_TO: Final = ("x-original-to", "delivered-to", "envelope-to", "to", "cc")


class Intake:
    """Takes mails in, from wherever they were fetched."""

    def __init__(self, *, settling: Settling, mail_in: MailIn, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._settling: Final = settling
        self._mail_in: Final = mail_in
        self._now: Final = now

    async def take_in(self, mails: Sequence[Mail]) -> list[tuple[Settled, ...] | None]:
        """What became of each, durable when this returns: None for a story that is a draft now.

        Raises StoreError: then the caller keeps what it has, and comes again.
        """
        persons = await asyncio.to_thread(lambda: [self._person(one) for one in mails])
        others = [mail for mail, person in zip(mails, persons, strict=True) if person is None]
        with tracing.span("take in mails", mails=len(others)):
            settled = iter(await self._settling.take_in(others))
        done: list[tuple[Settled, ...] | None] = []
        for mail, person in zip(mails, persons, strict=True):
            if person is None:
                done.append(next(settled))
                continue
            await self._mail_in.take(Story(person, mail.raw), self._now())
            done.append(None)
        return done

    async def is_ours(self, address: str) -> bool:
        """Whether mail to this address is for us: a return path, or the one of somebody of the newsroom."""
        return self._mail_in.person_at([address]) is not None or await self._settling.is_ours(address)

    def _person(self, mail: Mail) -> int | None:
        if mail.envelope_to:
            return self._mail_in.person_at([mail.envelope_to])
        head = read_mail(mail.raw[:100_000])
        told = [one for name in _CAME_TO for value in head.all(name) for one in addresses_in(value)]
        return self._mail_in.person_at(told)
