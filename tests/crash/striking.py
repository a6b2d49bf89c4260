"""How a process is made to kill itself when it reaches a place: a function is wrapped by its name.

Production code knows nothing of it. Should the function be renamed, wrapping fails, and so does the test.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

from digest.mail.wire import Wire
from digest.store.database import Database
from digest.store.glance import _OnTheSpot

#: A piece of the wire that is longer is content, and no group of commands.
CONTENT: Final = 1000
Test = Callable[..., bool]


def _always(*_: Any) -> bool:
    return True


class _Fuse:
    """Counts the times at which a point is reached; at the last of them the process is gone."""

    def __init__(self, times: int) -> None:
        self._left = times

    def burns_out(self) -> bool:
        self._left -= 1
        return self._left == 0

    def reach(self) -> None:
        if self.burns_out():
            die()


def die() -> None:
    """What the kernel does on `kill -9`: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, *, when: Test = _always) -> Callable[[int], None]:
    """Die when a function is called; `when` looks at its arguments."""

    def arm(times: int) -> None:
        fuse = _Fuse(times)

        def reach(_found: object, *args: Any) -> None:
            if when(*args):
                fuse.reach()

        _wrap(owner, name, at_call=reach)

    return arm


def after(owner: Any, name: str, *, when: Test = _always) -> Callable[[int], None]:
    """Die when a function has returned; `when` looks at what it found and at its arguments."""

    def arm(times: int) -> None:
        fuse = _Fuse(times)

        def reach(found: object, *args: Any) -> None:
            if when(found, *args):
                fuse.reach()

        _wrap(owner, name, at_return=reach)

    return arm


def frozen_before_commit(owner: Any, name: str) -> Callable[[int], None]:
    """Say so and freeze, as SIGSTOP does, when that transaction is about to be committed."""

    def freeze() -> None:
        os.write(2, b"frozen\n")
        os.kill(os.getpid(), signal.SIGSTOP)

    return _around_commit(owner, name, _always, at_commit=freeze)


def before_commit(owner: Any, name: str, *, when: Test = _always) -> Callable[[int], None]:
    """Die when the transaction in which a function was called is about to be committed."""
    return _around_commit(owner, name, when, at_commit=die)


def within_commit(owner: Any, name: str, *, when: Test = _always) -> Callable[[int], None]:
    """Die while that transaction is being committed: the disk is at work, the outcome is open."""
    return _around_commit(owner, name, when, at_commit=lambda: threading.Timer(0.0002, die).start())


def after_commit(owner: Any, name: str, *, when: Test = _always) -> Callable[[int], None]:
    """Die when that transaction is durable, before anybody is told."""
    return _around_commit(owner, name, when, at_end=die)


def half_content(times: int) -> None:
    """Die when half of a message's content is on the wire."""
    fuse = _Fuse(times)
    say = Wire.say

    def say_half(wire: Wire, pieces: Sequence[bytes], answers: int) -> None:
        data = b"".join(pieces)
        if len(data) > CONTENT and fuse.burns_out():
            say(wire, [data[: len(data) // 2]], answers)
            die()
        say(wire, pieces, answers)

    Wire.say = say_half  # type: ignore[method-assign, assignment]


def _wrap(
    owner: Any,
    name: str,
    *,
    at_call: Callable[..., None] | None = None,
    at_return: Callable[..., None] | None = None,
) -> None:
    """Have something done when a function is called or has returned, be it a coroutine or not."""
    function = getattr(owner, name)

    @functools.wraps(function)
    def plain(*args: Any, **options: Any) -> Any:
        if at_call is not None:
            at_call(None, *args)
        found = function(*args, **options)
        if at_return is not None:
            at_return(found, *args)
        return found

    @functools.wraps(function)
    async def awaited(*args: Any, **options: Any) -> Any:
        if at_call is not None:
            at_call(None, *args)
        found = await function(*args, **options)
        if at_return is not None:
            at_return(found, *args)
        return found

    setattr(owner, name, awaited if inspect.iscoroutinefunction(function) else plain)


def _below(connection: Any) -> Any:
    """The connection whose commit is told of, below one for code that awaits."""
    if isinstance(connection, _OnTheSpot):
        return connection._connection
    return getattr(connection, "sync_connection", connection)


def _around_commit(
    owner: Any,
    name: str,
    when: Test,
    *,
    at_commit: Callable[[], None] | None = None,
    at_end: Callable[[], None] | None = None,
) -> Callable[[int], None]:
    """Have something done around the commit of the transaction in which a function returned."""

    def arm(times: int) -> None:
        fuse = _Fuse(times)
        #: the transaction that is marked; one writer at a time is at work in each process
        marked: set[Any] = set()

        def mark(found: object, *args: Any) -> None:
            if when(found, *args) and fuse.burns_out():
                marked.add(_below(args[0]))

        def committing(connection: Any) -> None:
            if connection in marked and at_commit is not None:
                # once: the connection lives on, and a process that woke up is not to be frozen again
                marked.discard(connection)
                at_commit()

        write, write_apart = Database.write, Database.write_apart

        @asynccontextmanager
        async def watched(store: Database, **options: bool) -> AsyncIterator[Any]:
            async with write(store, **options) as connection:
                yield connection
            if marked and at_end is not None:
                at_end()

        async def watched_apart(store: Database, work: Any) -> Any:
            found = await write_apart(store, work)
            if marked and at_end is not None:
                at_end()
            return found

        _wrap(owner, name, at_return=mark)
        event.listen(Engine, "commit", committing)
        Database.write = watched  # type: ignore[method-assign, assignment]
        Database.write_apart = watched_apart  # type: ignore[method-assign, assignment]

    return arm
