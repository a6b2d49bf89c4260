"""The shelf of people: who may enter the desk, and the sessions, codes and keys by which they do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Power, Role
from digest.store.desk_tables import api_keys, entry_links, people, recovery_codes, sessions

#: In the place of a password's hash; it is none, so nothing that is typed matches it.
NO_PASSWORD: Final = ""


class Person(Struct, frozen=True):
    """Somebody with an account."""

    id: int
    name: str
    role: Role
    #: argon2id, with its parameters and salt; `NO_PASSWORD` for who has chosen none yet
    password_hash: str
    #: base32; None for who needs no code
    code_secret: str | None
    #: the last step of 30 s whose code was used
    code_step: int
    created_at: datetime
    #: None for who may enter
    shut_out_at: datetime | None

    @property
    def has_password(self) -> bool:
        """False for somebody who was given a link, and has not chosen a password by it."""
        return self.password_hash != NO_PASSWORD


class Session(Struct, frozen=True):
    """A browser at the desk."""

    token_hash: bytes
    person_id: int
    #: False between the password and the code
    whole: bool
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    agent: str
    seen_from: str


class ApiKey(Struct, frozen=True):
    """A program's way in; the key itself is shown once, and kept nowhere."""

    id: int
    person_id: int
    label: str
    beginning: str
    scopes: frozenset[Power]
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


# --- people -------------------------------------------------------------------------------------------------


async def add(connection: AsyncConnection, name: str, role: Role, password_hash: str, now: datetime) -> int:
    """Write somebody down; the caller has asked before that the name is free."""
    row: dict[str, Any] = {"name": name, "name_key": name_key(name), "role": role}
    row |= {"password_hash": password_hash, "code_secret": None, "code_step": 0, "created_at": now}
    new_id: int = (await connection.execute(insert(people).values(row).returning(people.c.id))).scalar_one()
    return new_id


async def by_name(connection: AsyncConnection, name: str) -> Person | None:
    """The person of this name, whatever its case."""
    query = select(people).where(people.c.name_key == name_key(name))
    row = (await connection.execute(query)).first()
    return None if row is None else _person_from(row)


async def by_id(connection: AsyncConnection, person_id: int, *, to_change: bool = False) -> Person | None:
    """The person of this number; `to_change` keeps others off it until the transaction ends."""
    query = select(people).where(people.c.id == person_id)
    row = (await connection.execute(query.with_for_update() if to_change else query)).first()
    return None if row is None else _person_from(row)


async def every(connection: AsyncConnection) -> tuple[Person, ...]:
    """All people, oldest first, those who are shut out among them."""
    rows = await connection.execute(select(people).order_by(people.c.id))
    return tuple(map(_person_from, rows))


async def change(connection: AsyncConnection, person_id: int, **values: Any) -> None:
    """Change columns of a person."""
    await connection.execute(update(people).where(people.c.id == person_id).values(values))


async def count_admins(connection: AsyncConnection) -> int:
    """How many admins can enter; who has chosen no password yet cannot.

    On PostgreSQL their rows stay locked to the end of the transaction.
    """
    can_enter = people.c.shut_out_at.is_(None) & (people.c.password_hash != NO_PASSWORD)
    admins = select(people.c.id).where(people.c.role == Role.ADMIN, can_enter)
    return len((await connection.execute(admins.with_for_update())).all())


async def use_step(connection: AsyncConnection, person_id: int, step: int) -> bool:
    """Use up a step of one-time codes; False when it, or a later one, was used before (RFC 6238, 5.2)."""
    unused = (people.c.id == person_id) & (people.c.code_step < step)
    return (await connection.execute(update(people).where(unused).values(code_step=step))).rowcount == 1


def name_key(name: str) -> str:
    """A name as it is compared."""
    return name.casefold()


# --- recovery codes -----------------------------------------------------------------------------------------


async def replace_recovery_codes(
    connection: AsyncConnection, person_id: int, hashes: Collection[bytes]
) -> None:
    """New codes instead of all that there were; none takes them away."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    if hashes:
        rows = [{"code_hash": one, "person_id": person_id} for one in hashes]
        await connection.execute(insert(recovery_codes), rows)


async def use_recovery_code(
    connection: AsyncConnection, person_id: int, code_hash: bytes, now: datetime
) -> bool:
    """Use up a recovery code; False when it is none of this person's, or used."""
    codes = recovery_codes.c
    unused = (codes.code_hash == code_hash) & (codes.person_id == person_id) & codes.used_at.is_(None)
    query = update(recovery_codes).where(unused).values(used_at=now)
    return (await connection.execute(query)).rowcount == 1


async def recovery_codes_left(connection: AsyncConnection, person_id: int) -> int:
    """How many codes are unused."""
    unused = (recovery_codes.c.person_id == person_id) & recovery_codes.c.used_at.is_(None)
    query = select(func.count()).select_from(recovery_codes).where(unused)
    return (await connection.execute(query)).scalar_one()


# --- sessions -----------------------------------------------------------------------------------------------


async def begin_session(connection: AsyncConnection, session: Session) -> None:
    """Write a session down."""
    row = asdict(session)
    await connection.execute(insert(sessions).values(row))


async def session_of(
    connection: AsyncConnection, token_hash: bytes, now: datetime
) -> tuple[Session, Person] | None:
    """The session behind a token that has not ended, and whose it is; None for who is shut out."""
    query = select(sessions).where(sessions.c.token_hash == token_hash, sessions.c.ends_at > now)
    row = (await connection.execute(query)).first()
    person = None if row is None else await by_id(connection, row.person_id)
    if row is None or person is None or person.shut_out_at is not None:
        return None
    return Session(**row._mapping), person


async def sessions_of(connection: AsyncConnection, person_id: int, now: datetime) -> tuple[Session, ...]:
    """The whole sessions of a person that have not ended, last seen first."""
    mine = (sessions.c.person_id == person_id) & sessions.c.whole & (sessions.c.ends_at > now)
    rows = await connection.execute(select(sessions).where(mine).order_by(sessions.c.seen_at.desc()))
    return tuple(Session(**row._mapping) for row in rows)


async def touch_session(
    connection: AsyncConnection, token_hash: bytes, now: datetime, ends_at: datetime
) -> None:
    """Note that a session is in use, and let it go on."""
    query = update(sessions).where(sessions.c.token_hash == token_hash)
    await connection.execute(query.values(seen_at=now, ends_at=ends_at))


async def end_session(connection: AsyncConnection, token_hash: bytes) -> None:
    """End one session."""
    await connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


async def end_sessions(connection: AsyncConnection, person_id: int, but: bytes = b"") -> None:
    """End all sessions of a person, but one."""
    mine = (sessions.c.person_id == person_id) & (sessions.c.token_hash != but)
    await connection.execute(delete(sessions).where(mine))


async def forget_ended_sessions(connection: AsyncConnection, now: datetime) -> None:
    """Remove what nobody can use any more."""
    await connection.execute(delete(sessions).where(sessions.c.ends_at <= now))


# --- entry links --------------------------------------------------------------------------------------------


async def replace_link(
    connection: AsyncConnection, person_id: int, token_hash: bytes, ends_at: datetime
) -> None:
    """A new link instead of the one that there was; the caller holds the person."""
    await end_link(connection, person_id)
    row = {"token_hash": token_hash, "person_id": person_id, "ends_at": ends_at}
    await connection.execute(insert(entry_links).values(row))


async def link_behind(connection: AsyncConnection, token_hash: bytes) -> tuple[datetime, Person] | None:
    """When the link with this hash ends, and whose it is; None for one that was used, or never was."""
    row = (
        await connection.execute(select(entry_links).where(entry_links.c.token_hash == token_hash))
    ).first()
    person = None if row is None else await by_id(connection, row.person_id)
    return None if row is None or person is None else (row.ends_at, person)


async def end_of_link_of(connection: AsyncConnection, person_id: int) -> datetime | None:
    """When the link of a person ends, or has ended; None without one."""
    query = select(entry_links.c.ends_at).where(entry_links.c.person_id == person_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def end_link(connection: AsyncConnection, person_id: int) -> None:
    """A link that was used, or is void, is there no more."""
    await connection.execute(delete(entry_links).where(entry_links.c.person_id == person_id))


async def forget_ended_links(connection: AsyncConnection, now: datetime) -> None:
    """Remove links that are too old."""
    await connection.execute(delete(entry_links).where(entry_links.c.ends_at <= now))


# --- keys ---------------------------------------------------------------------------------------------------


async def add_key(
    connection: AsyncConnection,
    person_id: int,
    label: str,
    key: tuple[str, bytes],
    scopes: Collection[Power],
    now: datetime,
) -> int:
    """Write a key down, given as its beginning and its hash."""
    row: dict[str, Any] = {"person_id": person_id, "label": label, "beginning": key[0], "key_hash": key[1]}
    row |= {"scopes": [one for one in Power if one in scopes], "made_at": now}
    query = insert(api_keys).values(row).returning(api_keys.c.id)
    new_id: int = (await connection.execute(query)).scalar_one()
    return new_id


async def key_by_hash(connection: AsyncConnection, key_hash: bytes) -> tuple[ApiKey, Person] | None:
    """The key with this hash and its holder, unless it was revoked or the holder shut out."""
    mine = (api_keys.c.key_hash == key_hash) & api_keys.c.revoked_at.is_(None)
    row = (await connection.execute(select(api_keys).where(mine))).first()
    person = None if row is None else await by_id(connection, row.person_id)
    if row is None or person is None or person.shut_out_at is not None:
        return None
    return _key_from(row), person


async def keys_of(connection: AsyncConnection, person_id: int | None = None) -> tuple[ApiKey, ...]:
    """All keys, or those of a person, newest first."""
    query = select(api_keys).order_by(api_keys.c.id.desc())
    if person_id is not None:
        query = query.where(api_keys.c.person_id == person_id)
    return tuple(map(_key_from, await connection.execute(query)))


async def key_used(connection: AsyncConnection, key_id: int, now: datetime) -> None:
    """Note that a key is in use."""
    await connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(used_at=now))


async def revoke_key(connection: AsyncConnection, key_id: int, now: datetime) -> ApiKey | None:
    """Revoke a key for good; None when there is none, or it was revoked before."""
    live = (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
    query = update(api_keys).where(live).values(revoked_at=now).returning(*api_keys.c)
    row = (await connection.execute(query)).first()
    return None if row is None else _key_from(row)


def _person_from(row: Row[Any]) -> Person:
    values = dict(row._mapping)
    del values["name_key"]
    return Person(**values | {"role": Role(values["role"])})


def _key_from(row: Row[Any]) -> ApiKey:
    values = dict(row._mapping)
    del values["key_hash"]
    return ApiKey(**values | {"scopes": frozenset(map(Power, values["scopes"]))})
