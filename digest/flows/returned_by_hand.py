"""A person says what a returned mail is about, or that it is done with; then the same table decides."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.families import family_of
from digest.core.returned import Kind, Returned
from digest.core.settling import TABLE, Effect
from digest.errors import InputError, NotFoundError, missing
from digest.flows.consequences import Consequences
from digest.flows.matching import LATELY, Matched, hold_readers
from digest.mail.evidence import Proof
from digest.store import returned, returned_mails
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.returned_mails import KeptMail, Return
from subscribers import store as readers
from subscribers.wishes import address_key


async def look(return_id: int, *, store: Database) -> tuple[Return, KeptMail | None]:
    """Something that came back, and its mail if that is kept; raises NotFoundError."""
    async with store.read() as connection:
        one = await _require(connection, return_id)
        mail = None if one.mail_id is None else await returned_mails.mail_by_id(connection, one.mail_id)
        return one, mail


@done_again
async def apply(
    return_id: int,
    *,
    by: Actor,
    store: Database,
    now: datetime,
    address: str = "",
    delivery_id: int | None = None,
    kind: Kind | None = None,
) -> Effect:
    """Settle what nobody could match, as if it had proved that it is about this copy, or this reader.

    Of a mail that says nothing a person says the `kind`, too. Raises InputError for what is settled already,
    and where a kind is missing or too much; NotFoundError for an unknown copy or reader.
    """
    async with store.write() as connection:
        await returned.take_the_floor(connection)
        one = await _require(connection, return_id)
        if one.effect is not Effect.UNMATCHED:
            raise InputError(f"this was settled already ({one.effect}): nothing is left to say of it")
        one = _understood(one, kind)
        matched = await _meant(connection, one, address, delivery_id, now)
        await hold_readers(connection, [matched])
        acting = Consequences(connection, now)
        effect = await acting.follow(matched)
        await acting.finish()
        mailed = matched.mailed
        await returned_mails.settle_by_hand(
            connection,
            return_id,
            kind=one.kind,
            permanent=one.permanent,
            effect=effect,
            proof=Proof.BY_HAND,
            delivery_id=None if mailed is None else mailed.delivery_id,
            issue_id=None if mailed is None else mailed.issue_id,
            subscription_id=matched.subscription_ids[0] if matched.subscription_ids else None,
            family=family_of(matched.event.recipient.rpartition("@")[2].lower()),
        )
        if one.mail_id is not None:
            await returned_mails.be_done_with(connection, one.mail_id, now)
        after = {"kind": one.kind, "effect": effect}
        await note_change(connection, by, "returned.apply", return_id, now, after=after)
    return effect


@done_again
async def be_done_with(return_id: int, *, by: Actor, store: Database, now: datetime) -> bool:
    """Say that a kept mail needs nobody any more; False when somebody said so before."""
    async with store.write() as connection:
        one = await _require(connection, return_id)
        if one.mail_id is None:
            raise InputError("no mail of this is kept: nothing waits for a person")
        done = await returned_mails.be_done_with(connection, one.mail_id, now)
        if done:
            await note_change(connection, by, "returned.done", return_id, now)
    return done


@done_again
async def clear_score(subscriber_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Forget what speaks against an address."""
    async with store.write() as connection:
        before = await returned.score_of(connection, subscriber_id)
        await returned.forget_score(connection, subscriber_id)
        if before.points:
            was = {"points": before.points}
            await note_change(connection, by, "reader.clear-score", subscriber_id, now, before=was)


def _understood(one: Return, kind: Kind | None) -> Return:
    """What it says, as a person has read it where no rule could."""
    if one.kind is not Kind.UNKNOWN:
        if kind not in {None, one.kind}:
            raise InputError(f"it says itself what it is ({one.kind}): say a kind only of what says nothing")
        return one
    if kind in {None, Kind.UNKNOWN}:
        kinds = ", ".join(each for each in Kind if each is not Kind.UNKNOWN)
        raise InputError(f"no rule knows what this mail says: say one of {kinds}")
    assert kind is not None
    return replace(one, kind=kind, permanent=bool(TABLE[kind].refused))


async def _require(connection: AsyncConnection, return_id: int) -> Return:
    found = await returned_mails.by_id(connection, return_id)
    if found is None:
        raise missing(f"returned mail {return_id}", "bounces list")
    return found


async def _meant(
    connection: AsyncConnection, one: Return, address: str, delivery_id: int | None, now: datetime
) -> Matched:
    said = Returned(one.kind, "", one.permanent, one.reply, one.enhanced, one.text, one.rule)
    if delivery_id is not None:
        copies = await returned.of_deliveries(connection, [delivery_id])
        if delivery_id not in copies or copies[delivery_id].subscription_id is None:
            raise NotFoundError(f"delivery {delivery_id} does not exist, or its reader was erased")
        copy = copies[delivery_id]
        assert copy.subscription_id is not None
        event = replace(said, recipient=copy.address)
        return Matched(event, b"", Proof.BY_HAND, copy, (copy.subscription_id,))
    mine = await readers.subscriptions_of(connection, address)
    if not mine:
        raise NotFoundError(f"nobody reads at {address!r}", at_shell="see digest subscribers list")
    lately = await returned.of_addresses(connection, [address], now - LATELY)
    sent = [copy for copy in lately.get(address_key(address), ()) if copy.sent_at is not None]
    newest = max(sent, key=lambda copy: copy.sent_at or now, default=None)
    event = replace(said, recipient=mine[0].address)
    return Matched(event, b"", Proof.BY_HAND, newest, tuple(each.id for each in mine))
