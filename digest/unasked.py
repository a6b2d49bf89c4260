"""Packages that others import for what we never ask of them: they need not be loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def unloaded(name: str) -> Iterator[None]:
    """While something else is imported, an empty module stands for this package, unless it is loaded already.

    Who tries to take a part of it finds none, as if it were not installed. Afterwards it can be imported.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        # another thread may have been here at the same time
        sys.modules.pop(name, None)
