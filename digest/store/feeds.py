"""The shelf of feeds: which are polled and when, and how their polls went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.feeding import FAILING_FROM, Feed, PollOutcome
from digest.store.feed_tables import feed_items, feed_polls, feed_refusals, feeds
from subscribers.interning import insert_into
from subscribers.model import Section

#: So many polls of each feed are kept.
POLLS_KEPT: Final = 50
#: So long a refusal is kept after the last poll that had it.
REFUSALS_KEPT: Final = timedelta(days=90)
#: So many refusals of each feed are shown; what was not refused for longer is shown last.
_REFUSALS_SHOWN: Final = 100


class Poll(Struct, frozen=True):
    """How one poll went."""

    at: datetime
    outcome: PollOutcome
    #: of HTTP; 0 when there was no answer
    status: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    words: str = ""


class Refusal(Struct, frozen=True):
    """An entry that was not taken, and how often."""

    line: int
    label: str
    reason: str
    key: str
    times: int = 1
    first_at: datetime | None = None
    last_at: datetime | None = None


async def add(connection: AsyncConnection, new: Feed) -> int:
    """Write a feed down; its id. The address must not be there yet."""
    values = {name: getattr(new, name) for name in Feed.__struct_fields__ if name != "id"}
    query = insert(feeds).values(values | {"topics": list(new.topics)}).returning(feeds.c.id)
    new_id: int = (await connection.execute(query)).scalar_one()
    return new_id


async def by_id(connection: AsyncConnection, feed_id: int, *, alone: bool = False) -> Feed | None:
    """One feed, or None; `alone`, nobody else changes it until commit."""
    query = select(feeds).where(feeds.c.id == feed_id)
    row = (await connection.execute(query.with_for_update() if alone else query)).first()
    return None if row is None else _feed_from(row)


async def by_url(connection: AsyncConnection, url: str) -> Feed | None:
    """The feed of an address, or None."""
    row = (await connection.execute(select(feeds).where(feeds.c.url == url))).first()
    return None if row is None else _feed_from(row)


async def page(connection: AsyncConnection, *, after: int = 0, limit: int = 100) -> tuple[Feed, ...]:
    """Feeds by id, from `after` on."""
    query = select(feeds).where(feeds.c.id > after).order_by(feeds.c.id).limit(limit)
    return tuple(map(_feed_from, await connection.execute(query)))


async def every(connection: AsyncConnection) -> tuple[Feed, ...]:
    """All of them by id."""
    return tuple(map(_feed_from, await connection.execute(select(feeds).order_by(feeds.c.id))))


async def noteworthy(connection: AsyncConnection, gaps_since: datetime) -> tuple[Feed, ...]:
    """Those that may need a person: gone, failing, with a gap since then; and all whose rhythm is known."""
    mine = feeds.c
    query = select(feeds).where(
        or_(
            mine.gone_at.is_not(None),
            mine.failures >= FAILING_FROM,
            (mine.failures > 0) & mine.begun_at.is_(None),
            mine.gap_at >= gaps_since,
            mine.rhythm_minutes.is_not(None),
        )
    )
    return tuple(map(_feed_from, await connection.execute(query.order_by(mine.id))))


async def due(connection: AsyncConnection, now: datetime, limit: int) -> tuple[Feed, ...]:
    """Feeds that are to be asked by now, the longest due first."""
    mine = feeds.c
    query = select(feeds).where(mine.next_poll_at <= now).order_by(mine.next_poll_at, mine.id).limit(limit)
    return tuple(map(_feed_from, await connection.execute(query)))


async def claim(connection: AsyncConnection, found: Sequence[Feed], until: datetime) -> list[Feed]:
    """Take feeds for a while; those that another poller took meanwhile are not in the answer."""
    mine, taken = feeds.c, []
    for feed in found:
        query = update(feeds).where(mine.id == feed.id, mine.next_poll_at == feed.next_poll_at)
        if (await connection.execute(query.values(next_poll_at=until))).rowcount:
            taken.append(feed)
    return taken


async def give_back(connection: AsyncConnection, taken: Sequence[Feed], until: datetime) -> None:
    """Let feeds be due again that were taken until then, and not asked."""
    mine = feeds.c
    for feed in taken:
        query = update(feeds).where(mine.id == feed.id, mine.next_poll_at == until)
        await connection.execute(query.values(next_poll_at=feed.next_poll_at))


async def save(connection: AsyncConnection, feed_id: int, **values: Any) -> None:
    """Change columns of a feed."""
    if "topics" in values:
        values["topics"] = list(values["topics"])
    await connection.execute(update(feeds).where(feeds.c.id == feed_id).values(values))


async def remove(connection: AsyncConnection, feed_id: int) -> None:
    """Forget a feed and what was seen in it; its briefings stay."""
    for table in (feed_refusals, feed_polls, feed_items):
        await connection.execute(delete(table).where(table.c.feed_id == feed_id))
    await connection.execute(delete(feeds).where(feeds.c.id == feed_id))


async def note_poll(connection: AsyncConnection, feed_id: int, poll: Poll) -> None:
    """Write down how a poll went, and forget the oldest ones."""
    values = asdict(poll)
    query = insert(feed_polls).values(values | {"feed_id": feed_id}).returning(feed_polls.c.id)
    await connection.execute(query)
    mine = feed_polls.c
    kept = select(mine.id).where(mine.feed_id == feed_id).order_by(mine.id.desc()).offset(POLLS_KEPT).limit(1)
    oldest = (await connection.execute(kept)).scalar()
    if oldest is not None:
        await connection.execute(delete(feed_polls).where(mine.feed_id == feed_id, mine.id <= oldest))


async def polls_of(connection: AsyncConnection, feed_id: int, limit: int = 20) -> tuple[Poll, ...]:
    """The last polls of a feed, the newest first."""
    mine = feed_polls.c
    columns = [mine[name] for name in Poll.__struct_fields__]
    query = select(*columns).where(mine.feed_id == feed_id).order_by(mine.id.desc()).limit(limit)
    rows = await connection.execute(query)
    return tuple(Poll(**{**row._mapping, "outcome": PollOutcome(row.outcome)}) for row in rows)


async def note_refusals(
    connection: AsyncConnection, feed_id: int, found: Sequence[Refusal], now: datetime
) -> None:
    """Write refusals down; one that is known is counted, and one of long ago is forgotten."""
    mine = feed_refusals.c
    old = (mine.feed_id == feed_id) & (mine.last_at < now - REFUSALS_KEPT)
    await connection.execute(delete(feed_refusals).where(old))
    rows = [
        {
            "feed_id": feed_id,
            "entry_key": one.key,
            "reason": one.reason[:300],
            "line": one.line,
            "label": one.label[:200],
            "times": 1,
            "first_at": now,
            "last_at": now,
        }
        for one in found
    ]
    if not rows:
        return
    query = insert_into(connection, feed_refusals)
    again = {"times": mine.times + 1, "line": query.excluded.line, "last_at": now}
    await connection.execute(
        query.on_conflict_do_update(index_elements=["feed_id", "entry_key", "reason"], set_=again), rows
    )


async def refusals_of(connection: AsyncConnection, feed_id: int) -> tuple[Refusal, ...]:
    """What was refused of a feed, the latest first."""
    mine = feed_refusals.c
    query = select(feed_refusals).where(mine.feed_id == feed_id)
    rows = await connection.execute(query.order_by(mine.last_at.desc(), mine.line).limit(_REFUSALS_SHOWN))
    return tuple(
        Refusal(row.line, row.label, row.reason, row.entry_key, row.times, row.first_at, row.last_at)
        for row in rows
    )


async def items_by_state(connection: AsyncConnection, feed_id: int) -> dict[str, int]:
    """How many entries of a feed there are in each state."""
    mine = feed_items.c
    query = select(mine.state, func.count()).where(mine.feed_id == feed_id).group_by(mine.state)
    return {row[0]: row[1] for row in await connection.execute(query)}


def _feed_from(row: Row[Any]) -> Feed:
    return Feed(**{**row._mapping, "section": Section(row.section), "topics": tuple(row.topics)})
