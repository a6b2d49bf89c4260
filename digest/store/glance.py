"""SQLite on the spot: statements that are done when they are asked for, without a step to another thread.

The asynchronous driver takes each statement to a thread of its own and back, which costs five times what
looking at a row does. What is short, and waited for by a person, is done where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, CursorResult
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
P = ParamSpec("P")


class _OnTheSpot:
    """As much of an asynchronous connection as the shelves use."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    async def run_sync(
        self, work: Callable[Concatenate[Connection, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        return work(self._connection, *given, **named)


def on_the_spot(connection: Connection) -> AsyncConnection:
    """The connection, for code that awaits; nothing that it awaits there ever waits."""
    return cast("AsyncConnection", _OnTheSpot(connection))


def driven(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits; RuntimeError for one that does."""
    try:
        work.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    work.close()
    raise RuntimeError("this was to be done on the spot, and waits")
