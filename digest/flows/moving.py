"""A reader moves to another address: asked there, told here, and done only when the new address says yes."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus
from digest.core.notices import Notice, NoticeKind, when_to_ask
from digest.errors import InputError, NotFoundError
from digest.flows.notices import notice_for
from digest.flows.readers import suppression_key
from digest.store import newsletters, notices
from digest.store.database import Database
from subscribers import store as readers
from subscribers.subscription import Subscription
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import address_key

#: Reasons in the history of a standing; they name no address, for they outlive it.
MOVED: Final = "moved to another address, which said yes"
KEPT: Final = "the old address said no to a move"


class Move(Enum):
    """How a move stands when the link in one of its two mails is opened."""

    #: the link can still do something: say yes from the new address, or no from the old one
    OPEN = auto()
    DONE = auto()
    OVER = auto()


async def ask_to_move(
    subscription_id: int, new_address: str, *, store: Database, now: datetime
) -> DeliveryStatus:
    """Ask the new address and tell the old one: planned, or skipped where it was asked often enough.

    Nothing moves before the new address says yes. Refuses one that is somebody else's, or that must not be
    written to.
    """
    async with store.write() as connection:
        reader = await readers.subscription_by_id(connection, subscription_id, to_change=True)
        if reader is None:
            raise NotFoundError(f"subscription {subscription_id} does not exist")
        if not await _is_free(connection, new_address):
            raise InputError(f"address {new_address!r} cannot be moved to: it is taken, or not to be used")
        newsletter = await newsletters.by_id(connection, reader.newsletter_id)
        asked = await notices.asked(connection, NoticeKind.MOVE, new_address, reader.id)
        when = when_to_ask(asked, now)
        reason, due_at = ("", when) if isinstance(when, datetime) else (when, now)
        occasion = f"move {reader.id} {due_at:%Y-%m-%d} {reason}".rstrip()
        data = {"old": reader.address, "new": new_address}
        for kind, address in ((NoticeKind.MOVE, new_address), (NoticeKind.MOVING, reader.address)):
            new = notice_for(
                *(reader, newsletter, kind, occasion),
                due_at=due_at,
                data=data,
                address=address,
                not_sent=reason,
            )
            await notices.plan(connection, new)
    return DeliveryStatus.SKIPPED if reason else DeliveryStatus.PLANNED


async def look(notice_id: int, *, store: Database, now: datetime) -> Move:
    """How the move behind a link stands. Changes nothing."""
    async with store.read() as connection:
        notice, reader = await _behind(connection, notice_id)
        return _how_it_stands(notice, reader, now)


async def answer(notice_id: int, *, store: Database, now: datetime) -> Move:
    """Take the yes of the new address, or the no of the old one, which also takes a move back.

    However often it comes, it has one effect.
    """
    async with store.write() as connection:
        notice, reader = await _behind(connection, notice_id, to_change=True)
        found = _how_it_stands(notice, reader, now)
        if notice is None or reader is None or found is not Move.OPEN:
            return found
        says_yes = notice.kind is NoticeKind.MOVE
        target = str(notice.data["new" if says_yes else "old"])
        if address_key(reader.address) != address_key(target):
            if not await _is_free(connection, target):
                return Move.OVER
            await readers.set_identity(connection, reader.subscriber_id, address=target)
        await notices.answer(connection, notice.id, now)
        if not says_yes:
            await notices.close_question(connection, NoticeKind.MOVE, notice.occasion, reader.id, now)
        words = MOVED if says_yes else KEPT
        await readers.note_standing(connection, reader.id, reader.standing, reader.standing, words, now)
    return Move.DONE


async def _behind(
    connection: AsyncConnection, notice_id: int, *, to_change: bool = False
) -> tuple[Notice | None, Subscription | None]:
    """The notice of a move, and its reader; None after the reader was erased, or when there never was one."""
    notice = await notices.by_id(connection, notice_id)
    if notice is None or notice.kind not in {NoticeKind.MOVE, NoticeKind.MOVING}:
        return None, None
    assert notice.subscription_id is not None
    reader = await readers.subscription_by_id(connection, notice.subscription_id, to_change=to_change)
    # read again: somebody may have answered while we waited for the row
    return (await notices.by_id(connection, notice_id) if to_change else notice), reader


def _how_it_stands(notice: Notice | None, reader: Subscription | None, now: datetime) -> Move:
    if notice is None or reader is None or not notice.address:
        return Move.OVER
    lives_at = address_key(reader.address)
    old, new = (address_key(str(notice.data[which])) for which in ("old", "new"))
    says_yes = notice.kind is NoticeKind.MOVE
    if notice.answered_at is not None:
        return Move.DONE if lives_at == (new if says_yes else old) else Move.OVER
    may_act = lives_at == old if says_yes else lives_at in {old, new}
    return Move.OPEN if may_act and notice.can_be_answered(now) else Move.OVER


async def _is_free(connection: AsyncConnection, address: str) -> bool:
    """Whether a reader may get this address: nobody has it, and nothing forbids to write to it."""
    if await readers.subscriber_id_of(connection, address) is not None:
        return False
    return not await suppression_reasons(connection, [address], await suppression_key(connection))
