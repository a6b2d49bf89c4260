"""REMARKS: standard error, for log lines and all that is no answer; it never stands in the way of work."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final, TextIO, cast


class _Remarks:
    """What cannot be written, on a full disk or to somebody who left, is left out, and the work goes on.

    An error here would come out wherever a line is logged: in the middle of a letter.
    """

    def write(self, words: str) -> int:
        """Write, if that is possible."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(words)
        return len(words)

    def flush(self) -> None:
        """Write what waits, if that is possible."""
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()


#: Looks for standard error each time: tests put another one in its place.
REMARKS: Final = cast("TextIO", _Remarks())


def give_up_remarks() -> None:
    """At the end of the process: what still waits, and cannot be written, must not change its exit status."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
