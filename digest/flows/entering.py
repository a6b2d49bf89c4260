"""Entering the desk: a password, then a code when one is asked for; leaving it; who is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.guesses import counted_guess, seconds_to_wait
from digest.flows import proofs
from digest.flows.readers import suppression_key
from digest.store import attempts, people
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.people import Person, Session

#: A session ends so long after it was last used, and at the latest so long after it began.
_IDLE: Final = timedelta(hours=24)
_LONGEST: Final = timedelta(days=14)
#: Between the password and the code.
_FOR_THE_CODE: Final = timedelta(minutes=10)
#: How often it is written down that a session is in use.
_TOUCH_AFTER: Final = timedelta(minutes=15)


class Entered(Struct, frozen=True):
    """The way in is open: what the browser is to keep, and whether a code is still needed."""

    token: str
    needs_code: bool


class Refused(Struct, frozen=True):
    """The way in stays shut."""

    #: seconds until a try is looked at again; 0 when this one was, and was wrong
    wait: int = 0


class Browser(Struct, frozen=True):
    """Where somebody knocks from."""

    seen_from: str
    agent: str


async def log_in(
    name: str, password: str, browser: Browser, *, store: Database, now: datetime, replaces: str = ""
) -> Entered | Refused:
    """Open a session for who knows the password; each has a new token, and the one before ends.

    A try counts before it is looked at, so that many at once are as slow as one after the other.
    """
    if not await _may_try("password", people.name_key(name), browser, store, now):
        return Refused(seconds_to_wait(now))
    async with store.read() as connection:
        person = await people.by_name(connection, name)
    welcome = person is not None and person.shut_out_at is None
    known = person.password_hash if person is not None and welcome else None
    if not await proofs.is_password(password, known) or person is None:
        return Refused()
    if proofs.needs_rehash(person.password_hash):
        rehashed = await proofs.hashed(password)
        async with store.write() as connection:
            await people.change(connection, person.id, password_hash=rehashed)
    async with store.write() as connection:
        await people.end_session(connection, proofs.hash_of(replaces))
        needs_code = person.code_secret is not None
        token = await _begin(connection, person, browser, now, whole=not needs_code)
    return Entered(token, needs_code)


async def ask_again(
    person: Person, password: str, browser: Browser, *, store: Database, now: datetime
) -> Refused | None:
    """Ask somebody who is in for the password once more; None when it is right. Counts as a try to log in."""
    if not await _may_try("password", people.name_key(person.name), browser, store, now):
        return Refused(seconds_to_wait(now))
    return None if await proofs.is_password(password, person.password_hash) else Refused()


async def give_code(
    token: str, code: str, browser: Browser, *, store: Database, now: datetime
) -> Entered | Refused | None:
    """Complete a session with a one-time code or a recovery code; None when the password must come again.

    A code is good once; the session gets a new token.
    """
    async with store.read() as connection:
        found = await people.session_of(connection, proofs.hash_of(token), now)
    if found is None or found[0].whole:
        return None
    person = found[1]
    if not await _may_try("code", str(person.id), browser, store, now):
        return Refused(seconds_to_wait(now))
    async with store.write() as connection:
        if not await _is_code(connection, person, code, now):
            return Refused()
        await people.end_session(connection, found[0].token_hash)
        return Entered(await _begin(connection, person, browser, now, whole=True), needs_code=False)


async def who_is(token: str, *, store: Database, now: datetime) -> tuple[Session, Person] | None:
    """The session behind a token, whole or not, and whose it is. A session in use goes on."""
    token_hash = proofs.hash_of(token)
    async with store.glance() as connection:
        found = await people.session_of(connection, token_hash, now)
    if found is not None and found[0].whole and now - found[0].seen_at >= _TOUCH_AFTER:
        ends_at = min(now + _IDLE, found[0].began_at + _LONGEST)
        async with store.write() as connection:
            await people.touch_session(connection, token_hash, now, ends_at)
    return found


async def log_out(token: str, *, store: Database) -> None:
    """End a session."""
    async with store.write() as connection:
        await people.end_session(connection, proofs.hash_of(token))


async def _is_code(connection: AsyncConnection, person: Person, code: str, now: datetime) -> bool:
    step = proofs.step_of_code(person.code_secret, code, now) if person.code_secret else None
    if step is not None:
        return await people.use_step(connection, person.id, step)
    return await people.use_recovery_code(connection, person.id, proofs.hash_of_recovery_code(code), now)


async def _begin(
    connection: AsyncConnection, person: Person, browser: Browser, now: datetime, *, whole: bool
) -> str:
    await people.forget_ended_sessions(connection, now)
    await people.forget_ended_links(connection, now)
    token = proofs.new_token()
    ends_at = now + (_IDLE if whole else _FOR_THE_CODE)
    session = Session(
        token_hash=proofs.hash_of(token),
        person_id=person.id,
        whole=whole,
        began_at=now,
        seen_at=now,
        ends_at=ends_at,
        agent=browser.agent[:200],
        seen_from=browser.seen_from[:45],
    )
    await people.begin_session(connection, session)
    return token


@done_again
async def _may_try(what: str, account: str, browser: Browser, store: Database, now: datetime) -> bool:
    async with store.write() as connection:
        key = await suppression_key(connection)
        for one in counted_guess(what, account, browser.seen_from, now):
            # what is refused here does not count any further: a day is not lost in ten minutes
            if not await attempts.count(connection, [one], key):
                return False
        return True
