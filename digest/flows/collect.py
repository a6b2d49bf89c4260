"""What was gathered enters the store: new items published, changed ones revised, known ones left alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.lines import MOST_TITLE, require_line
from digest.core.model import Briefing, DraftBriefing, Rejected
from digest.core.unseen import upright
from digest.errors import InputError
from digest.flows import correcting
from digest.flows.correcting import BY_RULE
from digest.flows.stories import join_new
from digest.ingest.gathered import Gathered
from digest.ingest.identity import body_key, content_key, title_key
from digest.ingest.topics import TopicRules
from digest.store import briefings, desk_words, editing, topics
from digest.store.briefings import Keys, Known, New
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off

#: The reason of a topic that an editor gave; no rule takes it away again.
BY_HAND: Final = "given by an editor"


class Collected(Struct, frozen=True):
    """What became of what was gathered: briefing ids, a count, and refusals."""

    added: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()
    #: those of `updated`, and of what is unchanged, that an editor threw away: they stay so
    discarded: tuple[int, ...] = ()


class Taken(Struct, frozen=True):
    """What became of it in all, and which briefing each item is, by its line."""

    whole: Collected
    ids: Mapping[int, int]


class Rehearsal(Struct, frozen=True):
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


class _Which(Struct, eq=False):
    """A briefing that an item is; one that is new has its id as soon as all of them are written."""

    id: int = 0


class _Acquaintances:
    """Which briefing an item is.

    One that stands in the store as it is, if any; else the one of which it is a new revision: by title,
    source and date, or by body and source. Different items of a page are never revisions of the same
    briefing, or the page would revise it again each time it is read.
    """

    def __init__(self, known: Iterable[Known], page: Collection[Keys]) -> None:
        self._by_content: dict[str, _Which] = {}
        self._by_title: dict[str, list[int]] = {}
        self._by_body: dict[str, list[int]] = {}
        #: of this page: printed twice, with other quotation marks or spaces, an item is the same
        self._met: dict[tuple[str, str], _Which] = {}
        #: of the store: no further item is a revision of these
        self._taken: set[int] = set()
        on_page = {keys.content for keys in page}
        for one in known:
            self._by_title.setdefault(one.keys.title, []).append(one.id)
            self._by_body.setdefault(one.keys.body, []).append(one.id)
            if one.keys.content in on_page:
                self.meet(_Which(one.id), one.keys)

    def meet(self, briefing: _Which, keys: Keys) -> None:
        """An item of this page is this briefing."""
        before = self._by_content.get(keys.content)
        if before is not None:
            self._taken.discard(before.id)
        self._by_content[keys.content] = briefing
        self._met[keys.title, keys.body] = briefing
        self._taken.add(briefing.id)

    def find(self, keys: Keys) -> tuple[_Which, _Fate]:
        """The briefing that the item is, and what is to be done with it."""
        same = self._by_content.get(keys.content) or self._met.get((keys.title, keys.body))
        if same is not None:
            return same, _Fate.UNCHANGED
        titled, worded = self._by_title.get(keys.title, []), self._by_body.get(keys.body, [])
        older = [id_ for id_ in (*titled, *worded) if id_ not in self._taken]
        if not older:
            return _Which(), _Fate.ADDED
        # where both fit, only the typesetting changed
        best = next((id_ for id_ in older if id_ in titled and id_ in worded), older[0])
        return _Which(best), _Fate.UPDATED


@done_again
async def collect(
    gathered: Gathered, *, store: Database, now: datetime, publish: bool = True, by: Actor = PROGRAM
) -> Collected:
    """Take every item of one source in one transaction; what is published together is one batch.

    An item that names an unknown topic is refused like one that cannot be read; the rest is taken.
    """
    async with store.write() as connection:
        return (await collect_within(connection, gathered, now, publish=publish, by=by)).whole


@done_again
async def collect_all(
    parts: Sequence[Gathered], *, store: Database, now: datetime, publish: bool = True, by: Actor = PROGRAM
) -> Collected:
    """Take the items of several sources, as `collect` does, all in one transaction."""
    async with store.write() as connection:
        return await _all_within(connection, parts, now, publish=publish, by=by)


@done_again
async def rehearse(parts: Sequence[Gathered], *, store: Database, now: datetime) -> Rehearsal:
    """Do all that `collect_all` does, look at what came of it, and take it back: nothing is changed."""
    try:
        async with store.write() as connection:
            done = await _all_within(connection, parts, now, publish=False, by=PROGRAM)
            added = await editing.existing(connection, done.added)
            updated = await editing.existing(connection, done.updated)
            raise _RehearsedError(Rehearsal(added, updated, done.unchanged, done.rejected))
    except _RehearsedError as end:
        return end.rehearsal


async def _all_within(
    connection: AsyncConnection, parts: Sequence[Gathered], now: datetime, *, publish: bool, by: Actor
) -> Collected:
    if len(parts) > 1:
        await briefings.take_the_floor(connection)
        # a later part may revise something: see `collect_within`
        await hold_off(connection, alone=True)
    done = [
        (await collect_within(connection, one, now, publish=publish, by=by)).whole
        for one in parts
        if one.drafts or one.rejected
    ]
    added = tuple(id_ for one in done for id_ in one.added)
    fresh = set(added)
    return Collected(
        added=added,
        # one that came with an earlier part, and was changed by a later one, is new all the same
        updated=tuple(dict.fromkeys(id_ for one in done for id_ in one.updated if id_ not in fresh)),
        unchanged=sum(one.unchanged for one in done),
        rejected=tuple(refusal for one in done for refusal in one.rejected),
        discarded=tuple(dict.fromkeys(id_ for one in done for id_ in one.discarded)),
    )


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
    fates: dict[int, tuple[_Which, _Fate]] = {}
    added: list[tuple[_Which, New]] = []
    rejected = list(gathered.rejected)
    rules = TopicRules.of(await topics.every(connection))
    drafts = _upright_ones(gathered, rejected)
    keys = [keys_of(draft) for draft in drafts]
    page = set(keys)
    await briefings.take_the_floor(connection)
    stored = await briefings.known_by(connection, page)
    known = _Acquaintances(stored, page)
    if named or any(known.find(each)[1] is _Fate.UPDATED for each in page):
        # readers may have to be told; asked for before anything is written, as whoever plans does
        await hold_off(connection, alone=True)
    for place, draft in enumerate(drafts):
        is_named = (named or {}).get(draft.line)
        which, fate = known.find(keys[place]) if is_named is None else (_Which(is_named), _Fate.UPDATED)
        if fate is not _Fate.UNCHANGED:
            explicit = draft.topics or rules.known_among(gathered.categories.get(draft.line, ()))
            try:
                item = New(draft, keys[place], rules.assign(draft.title, draft.paragraphs, explicit))
            except InputError as error:
                rejected.append(Rejected(gathered.source, draft.line, str(error)))
                continue
            if fate is _Fate.ADDED:
                added.append((which, item))
            else:
                await _revise(connection, which.id, item, now, by)
            known.meet(which, item.keys)
        fates[place] = which, fate
    ids = await briefings.add_many(connection, [item for _, item in added], now, by=by.name)
    for (which, _), id_ in zip(added, ids, strict=True):
        which.id = id_
    thrown_away = {one.id for one in stored if one.is_discarded}
    done = _collected(fates.values(), rejected, thrown_away)
    if publish:
        await briefings.publish(connection, done.added, now)
        await join_new(connection, done.added, now)
    else:
        await desk_words.keep_in_step(connection, done.added)
    if done.added or done.updated:
        told = {"added": len(done.added), "updated": len(done.updated), "published": publish}
        await note_change(connection, by, "briefing.ingest", gathered.source, now, after=told)
    return Taken(done, {drafts[place].line: which.id for place, (which, _) in fates.items()})


def _upright_ones(gathered: Gathered, rejected: list[Rejected]) -> list[DraftBriefing]:
    """The items that can be taken, whatever they came in by: with a title and source that are seen, of a
    length for a mail, that turn no other words round. A refusal is noted for each of the others.
    """
    taken = []
    for draft in gathered.drafts:
        title, source = upright(draft.title).strip(), upright(draft.source or "").strip()
        try:
            require_line(title, "title", MOST_TITLE)
            if draft.source:
                require_line(source, "source")
        except InputError as error:
            rejected.append(Rejected(gathered.source, draft.line, str(error)))
            continue
        taken.append(replace(draft, title=title, source=source or draft.source))
    return taken


def _collected(
    fates: Collection[tuple[_Which, _Fate]], rejected: Iterable[Rejected], thrown_away: Collection[int]
) -> Collected:
    return Collected(
        added=_with(fates, _Fate.ADDED),
        updated=_with(fates, _Fate.UPDATED),
        unchanged=sum(fate is _Fate.UNCHANGED for _, fate in fates),
        rejected=tuple(sorted(rejected, key=lambda refusal: refusal.line)),
        discarded=tuple(dict.fromkeys(which.id for which, _ in fates if which.id in thrown_away)),
    )


def keys_of(draft: DraftBriefing) -> Keys:
    """How this item is known again, and whether it changed."""
    return Keys(
        title=title_key(draft.title, draft.source, draft.source_date),
        body=body_key(draft.paragraphs, draft.source),
        content=content_key(draft),
    )


async def _revise(connection: AsyncConnection, briefing_id: int, item: New, now: datetime, by: Actor) -> None:
    """Let a briefing say what the item says now."""
    before = (await editing.existing(connection, [briefing_id]))[0]
    draft = item.draft
    if draft.picture is None:
        # most ways in know of no pictures, and an editor may have chosen one
        draft = replace(draft, picture=before.picture, picture_alt=before.picture_alt)
    await briefings.revise(connection, briefing_id, draft, now, item.keys, by=by.name)
    after = (await editing.existing(connection, [briefing_id]))[0]
    await correcting.tell_corrected(connection, before, after, BY_RULE, now)
    if item.draft.topics or not await briefings.has_topics_for(connection, briefing_id, BY_HAND):
        await briefings.set_topics(connection, briefing_id, item.topics)


def _with(fates: Iterable[tuple[_Which, _Fate]], wanted: _Fate) -> tuple[int, ...]:
    return tuple(dict.fromkeys(which.id for which, fate in fates if fate is wanted))
