"""Readers written out as a file, page by page: a million take no more memory than a thousand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import select

from digest.flows.readers import newsletter_id_of
from digest.store import listed, newsletters
from digest.store.database import Database
from digest.store.listed import Wanted
from subscribers import store as shelf
from subscribers.interning import cadence_from
from subscribers.model import Cadence
from subscribers.roster import RosterRow, write_roster
from subscribers.subscription import Subscription
from subscribers.tables import cadences

#: Readers in one transaction: none stays open for as long as somebody's network takes.
_AT_A_TIME = 1000


async def roster_of(
    newsletter_slug: str | None, *, store: Database, raw: bool
) -> AsyncIterator[tuple[str, int]]:
    """All readers of a newsletter, or of all, as pieces of CSV, each with how many are in it."""
    async with store.read() as connection:
        slugs = await newsletters.slugs(connection)
    wanted = Wanted(newsletter_id=newsletter_id_of(newsletter_slug, slugs))
    async for piece in as_csv(wanted, store=store, raw=raw):
        yield piece


async def as_csv(wanted: Wanted, *, store: Database, raw: bool) -> AsyncIterator[tuple[str, int]]:
    """The subscriptions that are wanted as pieces of CSV, the header first, each with how many are in it."""
    slugs = await _slugs(store)
    yield write_roster([], raw=raw), 0
    async for some in _pages(wanted, store):
        rows = [row_of(one, slugs[one.newsletter_id]) for one in some]
        yield write_roster(rows, raw=raw, headed=False), len(rows)


async def as_json(wanted: Wanted, *, store: Database) -> AsyncIterator[bytes]:
    """The subscriptions that are wanted as pieces of one JSON array, an object a line."""
    slugs = await _slugs(store)
    comma = b""
    yield b"["
    async for some in _pages(wanted, store):
        objects = b",\n".join(to_json(said_of(one, slugs)) for one in some)
        yield comma + b"\n" + objects
        comma = b","
    yield b"\n]\n"


def row_of(one: Subscription, newsletter: str) -> RosterRow:
    """A subscription as a line of a roster."""
    return RosterRow.of(one.address, newsletter, one.name, one.cadence, one.profile, one.standing)


def said_of(one: Subscription, slugs: Mapping[int, str]) -> dict[str, Any]:
    """A subscription as programs get it: the options of `digest subscribers add`, and the standing."""
    return {
        "email": one.address,
        "newsletter": slugs[one.newsletter_id],
        "name": one.name,
        "status": one.standing,
        "topics": "all" if one.profile.topics is None else sorted(one.profile.topics),
        "sections": "all" if one.profile.sections is None else sorted(one.profile.sections),
        "days": one.cadence.days_text,
        "at": f"{one.cadence.at:%H:%M}",
        "timezone": one.cadence.zone,
        "at_once": one.cadence.at_once,
        "format": one.profile.format,
        "max_items": one.profile.max_items,
        "language": one.profile.language,
        "paused_until": one.paused_until,
    }


async def _slugs(store: Database) -> dict[int, str]:
    async with store.read() as connection:
        return await newsletters.slugs(connection)


async def _pages(wanted: Wanted, store: Database) -> AsyncIterator[Sequence[Subscription]]:
    """Pages that are never empty: those of everybody by their numbers, others the newest reader first."""
    if wanted.part or wanted.by_wishes:
        async for page in _filtered(wanted, store):
            yield page
        return
    after = 0
    while True:
        async with store.read() as connection:
            page = await shelf.page_of_subscriptions(
                connection,
                after=after,
                limit=_AT_A_TIME,
                newsletter_id=wanted.newsletter_id,
                standing=wanted.standing,
            )
        if not page:
            return
        yield page
        after = page[-1].id


async def _filtered(wanted: Wanted, store: Database) -> AsyncIterator[Sequence[Subscription]]:
    async with store.read() as connection:
        query = select(cadences).where(cadences.c.id == (wanted.cadence_id or 0))
        row = (await connection.execute(query)).first()
        cadence = None if row is None else cadence_from(row)
    before: int | None = listed.FROM_THE_NEWEST
    while before is not None:
        async with store.read() as connection:
            people, before = await listed.page(connection, wanted, before=before, count=_AT_A_TIME)
        page = [one for reader in people for one in reader.subscriptions if _is_wanted(one, wanted, cadence)]
        if page:
            yield page


def _is_wanted(one: Subscription, wanted: Wanted, cadence: Cadence | None) -> bool:
    topics = one.profile.topics
    return (
        wanted.newsletter_id in {None, one.newsletter_id}
        and wanted.standing in {None, one.standing}
        and (wanted.topic is None or topics is None or wanted.topic in topics)
        and (wanted.cadence_id is None or one.cadence == cadence)
    )
