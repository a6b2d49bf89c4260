"""What was gathered enters the store: new items published, changed ones revised, known ones left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import BriefingStatus, DraftBriefing, Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.identity import body_key, content_key, title_key
from digest.ingest.topics import TopicRules
from digest.store import briefings, topics
from digest.store.briefings import Keys, Known
from digest.store.database import Database


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of what was gathered: briefing ids, a count, and refusals."""

    added: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()


class _Fate(Enum):
    ADDED = auto()
    UPDATED = auto()
    UNCHANGED = auto()


class _Acquaintances:
    """Which stored briefing an item is: found by title, source and date first, else by body and source."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._by_title: dict[str, Known] = {}
        self._by_body: dict[str, Known] = {}
        for one in known:
            self.meet(one)

    def meet(self, one: Known) -> None:
        self._by_title[one.keys.title] = one
        self._by_body[one.keys.body] = one

    def find(self, keys: Keys) -> Known | None:
        return self._by_title.get(keys.title) or self._by_body.get(keys.body)


async def collect(gathered: Gathered, *, store: Database, now: datetime, publish: bool = True) -> Collected:
    """Take every item of one source in one transaction; what is published together is one batch.

    An item that names an unknown topic is refused like one that cannot be read; the rest is taken.
    """
    fates: list[tuple[int, _Fate]] = []
    rejected = list(gathered.rejected)
    async with store.write() as connection:
        rules = TopicRules(await topics.every(connection))
        keys = {keys_of(draft) for draft in gathered.drafts}
        known = _Acquaintances(await briefings.known_by(connection, keys))
        for draft in gathered.drafts:
            try:
                fates.append(await _take(connection, draft, known, rules, now))
            except InputError as error:
                rejected.append(Rejected(gathered.source, draft.line, str(error)))
        if publish:
            await briefings.publish(connection, _with(fates, _Fate.ADDED), now)
    added = _with(fates, _Fate.ADDED)
    return Collected(
        added=added,
        updated=tuple(id_ for id_ in _with(fates, _Fate.UPDATED) if id_ not in added),
        unchanged=sum(fate is _Fate.UNCHANGED for _id, fate in fates),
        rejected=tuple(sorted(rejected, key=lambda refusal: refusal.line)),
    )


def keys_of(draft: DraftBriefing) -> Keys:
    """How this item is known again, and whether it changed."""
    return Keys(
        title=title_key(draft.title, draft.source, draft.source_date),
        body=body_key(draft.paragraphs, draft.source),
        content=content_key(draft),
    )


async def _take(
    connection: AsyncConnection,
    draft: DraftBriefing,
    known: _Acquaintances,
    rules: TopicRules,
    now: datetime,
) -> tuple[int, _Fate]:
    """Add, revise or leave one item; raises InputError before anything is written."""
    keys = keys_of(draft)
    found = known.find(keys)
    if found is not None and found.keys.content == keys.content:
        return found.id, _Fate.UNCHANGED
    marks = rules.assign(draft.title, draft.paragraphs, draft.topics)
    if found is None:
        new_id = await briefings.add(connection, draft, keys, marks, now)
        known.meet(Known(new_id, keys, BriefingStatus.DRAFT))
        return new_id, _Fate.ADDED
    await briefings.revise(connection, found.id, draft, keys, now)
    await briefings.set_topics(connection, found.id, marks)
    known.meet(Known(found.id, keys, found.status))
    return found.id, _Fate.UPDATED


def _with(fates: Iterable[tuple[int, _Fate]], wanted: _Fate) -> tuple[int, ...]:
    return tuple(dict.fromkeys(id_ for id_, fate in fates if fate is wanted))
