"""Addresses that must not be written to: put on the list by hand, and taken off it by whoever may.

An entry by hand can be lifted by hand, and so can one by a complaint when it is said why: that button is
easily hit. What a reader's own erasure brought about, only the owner of the address lifts, by saying yes to a
question by mail.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.lines import parse_line
from digest.errors import InputError, NotFoundError
from digest.flows.noted import note_reader
from digest.flows.readers import ERASED, suppression_key
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from subscribers import store as shelf
from subscribers import together
from subscribers.entering import hold_addresses, hold_every_address
from subscribers.model import Standing
from subscribers.roster import RefusedLine, write_cells
from subscribers.subscription import TRANSITIONS, Event, Subscription, lifted, suppressed
from subscribers.suppressions import (
    Entry,
    Hashing,
    addresses_after,
    entry_of,
    hashes_of,
    kept_hash,
    lift_suppression,
    page_of_entries,
    suppress_by_hand,
    suppress_hashes_by_hand,
)
from subscribers.wishes import WishError, address_key, parse_address

#: What somebody may write down beside an entry: it stands there for as long as the entry.
_MOST_NOTE: Final = 200
#: Addresses in one transaction.
_AT_A_TIME: Final = 500
#: Hashes in one transaction, and readers who are tried against them at a time.
_HASHES_AT_A_TIME: Final = 5000


class Suppressed(Struct, frozen=True):
    """What became of a list of addresses."""

    added: int
    #: how many stood on the list before
    known: int
    rejected: tuple[RefusedLine, ...]
    #: lines with what an earlier line has
    repeated: int = 0


async def suppress_addresses(
    text: str, *, note: str, by: Actor, store: Database, now: datetime
) -> Suppressed:
    """Put addresses on the list, one a line; who reads at one of them is suppressed everywhere."""
    words = _note(note)
    addresses, rejected, repeated = _addresses_in(text)
    if not addresses and not rejected:
        raise InputError("no address was given: write one a line")
    added = 0
    for start in range(0, len(addresses), _AT_A_TIME):
        added += await _suppress_some(addresses[start : start + _AT_A_TIME], words, by, store, now)
    return Suppressed(added, len(addresses) - added, tuple(rejected), repeated)


@done_again
async def _suppress_some(
    addresses: Sequence[str], note: str, by: Actor, store: Database, now: datetime
) -> int:
    async with store.write() as connection:
        new, ended = await suppress_within(connection, addresses, note=note, by=by, now=now)
        said = {"added": new, "readers": ended}
        await note_change(connection, by, "suppression.add", "a list", now, after=said)
    return new


async def suppress_within(
    connection: AsyncConnection, addresses: Sequence[str], *, note: str, by: Actor, now: datetime
) -> tuple[int, int]:
    """Put addresses on the list within a transaction: how many are new, and how many subscriptions it ended.

    Addresses, readers, list: whoever forbids an address takes them in this order.
    """
    await hold_addresses(connection, addresses)
    ended = await suppress_readers(connection, addresses, by, now)
    key = await suppression_key(connection)
    return await suppress_by_hand(connection, addresses, key, by.name[:140], note, now), ended


async def suppress_hashes(
    text: str, hashing: Hashing, *, note: str, by: Actor, store: Database, now: datetime
) -> Suppressed:
    """Put hashes of addresses on the list, in hexadecimal, one a line; who reads at one is suppressed.

    The first column of a CSV is looked at. Every address there is, is tried against them: nobody can tell
    whose they are otherwise.
    """
    words = _note(note)
    given, rejected, repeated = _hashes_in(text, hashing)
    if not given and not rejected:
        raise InputError("no hash was given: write one a line")
    async with store.read() as connection:
        key = await suppression_key(connection)
    kept = [kept_hash(one, hashing, key) for one in given]
    added = 0
    for start in range(0, len(kept), _HASHES_AT_A_TIME):
        added += await _add_hashes(kept[start : start + _HASHES_AT_A_TIME], words, by, store, now)
    # whoever comes from here on is refused; those who are here already are looked for
    await _suppress_who_is_meant(frozenset(kept), key, by, store, now)
    return Suppressed(added, len(kept) - added, tuple(rejected), repeated)


@done_again
async def _add_hashes(hashes: Sequence[bytes], note: str, by: Actor, store: Database, now: datetime) -> int:
    async with store.write() as connection:
        # who comes in at this moment has asked already, and is not seen by whoever looks through the readers
        await hold_every_address(connection)
        new = await suppress_hashes_by_hand(connection, hashes, by.name[:140], note, now)
        await note_change(connection, by, "suppression.add", "a list", now, after={"added": new})
    return new


@done_again
async def lift(address: str, *, by: Actor, store: Database, now: datetime, note: str = "") -> None:
    """Take an address off the list; its reader may then come back, by the usual ways.

    Raises InputError for one that was erased, and for one that complained when the `note` does not say why it
    may be written to again.
    """
    why = _note(note)
    async with store.write() as connection:
        await hold_addresses(connection, [address])
        mine = await shelf.subscriptions_of(connection, address, to_change=True)
        key = await suppression_key(connection)
        entry = await entry_of(connection, address, key)
        if entry is None:
            raise NotFoundError("this address is not on the list")
        if entry.reason == ERASED:
            raise InputError(
                "this address is on the list because it was erased: only its owner can lift that, by "
                "subscribing again and saying yes to the question that comes by mail"
            )
        if entry.made_by is None and not why:
            raise InputError(
                "this address is on the list because its owner called mail spam: say in a note, without "
                "names, why it may be written to again"
            )
        await lift_suppression(connection, address, key)
        off = [one for one in mine if (one.standing, Event.LIFTED) in TRANSITIONS]
        await _save(connection, off, [lifted(one) for one in off], "taken off the suppression list", now)
        await note_change(
            connection, by, "suppression.lift", entry.id, now, after={"note": why} if why else None
        )
        await note_reader(connection, by, "reader.lift", [lifted(one) for one in off], now, before=off)


async def look_up(address: str, *, store: Database) -> Entry | None:
    """The entry of an address, or None."""
    async with store.read() as connection:
        return await entry_of(connection, address, await suppression_key(connection))


async def as_csv(*, store: Database) -> AsyncIterator[str]:
    """The whole list as pieces of CSV: hashes alone, for nobody knows the addresses any more."""
    yield write_cells([("hash", "reason", "since", "made-by", "note")])
    before: int | None = None
    while True:
        async with store.read() as connection:
            page = await page_of_entries(connection, before=before, limit=1000)
        if not page:
            return
        yield write_cells(
            (one.address_hash.hex(), one.reason, one.at.isoformat(), one.made_by or "", one.note)
            for one in page
        )
        before = page[-1].id


def _note(note: str) -> str:
    return parse_line(note, "the note", _MOST_NOTE) if note.strip() else ""


async def _suppress_who_is_meant(
    hashes: frozenset[bytes], key: bytes, by: Actor, store: Database, now: datetime
) -> None:
    after = 0
    while True:
        async with store.read() as connection:
            page = await addresses_after(connection, after, limit=_HASHES_AT_A_TIME)
        if not page:
            return
        after = page[-1][0]
        meant = [address for _, address in page if not hashes.isdisjoint(hashes_of(address, key))]
        for start in range(0, len(meant), _AT_A_TIME):
            await _suppress_known(meant[start : start + _AT_A_TIME], by, store, now)


@done_again
async def _suppress_known(addresses: Sequence[str], by: Actor, store: Database, now: datetime) -> None:
    async with store.write() as connection:
        await suppress_readers(connection, addresses, by, now)


async def suppress_readers(
    connection: AsyncConnection, addresses: Sequence[str], by: Actor, now: datetime
) -> int:
    """Suppress who reads at these addresses, everywhere; how many subscriptions that ended."""
    mine = [
        one
        for one in await together.subscriptions_among(connection, addresses)
        if one.standing not in {Standing.SUPPRESSED, Standing.COMPLAINED}
    ]
    after = [suppressed(one) for one in mine]
    await _save(connection, mine, after, "suppressed by an admin", now)
    await note_reader(connection, by, "reader.suppress", after, now, before=mine)
    return len(mine)


async def _save(
    connection: AsyncConnection,
    before: Sequence[Subscription],
    after: Sequence[Subscription],
    words: str,
    now: datetime,
) -> None:
    await shelf.save_all(connection, after)
    if after:
        reasons = dict.fromkeys((one.id for one in after), words)
        await together.note_standings(connection, before, after[0].standing, reasons, now)


def _hashes_in(text: str, hashing: Hashing) -> tuple[list[bytes], list[RefusedLine], int]:
    """The hashes of a list, each once; the lines that hold none; how many lines say again what one said."""
    found: list[bytes] = []
    rejected = []
    digits = 2 * hashing.octets
    for line, words in enumerate(text.splitlines(), start=1):
        word = words.partition(",")[0].partition(";")[0].strip().strip('"').lower()
        if not word or (line == 1 and not re.fullmatch("[0-9a-f]{32,}", word)):
            continue
        if re.fullmatch(f"[0-9a-f]{{{digits}}}", word):
            found.append(bytes.fromhex(word))
        else:
            rejected.append(RefusedLine(line, f"{word[:80]!r} is no {hashing} hash of {digits} digits"))
    once = list(dict.fromkeys(found))
    return once, rejected, len(found) - len(once)


def _addresses_in(text: str) -> tuple[list[str], list[RefusedLine], int]:
    """As `_hashes_in`; an address in capitals is the same one."""
    found: list[str] = []
    rejected = []
    for line, words in enumerate(text.splitlines(), start=1):
        word = words.partition(",")[0].partition(";")[0].strip().strip('"')
        # a heading, as an export of another program has it
        if not word or (line == 1 and "@" not in word):
            continue
        try:
            found.append(parse_address(word))
        except WishError as error:
            rejected.append(RefusedLine(line, str(error)))
    once = {address_key(one): one for one in reversed(found)}
    return list(reversed(once.values())), rejected, len(found) - len(once)
