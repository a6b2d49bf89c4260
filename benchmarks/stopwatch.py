"""Adds up where time goes, by wrapping functions of the program where they stand."""

from __future__ import annotations

import inspect
from collections import Counter
from functools import wraps
from time import perf_counter
from typing import Any, Final


class Stopwatch:
    """Seconds spent under each label."""

    def __init__(self) -> None:
        self.seconds: Final[Counter[str]] = Counter()

    def watch(self, label: str, owner: object, name: str) -> None:
        """Count every call of `owner.name` under the label, for the rest of this process."""
        function = getattr(owner, name)
        wrapped = self._awaited if inspect.iscoroutinefunction(function) else self._called
        setattr(owner, name, wrapped(label, function))

    def _called(self, label: str, function: Any) -> Any:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._add(label, start)

        return timed

    def _awaited(self, label: str, function: Any) -> Any:
        @wraps(function)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            start = perf_counter()
            try:
                return await function(*args, **kwargs)
            finally:
                self._add(label, start)

        return timed

    def _add(self, label: str, start: float) -> None:
        self.seconds[label] += perf_counter() - start  # type: ignore[assignment]
