"""What statements were compiled to, remembered from one test to the next."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

#: So many of each kind of store; the product has some hundreds of them.
_MOST: Final = 3_000


class _Remembered:
    """Statements as they were compiled for one driver, whichever engine it was that asked.

    A dialect belongs to its engine, and stands first in each key: without that every test, having engines of
    its own, would compile all of its statements anew, which took a quarter of its time.
    """

    def __init__(self) -> None:
        self._compiled: LRUCache[Any, Any] = LRUCache(_MOST)

    def get(self, key: tuple[Any, ...]) -> Any:
        return self._compiled.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._compiled[key[1:]] = compiled


_BY_DRIVER: Final[dict[tuple[str, str], _Remembered]] = {}


@event.listens_for(Engine, "engine_connect")
def _remember(connection: Connection) -> None:
    dialect = connection.dialect
    remembered = _BY_DRIVER.setdefault((dialect.name, dialect.driver), _Remembered())
    connection.execution_options(compiled_cache=remembered)
