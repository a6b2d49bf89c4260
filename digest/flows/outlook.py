"""What a new reader can expect: what issues would have held lately, and what waits for the first one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.backtest import Published, Typical, back_test, begin_of_test
from digest.core.model import Newsletter
from digest.core.selection import Rules
from digest.flows.coming import coming
from digest.flows.publish import rules_of
from digest.render.reading import reading_seconds, whole_minutes
from digest.store import counters, numbered
from subscribers.subscription import Subscription


async def outlook(
    connection: AsyncConnection, reader: Subscription, newsletter: Newsletter, now: datetime
) -> dict[str, Any]:
    """In plain values, to be kept: what is said in a welcome stays what it was when it was written down.

    `tried`: [issues, items, minutes] of the back-test, or None; `first`: when the first issue is due, or None
    when it comes with the news; `waiting`: how many items it would hold if it were made now.
    """
    newest = await counters.newest_number(connection)
    found = await _tried(connection, reader, await rules_of(connection, newsletter), newest, now)
    first = await coming(connection, reader, newsletter, now)
    return {
        "tried": None if found is None else [found.issues, found.items, whole_minutes(found.seconds)],
        "first": None if first.due_at is None else first.due_at.isoformat(),
        "waiting": first.held.items,
    }


async def _tried(
    connection: AsyncConnection, reader: Subscription, rules: Rules, newest: int, now: datetime
) -> Typical | None:
    begin = begin_of_test(reader.cadence, now)
    after = await numbered.newest_published_before(connection, begin)
    candidates = await numbered.candidates(connection, after=after, upto=newest, also=set())
    numbers = {one.number for one in candidates}
    revisions = await numbered.current_revisions(connection, numbers)
    texts = await numbered.by_numbers(connection, revisions)
    past = []
    for one in sorted(candidates, key=lambda candidate: candidate.number):
        text = texts[one.number]
        if text.published_at is not None:
            seconds = reading_seconds((text.title, *text.paragraphs))
            past.append(Published(one, text.published_at, seconds))
    return back_test(reader.cadence, reader.profile, past, rules, now)
