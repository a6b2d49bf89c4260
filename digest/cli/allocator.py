"""How the C library gives memory to a process that sends for hours."""

from __future__ import annotations

import ctypes
from typing import Final

#: `malloc.h` of the GNU C library: how many heaps threads may have among them.
_M_ARENA_MAX: Final = -8


def share_one_heap() -> None:
    """Have all threads take from one heap, before the first of them begins.

    Otherwise each has its own, and what was freed in one stays with it, in pieces, while another one grows:
    7 MB of 130 by the time that 400,000 letters are sent, which takes as long either way. Other C libraries
    know nothing of this, and are left alone.
    """
    try:
        choose = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    choose(_M_ARENA_MAX, 1)
