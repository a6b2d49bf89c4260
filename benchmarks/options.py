"""What the command line of the benchmarks may ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """The same for all parts; each takes what it understands."""

    #: readers of the mailings that are sent
    readers: int = 5000
    #: how often contenders take turns
    rounds: int = 3
    #: also with a million readers
    million: bool = False


#: Measures, prints tables, and returns the figures as one JSON document.
Part = Callable[[Options], dict[str, Any]]
