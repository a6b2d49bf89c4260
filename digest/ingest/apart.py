"""A process of its own for what strangers made: it knows no secret of ours, and gets only its share."""

from __future__ import annotations

import os
import sys
from contextlib import suppress


def surroundings() -> dict[str, str]:
    """What such a process is told: only where Python and its packages are."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"}


def limit_memory(most: int) -> None:
    """From here on this process gets so many bytes of memory, its program included, and leaves no core."""
    try:
        import resource
    except ImportError:  # not on every system; the limit of time holds all the same
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_processor(seconds: int) -> None:
    """This process ends when it has had so many seconds of the processor, those of its start included."""
    try:
        import resource
    except ImportError:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
