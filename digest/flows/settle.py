"""What came back is recorded and acted upon: a transaction for some, and each only once.

mail or event -> what it says -> whom it is about -> what follows -> a row
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.families import family_of
from digest.core.returned import Kind, Returned
from digest.core.settling import Effect
from digest.flows.consequences import Consequences
from digest.flows.matching import Matched, Origin, hold_readers, match
from digest.flows.reputation import Watch
from digest.flows.unread import UnreadMails
from digest.mail.bounces import read_returned
from digest.mail.bounces.unread import fingerprint, unread
from digest.mail.evidence import Evidence
from digest.mail.notified import read_notified
from digest.mail.peek import readable, sender_and_subject
from digest.store import facts, newsletters, returned
from digest.store.database import Database
from subscribers import together
from subscribers.tokens import Tokens

log = structlog.get_logger(__name__)

MAIL: Final = Origin("mail")
#: Mails in one transaction.
TOGETHER: Final = 100
#: What people say, or say by a button: many of their mails are in the same words.
_BY_PEOPLE: Final = frozenset({Kind.REPLY, Kind.UNSUBSCRIBE, Kind.COMPLAINT})
#: Of a copy whose sending is not recorded yet: a near server may answer within a millisecond.
_TOO_EARLY_SECONDS: Final = 0.5
_TOO_EARLY_TRIES: Final = 6


class Mail(Struct, frozen=True):
    """One returned mail, as it came."""

    raw: bytes
    #: its file, or its number in the mailbox: for people
    name: str = ""
    #: the address that it came to; empty when that is not known
    envelope_to: str = ""
    #: who sent it: empty for the null sender, None when that is not known
    envelope_from: str | None = None


class Settled(Struct, frozen=True):
    """What became of one thing that came back."""

    event: Returned
    effect: Effect
    #: of what was told before: what became of it then
    before: Effect | None = None
    delivery_id: int | None = None
    notice_id: int | None = None
    subscription_id: int | None = None
    #: of the reader, when one was found
    address: str = ""


class Settling:
    """Records what comes back, and acts on it."""

    def __init__(
        self,
        *,
        store: Database,
        tokens: Tokens,
        return_keys: Sequence[bytes],
        now: Callable[[], datetime],
        replies_to: str = "",
        watch: Watch | None = None,
    ) -> None:
        """`return_keys` sign return paths; `replies_to` gets what readers write, if it is given.

        `watch` looks now and then at what it comes to.
        """
        self._store: Final = store
        self._tokens: Final = tokens
        self._return_keys: Final = tuple(return_keys)
        self._now: Final = now
        self._replies_to: Final = replies_to
        self._watch: Final = watch
        self._evidence: Evidence | None = None
        #: whose mails come back: no report is about these
        self._ours: frozenset[str] = frozenset()

    async def take_in(self, mails: Sequence[Mail]) -> list[tuple[Settled, ...]]:
        """Read mails and settle what each says; empty for one that says nothing and came to nobody of ours.

        When this returns, all of it is durable. Raises StoreError: then the caller keeps what it has, and
        comes again.
        """
        evidence = await self._proofs()
        read = await asyncio.to_thread(lambda: [_read(one, self._ours, evidence) for one in mails])
        done: list[tuple[Settled, ...]] = []
        for first in range(0, len(mails), TOGETHER):
            some = list(zip(mails[first : first + TOGETHER], read[first : first + TOGETHER], strict=True))
            events = [event for _, of_one in some for event in of_one]
            raws = [mail for mail, of_one in some for _ in of_one]
            settled = iter(await self._settle(events, MAIL, raws))
            done += [tuple(next(settled) for _ in of_one) for _, of_one in some]
        return done

    async def settle(self, events: Sequence[Returned], origin: Origin) -> tuple[Settled, ...]:
        """Settle what a provider told, all of it durable when this returns; raises StoreError."""
        done: list[Settled] = []
        for first in range(0, len(events), TOGETHER):
            done += await self._settle(events[first : first + TOGETHER], origin, None)
        return tuple(done)

    async def is_ours(self, address: str) -> bool:
        """Whether an address is a return path of ours."""
        return (await self._proofs()).is_ours(address)

    async def _settle(
        self, events: Sequence[Returned], origin: Origin, mails: Sequence[Mail] | None
    ) -> list[Settled]:
        if not events:
            return []
        evidence = await self._proofs()
        await self._wait_for_senders(events, evidence)
        now = self._now()
        done = await self._store.write_briefly(
            lambda connection: self._settle_in(connection, events, origin, mails, evidence, now)
        )
        if self._watch is not None:
            await self._watch.look_now_and_then(now)
        for settled in done:
            if settled.effect in {Effect.STOPPED, Effect.COMPLAINED}:
                log.info("no more mail to an address", because=settled.event.kind, rule=settled.event.rule)
        return done

    async def _settle_in(
        self,
        connection: AsyncConnection,
        events: Sequence[Returned],
        origin: Origin,
        mails: Sequence[Mail] | None,
        evidence: Evidence,
        now: datetime,
    ) -> list[Settled]:
        """Settle them in one transaction, in which nothing but statements is waited for."""
        await returned.take_the_floor(connection)
        # each event of a provider is a report by itself
        reports = list(range(len(events))) if mails is None else [id(mail) for mail in mails]
        matched = await match(connection, events, reports, origin, evidence, now)
        await hold_readers(connection, matched)
        seen = await returned.known(connection, {one.key for one in matched})
        known = await _addresses(connection, matched)
        acting = Consequences(connection, now, replies_to=self._replies_to)
        rooms = UnreadMails(connection, now)
        rows, done = [], []
        for place, one in enumerate(matched):
            if (before := seen.get(one.key)) is not None:
                done.append(_settled(one, Effect.SEEN, before))
                continue
            mail = None if mails is None else mails[place]
            is_mute = one.event.kind is Kind.UNKNOWN
            # the line of one that says nothing is of no use without its mail
            if mail is not None and is_mute and not await rooms.has_room(one, mail.raw):
                seen[one.key] = Effect.NOT_KEPT
                done.append(_settled(one, Effect.NOT_KEPT))
                continue
            seen[one.key] = effect = await acting.follow(one)
            mail_id = None
            if mail is not None and _is_for_a_person(one, effect):
                mail_id = await rooms.keep(one, mail.raw)
            address = known.get(_subscription_of(one) or 0, "")
            rows.append(_row(one, effect, origin, mail_id, now, address))
            done.append(_settled(one, effect))
        await acting.finish()
        await rooms.finish()
        await returned.keep(connection, rows)
        return done

    async def _wait_for_senders(self, events: Sequence[Returned], evidence: Evidence) -> None:
        """Wait a moment while a copy is being sent: its result may be on the way to the store."""
        named = (one.delivery_id for event in events for one in evidence.of(event.clues))
        ids = {one for one in named if one is not None}
        for _ in range(_TOO_EARLY_TRIES):
            async with self._store.read() as connection:
                if not await returned.are_being_sent(connection, ids):
                    return
            await asyncio.sleep(_TOO_EARLY_SECONDS)

    async def _proofs(self) -> Evidence:
        if self._evidence is None:
            async with self._store.read() as connection:
                name = await facts.store_name(connection)
                senders = {one.sender_address for one in await newsletters.every(connection)}
            self._ours = frozenset(senders)
            self._evidence = Evidence(return_keys=self._return_keys, store_name=name, tokens=self._tokens)
        return self._evidence


def _read(mail: Mail, ours: Collection[str], evidence: Evidence) -> tuple[Returned, ...]:
    if (notified := read_notified(mail.raw)) is not None:
        return notified
    found = read_returned(mail.raw, envelope_to=mail.envelope_to, envelope_from=mail.envelope_from, ours=ours)
    if not found:
        nothing = unread(mail.raw, envelope_to=mail.envelope_to)
        return (nothing,) if evidence.of(nothing.clues) else ()
    return tuple(_as_written(one, mail.raw) if one.kind in _BY_PEOPLE else one for one in found)


def _as_written(one: Returned, raw: bytes) -> Returned:
    """With what a person's mail is known by: the same words in another mail are said once more."""
    one = replace(one, fingerprint=fingerprint(raw))
    if one.kind is not Kind.REPLY:
        return one
    _, subject = sender_and_subject(raw)
    return replace(one, subject=subject, words=readable(raw))


def _is_for_a_person(one: Matched, effect: Effect) -> bool:
    """Whether the mail itself is kept: nobody was found behind it, or somebody wrote it."""
    return effect in {Effect.UNMATCHED, Effect.FORWARDED} or one.event.kind is Kind.REPLY


def _settled(one: Matched, effect: Effect, before: Effect | None = None) -> Settled:
    mailed = one.mailed
    return Settled(
        event=one.event,
        effect=effect,
        before=before,
        delivery_id=mailed.delivery_id if mailed else None,
        notice_id=mailed.notice_id if mailed else None,
        subscription_id=_subscription_of(one),
        address=mailed.address if mailed else "",
    )


def _subscription_of(one: Matched) -> int | None:
    if one.mailed is not None:
        return one.mailed.subscription_id
    return one.subscription_ids[0] if one.subscription_ids else None


async def _addresses(connection: AsyncConnection, matched: Sequence[Matched]) -> dict[int, str]:
    """Of readers whom a link has named: most who pass complaints on hide the recipient."""
    named = {one.subscription_ids[0] for one in matched if one.mailed is None and one.subscription_ids}
    mine = await together.subscriptions_by_id(connection, sorted(named)) if named else ()
    return {one.id: one.address for one in mine}


def _row(
    one: Matched, effect: Effect, origin: Origin, mail_id: int | None, now: datetime, address: str
) -> dict[str, Any]:
    event, mailed = one.event, one.mailed
    address = mailed.address if mailed else address or event.recipient
    domain = address.rpartition("@")[2].lower()
    return {
        "key": one.key,
        "at": now,
        "origin": origin.name,
        "kind": event.kind,
        "permanent": event.permanent,
        "reply": event.reply[:3],
        "enhanced": event.enhanced[:12],
        "text": event.text[:500],
        "rule": event.rule[:80],
        "proof": one.proof or "",
        "effect": effect,
        "delivery_id": mailed.delivery_id if mailed else None,
        "notice_id": mailed.notice_id if mailed else None,
        "subscription_id": _subscription_of(one),
        "issue_id": mailed.issue_id if mailed else None,
        "family": family_of(domain)[:255] if domain else "",
        "recipient": event.recipient[:320] if one.proof is None else "",
        "mail_id": mail_id,
    }
