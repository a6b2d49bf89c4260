"""Entry links: somebody is let in, or has forgotten a password, and chooses their own by a link."""

from __future__ import annotations

import math
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor, Role, Via
from digest.core.entry_links import address_of_link, end_of_link, opens
from digest.core.guesses import counted_wrong_link
from digest.errors import InputError
from digest.flows import proofs
from digest.flows.people import added, parse_name, person_of
from digest.flows.readers import suppression_key
from digest.store import attempts, people
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.people import NO_PASSWORD, Person


class EntryLink(Struct, frozen=True):
    """A link that was made just now; it is shown this once, and kept nowhere."""

    person: Person
    #: the whole address
    link: str
    #: when it is good no more
    until: datetime


class Void(Struct, frozen=True):
    """A link by which nobody chooses anything: used, too old, of who is shut out, or none at all."""

    #: seconds until more from this network is looked at; 0 while it has not tried too often
    wait: int = 0


@done_again
async def add_with_link(
    name: str, role: Role, *, base_url: str, by: Actor, store: Database, now: datetime
) -> EntryLink:
    """Give somebody an account without a password, and the link by which they choose one."""
    name = parse_name(name)
    async with store.write() as connection:
        person = await added(connection, name, role, NO_PASSWORD, by=by, now=now)
        return await _made(connection, person, base_url, by, now)


@done_again
async def make_link(person_id: int, *, base_url: str, by: Actor, store: Database, now: datetime) -> EntryLink:
    """A new link for somebody who is there; one before it is void, the password is good until it is used."""
    async with store.write() as connection:
        person = await person_of(connection, person_id, to_change=True)
        if person.shut_out_at is not None:
            raise InputError(f"{person.name} is shut out: let them in first, a link is of no use before")
        return await _made(connection, person, base_url, by, now)


async def person_behind(token: str, seen_from: str, *, store: Database, now: datetime) -> Person | Void:
    """Whose link it is, if it is good; else it counts as a wrong password of that network does.

    A good one is looked at whatever others did from there: nobody guesses 256 bits, so only they have it.
    """
    async with store.read() as connection:
        person = await _good(connection, token, now)
    return person if person is not None else Void(await _counted(seen_from, store, now))


@done_again
async def choose_password(token: str, password: str, *, store: Database, now: datetime) -> Person | None:
    """Set the password of who has the link, which is used up: all sessions of the account end.

    None for a link that is not good, or not any more: of two at once one sets its password. Raises InputError
    for a password that is too easily guessed; the link stays good then.
    """
    async with store.read() as connection:
        person = await _good(connection, token, now)
    if person is None:
        return None
    password_hash = await proofs.hashed(proofs.checked_password(password, person.name))
    async with store.write() as connection:
        # the person first, as whoever makes another link or shuts them out takes it, too
        await person_of(connection, person.id, to_change=True)
        if await _good(connection, token, now) is None:
            return None
        await people.end_link(connection, person.id)
        await people.change(connection, person.id, password_hash=password_hash)
        await people.end_sessions(connection, person.id)
        themselves = Actor(person.name, Via.DESK, person.id)
        await note_change(connection, themselves, "person.password", person.id, now, after={"by": "link"})
    return person


async def _made(
    connection: AsyncConnection, person: Person, base_url: str, by: Actor, now: datetime
) -> EntryLink:
    token, until = proofs.new_token(), end_of_link(now)
    await people.replace_link(connection, person.id, proofs.hash_of(token), until)
    await note_change(connection, by, "person.link", person.id, now)
    return EntryLink(person, address_of_link(base_url, token), until)


async def _good(connection: AsyncConnection, token: str, now: datetime) -> Person | None:
    found = await people.link_behind(connection, proofs.hash_of(token))
    if found is None:
        return None
    ends_at, person = found
    return person if opens(ends_at, person.shut_out_at, now) else None


@done_again
async def _counted(seen_from: str, store: Database, now: datetime) -> int:
    """Count a wrong try; how many seconds to wait when it was one too many."""
    one = counted_wrong_link(seen_from, now)
    async with store.write() as connection:
        allowed = await attempts.count(connection, [one], await suppression_key(connection))
    return 0 if allowed else math.ceil((one.until - now).total_seconds())
