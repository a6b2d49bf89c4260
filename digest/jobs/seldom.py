"""What each round looks for and few rounds find: what does it is loaded when there is something."""

from __future__ import annotations

import asyncio
from datetime import datetime

from digest.store import editing, imports
from digest.store.database import Database


async def publish_due(*, store: Database, now: datetime) -> tuple[int, ...]:
    """Publish the drafts whose appointed time has come; their ids."""
    async with store.read() as connection:
        if not await editing.due(connection, now):
            return ()
    from digest.flows import edit_briefing

    return await edit_briefing.publish_due(store=store, now=now)


async def work_on_imports(*, store: Database, now: datetime, stop: asyncio.Event) -> int:
    """Go on with every roster that somebody pressed a button for; how many pieces were done."""
    async with store.read() as connection:
        if not await imports.under_way(connection):
            return 0
    from digest.flows import import_work

    return await import_work.work_on_imports(store=store, now=now, stop=stop)
