"""What came back, made by hand: copies that were sent, and who says what of them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import count
from typing import Any, Final

from sqlalchemy import update

from digest.core.returned import Kind, Returned
from digest.core.settling import Effect
from digest.flows.consequences import Consequences
from digest.flows.matching import Matched
from digest.mail.evidence import Proof
from digest.store import returned
from digest.store.database import Database
from digest.store.returned import Mailed
from digest.store.tables import deliveries
from tests.flows.newsroom import TUESDAY, at, copies, item, join, mark_sent, plan_all, publish_news

ANA: Final = "ana@example.org"
DESK: Final = "desk@newsroom.example"
_NUMBERS: Final = count()


async def a_copy(store: Database, address: str = ANA, name: str = "") -> Mailed:
    """A copy of an issue that was sent to a new reader on Tuesday."""
    await join(store, address, TUESDAY, name=name)
    await publish_news(store, TUESDAY, item(f"Tariffs {next(_NUMBERS)}"))
    await plan_all(store, at(24, 7))
    await mark_sent(store, address, at(24, 7))
    (entry,) = await copies(store, address=address)
    async with store.read() as connection:
        return (await returned.of_deliveries(connection, {entry.id}))[entry.id]


async def send_again(store: Database, copy: Mailed) -> None:
    """As if another copy had been sent in its place: none has come back yet."""
    async with store.write() as connection:
        query = update(deliveries).where(deliveries.c.id == copy.delivery_id)
        await connection.execute(query.values(status="sent", sent_at=copy.sent_at))


async def a_notice(store: Database, notice_id: int) -> Mailed:
    """A mail that is no issue."""
    async with store.read() as connection:
        return (await returned.of_notices(connection, {notice_id}))[notice_id]


def told(kind: Kind, mailed: Mailed | None, proof: Proof | None = Proof.RETURN_PATH, **said: Any) -> Matched:
    """Something that is said for the first time of a copy."""
    key = hashlib.blake2b(str(next(_NUMBERS)).encode(), digest_size=16).digest()
    return Matched(Returned(kind, **said), key, proof, mailed)


def written(mailed: Mailed | None, words: str = "Thank you!", writer: str = ANA, **said: Any) -> Matched:
    """What a person wrote in answer to a copy."""
    proof = said.pop("proof", Proof.RETURN_PATH if mailed else None)
    return told(Kind.REPLY, mailed, proof, recipient=writer, words=words, text=words[:500], **said)


async def follow(
    store: Database, *those: Matched, now: datetime | None = None, replies_to: str = DESK
) -> list[Effect]:
    """What follows from these, in one transaction."""
    async with store.write() as connection:
        acting = Consequences(connection, now or at(24, 8), replies_to=replies_to)
        effects = [await acting.follow(one) for one in those]
        await acting.finish()
    return effects
