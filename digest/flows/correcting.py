"""Readers who have had a text are told, in their next issue, that it was corrected or taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.corrections import Correction, CorrectionKind, Telling, says_something_else
from digest.core.model import Briefing, BriefingStatus
from digest.errors import InputError
from digest.store import corrections, pulling, telling
from digest.store.database import Database

#: More is an item of its own.
_NOTE_CHARACTERS: Final = 600


@dataclass(frozen=True, slots=True)
class Word:
    """Whether readers are told, and what the editors say of it."""

    telling: Telling = Telling.WHEN_IT_MATTERS
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a note that would be an item of its own."""
        if len(self.note) > _NOTE_CHARACTERS:
            raise InputError(
                f"the note has {len(self.note)} characters: say in {_NOTE_CHARACTERS} what was changed"
            )


#: What is done with what comes in by itself.
BY_RULE: Final = Word()


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told: how many subscriptions, and how many copies to come carry the new text already."""

    readers: int = 0
    copies: int = 0


async def tell_corrected(
    connection: AsyncConnection, before: Briefing, after: Briefing, word: Word, now: datetime
) -> Told:
    """Owe the correction to all who have had an older text, and let copies to come carry the new one.

    The caller holds plans off alone. Nothing is done for a briefing that is not public.
    """
    if after.status is not BriefingStatus.PUBLISHED or not _is_told(before, after, word.telling):
        return Told()
    numbers = await _numbers_of(connection, after)
    copies = await pulling.carry_newer(connection, numbers, after.revision)
    had = await telling.who_had(connection, numbers, before=after.revision)
    readers = await _owe(connection, had, CorrectionKind.CORRECTED, before, after, word, now)
    return Told(readers, copies)


async def tell_withdrawn(
    connection: AsyncConnection, before: Briefing, after: Briefing, word: Word, now: datetime
) -> Told:
    """Owe the news of a withdrawal to all who have had the text in any revision; plans are held off alone."""
    if before.status is not BriefingStatus.PUBLISHED or word.telling is Telling.NEVER:
        return Told()
    had = await telling.who_had(connection, await _numbers_of(connection, after))
    return Told(await _owe(connection, had, CorrectionKind.WITHDRAWN, before, after, word, now))


async def history(briefing_id: int, *, store: Database) -> tuple[tuple[Correction, int], ...]:
    """The corrections of a briefing, the oldest first, each with how many subscriptions it was owed to."""
    async with store.read() as connection:
        return await corrections.of_briefing(connection, briefing_id)


async def pull_all(connection: AsyncConnection, briefing: Briefing) -> pulling.Pulled:
    """Take a briefing, and what was told of it since, out of all copies that have not begun."""
    pulled = pulling.Pulled()
    for number in await _numbers_of(connection, briefing):
        lighter, skipped = await pulling.pull(connection, number)
        pulled = pulling.Pulled(pulled.lighter + lighter, pulled.skipped + skipped)
    return pulled


async def _owe(
    connection: AsyncConnection,
    had: telling.Had,
    kind: CorrectionKind,
    before: Briefing,
    after: Briefing,
    word: Word,
    now: datetime,
) -> int:
    if not await telling.has_readers(connection, had):
        return 0
    number = await corrections.add(
        connection,
        after.id,
        kind,
        former_revision=before.revision,
        revision=after.revision,
        note=word.note.strip(),
        now=now,
    )
    readers = await telling.owe(connection, had, number)
    await corrections.note_readers(connection, number, readers)
    return readers


def _is_told(before: Briefing, after: Briefing, telling_: Telling) -> bool:
    if telling_ is Telling.WHEN_IT_MATTERS:
        return says_something_else(_said(before), _said(after))
    return telling_ is Telling.ALWAYS


def _said(briefing: Briefing) -> tuple[str, ...]:
    return (briefing.title, *briefing.paragraphs)


async def _numbers_of(connection: AsyncConnection, briefing: Briefing) -> Collection[int]:
    assert briefing.number is not None
    return (briefing.number, *await corrections.numbers_of(connection, briefing.id))
