"""Events are handed to webhooks: each at least once, under one id, while no receiver waits for another.

What is to be told was noted in the transaction of what happened (`digest.store.events`). Here it is claimed
with a lease, posted outside of any transaction, and what came of it is written down. A process that dies
between the post and the note hands the event over again, under the same id, when its lease is over.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from msgspec import Struct

from digest import tracing
from digest.core.access import PROGRAM
from digest.core.webhooks import (
    ABOUT_READERS,
    AT_ONCE,
    FAILING_FOR,
    Answered,
    Verdict,
    WhyOff,
    document,
    headers_for,
    judge,
)
from digest.reach.answers import Bounds, ReachError
from digest.reach.client import Reach
from digest.store import events
from digest.store import webhooks as shelf
from digest.store.changes import note_change
from digest.store.database import Database
from digest.store.events import Handover
from digest.store.webhooks import Webhook

log = structlog.get_logger(__name__)

#: Standard Webhooks asks for 15 to 30 seconds. The status is what counts, and few bytes come with it.
_BOUNDS: Final = Bounds(seconds=15.0, connect_seconds=5.0, wire_bytes=1_000_000, body_bytes=1_000_000)
#: Longer than a post and its note can take.
_LEASE: Final = timedelta(minutes=2)


class Handed(Struct):
    """What came of it."""

    taken: int = 0
    failed: int = 0
    #: webhooks that were turned off, by number
    turned_off: tuple[int, ...] = ()

    def add(self, other: Handed) -> None:
        """Count another one's as well."""
        self.taken += other.taken
        self.failed += other.failed
        self.turned_off += other.turned_off


class Messenger:
    """Hands over what there is, every webhook in a task of its own."""

    def __init__(
        self,
        *,
        store: Database,
        reach: Reach,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Work on this store; `clock` is the one on the wall, which receivers look at as well."""
        self._store: Final = store
        self._reach: Final = reach
        self._clock: Final = clock
        self._chance: Final = chance
        #: webhooks that somebody of this process is at
        self._under_way: Final[dict[int, asyncio.Task[Handed]]] = {}

    async def go(self, stop: asyncio.Event, *, within: float | None = None) -> Handed:
        """Note what is new, and hand over what is due until nothing is; at most so many seconds."""
        await self.begin(stop)
        tasks = list(self._under_way.values())
        if tasks:
            await asyncio.wait(tasks, timeout=within)
            await self.end()
        done = Handed()
        for task in tasks:
            if not task.cancelled():
                done.add(task.result())
        return done

    async def begin(self, stop: asyncio.Event) -> None:
        """Note what is new, and set going what is due; waits for no receiver."""
        async with self._store.read() as connection:
            if not await shelf.is_anyone_told(connection):
                # most newsrooms have no webhook, and nothing is looked for
                return
        while not stop.is_set() and await self._gathered():
            pass
        async with self._store.read() as connection:
            waiting = await events.waiting(connection, self._clock())
        for webhook_id in waiting:
            if webhook_id not in self._under_way and not stop.is_set():
                task = asyncio.create_task(self._serve(webhook_id, stop))
                self._under_way[webhook_id] = task
                task.add_done_callback(partial(self._forget, webhook_id))

    async def end(self) -> None:
        """Break off what is under way: it is handed over again by whoever comes next."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, webhook_id: int, _task: asyncio.Task[Handed]) -> None:
        self._under_way.pop(webhook_id, None)

    async def hand_one(self, handover_id: int) -> Handover:
        """Hand one event over now and by itself, such as a test; what came of it."""
        async with self._store.write() as connection:
            one = await events.claim_one(connection, handover_id, self._clock() + _LEASE)
            assert one is not None
            hook = await shelf.by_id(connection, one.webhook_id)
            assert hook is not None
        await self._hand(hook, [one], Handed())
        async with self._store.read() as connection:
            found = await events.by_id(connection, handover_id)
        assert found is not None
        return found

    async def _gathered(self) -> int:
        async with self._store.read() as connection:
            if not await events.is_something_new(connection):
                return 0
        async with self._store.write() as connection:
            return await events.gather(connection, self._clock())

    async def _serve(self, webhook_id: int, stop: asyncio.Event) -> Handed:
        """Hand over all that is due to one receiver, as long as it answers."""
        done = Handed()
        try:
            while not stop.is_set():
                now = self._clock()
                async with self._store.write() as connection:
                    hook = await shelf.by_id(connection, webhook_id, alone=True)
                    if hook is None or not hook.is_awake(now):
                        break
                    # one that failed is asked once, and not with all that waits for it
                    limit = 1 if hook.failures else AT_ONCE
                    some = await events.claim(
                        connection, webhook_id, limit=limit, now=now, until=now + _LEASE
                    )
                if not some:
                    break
                await self._hand(hook, some, done)
        except Exception as error:
            # what was claimed is free again when its lease is over
            words = f"{type(error).__name__}: {error}"
            log.error("a webhook could not be served", webhook=webhook_id, error=words)
        return done

    async def _hand(self, hook: Webhook, some: Sequence[Handover], done: Handed) -> None:
        """Post some events of one webhook at once, and write down what came of them."""
        answers = await asyncio.gather(*(self._post(hook, one) for one in some))
        now = self._clock()
        async with self._store.write() as connection:
            before = await shelf.by_id(connection, hook.id, alone=True)
            if before is None:
                return
            tried = _Tried(before)
            for one, answer in zip(some, answers, strict=True):
                verdict = tried.judged(answer, one, now, self._chance())
                await events.record(
                    connection, one, verdict, status=answer.status, words=answer.words, now=now
                )
                done.taken += verdict.taken
                done.failed += not verdict.taken
            if tried.values != _Tried(before).values or before.rest_until is not None:
                await shelf.change(connection, hook.id, **tried.values)
            if tried.values["off_at"] is not None and before.is_on:
                done.turned_off += (hook.id,)
                why = {"because": str(tried.values["off_because"])}
                await note_change(connection, PROGRAM, "webhook.off", hook.id, now, after=why)
                log.warning("a webhook was turned off", webhook=hook.id, **why)

    async def _post(self, hook: Webhook, one: Handover) -> Answered:
        now = self._clock()
        body = body_of(hook, one)
        headers = headers_for(one.word, now, body, hook.secrets(now))
        try:
            with tracing.span("call a webhook", webhook=hook.id) as span:
                answer = await self._reach.post(hook.url, body, headers=headers, bounds=_BOUNDS)
                span.tell(status=answer.status)
        except ReachError as error:
            return Answered(None, str(error))
        # its body is not kept: it may repeat a reader's address, which has to go when that reader is erased
        words = "a redirect is not followed" if 300 <= answer.status < 400 else ""
        asked = answer.headers.get("retry-after", "")
        return Answered(answer.status, words, int(asked) if re.fullmatch("[0-9]{1,9}", asked) else None)


class _Tried:
    """What becomes of a webhook, answer by answer; what was posted at once failed once."""

    def __init__(self, before: Webhook) -> None:
        """As it was, but that its rest is over: it was tried."""
        self._failures: Final = before.failures + 1
        self.values: Final[dict[str, Any]] = {
            "failing_since": before.failing_since,
            "failures": before.failures,
            "rest_until": None,
            "off_at": before.off_at,
            "off_because": before.off_because,
        }

    def judged(self, answer: Answered, one: Handover, now: datetime, chance: float) -> Verdict:
        """What is done about an answer, noted of the webhook as well."""
        known = self.values
        verdict = judge(answer, one.attempts + 1, self._failures, now, chance)
        if verdict.taken:
            known.update(failing_since=None, failures=0, rest_until=None)
            return verdict
        known["failures"] = self._failures
        known["failing_since"] = since = known["failing_since"] or now
        if verdict.rest_until is not None:
            known["rest_until"] = max(known["rest_until"] or now, verdict.rest_until)
        if known["off_at"] is None and (verdict.gone or now - since >= FAILING_FOR):
            known["off_at"] = now
            known["off_because"] = WhyOff.GONE if verdict.gone else WhyOff.FAILING
        return verdict


def body_of(hook: Webhook, one: Handover) -> bytes:
    """The body of an event, as it is signed and sent."""
    data = dict(one.data)
    if hook.with_addresses and one.kind in ABOUT_READERS:
        data["email"] = one.address
    return json.dumps(document(one.kind, one.at, data), ensure_ascii=False, separators=(",", ":")).encode()
