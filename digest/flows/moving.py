"""A reader moves to another address: asked there, told here, and done only when the new address says yes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.core.notices import ASKED_OFTEN, ASKED_TODAY, ERASED, Notice, NoticeKind, when_to_ask
from digest.flows.notices import ask_to_confirm, notice_for
from digest.flows.readers import suppression_key
from digest.flows.sign_up import may_ask
from digest.render.greetings import masked
from digest.store import newsletters, notices, returned
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers import store as readers
from subscribers.entering import hold_addresses
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import address_key

#: Reasons in the history of a standing; they name no address, for they outlive it.
MOVED: Final = "moved to another address, which said yes"
KEPT: Final = "the old address said no to a move"

#: Reasons of a question that was not asked: the address is another reader's, or must not be written to.
TAKEN: Final = "address-taken"
SUPPRESSED: Final = "address-suppressed"
#: The network that it was asked from, or the domain of the address, is at its limit; no row is kept of that.
TOO_MANY: Final = "too-many"
NOT_OURS_TO_KEEP: Final = frozenset({TAKEN, SUPPRESSED})

#: So many addresses a reader may have asked within a day: each gets a mail that it did not want.
MOST_A_DAY: Final = 3
A_DAY: Final = timedelta(days=1)


class Move(Enum):
    """How a move stands when the link in one of its two mails is opened."""

    #: the link can still do something: say yes from the new address, or no from the old one
    OPEN = auto()
    DONE = auto()
    OVER = auto()


class Moving(Struct, frozen=True):
    """A move as its page shows it."""

    move: Move
    #: the page of the new address, which says yes; of the old one, which says no
    says_yes: bool
    #: both None after the reader was erased
    reader: Subscription | None
    newsletter: Newsletter | None
    old: str = ""
    new: str = ""


@done_again
async def ask_to_move(
    subscription_id: int, new_address: str, *, seen_from: str, store: Database, now: datetime
) -> str:
    """Ask the new address and tell the old one; why the new one is not asked, or an empty text.

    Nothing moves before the new address says yes. One that is somebody else's, or that must not be written
    to, is not asked; the reason is kept in a row without that address, for it is not this reader's. But the
    old address is told whatever becomes of the question: who asked learns nothing of who reads. Whoever
    confirms addresses of their own may have others asked, so this counts for the same limits as sign-ups do.
    """
    async with store.write() as connection:
        if await readers.subscription_by_id(connection, subscription_id) is None:
            return ERASED
        # counted before a reader is held, as where somebody signs up
        if not await may_ask(connection, seen_from, new_address, now):
            return TOO_MANY
        reader = await readers.subscription_by_id(connection, subscription_id, to_change=True)
        if reader is None:
            return ERASED
        newsletter = await newsletters.by_id(connection, reader.newsletter_id)
        new = partial(notice_for, reader, newsletter)
        before = await notices.asked_by(connection, NoticeKind.MOVE, reader.subscriber_id, since=now - A_DAY)
        named = [str(data["new"]) for data in before if "new" in data]
        # of one day and one number there may be two: what is asked counts for a day that ends with each hour
        occasion = f"move {reader.id} {now:%Y-%m-%dT%H:%M:%S.%f} {len(named) + 1}"
        too_much = _too_much(named, new_address)
        if too_much:
            occasion = f"move {reader.id} {now:%Y-%m-%d} {too_much}"
            await notices.plan(connection, new(NoticeKind.MOVE, occasion, due_at=now, not_sent=too_much))
            return too_much
        reason, due_at = await _when(connection, reader, new_address, now)
        told = {"old": reader.address, "new": new_address}
        asked = partial(new, NoticeKind.MOVE, due_at=due_at, not_sent=reason)
        if reason in NOT_OURS_TO_KEEP:
            told["new"] = masked(new_address)
            await notices.plan(connection, asked(f"{occasion} {reason}", data=told))
        else:
            await notices.plan(connection, asked(occasion, data=told, address=new_address))
        await notices.plan(connection, new(NoticeKind.MOVING, occasion, due_at=now, data=told))
    return reason


async def look(notice_id: int, *, store: Database, now: datetime) -> Moving | None:
    """The move behind a link; None when there never was one. Changes nothing."""
    async with store.glance() as connection:
        notice, reader = await _behind(connection, notice_id)
        return await _moving(connection, notice, reader, now)


@done_again
async def answer(notice_id: int, *, store: Database, now: datetime) -> Moving | None:
    """Take the yes of the new address, or the no of the old one, which also takes a move back.

    However often it comes, it has one effect; the address is that of all that the reader has.
    """
    async with store.write() as connection:
        notice, reader = await _behind(connection, notice_id, to_change=True)
        if notice is not None and reader is not None and _how_it_stands(notice, reader, now) is Move.OPEN:
            await _take(connection, notice, reader, now)
        notice, reader = await _behind(connection, notice_id)
        return await _moving(connection, notice, reader, now)


async def _take(connection: AsyncConnection, notice: Notice, reader: Subscription, now: datetime) -> None:
    says_yes = notice.kind is NoticeKind.MOVE
    target = str(notice.data["new" if says_yes else "old"])
    moves = address_key(reader.address) != address_key(target)
    if moves and await _why_not(connection, target):
        # somebody took it meanwhile: the question can be answered no more
        await notices.answer(connection, notice.id, now)
        return
    if moves:
        await readers.set_identity(connection, reader.subscriber_id, address=target)
    await returned.forget_score(connection, reader.subscriber_id)
    await notices.answer(connection, notice.id, now)
    if not says_yes:
        await notices.close_question(connection, NoticeKind.MOVE, notice.occasion, reader.id, now)
    for one in await readers.subscriptions_beside(connection, reader.id):
        words = MOVED if says_yes else KEPT
        await readers.note_standing(connection, one.id, one.standing, one.standing, words, now)
        if moves and one.standing is Standing.PENDING:
            # the question that is out went to the other address
            newsletter = await newsletters.by_id(connection, one.newsletter_id)
            await ask_to_confirm(connection, one, newsletter, now)


def _too_much(named: Sequence[str], new_address: str) -> str:
    """Why a reader may ask no more within this day; the same for every address, whoever has it."""
    if masked(new_address) in map(masked, named):
        return ASKED_TODAY
    return ASKED_OFTEN if len(named) >= MOST_A_DAY else ""


async def _when(
    connection: AsyncConnection, reader: Subscription, new_address: str, now: datetime
) -> tuple[str, datetime]:
    """Why the new address is not asked, or an empty text; and when it is asked."""
    # both are looked up whatever comes of it, so that the answer takes as long
    forbidden = await _why_not(connection, new_address)
    asked = await notices.asked(connection, NoticeKind.MOVE, new_address, reader.id)
    when = forbidden or when_to_ask(asked, now)
    return ("", when) if isinstance(when, datetime) else (when, now)


async def _behind(
    connection: AsyncConnection, notice_id: int, *, to_change: bool = False
) -> tuple[Notice | None, Subscription | None]:
    """The notice of a move, and its reader; None after the reader was erased, or when there never was one."""
    notice = await notices.by_id(connection, notice_id)
    if notice is None or notice.kind not in {NoticeKind.MOVE, NoticeKind.MOVING}:
        return None, None
    if notice.subscription_id is None:
        # the import that had brought the reader was taken back
        return notice, None
    if to_change:
        await hold_addresses(connection, [str(notice.data.get(which, "")) for which in ("old", "new")])
        # all that the reader has, at once: one after the other, two would wait for each other
        await readers.subscriptions_beside(connection, notice.subscription_id, to_change=True)
    reader = await readers.subscription_by_id(connection, notice.subscription_id)
    # read again: somebody may have answered while we waited for the row
    return (await notices.by_id(connection, notice_id) if to_change else notice), reader


def _how_it_stands(notice: Notice | None, reader: Subscription | None, now: datetime) -> Move:
    # one that was held back asks nothing
    if notice is None or reader is None or not notice.address or "old" not in notice.data:
        return Move.OVER
    lives_at = address_key(reader.address)
    old, new = (address_key(str(notice.data[which])) for which in ("old", "new"))
    says_yes = notice.kind is NoticeKind.MOVE
    if notice.answered_at is not None:
        return Move.DONE if lives_at == (new if says_yes else old) else Move.OVER
    may_act = lives_at == old if says_yes else lives_at in {old, new}
    return Move.OPEN if may_act and notice.can_be_answered(now) else Move.OVER


async def _moving(
    connection: AsyncConnection, notice: Notice | None, reader: Subscription | None, now: datetime
) -> Moving | None:
    if notice is None:
        return None
    found = _how_it_stands(notice, reader, now)
    if reader is None or not notice.address:
        return Moving(found, notice.kind is NoticeKind.MOVE, None, None)
    newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    return Moving(
        found,
        notice.kind is NoticeKind.MOVE,
        reader,
        newsletter,
        old=str(notice.data.get("old", "")),
        new=str(notice.data.get("new", "")),
    )


async def _why_not(connection: AsyncConnection, address: str) -> str:
    """Why a reader may not get this address; empty when nobody has it and nothing forbids to write to it."""
    known = await readers.subscriber_id_of(connection, address) is not None
    suppressed = await suppression_reasons(connection, [address], await suppression_key(connection))
    return TAKEN if known else SUPPRESSED if suppressed else ""
