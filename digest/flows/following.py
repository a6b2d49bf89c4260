"""A counted link is followed: where it leads, and the count of the item; nobody learns who it was."""

from __future__ import annotations

import structlog

from digest.core.weblinks import is_web_link
from digest.errors import StoreError
from digest.render.corrected import as_told
from digest.store import clicks, numbered
from digest.store.database import Database

log = structlog.get_logger(__name__)


async def target_of(link_id: int, *, store: Database) -> str | None:
    """The address that the item has in the issue; None when there is none, or none on the web."""
    async with store.glance() as connection:
        place = await clicks.place_of(connection, link_id)
        if place is None:
            return None
        found = await numbered.by_numbers(connection, {place.number: place.revision})
    briefing = found.get(place.number)
    url = as_told(briefing).url if briefing is not None else None
    return url if url is not None and is_web_link(url) else None


async def count_click(link_id: int, *, store: Database) -> None:
    """Count it; when the store cannot be written to, a count is lost and the reader does not notice."""
    try:
        async with store.write() as connection:
            await clicks.count(connection, link_id)
    except StoreError as error:
        log.warning("a click was not counted", link=link_id, error=str(error))
