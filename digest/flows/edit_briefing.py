"""What editors do with a briefing: write it, correct it, give it topics, publish it, take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM, Actor
from digest.core.appointing import require_to_come
from digest.core.lines import MOST_TITLE, parse_line
from digest.core.model import GENERAL, Briefing, BriefingStatus, DraftBriefing, TopicMark
from digest.core.unseen import upright
from digest.errors import InputError, missing
from digest.flows import correcting
from digest.flows.collect import BY_HAND, keys_of
from digest.flows.correcting import BY_RULE, Word
from digest.flows.stories import join_new
from digest.ingest.topics import TopicRules
from digest.store import briefings, counters, editing, topics
from digest.store.changes import note_change, note_changes
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.kept_apart import hold_off
from subscribers.model import Section


class Nothing(Enum):
    """Says that a value is taken away, where None says that it stays."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING

#: For so long the same words are the same briefing; a newsroom may say the same again on another day.
_SAME_FOR: Final = timedelta(days=1)


class Flags(Struct, frozen=True):
    """What says how a briefing is treated; None leaves it as it is."""

    lead: bool | None = None
    weight: int | None = None
    must_not_miss: bool | None = None
    publish_at: datetime | Nothing | None = None


class Edit(Flags, frozen=True):
    """What shall be changed; None leaves it as it is. An empty url or source takes it away."""

    title: str | None = None
    paragraphs: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    section: Section | None = None
    url: str | None = None
    source: str | None = None
    source_date: date | Nothing | None = None
    language: str | None = None
    #: empty takes it away, and its words with it
    picture: str | None = None
    picture_alt: str | None = None
    #: the revision that the editor had before the eyes; None asks for none
    on_revision: int | None = None
    #: whether those who have had the text are told
    word: Word = BY_RULE


class StandsAlreadyError(InputError):
    """The very same was written down before: a form was sent twice."""

    def __init__(self, briefing: Briefing) -> None:
        """Say which one it is."""
        said = "a draft" if briefing.number is None else f"no. {briefing.number}"
        super().__init__(f"this stands as {said} already")
        self.briefing: Final = briefing


@done_again
async def write(
    draft: DraftBriefing, flags: Flags, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Write a new briefing, unpublished; its topics are those given, else those that the rules find.

    Raises StandsAlreadyError when the same words came in within a day.
    """
    _require_text(draft)
    draft = replace(draft, title=_title(draft.title))
    async with store.write() as connection:
        await briefings.take_the_floor(connection)
        await _require_new(connection, draft, now)
        marks = await _marks_for(connection, draft)
        if isinstance(flags.publish_at, datetime):
            require_to_come(flags.publish_at, now)
        new_id = await briefings.add(connection, draft, keys_of(draft), marks, now, by=by.name)
        given = _flags(flags)
        if given:
            await briefings.set_flags(connection, new_id, **given)
        written = await _briefing(connection, new_id)
        await note_change(connection, by, "briefing.add", new_id, now, after=_told(written))
        return written


@done_again
async def edit(
    briefing_id: int, wish: Edit, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Change a briefing; what readers would see differently is a new revision, and they may be told of it."""
    async with store.write() as connection:
        # before all else, as whoever plans or takes back does
        await hold_off(connection, alone=True)
        before = await _briefing(connection, briefing_id)
        _require_unchanged(before, wish)
        if wish.topics is not None:
            await briefings.set_topics(connection, briefing_id, await _marks(connection, wish.topics))
        revised = _revised(before, wish)
        _require_text(revised)
        if wish.picture_alt and wish.picture is None and revised.picture is None:
            raise InputError(f"briefing {briefing_id} has no picture: say where one lies, too")
        if revised != _text_of(before):
            # it keeps the keys of what came in: the same page again does not undo the correction
            await briefings.revise(connection, briefing_id, revised, now, by=by.name)
        flags = _flags(wish)
        if flags.get("publish_at") is not None and before.status is not BriefingStatus.DRAFT:
            raise InputError(f"briefing {briefing_id} is {before.status}: only drafts wait to be published")
        if isinstance(wish.publish_at, datetime):
            require_to_come(wish.publish_at, now, before=before.publish_at)
        if flags:
            await briefings.set_flags(connection, briefing_id, **flags)
        after = await _briefing(connection, briefing_id)
        whom = await correcting.tell_corrected(connection, before, after, wish.word, now)
        if after != before:
            was, told = _told(before), {**_told(after), **_whom(whom)}
            await note_change(connection, by, "briefing.edit", briefing_id, now, before=was, after=told)
        return after


async def give_topic(
    briefing_id: int, slug: str, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Add a topic to a briefing, behind those that it has; the one of last resort makes room."""
    had = await _slugs_of(briefing_id, store)
    given = (*(one for one in had if one not in {slug, GENERAL}), slug)
    return await edit(briefing_id, Edit(topics=given), store=store, now=now, by=by)


async def take_topic(
    briefing_id: int, slug: str, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Take a topic from a briefing; without any other it is under the one of last resort."""
    had = await _slugs_of(briefing_id, store)
    left = tuple(one for one in had if one != slug) or (GENERAL,)
    return await edit(briefing_id, Edit(topics=left), store=store, now=now, by=by)


@done_again
async def let_rules_decide(
    briefing_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Give a briefing the topics that the rules of today find, whatever editors gave it."""
    async with store.write() as connection:
        before = await _briefing(connection, briefing_id)
        rules = TopicRules(await topics.every(connection))
        await briefings.set_topics(connection, briefing_id, rules.assign(before.title, before.paragraphs))
        after = await _briefing(connection, briefing_id)
        if after.topics != before.topics:
            was, told = _told(before), _told(after)
            await note_change(connection, by, "briefing.edit", briefing_id, now, before=was, after=told)
        return after


@done_again
async def publish_together(
    ids: Sequence[int], *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Briefing, ...]:
    """Publish several as one batch, in the order given; those that are published already are left alone."""
    async with store.write() as connection:
        befores = await _before_publishing(connection, ids)
        hidden = [one for one in befores if one.status is not BriefingStatus.PUBLISHED]
        await _bring_out(connection, {one.id: one.status for one in hidden}, now, by)
        return tuple([await _briefing(connection, one.id) for one in hidden])


@done_again
async def publish(briefing_id: int, *, store: Database, now: datetime, by: Actor = PROGRAM) -> Briefing:
    """Give a draft its number, or bring a retracted briefing back under the number it had."""
    async with store.write() as connection:
        (before,) = await _before_publishing(connection, [briefing_id])
        if before.status is BriefingStatus.PUBLISHED:
            return before
        await _bring_out(connection, {briefing_id: before.status}, now, by)
        return await _briefing(connection, briefing_id)


@done_again
async def publish_due(*, store: Database, now: datetime) -> tuple[int, ...]:
    """Publish the drafts whose appointed time has come, in the order of these times; their ids."""
    done: list[int] = []
    async with store.write() as connection:
        # first in the line of those who publish, then asked again: another scheduler may have been at it
        await counters.pages_change(connection)
        appointed = await editing.due(connection, now)
        for instant in sorted(set(appointed.values())):
            # what was to come out together is one batch
            together = [id_ for id_, its in appointed.items() if its == instant]
            await _bring_out(connection, dict.fromkeys(together, BriefingStatus.DRAFT), now, PROGRAM)
            done += together
    return tuple(done)


@done_again
async def retract(
    briefing_id: int, word: Word = BY_RULE, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> Briefing:
    """Take a published briefing back: no page shows it, and no copy that has not begun carries it.

    Those who have had it are told in their next issue, unless `word` says never.
    """
    async with store.write() as connection:
        await hold_off(connection, alone=True)
        before = await _briefing(connection, briefing_id)
        if before.number is None:
            raise InputError(f"briefing {briefing_id} is a draft: there is nothing to retract")
        await briefings.retract(connection, briefing_id)
        after = await _briefing(connection, briefing_id)
        # first what has not begun, so that it cannot begin while it is looked who may have the text
        pulled = await correcting.pull_all(connection, before, certain=True)
        whom = await correcting.tell_withdrawn(connection, before, after, word, now)
        # a copy in doubt goes out again without it, and its reader is told for it may have arrived
        pulled = pulled.plus(await correcting.pull_all(connection, before))
        await correcting.owe_others(connection, before.number)
        if before.status is not after.status or any(pulled):
            told: dict[str, Any] = {"copies_without_it": pulled.lighter, "copies_not_sent": pulled.skipped}
            was, told = {"status": before.status}, {"status": after.status, **told, **_whom(whom)}
            await note_change(connection, by, "briefing.retract", briefing_id, now, before=was, after=told)
        return after


async def _before_publishing(connection: AsyncConnection, ids: Sequence[int]) -> list[Briefing]:
    """Briefings as they are before they are published; plans are held off when one comes back."""
    found = [await _briefing(connection, id_) for id_ in dict.fromkeys(ids)]
    for one in found:
        _require_kept(one)
    if all(one.status is BriefingStatus.PUBLISHED for one in found):
        return found
    if any(one.status is BriefingStatus.RETRACTED for one in found):
        await hold_off(connection, alone=True)
    # in the line of those who publish, then asked again: somebody else may just have been at it
    await counters.pages_change(connection)
    return [await _briefing(connection, one.id) for one in found]


def _require_kept(briefing: Briefing) -> None:
    if briefing.status is BriefingStatus.DISCARDED:
        raise InputError(
            f"briefing {briefing.id} is discarded: bring it back as a draft first",
            at_shell=f"digest briefings restore {briefing.id}",
        )


def _revised(before: Briefing, wish: Edit) -> DraftBriefing:
    source_date = before.source_date if wish.source_date is None else wish.source_date
    picture = before.picture if wish.picture is None else wish.picture or None
    # the words of one picture say nothing of another
    kept_alt = before.picture_alt if picture == before.picture else ""
    alt = kept_alt if wish.picture_alt is None else wish.picture_alt
    return DraftBriefing(
        title=before.title if wish.title is None else _title(wish.title),
        paragraphs=before.paragraphs if wish.paragraphs is None else wish.paragraphs,
        section=before.section if wish.section is None else wish.section,
        source=before.source if wish.source is None else upright(wish.source) or None,
        source_date=None if source_date is NOTHING else source_date,
        url=before.url if wish.url is None else wish.url or None,
        language=before.language if wish.language is None else wish.language,
        picture=picture,
        picture_alt=alt if picture else "",
    )


def _text_of(briefing: Briefing) -> DraftBriefing:
    return _revised(briefing, Edit())


def _title(text: str) -> str:
    return parse_line(text, "title", MOST_TITLE)


def _require_text(draft: DraftBriefing) -> None:
    if not draft.paragraphs:
        raise InputError("text is empty: write at least one paragraph")


async def _require_new(connection: AsyncConnection, draft: DraftBriefing, now: datetime) -> None:
    """A form that comes twice, by a second click or by way back in the browser, is one briefing.

    No token tells that: the page is not kept, so a browser that goes back to it may ask for it anew, and
    fill in what was typed before. What is told by case or a comma from what stands is another one.
    """
    for one in await editing.first_made_since(connection, keys_of(draft), now - _SAME_FOR):
        if (one.title, one.paragraphs, one.url) == (draft.title, draft.paragraphs, draft.url):
            raise StandsAlreadyError(await _briefing(connection, one.id))


def _require_unchanged(before: Briefing, wish: Edit) -> None:
    """Two editors who have the same briefing open do not undo each other's work unseen."""
    if wish.on_revision is not None and wish.on_revision != before.revision:
        raise InputError(
            f"the text was changed by somebody else meanwhile (it is at revision {before.revision} now): "
            "nothing was saved. Keep what you wrote, load the page again, and put it in there"
        )


def _flags(flags: Flags) -> dict[str, Any]:
    """The columns that shall be changed."""
    said = {name: getattr(flags, name) for name in ("lead", "weight", "must_not_miss", "publish_at")}
    return {name: None if value is NOTHING else value for name, value in said.items() if value is not None}


def _told(briefing: Briefing) -> Mapping[str, Any]:
    """What the log of changes keeps; the texts are kept as revisions."""
    return {
        "title": briefing.title,
        "revision": briefing.revision,
        "topics": ", ".join(mark.slug for mark in briefing.topics),
        "section": briefing.section,
        "picture": briefing.picture,
        "lead": briefing.lead,
        "weight": briefing.weight,
        "must_not_miss": briefing.must_not_miss,
        "publish_at": None if briefing.publish_at is None else briefing.publish_at.isoformat(),
    }


def _whom(told: correcting.Told) -> Mapping[str, int]:
    """How many are told, and how many copies to come were changed; nothing of nobody."""
    counts = {"readers_told": told.readers, "copies_with_it": told.copies}
    return {name: count for name, count in counts.items() if count}


async def _slugs_of(briefing_id: int, store: Database) -> tuple[str, ...]:
    async with store.read() as connection:
        return tuple(mark.slug for mark in (await _briefing(connection, briefing_id)).topics)


async def _bring_out(
    connection: AsyncConnection, hidden: Mapping[int, BriefingStatus], now: datetime, by: Actor
) -> None:
    """Publish what is not public, given by id with what it was until now, as one batch in this order."""
    numbers = await briefings.publish(connection, list(hidden), now)
    for id_ in hidden.keys() - numbers.keys():
        # thrown away between the look at it and now
        _require_kept(await _briefing(connection, id_))
    await join_new(connection, hidden, now)
    told: dict[int, dict[str, Any]] = {
        id_: {"status": BriefingStatus.PUBLISHED, "number": numbers[id_]} for id_ in hidden
    }
    for id_, before in hidden.items():
        if before is BriefingStatus.RETRACTED:
            after = await _briefing(connection, id_)
            await correcting.tell_back(connection, after, now)
            if missed := await correcting.owe_back(connection, after):
                told[id_]["readers_owed_it_again"] = missed
    done = [(id_, {"status": before}, told[id_]) for id_, before in hidden.items()]
    await note_changes(connection, by, "briefing.publish", done, now)


async def _marks_for(connection: AsyncConnection, draft: DraftBriefing) -> tuple[TopicMark, ...]:
    if draft.topics:
        return await _marks(connection, draft.topics)
    return TopicRules.of(await topics.every(connection)).assign(draft.title, draft.paragraphs)


async def _marks(connection: AsyncConnection, slugs: tuple[str, ...]) -> tuple[TopicMark, ...]:
    known = {topic.slug for topic in await topics.every(connection)}
    for slug in slugs:
        if slug not in known:
            raise InputError(f"topic {slug!r} is not known: choose among {', '.join(sorted(known))}")
    return tuple(TopicMark(slug, BY_HAND) for slug in dict.fromkeys(slugs))


async def _briefing(connection: AsyncConnection, briefing_id: int) -> Briefing:
    found = await briefings.by_id(connection, briefing_id)
    if found is None:
        raise missing(f"briefing {briefing_id}", "briefings list")
    return found
