"""Acts whose ways cross: PostgreSQL ends one of two that wait for each other, and it is done again.

Nearly all take what they need in one order, and wait in no circle: what keeps plans and corrections apart
(`kept_apart`), what is counted (`attempts`), addresses (`subscribers/entering`), cadences and then readers by
their numbers (`keep_others_off`), and last what is theirs. Where that cannot be, or is not known, the one
that was ended has left nothing behind.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from digest.errors import CrossedError

#: How often an act is tried. To find a circle takes PostgreSQL a second, and somebody waits for a page.
TRIES: Final = 4
#: Seconds before the second try, at most; doubled before each further one.
_PAUSE: Final = 0.05

P = ParamSpec("P")
T = TypeVar("T")


def done_again(act: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """An act of one transaction, which is done again when it was ended for the sake of another one.

    All that it does before its transaction ends, it does within it: what was sent, written to a file or kept
    in mind would be so twice. Raises CrossedError when others were in its way each time.
    """

    @wraps(act)
    async def until_done(*given: P.args, **named: P.kwargs) -> T:
        return await tried(lambda: act(*given, **named))

    return until_done


async def tried(work: Callable[[], Awaitable[T]]) -> T:
    """Do a piece of work of one transaction, some times over if need be."""
    for tries in range(TRIES - 1):
        try:
            return await work()
        except CrossedError:
            # two that begin again at once would meet again
            pause = random.random() * _PAUSE * 2**tries  # noqa: S311 - parts two acts, guards nothing
            await asyncio.sleep(pause)
    return await work()
