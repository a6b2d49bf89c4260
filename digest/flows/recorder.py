"""Group commit: many lanes note results and next messages, one transaction writes them all down.

A lane goes on only when its note is durable, so a connection carries at most one unrecorded message. While
one group is being committed the next one gathers, and then for as long again, unless three of four lanes wait
by then: a commit costs the processor as much as some dozen rows, and lanes that wait leave others at work.
When the store is locked, full or away, the group is kept and tried again as long as patience lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from digest import tracing
from digest.core.model import DeliveryStatus
from digest.flows.patience import Patience
from digest.store import deliveries, recording
from digest.store.database import Database
from digest.store.deliveries import Recorded
from digest.store.kept_apart import hold_off

#: The longest that notes gather after a commit, in seconds: a slow disk must not slow lanes twice.
_LONGEST_REST: Final = 0.005

log = structlog.get_logger(__name__)


class _Note(NamedTuple):
    result: Recorded | None
    starting: int | None
    #: told when it is durable whether the next message is still ours, or why it is not durable
    then: Callable[[bool | Exception], None]
    #: what may be done while the store is at work
    meanwhile: Callable[[], None] | None


class Recorder(AbstractAsyncContextManager["Recorder"]):
    """Writes the notes of all lanes of one sender. `now` dates results, `wall` dates leases."""

    def __init__(
        self,
        store: Database,
        owner: str,
        *,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        patience: Patience,
        lanes: int = 1,
        took: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Prepare; the work is done between enter and exit. A group of three lanes in four waits no more.

        `took` is told how many seconds each group took to be written down.
        """
        self._store: Final = store
        self._owner: Final = owner
        self._now: Final = now
        self._wall: Final = wall
        self._patience: Final = patience
        self._took: Final = took
        self._waiting: list[_Note] = []
        self._stirred: Final = asyncio.Event()
        #: so many notes make a group that waits for no more
        self._enough: Final = max(1, lanes * 3 // 4)
        self._is_enough: Final = asyncio.Event()
        #: until when notes gather, in the loop's time
        self._rests_until = 0.0
        self._writer: asyncio.Task[None] | None = None

    async def note(self, result: Recorded | None, starting: int | None) -> bool:
        """Write down what came of the last message and which one is next; returns when that is durable.

        False when the next message is no longer ours to send: its lease ran out and somebody else has it.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.note_then(result, starting, partial(_settle, done))
        return await done

    def note_then(
        self,
        result: Recorded | None,
        starting: int | None,
        then: Callable[[bool | Exception], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """The same without a task that waits: `then` is called with what `note` returns, or would raise.

        `meanwhile` is called once before that, when the store has been asked; neither may raise.
        """
        self._waiting.append(_Note(result, starting, then, meanwhile))
        self._stirred.set()
        if len(self._waiting) >= self._enough:
            self._is_enough.set()

    async def __aenter__(self) -> Recorder:
        self._writer = asyncio.create_task(self._write_groups(), name="recorder")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._writer is not None
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    async def _write_groups(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._stirred.wait()
            await self._gather(self._rests_until - loop.time())
            self._stirred.clear()
            self._is_enough.clear()
            group, self._waiting = self._waiting, []
            start = loop.time()
            # in a row, and later than the question to the store: the processor does one thing after the other
            # faster than in turns, and the disk has something to do first
            loop.call_soon(_use_the_time, group)
            try:
                with tracing.span("record", notes=len(group)):
                    ours = await self._patience.through(partial(self._write, group))
            except Exception as error:
                # every lane of the group learns of it; none may go on as if its result were safe
                loop.call_soon(_tell_of, error, group)
            else:
                loop.call_soon(_tell, ours, group)
            end = loop.time()
            self._took(end - start)
            self._rests_until = end + min(end - start, _LONGEST_REST)

    async def _gather(self, seconds: float) -> None:
        if seconds > 0 and not self._is_enough.is_set():
            alarm = asyncio.get_running_loop().call_later(seconds, self._is_enough.set)
            await self._is_enough.wait()
            alarm.cancel()

    async def _write(self, group: list[_Note]) -> set[int]:
        """Write a group down; the ids of those starting that are still ours."""
        results = [note.result for note in group if note.result is not None]
        starting = [note.starting for note in group if note.starting is not None]
        sent = [one.delivery_id for one in results if one.verdict.status is DeliveryStatus.SENT]
        if len(sent) == len(results):
            stale, ours = await self._store.write_apart(partial(self._write_usual, sent, starting))
        else:
            async with self._store.write() as connection:
                if any(map(_touches_readers, results)):
                    # whoever corrects takes the copies first and then the readers, as is done here
                    await hold_off(connection)
                stale = await deliveries.record(connection, self._owner, results, self._now())
                ours = await deliveries.begin(connection, self._owner, starting, self._wall())
        if stale:
            log.warning("results came too late and were refused", copies=stale)
        return ours

    def _write_usual(
        self, sent: Sequence[int], starting: Sequence[int], connection: Connection
    ) -> tuple[int, set[int]]:
        """What is nearly always to be written: all went well, and others begin."""
        stale = recording.record_sent(connection, self._owner, sent, self._now())
        return stale, recording.begin(connection, self._owner, starting, self._wall())


def _touches_readers(result: Recorded) -> bool:
    """Whether a verdict changes how far its reader is, or the standing."""
    return result.verdict.hard_bounce or result.verdict.status is DeliveryStatus.EXPIRED


def _use_the_time(group: Sequence[_Note]) -> None:
    for note in group:
        if note.meanwhile is not None:
            note.meanwhile()


def _tell(ours: set[int], group: Sequence[_Note]) -> None:
    for note in group:
        note.then(note.starting is None or note.starting in ours)


def _tell_of(error: Exception, group: Sequence[_Note]) -> None:
    for note in group:
        note.then(error)


def _settle(done: asyncio.Future[bool], answer: bool | Exception) -> None:
    """Pass an answer on to a task, unless that has been cancelled meanwhile."""
    if done.done():
        return
    if isinstance(answer, Exception):
        done.set_exception(answer)
    else:
        done.set_result(answer)
