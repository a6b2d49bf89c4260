"""What a feed holds enters the store: new entries settle and come out, changed ones are revisions.

An entry is known again by its name in the feed, then by its link, in this feed or another, then by what all
ways in go by. What waits for its time and leaves the feed before is not published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM
from digest.core.feeding import Feed, ItemState, may_be_out
from digest.core.model import BriefingStatus, DraftBriefing, Skip
from digest.flows.collect import Taken, collect_within
from digest.flows.feed_leaving import note_leaving
from digest.flows.stories import join_new
from digest.ingest.feed_entry import FeedItem
from digest.ingest.feeds import FeedRead
from digest.ingest.gathered import Gathered
from digest.ingest.topics import TopicRules
from digest.store import briefings, feed_items, sent_elsewhere, topics
from digest.store.changes import note_change
from digest.store.feed_items import KnownItem
from digest.store.feeds import Refusal


class FeedTaken(Struct, frozen=True):
    """What became of the entries of one poll; each is counted once."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: tuple[Refusal, ...] = ()
    #: the feed holds nothing that it held before
    has_gap: bool = False
    #: entries that were not there before
    new: int = 0


class _Sorted(Struct, frozen=True):
    """The entries of a poll by what is known of them."""

    fresh: tuple[FeedItem, ...]
    changed: Mapping[FeedItem, KnownItem]
    unchanged: int
    #: known by link under another name, here or in another feed
    renamed: Mapping[FeedItem, KnownItem]
    listed: frozenset[int]
    #: the briefings of what is listed
    shown: frozenset[int]


async def take_feed(connection: AsyncConnection, feed: Feed, read: FeedRead, now: datetime) -> FeedTaken:
    """Take what a feed holds, in a transaction of the caller's."""
    found = await _sorted(connection, feed, read)
    await note_leaving(connection, feed, read, now)
    old, fresh = _first_choice(feed, found.fresh)
    await _remember(connection, feed, old, now, ItemState.OLD)
    taken = await _collected(connection, feed, read, fresh, found, now)
    await _appoint(connection, feed, fresh, taken, now, await sent_elsewhere.until(connection))
    said = {known.id: item.said_key for item, known in found.changed.items() if item.place in taken.ids}
    await feed_items.note_said(connection, said)
    await _bring_back(connection, feed, found, now)
    await _let_go(connection, feed, found, now)
    # last: it holds rows of briefings, and whoever publishes one at this moment waits for them
    await _rename(connection, feed, found.renamed, now)
    refused = [Refusal(one.place, one.label, one.reason, one.key) for one in read.refused]
    by_place = {item.place: item for item in read.items}
    for rejected in taken.whole.rejected:
        item = by_place[rejected.line]
        refused.append(Refusal(item.place, item.title[:200], rejected.reason, item.guid_key))
    added, updated = len(taken.whole.added), len(taken.whole.updated)
    rest = len(read.items) - len(taken.whole.rejected) - added - updated
    is_known = bool(found.listed or found.renamed)
    return FeedTaken(
        added=added,
        updated=updated,
        unchanged=max(rest, 0),
        refused=tuple(refused),
        has_gap=feed.begun_at is not None and len(found.fresh) > 1 and not is_known,
        new=len(found.fresh),
    )


async def _sorted(connection: AsyncConnection, feed: Feed, read: FeedRead) -> _Sorted:
    named = await feed_items.by_guid(connection, feed.id, {item.guid_key for item in read.items})
    # a link that several entries share says nothing of any of them
    times = Counter(item.link_key for item in read.items)
    links = {key for key, count in times.items() if key and count == 1}
    unnamed = {item.link_key for item in read.items if item.guid_key not in named} & links
    linked: dict[str, KnownItem] = {}
    for known in await feed_items.by_link(connection, unnamed):
        before = linked.get(known.link_key)
        if before is None or (before.feed_id != feed.id and known.feed_id == feed.id):
            linked[known.link_key] = known
    fresh, changed, renamed, unchanged = [], {}, {}, 0
    listed: set[int] = set()
    shown: set[int] = set()
    met: set[str] = set()
    for item in read.items:
        if item.guid_key in met:
            # printed twice
            unchanged += 1
            continue
        met.add(item.guid_key)
        known_item = named.get(item.guid_key)
        if known_item is None:
            known_item = linked.get(item.link_key)
            if known_item is None or item.link_key not in links:
                fresh.append(item)
                continue
            renamed[item] = known_item
        if known_item.feed_id == feed.id:
            listed.add(known_item.id)
            shown.add(known_item.briefing_id or 0)
        is_ours = known_item.feed_id == feed.id and known_item.briefing_id is not None
        if is_ours and known_item.said_key != item.said_key and known_item.state is not ItemState.ELSEWHERE:
            changed[item] = known_item
        else:
            unchanged += 1
    return _Sorted(tuple(fresh), changed, unchanged, renamed, frozenset(listed), frozenset(shown))


def _first_choice(feed: Feed, fresh: Sequence[FeedItem]) -> tuple[tuple[FeedItem, ...], tuple[FeedItem, ...]]:
    """What is only remembered, and what is taken, each the oldest first; all but the first poll takes all."""
    if all(item.published is not None for item in fresh):
        ordered = sorted(fresh, key=lambda item: (item.published, -item.place))
    else:
        # feeds have the newest first
        ordered = sorted(fresh, key=lambda item: -item.place)
    if feed.begun_at is not None:
        return (), tuple(ordered)
    left = max(len(ordered) - feed.take, 0)
    return tuple(ordered[:left]), tuple(ordered[left:])


async def _collected(
    connection: AsyncConnection,
    feed: Feed,
    read: FeedRead,
    fresh: Sequence[FeedItem],
    found: _Sorted,
    now: datetime,
) -> Taken:
    rules = TopicRules.of(await topics.every(connection))
    given = rules.known_among(feed.topics)
    drafts, named = [], {}
    for item in (*fresh, *found.changed):
        draft = item.draft(now.date(), section=feed.section, topics=given)
        known = found.changed.get(item)
        if known is not None and known.briefing_id is not None:
            named[item.place] = known.briefing_id
            draft = await _on_its_day(connection, item, draft, known.briefing_id)
        drafts.append(replace(draft, source=feed.source or draft.source))
    gathered = Gathered(
        drafts=tuple(drafts),
        source=f"feed {feed.id}",
        categories={item.place: item.categories for item in read.items if item.categories},
    )
    return await collect_within(connection, gathered, now, publish=False, by=PROGRAM, named=named)


async def _on_its_day(
    connection: AsyncConnection, item: FeedItem, draft: DraftBriefing, briefing_id: int
) -> DraftBriefing:
    """An entry that says no day keeps the one on which it came."""
    if item.day is not None:
        return draft
    before = await briefings.by_id(connection, briefing_id)
    return draft if before is None else replace(draft, source_date=before.source_date)


async def _appoint(
    connection: AsyncConnection,
    feed: Feed,
    fresh: Sequence[FeedItem],
    taken: Taken,
    now: datetime,
    sent_until: datetime | None,
) -> None:
    """Say when each new item comes out: after its time of settling, or at once.

    What may have gone out from another store until `sent_until` stays a draft, for a person.
    """
    added = set(taken.whole.added)
    settles_at = now + feed.settle
    at_once: list[int] = []
    settling: list[int] = []
    rows = []
    for item in fresh:
        briefing_id = taken.ids.get(item.place)
        waits = False
        if briefing_id in added:
            assert briefing_id is not None
            if may_be_out(feed, item.published, sent_until):
                rows.append(_row(feed, item, ItemState.SETTLED, briefing_id, now, None))
                told = {"because": Skip.SENT_ELSEWHERE}
                await note_change(connection, PROGRAM, "briefing.wait", briefing_id, now, after=told)
                continue
            waits = bool(feed.settle_minutes) and not _is_old(feed, item, now)
            (settling if waits else at_once).append(briefing_id)
        if briefing_id is not None:
            state = ItemState.SETTLING if waits else ItemState.SETTLED
            rows.append(_row(feed, item, state, briefing_id, now, settles_at if waits else None))
    await feed_items.add(connection, rows)
    await briefings.appoint(connection, settling, settles_at)
    await briefings.publish(connection, at_once, now)
    if at_once:
        await join_new(connection, at_once, now)


def _is_old(feed: Feed, item: FeedItem, now: datetime) -> bool:
    """True for what stood in the feed long before it was ours: its editors are done with it."""
    return feed.begun_at is None and item.published is not None and item.published < now - feed.settle


async def _remember(
    connection: AsyncConnection, feed: Feed, items: Sequence[FeedItem], now: datetime, state: ItemState
) -> None:
    await feed_items.add(connection, [_row(feed, item, state, None, now, None) for item in items])


async def _rename(
    connection: AsyncConnection, feed: Feed, renamed: Mapping[FeedItem, KnownItem], now: datetime
) -> None:
    """Remember the new name of what is known by its link; what another feed had first stays that feed's."""
    rows = []
    for item, known in renamed.items():
        ours = known.feed_id == feed.id
        state = known.state if ours else ItemState.ELSEWHERE
        # one row of an item waits, or it would be counted twice
        state = ItemState.SETTLED if state is ItemState.SETTLING else state
        rows.append(_row(feed, item, state, known.briefing_id, now, None))
    await feed_items.add(connection, rows)


async def _bring_back(connection: AsyncConnection, feed: Feed, found: _Sorted, now: datetime) -> None:
    """What vanished and is there again waits again."""
    waiting = await feed_items.of_state(connection, feed.id, ItemState.VANISHED)
    back = [one for one in waiting if one.id in found.listed and one.briefing_id is not None]
    for one in back:
        assert one.briefing_id is not None
        before = await briefings.by_id(connection, one.briefing_id)
        if before is not None and before.status is BriefingStatus.DRAFT and before.publish_at is None:
            await briefings.set_flags(connection, one.briefing_id, publish_at=now + feed.settle)
    await feed_items.move(connection, [one.id for one in back], ItemState.SETTLING, now + feed.settle)


async def _let_go(connection: AsyncConnection, feed: Feed, found: _Sorted, now: datetime) -> None:
    """What left the feed before its time is not published.

    Only while something older is still listed: a feed that moved on has pushed it out at its end.
    """
    waiting = [
        one
        for one in await feed_items.of_state(connection, feed.id, ItemState.SETTLING)
        if one.id not in found.listed and one.briefing_id not in found.shown
        if one.settles_at is not None and one.settles_at > now
    ]
    gone = [one for one in waiting if found.listed and min(found.listed) < one.id and one.seen_at < now]
    for one in gone:
        before = None if one.briefing_id is None else await briefings.by_id(connection, one.briefing_id)
        if before is None or before.status is not BriefingStatus.DRAFT or before.publish_at is None:
            continue
        await briefings.set_flags(connection, before.id, publish_at=None)
        told = {"title": before.title, "publish_at": None}
        was = {"publish_at": before.publish_at.isoformat()}
        await note_change(connection, PROGRAM, "briefing.vanish", before.id, now, before=was, after=told)
    await feed_items.move(connection, [one.id for one in gone], ItemState.VANISHED)


def _row(
    feed: Feed,
    item: FeedItem,
    state: ItemState,
    briefing_id: int | None,
    now: datetime,
    settles_at: datetime | None,
) -> dict[str, object]:
    return {
        "feed_id": feed.id,
        "guid_key": item.guid_key,
        "link_key": item.link_key,
        "said_key": item.said_key,
        "state": state,
        "briefing_id": briefing_id,
        "seen_at": now,
        "settles_at": settles_at,
    }
