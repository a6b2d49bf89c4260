"""What a round does beside planning and sending: a piece of it that goes wrong keeps no mail from going."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from digest.errors import StoreError, words_of

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Besides:
    """Does such pieces, and remembers what went wrong with them."""

    def __init__(self) -> None:
        """Begin with nothing amiss."""
        self._amiss: Final[list[str]] = []

    async def do(self, what: str, work: Callable[[], Awaitable[T]], otherwise: T) -> T:
        """What came of a piece of work, or `otherwise`. Raises StoreError: everything needs the store."""
        try:
            return await work()
        except StoreError:
            raise
        except Exception as error:
            words = words_of(error)
            log.error("a piece of the round could not be done", piece=what, error=words)
            self._amiss.append(f"{what}: {words}")
            return otherwise

    def amiss(self) -> list[str]:
        """What went wrong since this was asked last."""
        found, self._amiss[:] = list(self._amiss), []
        return found
