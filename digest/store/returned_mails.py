"""The shelf of mails that a person should look at: nobody was found behind them, or a reader wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.store.return_tables import returned_mails, returns
from digest.store.tables import newsletters
from subscribers.interning import insert_missing
from subscribers.tables import subscribers, subscriptions


class Return(Struct, frozen=True):
    """Something that came back, as people see it."""

    id: int
    at: datetime
    origin: str
    kind: Kind
    permanent: bool
    reply: str
    enhanced: str
    text: str
    rule: str
    proof: str
    effect: Effect
    delivery_id: int | None
    notice_id: int | None
    subscription_id: int | None
    subscriber_id: int | None
    issue_id: int | None
    #: of the newsletter of the subscription; empty without one
    newsletter: str
    #: of the reader, or as it was told of somebody who was not found; empty after an erasure
    address: str
    mail_id: int | None
    #: its mail is kept, and nobody has seen to it
    waits: bool
    #: of the mail that is kept, and its size in octets; empty and None without one
    sender: str = ""
    size: int | None = None


class KeptMail(Struct, frozen=True):
    """A mail for a person."""

    id: int
    at: datetime
    sender: str
    subject: str
    raw: bytes
    #: of all of it
    octets: int
    done_at: datetime | None


async def keep(
    connection: AsyncConnection,
    key: bytes,
    raw: bytes,
    heading: tuple[str, str],
    now: datetime,
    most: int,
) -> int:
    """Keep the first part of a mail, once, and `most` octets of it; its number.

    `heading` is its sender and its subject.
    """
    sender, subject = heading
    row = {"key": key, "at": now, "sender": sender, "subject": subject, "raw": raw[:most], "octets": len(raw)}
    await insert_missing(connection, returned_mails, [row])
    query = select(returned_mails.c.id).where(returned_mails.c.key == key)
    mail_id: int = (await connection.execute(query)).scalar_one()
    return mail_id


async def mail_by_id(connection: AsyncConnection, mail_id: int) -> KeptMail | None:
    """One mail, or None."""
    mine = returned_mails.c
    query = select(mine.id, mine.at, mine.sender, mine.subject, mine.raw, mine.octets, mine.done_at)
    row = (await connection.execute(query.where(mine.id == mail_id))).first()
    return (
        None
        if row is None
        else KeptMail(row.id, row.at, row.sender, row.subject, bytes(row.raw), row.octets, row.done_at)
    )


async def open_mails(connection: AsyncConnection) -> int:
    """How many mails wait for a person."""
    query = select(func.count()).where(returned_mails.c.done_at.is_(None))
    count: int = (await connection.execute(query)).scalar_one()
    return count


async def be_done_with(connection: AsyncConnection, mail_id: int, now: datetime) -> bool:
    """A person has seen to it; False when somebody had before."""
    mine = returned_mails.c
    query = update(returned_mails).where(mine.id == mail_id, mine.done_at.is_(None)).values(done_at=now)
    return (await connection.execute(query)).rowcount > 0


async def settle_by_hand(connection: AsyncConnection, return_id: int, **values: Any) -> None:
    """Write down what a person said that it is about, and what became of it."""
    query = update(returns).where(returns.c.id == return_id)
    await connection.execute(query.values(recipient="", **values))


async def page(
    connection: AsyncConnection,
    *,
    return_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
    kind: Kind | None = None,
    unmatched: bool = False,
    waiting: bool = False,
    newsletter_id: int | None = None,
    subscriber_id: int | None = None,
    delivery_ids: Collection[int] | None = None,
) -> tuple[Return, ...]:
    """What came back, the newest first, from below a number on."""
    mine = returns.c
    query = (
        select(
            *(mine.id, mine.at, mine.origin, mine.kind, mine.permanent, mine.reply, mine.enhanced),
            *(mine.text, mine.rule, mine.proof, mine.effect, mine.delivery_id, mine.notice_id),
            *(mine.subscription_id, mine.issue_id, mine.recipient, mine.mail_id),
            *(subscribers.c.address, subscribers.c.id.label("subscriber_id"), newsletters.c.slug),
            *(returned_mails.c.id.label("kept_id"), returned_mails.c.done_at),
            *(returned_mails.c.sender, returned_mails.c.octets),
        )
        .outerjoin(subscriptions, subscriptions.c.id == mine.subscription_id)
        .outerjoin(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(newsletters, newsletters.c.id == subscriptions.c.newsletter_id)
        .join(returned_mails, returned_mails.c.id == mine.mail_id, isouter=not waiting)
        .order_by(mine.id.desc())
        .limit(limit)
    )
    if return_id is not None:
        query = query.where(mine.id == return_id)
    if before is not None:
        query = query.where(mine.id < before)
    if kind is not None:
        query = query.where(mine.kind == kind)
    if unmatched:
        query = query.where(mine.effect == Effect.UNMATCHED)
    if newsletter_id is not None:
        query = query.where(subscriptions.c.newsletter_id == newsletter_id)
    if subscriber_id is not None:
        whose = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
        query = query.where(mine.subscription_id.in_(whose))
    if delivery_ids is not None:
        query = query.where(mine.delivery_id.in_(delivery_ids))
    if waiting:
        query = query.where(returned_mails.c.done_at.is_(None))
    return tuple(_return_from(row) for row in await connection.execute(query))


async def by_id(connection: AsyncConnection, return_id: int) -> Return | None:
    """One of them, or None."""
    found = await page(connection, return_id=return_id, limit=1)
    return found[0] if found else None


async def forget(connection: AsyncConnection, address: str, subscription_ids: Sequence[int]) -> None:
    """Wipe what was said of a reader, and kept mails that hold the address anywhere."""
    mine = returns.c
    theirs = or_(mine.subscription_id.in_(subscription_ids), func.lower(mine.recipient) == address.lower())
    query = select(mine.mail_id).where(theirs, mine.mail_id.isnot(None))
    mails = set((await connection.execute(query)).scalars())
    needle = address.lower().encode()
    # some hundred mails at most, read one by one
    kept = returned_mails.c
    for mail_id in list((await connection.execute(select(kept.id))).scalars()):
        row = (await connection.execute(select(kept.sender, kept.raw).where(kept.id == mail_id))).one()
        if needle in bytes(row.raw).lower() or row.sender.lower() == address.lower():
            mails.add(mail_id)
    # a mail that says nothing is no more than itself
    await connection.execute(delete(returns).where(mine.mail_id.in_(mails), mine.kind == Kind.UNKNOWN))
    # what was said elsewhere may name them, too
    named = or_(mine.mail_id.in_(mails), func.lower(mine.text).contains(address.lower(), autoescape=True))
    await connection.execute(update(returns).where(or_(theirs, named)).values(text="", recipient=""))
    await connection.execute(delete(returned_mails).where(kept.id.in_(mails)))


async def about(connection: AsyncConnection, subscription_ids: Sequence[int]) -> Sequence[Any]:
    """What came back of mails to a reader, oldest first: rows with all that is kept of it."""
    columns = [one for one in returns.c if one.name not in {"key", "mail_id", "recipient"}]
    query = select(*columns).where(returns.c.subscription_id.in_(subscription_ids)).order_by(returns.c.id)
    return (await connection.execute(query)).all()


async def forget_old(
    connection: AsyncConnection, *, before: datetime, done_before: datetime, limit: int
) -> int:
    """Forget mails that came before then, or were done with before; what was said stays. How many.

    Of a mail that says nothing, nothing stays.
    """
    mine = returned_mails.c
    old = or_(mine.at < before, mine.done_at < done_before)
    some = list((await connection.execute(select(mine.id).where(old).limit(limit))).scalars())
    nothing = returns.c.mail_id.in_(some), returns.c.kind == Kind.UNKNOWN
    await connection.execute(delete(returns).where(*nothing))
    await connection.execute(delete(returned_mails).where(mine.id.in_(some)))
    return len(some)


def _return_from(row: Any) -> Return:
    return Return(
        id=row.id,
        at=row.at,
        origin=row.origin,
        kind=Kind(row.kind),
        permanent=row.permanent,
        reply=row.reply,
        enhanced=row.enhanced,
        text=row.text,
        rule=row.rule,
        proof=row.proof,
        effect=Effect(row.effect),
        delivery_id=row.delivery_id,
        notice_id=row.notice_id,
        subscription_id=row.subscription_id,
        subscriber_id=row.subscriber_id,
        issue_id=row.issue_id,
        newsletter=row.slug or "",
        address=row.address or row.recipient,
        mail_id=row.mail_id,
        waits=row.kept_id is not None and row.done_at is None,
        sender=row.sender or "",
        size=row.octets,
    )
