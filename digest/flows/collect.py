"""What was gathered enters the store: new items published, changed ones revised, known ones left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.model import Briefing, DraftBriefing, Rejected
from digest.errors import InputError
from digest.flows import correcting
from digest.flows.correcting import BY_RULE
from digest.flows.stories import join_new
from digest.ingest.gathered import Gathered
from digest.ingest.identity import body_key, content_key, title_key
from digest.ingest.topics import TopicRules
from digest.store import briefings, desk_words, editing, pulling, topics
from digest.store.briefings import Keys, Known
from digest.store.changes import note_change
from digest.store.database import Database

#: The reason of a topic that an editor gave; no rule takes it away again.
BY_HAND: Final = "given by an editor"


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of what was gathered: briefing ids, a count, and refusals."""

    added: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it in all, and which briefing each item is, by its line."""

    whole: Collected
    ids: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of what was gathered, item by item."""

    added: tuple[Briefing, ...]
    updated: tuple[Briefing, ...]
    unchanged: int
    rejected: tuple[Rejected, ...]


class _RehearsedError(Exception):
    """Ends the transaction of a rehearsal, so that nothing of it stays."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        super().__init__("rehearsed")
        self.rehearsal = rehearsal


class _Fate(Enum):
    ADDED = auto()
    UPDATED = auto()
    UNCHANGED = auto()


class _Acquaintances:
    """Which stored briefing an item is.

    One that stands in the store as it is, if any; else the one of which it is a new revision: by title,
    source and date, or by body and source. Different items of a page are never revisions of the same
    briefing, or the page would revise it again each time it is read.
    """

    def __init__(self, known: Iterable[Known], page: Collection[Keys]) -> None:
        self._by_content: dict[str, int] = {}
        self._by_title: dict[str, list[int]] = {}
        self._by_body: dict[str, list[int]] = {}
        #: of this page: printed twice, with other quotation marks or spaces, an item is the same
        self._met: dict[tuple[str, str], int] = {}
        on_page = {keys.content for keys in page}
        for one in known:
            self._by_title.setdefault(one.keys.title, []).append(one.id)
            self._by_body.setdefault(one.keys.body, []).append(one.id)
            if one.keys.content in on_page:
                self.meet(one.id, one.keys)

    def meet(self, briefing_id: int, keys: Keys) -> None:
        """An item of this page is this briefing."""
        self._by_content[keys.content] = briefing_id
        self._met[keys.title, keys.body] = briefing_id

    def find(self, keys: Keys) -> tuple[int | None, _Fate]:
        """The briefing that the item is, and what is to be done with it."""
        same = self._by_content.get(keys.content) or self._met.get((keys.title, keys.body))
        if same is not None:
            return same, _Fate.UNCHANGED
        titled, worded = self._by_title.get(keys.title, []), self._by_body.get(keys.body, [])
        taken = set(self._by_content.values())
        older = [id_ for id_ in (*titled, *worded) if id_ not in taken]
        if not older:
            return None, _Fate.ADDED
        # where both fit, only the typesetting changed
        return next((id_ for id_ in older if id_ in titled and id_ in worded), older[0]), _Fate.UPDATED


async def collect(
    gathered: Gathered, *, store: Database, now: datetime, publish: bool = True, by: Actor = PROGRAM
) -> Collected:
    """Take every item of one source in one transaction; what is published together is one batch.

    An item that names an unknown topic is refused like one that cannot be read; the rest is taken.
    """
    async with store.write() as connection:
        return (await collect_within(connection, gathered, now, publish=publish, by=by)).whole


async def rehearse(gathered: Gathered, *, store: Database, now: datetime) -> Rehearsal:
    """Do all that `collect` does, look at what came of it, and take it back: nothing is changed."""
    try:
        async with store.write() as connection:
            done = (await collect_within(connection, gathered, now, publish=False, by=PROGRAM)).whole
            added = await editing.existing(connection, done.added)
            updated = await editing.existing(connection, done.updated)
            raise _RehearsedError(Rehearsal(added, updated, done.unchanged, done.rejected))
    except _RehearsedError as end:
        return end.rehearsal


async def collect_within(
    connection: AsyncConnection,
    gathered: Gathered,
    now: datetime,
    *,
    publish: bool,
    by: Actor,
    named: Mapping[int, int] | None = None,
) -> Taken:
    """What `collect` does, in a transaction of the caller's, who may know which briefing an item is.

    `named` are briefing ids by line, from somebody who knows: what a feed calls by the same name is the same.
    """
    fates: dict[int, tuple[int, _Fate]] = {}
    rejected = list(gathered.rejected)
    rules = TopicRules(await topics.every(connection))
    keys = {keys_of(draft) for draft in gathered.drafts}
    known = _Acquaintances(await briefings.known_by(connection, keys), keys)
    if named or any(known.find(each)[1] is _Fate.UPDATED for each in keys):
        # readers may have to be told; asked for before anything is written, as whoever plans does
        await pulling.hold_off(connection, alone=True)
    for place, draft in enumerate(gathered.drafts):
        explicit = draft.topics or rules.known_among(gathered.categories.get(draft.line, ()))
        is_named = None if named is None else named.get(draft.line)
        try:
            fates[place] = await _take(connection, draft, known, rules, now, by, explicit, is_named)
        except InputError as error:
            rejected.append(Rejected(gathered.source, draft.line, str(error)))
    done = _collected(fates.values(), rejected)
    if publish:
        await briefings.publish(connection, done.added, now)
        await join_new(connection, done.added, now)
    else:
        await desk_words.keep_in_step(connection, done.added)
    if done.added or done.updated:
        told = {"added": len(done.added), "updated": len(done.updated), "published": publish}
        await note_change(connection, by, "briefing.ingest", gathered.source, now, after=told)
    return Taken(done, {gathered.drafts[place].line: id_ for place, (id_, _fate) in fates.items()})


def _collected(fates: Collection[tuple[int, _Fate]], rejected: Iterable[Rejected]) -> Collected:
    return Collected(
        added=_with(fates, _Fate.ADDED),
        updated=_with(fates, _Fate.UPDATED),
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
    by: Actor,
    explicit: tuple[str, ...],
    named: int | None,
) -> tuple[int, _Fate]:
    """Add, revise or leave one item; raises InputError before anything is written."""
    keys = keys_of(draft)
    found, fate = known.find(keys) if named is None else (named, _Fate.UPDATED)
    if found is not None and fate is _Fate.UNCHANGED:
        return found, fate
    marks = rules.assign(draft.title, draft.paragraphs, explicit)
    if found is None:
        found = await briefings.add(connection, draft, keys, marks, now, by=by.name, is_found=False)
    else:
        before = (await editing.existing(connection, [found]))[0]
        await briefings.revise(connection, found, draft, now, keys, by=by.name)
        after = (await editing.existing(connection, [found]))[0]
        await correcting.tell_corrected(connection, before, after, BY_RULE, now)
        if draft.topics or not await briefings.has_topics_for(connection, found, BY_HAND):
            await briefings.set_topics(connection, found, marks)
    known.meet(found, keys)
    return found, fate


def _with(fates: Iterable[tuple[int, _Fate]], wanted: _Fate) -> tuple[int, ...]:
    return tuple(dict.fromkeys(id_ for id_, fate in fates if fate is wanted))
