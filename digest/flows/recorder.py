"""Group commit: many lanes note results and next messages, one transaction writes them all down.

A lane goes on only when its note is durable, so a connection carries at most one unrecorded message. While
one group is being committed the next one gathers, so the number of commits follows the disk, not the lanes.
When the store is locked, full or away, the group is kept and tried again as long as patience lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from digest.core.model import DeliveryStatus
from digest.flows.patience import Patience
from digest.store import deliveries, recording
from digest.store.database import Database
from digest.store.deliveries import Recorded

log = structlog.get_logger(__name__)


class _Note(NamedTuple):
    result: Recorded | None
    starting: int | None
    done: asyncio.Future[bool]


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
    ) -> None:
        """Prepare; the work is done between enter and exit."""
        self._store: Final = store
        self._owner: Final = owner
        self._now: Final = now
        self._wall: Final = wall
        self._patience: Final = patience
        self._waiting: list[_Note] = []
        self._stirred: Final = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def note(self, result: Recorded | None, starting: int | None) -> bool:
        """Write down what came of the last message and which one is next; returns when that is durable.

        False when the next message is no longer ours to send: its lease ran out and somebody else has it.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Note(result, starting, done))
        self._stirred.set()
        return await done

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
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            group, self._waiting = self._waiting, []
            try:
                ours = await self._patience.through(partial(self._write, group))
            except Exception as error:
                # every lane of the group learns of it; none may go on as if its result were safe
                for note in _awaited(group):
                    note.done.set_exception(error)
            else:
                for note in _awaited(group):
                    note.done.set_result(note.starting is None or note.starting in ours)

    async def _write(self, group: list[_Note]) -> set[int]:
        """Write a group down; the ids of those starting that are still ours."""
        results = [note.result for note in group if note.result is not None]
        starting = [note.starting for note in group if note.starting is not None]
        sent = [one.delivery_id for one in results if one.verdict.status is DeliveryStatus.SENT]
        if len(sent) == len(results):
            stale, ours = await self._store.write_apart(partial(self._write_usual, sent, starting))
        else:
            async with self._store.write() as connection:
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


def _awaited(group: Iterable[_Note]) -> Iterator[_Note]:
    """The notes on whose answer somebody still waits; a lane may have been cancelled."""
    return (note for note in group if not note.done.done())
