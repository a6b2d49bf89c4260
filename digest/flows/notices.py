"""Notices are written down by what brings them about, in its own transaction: once for each occasion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DeliveryStatus, Newsletter
from digest.core.notices import WORTH_SENDING, Notice, NoticeKind, when_to_ask
from digest.flows.publish import domain_of
from digest.store import newsletters, notices
from subscribers.subscription import Subscription


async def ask_to_confirm(
    connection: AsyncConnection,
    reader: Subscription,
    newsletter: Newsletter,
    now: datetime,
    *,
    also: Sequence[int] = (),
    ended_by: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Plan the question to a pending reader; one that may not be asked (again) is kept with the reason.

    `also` holds the other subscriptions that the answer is for; `ended_by`, of those that are over, the
    change of standing that ended each: an answer is worth nothing after another one.
    """
    data: dict[str, Any] = {"also": list(also)} if also else {}
    if ended_by:
        # JSON has no keys but words
        data["ended_by"] = {str(one): change for one, change in ended_by.items()}
    asked = await notices.asked(connection, NoticeKind.CONFIRM, reader.address, reader.id)
    found = when_to_ask(asked, now)
    if isinstance(found, datetime):
        occasion = f"confirm {reader.id} {found:%Y-%m-%d}"
        question = notice_for(reader, newsletter, NoticeKind.CONFIRM, occasion, due_at=found, data=data)
    else:
        occasion = f"confirm {reader.id} {now:%Y-%m-%d} {found}"
        question = notice_for(
            reader, newsletter, NoticeKind.CONFIRM, occasion, due_at=now, data=data, not_sent=found
        )
    await notices.plan(connection, question)


async def welcome(
    connection: AsyncConnection,
    reader: Subscription,
    answered: Notice,
    expected: Mapping[str, Any],
    now: datetime,
) -> None:
    """Plan the mail to somebody who has just said yes, where the newsletter sends one."""
    newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    if newsletter.welcome and expected:
        occasion = f"welcome {reader.id} {answered.id}"
        new = notice_for(reader, newsletter, NoticeKind.WELCOME, occasion, due_at=now, data=expected)
        await notices.plan(connection, new)


async def goodbye(connection: AsyncConnection, reader: Subscription, now: datetime) -> None:
    """Plan the mail to somebody who has just left, where the newsletter sends one; once a day at most."""
    await goodbyes(connection, [reader], now)


async def goodbyes(connection: AsyncConnection, gone: Sequence[Subscription], now: datetime) -> None:
    """Plan the mails to all who have just left."""
    if not gone:
        return
    polite = {one.id: one for one in await newsletters.every(connection) if one.goodbye}
    planned = [
        notice_for(
            one,
            polite[one.newsletter_id],
            NoticeKind.GOODBYE,
            f"goodbye {one.id} {now:%Y-%m-%d}",
            due_at=now,
        )
        for one in gone
        if one.newsletter_id in polite
    ]
    await notices.plan_all(connection, planned)


def notice_for(
    reader: Subscription,
    newsletter: Newsletter,
    kind: NoticeKind,
    occasion: str,
    *,
    due_at: datetime,
    data: Mapping[str, Any] | None = None,
    address: str | None = None,
    not_sent: str = "",
) -> Notice:
    """A notice to a reader, not yet in the store: to `address`, if it is not theirs.

    With the reason `not_sent` it is only kept in mind.
    """
    return Notice(
        id=0,
        kind=kind,
        newsletter_id=newsletter.id,
        subscription_id=reader.id,
        address=address or reader.address,
        occasion=occasion,
        due_at=due_at,
        expires_at=due_at + WORTH_SENDING[kind],
        domain=domain_of(newsletter.sender_address),
        data={"name": reader.name, **(data or {})},
        cadence=reader.cadence,
        profile=reader.profile,
        status=DeliveryStatus.SKIPPED if not_sent else DeliveryStatus.PLANNED,
        reason=not_sent,
    )
