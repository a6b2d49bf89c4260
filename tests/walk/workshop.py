"""Makes a history repeat itself: nothing waits for a thread, so the order of events is drawn, not met."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import Engine


def work_at_once(engine: Engine, file: Callable[[], Path]) -> None:
    """Have an engine call SQLite where it stands instead of in a thread, on this file, without fsync.

    That is ten times as fast. What a thread would add, other tasks running meanwhile, is added by pauses
    between the transactions; and the machine does not fail in these histories, only processes do.
    """

    def instead(_dialect: object, _record: object, places: list[Any], options: dict[str, Any]) -> None:
        places[0] = str(file())
        options["async_creator_fn"] = _AtOnceConnection

    def trust_the_machine(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()

    event.listen(engine, "do_connect", instead)
    event.listen(engine, "connect", trust_the_machine)


class AtOnceExecutor(ThreadPoolExecutor):
    """Does what is to be done in a thread before it answers."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class _AtOnceConnection(aiosqlite.Connection):
    """A connection of aiosqlite whose queue is worked off as it is filled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(partial(sqlite3.connect, *args, **kwargs), iter_chunk_size=64)
        self._tx = _AtOnceQueue()  # type: ignore[assignment]
        self._thread = _NoThread()  # type: ignore[assignment]


class _AtOnceQueue:
    def put_nowait(self, job: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        done, function = job
        try:
            found = function()
        except Exception as error:
            if done is None:
                raise
            done.set_exception(error)
        else:
            if done is not None:
                done.set_result(found)


class _NoThread:
    def start(self) -> None:
        """There is none."""
