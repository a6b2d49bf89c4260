"""Whom something that came back is about: by what is proved, or by an address on a word that is trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.returned import Kind, Returned
from digest.core.settling import GRAVITY
from digest.errors import CrossedError
from digest.mail.evidence import Evidence, Named, Proof
from digest.store import returned
from digest.store.returned import Mailed
from subscribers import together
from subscribers.wishes import address_key

#: An address alone means a copy that was sent so lately.
LATELY: Final = timedelta(days=30)
#: What somebody wrote, of whom the address is known though nothing proves it.
_WRITTEN: Final = frozenset({Kind.REPLY, Kind.UNSUBSCRIBE})


class Origin(Struct, frozen=True):
    """Who told us."""

    #: `mail`, or the provider
    name: str
    #: True when a signature vouches for all that is told: then an address alone names a reader
    vouched: bool = False


class Matched(Struct, frozen=True):
    """Something that came back, and what it is about."""

    event: Returned
    #: the same told twice has the same key
    key: bytes
    proof: Proof | None = None
    mailed: Mailed | None = None
    #: of all that a person meant who wrote without naming a mail
    subscription_ids: tuple[int, ...] = ()


async def match(
    connection: AsyncConnection,
    events: Sequence[Returned],
    reports: Sequence[int],
    origin: Origin,
    evidence: Evidence,
    now: datetime,
) -> list[Matched]:
    """Find what each is about; what nothing proves is about nothing.

    `reports` says of each event in which report it stood, by any number.
    """
    named = [evidence.of(event.clues) for event in events]
    every = [one for of_one in named for one in of_one]
    copies = await returned.of_deliveries(connection, {one.delivery_id for one in every if one.delivery_id})
    others = await returned.of_notices(connection, {one.notice_id for one in every if one.notice_id})
    loose = {
        event.recipient for event, of_one in zip(events, named, strict=True) if event.recipient and not of_one
    }
    by_address = await returned.of_addresses(connection, loose, now - LATELY) if loose else {}
    found = []
    for event, of_one in zip(events, named, strict=True):
        chosen = _chosen(event, of_one, copies, others)
        written = event.kind in _WRITTEN and not event.hearsay
        if chosen is None and (origin.vouched or written):
            chosen = _by_address(event, by_address)
        found.append(chosen or Matched(event, b""))
    return [_with_key(one, origin) for one in _mildest(found, reports)]


async def hold_readers(connection: AsyncConnection, matched: Sequence[Matched]) -> None:
    """Keep others off all whom this is about until commit, and their addresses: before any of it is acted on.

    In the order of the mails two who settle, write or suppress would wait for each other. Raises CrossedError
    when somebody of them moves to another address at this moment.
    """
    mailed = [one.mailed for one in matched if one.mailed is not None]
    ids = {one for each in matched for one in each.subscription_ids}
    ids |= {one.subscription_id for one in mailed if one.subscription_id is not None}
    known = await together.addresses_of(connection, ids)
    # to what is no issue an address belongs that its reader may have given up long ago
    known |= {
        one.subscription_id: one.address
        for one in mailed
        if one.subscription_id is not None and one.delivery_id is not None
    }
    named = {one.address for one in mailed} | {one.event.recipient for one in matched}
    if not await together.hold_readers(connection, known, named):
        raise CrossedError("a reader was just moving to another address: try again")


def _mildest(found: Sequence[Matched], reports: Sequence[int]) -> list[Matched]:
    """Of several recipients in one report about one copy the reader's own address counts.

    When it is not among them, the reader forwards mail to those boxes, and the mildest word counts.
    """
    of_copy: dict[tuple[int, int | None, int | None], list[int]] = {}
    for place, one in enumerate(found):
        if one.mailed is not None and one.event.recipient:
            key = reports[place], one.mailed.delivery_id, one.mailed.notice_id
            of_copy.setdefault(key, []).append(place)
    keep = list(found)
    for places in of_copy.values():
        if len({address_key(found[place].event.recipient) for place in places}) < 2:
            continue
        own = [place for place in places if _is_own(found[place])]
        counts = own or [min(places, key=lambda place: GRAVITY.index(found[place].event.kind))]
        # what was made of one that counts tells of it once more, and is known by its key
        ours = {address_key(found[place].event.recipient) for place in counts}
        counts += [place for place in places if address_key(found[place].event.made_of or "-") in ours]
        for place in set(places) - set(counts):
            keep[place] = replace(found[place], mailed=None, proof=None, subscription_ids=())
    return keep


async def subscriptions_meant(connection: AsyncConnection, matched: Matched) -> tuple[int, ...]:
    """The subscriptions that a person means who wants no more mail: the one, or all that they wrote about."""
    if matched.subscription_ids:
        return matched.subscription_ids
    if matched.mailed is not None and matched.mailed.subscription_id is not None:
        return (matched.mailed.subscription_id,)
    mine = await together.subscriptions_among(connection, [matched.event.recipient])
    return tuple(one.id for one in mine)


def _chosen(
    event: Returned,
    named: Iterable[Named],
    copies: Mapping[int, Mailed],
    others: Mapping[int, Mailed],
) -> Matched | None:
    found = [one for one in (_of(event, name, copies, others) for name in named) if one is not None]
    # a report may hold clues of several copies: the one whose reader is named comes first
    return next((one for one in found if _is_own(one)), found[0] if found else None)


def _of(
    event: Returned, named: Named, copies: Mapping[int, Mailed], others: Mapping[int, Mailed]
) -> Matched | None:
    if named.subscription_id is not None:
        return Matched(event, b"", named.proof, subscription_ids=(named.subscription_id,))
    mailed = copies.get(named.delivery_id or 0) or others.get(named.notice_id or 0)
    return None if mailed is None else Matched(event, b"", named.proof, mailed)


def _by_address(event: Returned, by_address: Mapping[str, tuple[Mailed, ...]]) -> Matched | None:
    mine = by_address.get(address_key(event.recipient), ()) if event.recipient else ()
    if not mine:
        return None
    newest = max(mine, key=lambda one: (one.sent_at is not None, one.sent_at))
    meant = tuple(one.subscription_id for one in mine if one.subscription_id is not None)
    return Matched(event, b"", Proof.ADDRESS, newest, meant)


def _is_own(one: Matched) -> bool:
    return (
        one.mailed is not None
        and bool(one.event.recipient)
        and address_key(one.mailed.address) == address_key(one.event.recipient)
    )


def _with_key(one: Matched, origin: Origin) -> Matched:
    """What is said of a copy is said once a kind and try, whoever tells it; all else, once as it is told."""
    event, mailed = one.event, one.mailed
    if event.kind is Kind.UNKNOWN:
        said = f"mail {event.fingerprint}"
    elif mailed is not None and one.proof is not Proof.ADDRESS and event.kind not in _WRITTEN:
        said = f"copy {mailed.delivery_id} {mailed.notice_id} {event.kind}"
        # one that is tried again may come back again
        said += f" {mailed.attempts}" if mailed.attempts > 1 else ""
    elif event.fingerprint:
        said = "\0".join(("told", origin.name, event.kind, event.recipient, event.fingerprint))
    else:
        ids = " ".join(event.clues.message_ids)
        words = (event.kind, event.recipient, event.reply, event.enhanced, event.text, ids)
        # two readers whom only their links name may have said the same
        said = "\0".join(("word", origin.name, *words, *map(str, one.subscription_ids)))
    return replace(one, key=hashlib.blake2b(said.encode(errors="replace"), digest_size=16).digest())
