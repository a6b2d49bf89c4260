"""Who may enter: people are added, given a role, shut out; their passwords, codes and keys change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import POWERS_OF, SCOPES, Actor, Power, Role
from digest.core.lines import parse_line
from digest.errors import InputError, NotFoundError, missing
from digest.flows import proofs
from digest.store import people
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.people import ApiKey, Person
from subscribers.composed import composed

_MOST_NAME: Final = 60


class Pass(Struct, frozen=True):
    """Why somebody may change an account: it is their own, or they look after all."""

    by: Actor
    #: the session that goes on when all others of the account end
    token: str = ""


@done_again
async def add_person(
    name: str, role: Role, password: str, *, by: Actor, store: Database, now: datetime
) -> Person:
    """Give somebody an account."""
    name = parse_name(name)
    password_hash = await proofs.hashed(proofs.checked_password(password, name))
    async with store.write() as connection:
        return await added(connection, name, role, password_hash, by=by, now=now)


@done_again
async def change_role(person_id: int, role: Role, *, by: Actor, store: Database, now: datetime) -> Person:
    """Give somebody another role; what they may do changes with their next request."""
    async with store.write() as connection:
        before = await person_of(connection, person_id)
        await people.change(connection, person_id, role=role)
        await _require_an_admin(connection, before)
        words = {"before": {"role": before.role}, "after": {"role": role}}
        await note_change(connection, by, "person.role", person_id, now, **words)
        return await person_of(connection, person_id)


@done_again
async def shut_out(person_id: int, *, by: Actor, store: Database, now: datetime) -> Person:
    """Let somebody in no more: sessions end, keys are of no use. The account stays, for the log names it."""
    async with store.write() as connection:
        before = await person_of(connection, person_id)
        await people.change(connection, person_id, shut_out_at=now)
        await _require_an_admin(connection, before)
        await people.end_sessions(connection, person_id)
        await people.end_link(connection, person_id)
        await note_change(connection, by, "person.shut-out", person_id, now)
        return await person_of(connection, person_id)


@done_again
async def let_in(person_id: int, *, by: Actor, store: Database, now: datetime) -> Person:
    """Let somebody in again."""
    async with store.write() as connection:
        await person_of(connection, person_id)
        await people.change(connection, person_id, shut_out_at=None)
        await note_change(connection, by, "person.let-in", person_id, now)
        return await person_of(connection, person_id)


@done_again
async def set_password(
    person_id: int, password: str, allowed: Pass, *, store: Database, now: datetime
) -> None:
    """Change a password: all other sessions of the account end, and a link to choose one is void."""
    async with store.read() as connection:
        person = await person_of(connection, person_id)
    password_hash = await proofs.hashed(proofs.checked_password(password, person.name))
    async with store.write() as connection:
        await people.change(connection, person_id, password_hash=password_hash)
        await people.end_link(connection, person_id)
        await people.end_sessions(connection, person_id, but=proofs.hash_of(allowed.token))
        await note_change(connection, allowed.by, "person.password", person_id, now)


@done_again
async def begin_codes(
    person_id: int, secret: str, code: str, allowed: Pass, *, store: Database, now: datetime
) -> tuple[str, ...]:
    """Ask for one-time codes from now on, when `code` shows that the app has the secret.

    Returns recovery codes, which are shown this once. All other sessions of the account end.
    """
    step = proofs.step_of_code(secret, code, now)
    if step is None:
        raise InputError("that code is not the one of this moment: look whether the clocks agree")
    recovery = proofs.new_recovery_codes()
    async with store.write() as connection:
        person = await person_of(connection, person_id)
        if person.code_secret is not None:
            raise InputError("codes are asked for already: turn them off first")
        await people.change(connection, person_id, code_secret=secret, code_step=step)
        await people.replace_recovery_codes(
            connection, person_id, [proofs.hash_of_recovery_code(one) for one in recovery]
        )
        await people.end_sessions(connection, person_id, but=proofs.hash_of(allowed.token))
        await note_change(connection, allowed.by, "person.codes-on", person_id, now)
    return recovery


@done_again
async def end_codes(person_id: int, *, by: Actor, store: Database, now: datetime) -> None:
    """Ask for one-time codes no more."""
    async with store.write() as connection:
        await person_of(connection, person_id)
        await people.change(connection, person_id, code_secret=None)
        await people.replace_recovery_codes(connection, person_id, ())
        await note_change(connection, by, "person.codes-off", person_id, now)


@done_again
async def make_key(
    person_id: int, label: str, scopes: Collection[Power], *, by: Actor, store: Database, now: datetime
) -> tuple[ApiKey, str]:
    """A new key for a program, and the key itself, which is shown this once."""
    label = parse_line(label, "label", most=_MOST_NAME)
    key = proofs.new_api_key()
    async with store.write() as connection:
        person = await person_of(connection, person_id)
        beyond = frozenset(scopes) - (POWERS_OF[person.role] & SCOPES)
        if beyond or not scopes:
            may = ", ".join(one for one in Power if one in POWERS_OF[person.role] & SCOPES)
            raise InputError(f"a key of {person.name} ({person.role}) can have some of these scopes: {may}")
        kept = proofs.beginning_of(key), proofs.hash_of(key)
        key_id = await people.add_key(connection, person_id, label, kept, scopes, now)
        words = {"label": label, "of": person.name, "scopes": sorted(scopes)}
        await note_change(connection, by, "key.make", key_id, now, after=words)
        made = next(one for one in await people.keys_of(connection, person_id) if one.id == key_id)
    return made, key


@done_again
async def revoke_key(
    key_id: int, *, by: Actor, store: Database, now: datetime, of_person: int | None = None
) -> ApiKey:
    """Revoke a key for good; with `of_person` only one of that person's."""
    async with store.write() as connection:
        mine = [one.id for one in await people.keys_of(connection, of_person)]
        revoked = await people.revoke_key(connection, key_id, now) if key_id in mine else None
        if revoked is None:
            raise NotFoundError(
                f"key {key_id} does not exist, or was revoked before", at_shell="see digest users keys"
            )
        await note_change(connection, by, "key.revoke", key_id, now, before={"label": revoked.label})
        return revoked


async def added(
    connection: AsyncConnection, name: str, role: Role, password_hash: str, *, by: Actor, now: datetime
) -> Person:
    """Write an account down, and that it was made; raises InputError for a name that is taken."""
    if await people.by_name(connection, name) is not None:
        raise InputError(f"name {name!r} is taken: choose another, or change that account")
    new_id = await people.add(connection, name, role, password_hash, now)
    await note_change(connection, by, "person.add", new_id, now, after={"name": name, "role": role})
    return await person_of(connection, new_id)


def parse_name(text: str) -> str:
    """A name to log in with: one line, as people write it."""
    return parse_line(composed("NFC", " ".join(text.split())), "name", most=_MOST_NAME)


async def person_named(connection: AsyncConnection, name: str) -> Person:
    """The person of this name; raises NotFoundError."""
    found = await people.by_name(connection, parse_name(name))
    if found is None:
        raise missing(f"user {name!r}", "users list")
    return found


async def person_of(connection: AsyncConnection, person_id: int, *, to_change: bool = False) -> Person:
    """The person of this number, whom `to_change` keeps others off; raises NotFoundError."""
    found = await people.by_id(connection, person_id, to_change=to_change)
    if found is None:
        raise missing(f"user {person_id}", "users list")
    return found


async def _require_an_admin(connection: AsyncConnection, before: Person) -> None:
    """Refuse what would leave nobody who can let others in."""
    was_one = before.role is Role.ADMIN and before.shut_out_at is None and before.has_password
    if was_one and not await people.count_admins(connection):
        raise InputError(f"{before.name} is the only admin who can log in: make somebody else one first")
