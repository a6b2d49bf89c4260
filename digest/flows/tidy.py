"""What nobody confirmed is forgotten, and so are counts of the past: done now and then, safe to repeat."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from digest.core.picturing import KEEP as KEEP_PICTURES
from digest.core.webhooks import KEEP_EVENTS
from digest.flows.feed_leaving import forget_left
from digest.flows.stories import KEEP_SIGNS
from digest.store import (
    answers,
    attempts,
    calls,
    events,
    family_counts,
    imports,
    mailbox_states,
    pictures,
    reader_words,
    returned_mails,
    stories,
    taken_files,
    unread,
    wiped_notices,
    workers,
)
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.forgotten import leave_nothing
from subscribers import consents, unconfirmed
from subscribers import store as readers
from subscribers.subscription import left

#: The reason in the history of somebody who read once, asked to come back, and never confirmed.
NOT_CONFIRMED: Final = "did not confirm in time"
#: How long a roster that was handed over is kept: its lines, when nothing was done, and what was refused.
KEEP_ROSTERS: Final = timedelta(days=7)
#: How long a mail that came back is kept for a person, and after somebody was done with it.
KEEP_MAILS: Final = timedelta(days=90)
KEEP_DONE_MAILS: Final = timedelta(days=14)
#: How long words of readers and strangers are kept after they were handed on to the newsroom.
KEEP_ANSWERS: Final = timedelta(days=90)
#: How long it is known how it stood with a mailbox to which nobody goes any more.
KEEP_MAILBOXES: Final = timedelta(days=7)
#: How long a file of the watched folder is known again after it lay there last.
KEEP_TAKEN: Final = timedelta(days=365)
#: In one transaction: others write too.
TOGETHER: Final = 200
#: More than anybody wants to know exactly.
MOST_COUNTED: Final = 100_000


class Tidied(Struct, frozen=True):
    """What was forgotten."""

    #: who never confirmed: as if the address had not been entered
    removed: int = 0
    #: who read before, and did not confirm the return: gone again, with all that came of the first time
    left: int = 0


async def tidy(*, store: Database, now: datetime, keep_unconfirmed: timedelta) -> Tidied:
    """Forget addresses that were entered and not confirmed within a time, and counts that are over."""
    found = Tidied()
    async with store.read() as connection:
        nothing = not await unconfirmed.asked_before(connection, now - keep_unconfirmed, limit=1)
    while not nothing:
        more = await _some(store, now, now - keep_unconfirmed)
        found = Tidied(found.removed + more.removed, found.left + more.left)
        nothing = more == Tidied()
    await _forget_forms(store, now - keep_unconfirmed)
    async with store.write() as connection:
        await attempts.forget(connection, now)
        await calls.forget(connection, now)
        await stories.forget_signs(connection, now - KEEP_SIGNS)
        await taken_files.forget(connection, now - KEEP_TAKEN)
        await family_counts.forget(connection, now)
        await mailbox_states.forget(connection, now - KEEP_MAILBOXES)
        await unread.forget_unkept(connection, (now - KEEP_MAILS).date())
        await workers.forget_left(connection, await workers.clock(connection))
        await pictures.forget(connection, now - KEEP_PICTURES)
        emptied = await imports.forget_old(connection, now - KEEP_ROSTERS)
        unclean = await reader_words.is_unclean(connection)
    await _forget_events(store, now - KEEP_EVENTS)
    await _forget_mails(store, now)
    await _forget_answers(store, now - KEEP_ANSWERS)
    await forget_left(store)
    if found.removed or emptied or unclean:
        await leave_nothing(store)
    return found


async def overdue(*, store: Database, now: datetime, keep_unconfirmed: timedelta) -> int:
    """How many entered addresses were not confirmed for so long; changes nothing."""
    async with store.read() as connection:
        return len(await unconfirmed.asked_before(connection, now - keep_unconfirmed, limit=MOST_COUNTED))


async def _forget_forms(store: Database, before: datetime) -> None:
    """Forget what was entered about readers who were there already, or had been, and led to nothing."""
    while True:
        async with store.read() as connection:
            some = await consents.unanswered_before(connection, before, limit=TOGETHER)
        if not some:
            return
        async with store.write() as connection:
            await consents.remove(connection, some)


async def _forget_events(store: Database, before: datetime) -> None:
    """Forget what was told, or could not be told, to programs elsewhere."""
    while True:
        async with store.write() as connection:
            if await events.forget(connection, before, TOGETHER) < TOGETHER:
                return


async def _forget_mails(store: Database, now: datetime) -> None:
    """Forget what came back and was kept for a person."""
    old = {"before": now - KEEP_MAILS, "done_before": now - KEEP_DONE_MAILS}
    while True:
        async with store.write() as connection:
            if await returned_mails.forget_old(connection, **old, limit=TOGETHER) < TOGETHER:
                return


async def _forget_answers(store: Database, before: datetime) -> None:
    """Forget what people wrote in answer to mails."""
    while True:
        async with store.write() as connection:
            if await answers.forget_old(connection, before, TOGETHER) < TOGETHER:
                return


@done_again
async def _some(store: Database, now: datetime, before: datetime) -> Tidied:
    async with store.write() as connection:
        overdue = await unconfirmed.asked_before(connection, before, limit=TOGETHER)
        never = await unconfirmed.never_active(connection, overdue)
        await wiped_notices.detach(connection, never)
        await unconfirmed.remove(connection, never)
        again = sorted(set(overdue) - set(never))
        for one in again:
            reader = await readers.subscription_by_id(connection, one, to_change=True)
            assert reader is not None
            after = left(reader)
            await readers.save(connection, after)
            await readers.note_standing(connection, one, reader.standing, after.standing, NOT_CONFIRMED, now)
    return Tidied(len(never), len(again))
