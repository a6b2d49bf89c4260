"""Threads of a process that sends share one heap, so that what one of them frees is used by all."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Final

import pytest

from digest.cli.allocator import share_one_heap

#: Eight threads take memory at once; then the C library says which heaps there are.
_IN_THREADS: Final = """
import ctypes, threading
{first}
at_once = threading.Barrier(8)
def take():
    at_once.wait()
    kept.append([bytes(5000) for _ in range(2000)])
kept = []
threads = [threading.Thread(target=take) for _ in range(8)]
for one in threads: one.start()
for one in threads: one.join()
c = ctypes.CDLL(None)
c.malloc_info(0, ctypes.c_void_p.in_dll(c, "stdout"))
c.fflush(None)
"""


def heaps_after(first: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _IN_THREADS.format(first=first)], capture_output=True, text=True, check=True
    )
    return len(re.findall("<heap nr=", done.stdout))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the GNU C library tells its heaps")
def test_threads_share_one_heap() -> None:
    assert heaps_after("") > 1
    assert heaps_after("from digest.cli.allocator import share_one_heap; share_one_heap()") == 1


def test_a_c_library_that_knows_nothing_of_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    share_one_heap()
