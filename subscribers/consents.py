"""The evidence of consents: what somebody saw when an address was entered, and who said yes to it, when."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.interning import chunks
from subscribers.model import Standing
from subscribers.tables import consents, subscriptions

#: How the form of an import is called, before its number: no page of ours, but an admin's word.
BY_IMPORT: Final = "import "


class Shown(Struct, frozen=True):
    """What was on the form, and where it was filled in from."""

    #: such as `/subscribe`
    form: str
    #: the words that were agreed to
    words: str
    #: a network address
    seen_from: str

    @property
    def version(self) -> str:
        """Sixteen hexadecimal digits that differ where the words do."""
        return hashlib.sha256(self.words.encode()).hexdigest()[:16]


async def note_question(
    connection: AsyncConnection, subscription_id: int, shown: Shown, now: datetime
) -> None:
    """Keep what was shown to who entered an address; nobody has agreed to it yet."""
    row = {
        "subscription_id": subscription_id,
        "asked_at": now,
        "asked_from": shown.seen_from[:45],
        "form": shown.form,
        "version": shown.version,
        "words": shown.words,
        "confirmed_from": "",
    }
    await connection.execute(insert(consents).values(row))


async def note_bases(
    connection: AsyncConnection, subscription_ids: Collection[int], shown: Shown, now: datetime
) -> None:
    """Keep on what grounds somebody was taken in by an admin: words that were not on a page of ours."""
    common = {
        "asked_at": now,
        "asked_from": shown.seen_from[:45],
        "form": shown.form,
        "version": shown.version,
        "words": shown.words,
        "confirmed_from": "",
    }
    rows = [{"subscription_id": one, **common} for one in subscription_ids]
    if rows:
        await connection.execute(insert(consents), rows)


class TakenOver(Struct, frozen=True):
    """A consent that somebody gave to another system, as that one tells of it."""

    subscription_id: int
    asked_at: datetime
    #: network addresses, as far as they are known
    asked_from: str
    confirmed_at: datetime | None
    confirmed_from: str


async def note_taken_over(
    connection: AsyncConnection, consents_there: Collection[TakenOver], form: str, words: str
) -> None:
    """Keep consents that were given elsewhere; `form` begins as those of imports do."""
    common = {"form": form, "version": Shown(form, words, "").version, "words": words}
    rows = [
        {
            "subscription_id": one.subscription_id,
            "asked_at": one.asked_at,
            "asked_from": one.asked_from[:45],
            "confirmed_at": one.confirmed_at,
            "confirmed_from": one.confirmed_from[:45],
            **common,
        }
        for one in consents_there
    ]
    if rows:
        await connection.execute(insert(consents), rows)


async def said_yes_here(
    connection: AsyncConnection, subscription_ids: Collection[int]
) -> dict[int, datetime]:
    """When readers last said yes on a page of ours, by subscription; none of who never did."""
    mine = consents.c
    found: dict[int, datetime] = {}
    for some in chunks(list(subscription_ids)):
        query = (
            select(mine.subscription_id, func.max(mine.confirmed_at))
            .where(
                mine.subscription_id.in_(some),
                mine.confirmed_at.isnot(None),
                mine.form.not_like(f"{BY_IMPORT}%"),
            )
            .group_by(mine.subscription_id)
        )
        found |= {row[0]: row[1] for row in await connection.execute(query)}
    return found


async def note_answer(
    connection: AsyncConnection, subscription_id: int, asked_by: datetime, seen_from: str, now: datetime
) -> None:
    """Note the yes to the newest of the forms that were filled in by `asked_by`, when it was asked about."""
    mine = consents.c
    newest = (
        select(mine.id)
        .where(mine.subscription_id == subscription_id, mine.asked_at <= asked_by)
        .order_by(mine.id.desc())
        .limit(1)
    )
    values = {"confirmed_at": now, "confirmed_from": seen_from[:45]}
    await connection.execute(update(consents).where(mine.id.in_(newest)).values(values))


async def unanswered_before(connection: AsyncConnection, instant: datetime, *, limit: int) -> list[int]:
    """Forms that were filled in before an instant and never led to a yes; not of who still waits for it.

    What such a reader entered is forgotten with the subscription. The grounds of an import are no form: they
    are kept as long as the reader is.
    """
    whose = subscriptions.c.id == consents.c.subscription_id
    query = select(consents.c.id).join(subscriptions, whose)
    query = query.where(
        consents.c.confirmed_at.is_(None),
        consents.c.asked_at < instant,
        consents.c.form.not_like(f"{BY_IMPORT}%"),
        subscriptions.c.standing != Standing.PENDING,
    )
    return list((await connection.execute(query.order_by(consents.c.id).limit(limit))).scalars())


async def remove(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Forget these forms."""
    await connection.execute(delete(consents).where(consents.c.id.in_(ids)))


async def of_subscription(connection: AsyncConnection, subscription_id: int) -> Sequence[Row[Any]]:
    """All that there is about a subscription, oldest first."""
    query = select(consents).where(consents.c.subscription_id == subscription_id).order_by(consents.c.id)
    return (await connection.execute(query)).all()


async def forget_networks(connection: AsyncConnection, subscription_ids: Collection[int]) -> None:
    """Leave what was agreed to, and when, but not from where: that may name a person."""
    query = update(consents).where(consents.c.subscription_id.in_(subscription_ids))
    await connection.execute(query.values(asked_from="", confirmed_from=""))
