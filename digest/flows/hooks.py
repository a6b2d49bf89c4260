"""What a mail provider posts is verified, read and settled: when this returns, all of it is durable.

call -> is it theirs? -> what it says -> settled
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from digest.flows.certificates import Certificates
from digest.flows.matching import Origin
from digest.flows.settle import Settling
from digest.mail.hooks import generic, mailgun, plugged, postmark, sendgrid, ses, sns, sparkpost
from digest.mail.hooks.called import FRESH_FOR, Call, Provider, Refusal, RefusedError, Told
from digest.reach.answers import Bounds, ReachError
from digest.reach.client import Reach

log = structlog.get_logger(__name__)

Read = Callable[[Call, Sequence[str], datetime], Told]

#: Amazon's messages are read in two steps, for their certificate is fetched in between.
_READERS: Final[Mapping[str, Read]] = {
    Provider.POSTMARK: postmark.read,
    Provider.SENDGRID: sendgrid.read,
    Provider.MAILGUN: mailgun.read,
    Provider.SPARKPOST: sparkpost.read,
    Provider.GENERIC: generic.read,
}
#: How long a word is remembered that one body alone may come with, and how many are: some sixty megabytes.
_REMEMBERED: Final = mailgun.FRESH_FOR + FRESH_FOR
_MOST_WORDS: Final = 200_000
#: An answer to our yes is short; nobody sends us elsewhere.
_BOUNDS: Final = Bounds(seconds=15, wire_bytes=100_000, body_bytes=100_000, redirects=0)


class Hooks:
    """Takes the calls of those providers whose secrets it has."""

    def __init__(
        self,
        *,
        secrets: Mapping[str, Sequence[str]],
        settling: Settling,
        reach: Reach,
        now: Callable[[], datetime],
    ) -> None:
        """Take the parts."""
        self._secrets: Final = secrets
        self._settling: Final = settling
        self._reach: Final = reach
        self._now: Final = now
        self._certificates: Final = Certificates(reach=reach, now=now)
        self._once: Final = _Once()

    async def take(self, provider: str, call: Call) -> int:
        """Do all that follows from a call; how many things it told of copies of ours.

        Raises RefusedError for one that changes nothing, and StoreError when the provider should come again.
        """
        secrets = self._secrets.get(provider, ())
        if not secrets:
            raise RefusedError(Refusal.NO_SECRET)
        told = await self._read(provider, call, secrets)
        if told.once:
            self._once.check(told.once, call.body, self._now())
        if told.confirm_at:
            await self._confirm(told.confirm_at)
        await self._settling.settle(told.events, Origin(str(provider), vouched=True))
        log.debug("a provider told", provider=provider, events=len(told.events), passed=told.passed)
        return len(told.events)

    async def _read(self, provider: str, call: Call, secrets: Sequence[str]) -> Told:
        """Verify and read in a thread: a batch of thousands would hold up every page."""
        if provider != Provider.SES:
            reader = _READERS.get(provider) or partial(plugged.read, provider)
            return await asyncio.to_thread(reader, call, secrets, self._now())
        message = await asyncio.to_thread(sns.message_of, call, secrets, self._now())
        certificate = await self._certificates.at(message.certificate_url)
        return await asyncio.to_thread(ses.read, message, certificate, self._now())

    async def _confirm(self, url: str) -> None:
        """Say that we want what a topic of ours tells."""
        try:
            answer = await self._reach.get(url, bounds=_BOUNDS)
        except ReachError as error:
            log.warning("a subscription could not be confirmed", error=str(error))
            raise RefusedError(Refusal.LATER) from None
        if not 200 <= answer.status < 300:
            log.warning("a subscription was not confirmed", status=answer.status)
            raise RefusedError(Refusal.LATER)
        log.info("a subscription to events was confirmed", provider=Provider.SES)


class _Once:
    """Words that came with a body, for as long as a signature is good: none may come with another.

    In the memory of one process, and so many at most; a provider that comes again with the same is welcome.
    """

    def __init__(self, most: int = _MOST_WORDS) -> None:
        self._most: Final = most
        self._seen: Final[OrderedDict[bytes, tuple[datetime, bytes]]] = OrderedDict()

    def check(self, word: str, body: bytes, now: datetime) -> None:
        """Refuse a word that came with another body. Only who has the key makes us remember one."""
        while self._seen:
            oldest, (came_at, _) = next(iter(self._seen.items()))
            if now - came_at <= _REMEMBERED and len(self._seen) < self._most:
                break
            del self._seen[oldest]
        mark, digest = (hashlib.sha256(one).digest()[:12] for one in (word.encode(), body))
        if self._seen.setdefault(mark, (now, digest))[1] != digest:
            raise RefusedError(Refusal.REPLAYED)
