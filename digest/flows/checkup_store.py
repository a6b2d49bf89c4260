"""What a look at everything has to know of the store: its state, and what stands in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from zoneinfo import ZoneInfoNotFoundError

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.engine import URL

from digest.core.doctor_settings import Sender
from digest.core.doctor_store import State, StoreSeen
from digest.errors import StoreError
from digest.flows.overview import Overview, overview
from digest.reach.records import found_by_machine
from digest.store import newsletters, workers
from digest.store.database import Database
from digest.store.looked_over import look_at_file, look_at_server, why_closed, zones
from digest.store.places import shown

Opened = Callable[[], AbstractAsyncContextManager[Database]]
IsSetUp = Callable[[Database], Awaitable[bool]]


class Inside(Struct, frozen=True):
    """What stands in a store of today's version."""

    senders: tuple[Sender, ...] = ()
    #: by its name, how many cadences go by a time zone
    zones: Mapping[str, int] = field(default_factory=dict)
    #: ours and the server's at one moment; None for a file
    clocks: tuple[datetime, datetime] | None = None
    #: None when it cannot be told what is due
    overview: Overview | None = None


class Looked(Struct, frozen=True):
    """A store from outside and from inside; the latter as far as it can be looked into."""

    seen: StoreSeen
    inside: Inside | None = None


async def look_into(
    url: URL, opened: Opened, *, now: Callable[[], datetime], seconds: float, is_set_up: IsSetUp | None
) -> Looked:
    """Look at a store from outside, and then from inside where that is possible; in so many seconds."""
    try:
        return await asyncio.wait_for(_look(url, opened, now, is_set_up), seconds)
    except TimeoutError:
        words = f"the store {shown(url)} does not answer within {seconds:g} s"
    except StoreError as error:
        words = str(error)
    is_sqlite = url.get_backend_name() == "sqlite"
    return Looked(StoreSeen(shown(url), State.UNUSABLE, words, is_sqlite=is_sqlite))


async def _look(url: URL, opened: Opened, now: Callable[[], datetime], is_set_up: IsSetUp | None) -> Looked:
    if url.get_backend_name() == "sqlite":
        seen = await asyncio.to_thread(look_at_file, url)
        if seen.state is not State.OPENED:
            return Looked(seen)
        async with opened() as store:
            return await _inside(seen, store, now)
    if url.host and not await found_by_machine(url.host, 5):
        words = (
            f"the store {shown(url)} cannot be reached: its host has no address that this machine can find"
        )
        return Looked(StoreSeen(shown(url), State.UNUSABLE, words, is_sqlite=False))
    async with opened() as store:
        seen = await look_at_server(store)
        if seen.state is not State.OPENED:
            return Looked(seen)
        if is_set_up is not None:
            seen = replace(seen, engine_is_set_up=await is_set_up(store))
        return await _inside(seen, store, now)


async def _inside(seen: StoreSeen, store: Database, now: Callable[[], datetime]) -> Looked:
    async with store.read() as connection:
        senders = tuple(
            Sender(one.slug, one.sender_address, bool(one.postal_address.strip()))
            for one in await newsletters.every(connection)
        )
        by_zone = await zones(connection)
        before = now()
        of_store = await workers.clock(connection)
        clocks = None if store.is_sqlite else (before + (now() - before) / 2, of_store)
    try:
        whole = await overview(store=store, now=now())
    except ZoneInfoNotFoundError:
        # told by who looks at the zones
        whole = None
    closed = await why_closed(store)
    return Looked(replace(seen, closed=closed), Inside(senders, by_zone, clocks, whole))
