"""The index of search is made anew, item by item, while all goes on: for when stems are made otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from digest.store import counters, desk_words, searching
from digest.store.database import Database

#: In one transaction: stems are made slowly, and others write too.
TOGETHER: Final = 25


async def reindex(
    *, store: Database, told: Callable[[int], None] = lambda count: None, is_seen: bool = True
) -> int:
    """Index all briefings anew, drafts too: how many. Ended half-way, it has done no harm; safe to repeat.

    Every item is found all the while, by its old terms or by its new ones. `told` is called with how many
    are done. Of a store that nobody looks at yet (`is_seen` is False) no page changes.
    """
    done, last = 0, 0
    while True:
        async with store.write() as connection:
            if is_seen:
                # first, as in whatever writes what pages show
                await counters.pages_change(connection)
            some = await searching.ids_after(connection, last, limit=TOGETHER)
            if not some:
                await searching.keep_stemmers_in_step(connection)
                return done
            await desk_words.keep_in_step(connection, some)
        done, last = done + len(some), some[-1]
        told(done)
