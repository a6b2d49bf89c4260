"""Runs a program to its end and says what that took, it and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

_MEGABYTE: Final = 1024 * (1024 if sys.platform == "darwin" else 1)


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended well."""

    output: bytes
    #: seconds from its start to its end
    wall: float
    #: seconds, of all its threads
    processor: float
    #: the most memory that it had resident, in megabytes
    peak: float


def ended(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ended:
    """Run it; raises RuntimeError when it ends otherwise than with status 0."""
    start = perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, spent = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with status {process.returncode}: {output.decode()}")
    return Ended(output, wall, spent.ru_utime + spent.ru_stime, spent.ru_maxrss / _MEGABYTE)
