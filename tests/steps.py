"""How much SQLite does for a piece of work, in instructions of its machine: as many wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

#: Instructions from one count to the next.
_STRIDE: Final = 100


class Steps:
    """A count that goes on while its block lasts."""

    def __init__(self) -> None:
        """Nothing is done yet."""
        self.hundreds = 0

    def __call__(self) -> int:
        """A hundred instructions more; zero lets SQLite go on."""
        self.hundreds += 1
        return 0


@contextmanager
def counted_steps() -> Iterator[Steps]:
    """Count what every SQLite store does in the block, over asynchronous connections."""
    steps = Steps()

    def count(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.run_async(lambda raw: raw.set_progress_handler(steps, _STRIDE))

    event.listen(Engine, "engine_connect", count)
    try:
        yield steps
    finally:
        event.remove(Engine, "engine_connect", count)
