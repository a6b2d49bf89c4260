"""Readers who have had a text are told, in their next issue, that it was corrected or taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.corrections import Correction, CorrectionKind, Telling, says_something_else
from digest.core.model import Briefing, BriefingStatus, LeftOut
from digest.core.unseen import upright
from digest.errors import InputError
from digest.store import corrections, numbered, pulling, stories, telling
from digest.store.database import Database
from digest.store.missed import moved_from_now_on, only, taken_in_doubt, who_missed

#: More is an item of its own.
_NOTE_CHARACTERS: Final = 600


class Word(Struct, frozen=True):
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


class Told(Struct, frozen=True):
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
    assert after.number is not None
    copies = await pulling.carry_newer(connection, [after.number], after.revision)
    numbers = await _numbers_of(connection, after)
    for number in numbers[1:]:
        # of several the last is told: whoever waited for this one had the text, and so is owed the last
        await pulling.pull(connection, number, reason=LeftOut.CORRECTED_AGAIN, certain=True)
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


async def tell_back(connection: AsyncConnection, after: Briefing, now: datetime) -> Told:
    """What was taken back is public again: who had it is told if it says something else by now.

    The caller holds plans off alone. Copies that have not begun lose the news of the withdrawal.
    """
    assert after.number is not None
    for number in await corrections.numbers_of(connection, after.id, CorrectionKind.WITHDRAWN):
        await pulling.pull(connection, number, reason=LeftOut.CORRECTED_AGAIN)
    # the news of a withdrawal names the text as it stood then, which nobody has had by that
    changes = await corrections.numbers_of(connection, after.id, CorrectionKind.CORRECTED)
    last = await telling.last_revision_told(connection, after.id, [after.number, *changes])
    if last is None or last == after.revision:
        return Told()
    before = (await numbered.by_numbers(connection, {after.number: last}))[after.number]
    return await tell_corrected(connection, before, after, BY_RULE, now)


async def owe_back(connection: AsyncConnection, after: Briefing) -> int:
    """What was taken back is public again: owe it to those whose copies left it out meanwhile; to how many.

    The caller holds plans off alone. So is the newest change of its text, to those who have had an older one.
    """
    assert after.number is not None
    assert after.published_at is not None
    changes = await corrections.numbers_of(connection, after.id, CorrectionKind.CORRECTED)
    return sum([await _owe_missed(connection, n, after.published_at) for n in (after.number, *changes[-1:])])


async def owe_others(connection: AsyncConnection, gone: int, among: ColumnElement[bool] | None = None) -> int:
    """What was taken back had told of an event for others that are public again: owe these; to how many.

    The caller holds plans off alone, and has taken it out of the copies that have not begun. With `among`
    no other copies are looked at.
    """
    others = await stories.numbers_beside(connection, gone)
    hidden = await numbered.retracted_among(connection, others)
    came_out = await numbered.published_at(connection, others - hidden)
    return sum(
        [
            await _owe_missed(connection, number, since, beside=gone, among=among)
            for number, since in sorted(came_out.items())
        ]
    )


async def owe_what_did_not_come(connection: AsyncConnection, copy_id: int) -> None:
    """A copy in doubt has not arrived: owe its reader what it lost meanwhile and what is public again.

    The caller holds plans off alone.
    """
    lost, mine = await taken_in_doubt(connection, copy_id), only(copy_id)
    hidden = await numbered.retracted_among(connection, lost)
    for number, since in sorted((await numbered.published_at(connection, lost - hidden)).items()):
        await _owe_missed(connection, number, since, among=mine)
    for number in sorted(hidden):
        await owe_others(connection, number, mine)


async def history(briefing_id: int, *, store: Database) -> tuple[tuple[Correction, int], ...]:
    """The corrections of a briefing, the oldest first, each with how many subscriptions it was owed to."""
    async with store.read() as connection:
        return await corrections.of_briefing(connection, briefing_id)


async def pull_all(
    connection: AsyncConnection, briefing: Briefing, *, certain: bool = False
) -> pulling.Pulled:
    """Take a briefing, and what was told of it since, out of all copies that have not begun.

    With `certain` out of those alone that cannot have arrived; without, they are the ones in doubt.
    """
    pulled = pulling.Pulled()
    reason = LeftOut.RETRACTED if certain else LeftOut.RETRACTED_IN_DOUBT
    # the news of the withdrawal itself stays
    numbers = await numbered.retracted_among(connection, await _numbers_of(connection, briefing))
    for number in sorted(numbers):
        pulled = pulled.plus(await pulling.pull(connection, number, reason=reason, certain=certain))
    return pulled


async def pull_retracted(connection: AsyncConnection, issue_id: int) -> pulling.Pulled:
    """Take what was retracted out of the copies of an issue that are tried again; plans are held off alone.

    Those were on the wire when it was taken back.
    """
    pulled, pulled_late = pulling.Pulled(), await moved_from_now_on(connection, issue_id)
    gone = sorted(await pulling.retracted_to_come(connection, issue_id))
    for number in gone:
        pulled = pulled.plus(await pulling.pull(connection, number, issue_id, certain=True))
        in_doubt = LeftOut.RETRACTED_IN_DOUBT
        pulled = pulled.plus(await pulling.pull(connection, number, issue_id, reason=in_doubt))
    for number in gone:
        await owe_others(connection, number, pulled_late)
    return pulled


async def _owe_missed(
    connection: AsyncConnection,
    number: int,
    since: datetime,
    *,
    beside: int | None = None,
    among: ColumnElement[bool] | None = None,
) -> int:
    """Owe what came out then to those whose copies left it out as retracted, and who have it in no other."""
    owed = 0
    for missed in await who_missed(connection, number, since, beside=beside, among=among):
        if await telling.has_readers(connection, missed):
            owed += await telling.owe(connection, missed, number)
    return owed


async def _owe(
    connection: AsyncConnection,
    had: telling.Copies,
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
        note=upright(word.note).strip(),
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


async def _numbers_of(connection: AsyncConnection, briefing: Briefing) -> tuple[int, ...]:
    """The number under which it came out, and those of its corrections."""
    assert briefing.number is not None
    return (briefing.number, *await corrections.numbers_of(connection, briefing.id))
