"""Whether the store is sound: reachable, of today's version, with room to grow and nobody in the way."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final

from msgspec import Struct

from digest.core.doctor_findings import Finding, Found, Level, or_fine

_GIGABYTE: Final = 1_000_000_000
_FULL_SOON: Final = _GIGABYTE
_FULL: Final = _GIGABYTE // 10
#: Some eight times as long as the log of a store gets whose readers come to an end.
_LONG_LOG: Final = 256_000_000
#: Octets that PostgreSQL keeps in memory unless it is told otherwise, and of a store that does not fit.
_KEPT_BY_DEFAULT: Final = 128 * 1024 * 1024
_LARGE_STORE: Final = 4 * _KEPT_BY_DEFAULT
#: Connections to PostgreSQL of one process: its pool with what may come on top, and those of the engine.
OF_ONE_PROCESS: Final = 25


class State(Enum):
    """How far a look into the store came."""

    MISSING = auto()
    UNUSABLE = auto()
    #: something else lies there, or an older or newer store
    OTHER_VERSION = auto()
    OPENED = auto()


class ConnectionsSeen(Struct, frozen=True):
    """Of PostgreSQL, how many there may be, are, and would be needed."""

    most: int
    #: kept for who repairs the server
    reserved: int
    #: of others than us
    others: int
    #: processes of ours that are at work, at least one
    processes: int


class MemorySeen(Struct, frozen=True):
    """Of PostgreSQL, how many octets the store has, and how many the server keeps in memory."""

    store: int
    kept: int


class StoreSeen(Struct, frozen=True):
    """What can be said of a store."""

    #: without a password
    name: str
    state: State
    #: how it was refused, or which version it has
    words: str = ""
    #: what to do when it has another version
    mend: str = ""
    is_sqlite: bool = True
    #: why nobody may write into it; empty for an open one
    closed: str = ""
    may_write: bool = True
    #: who keeps others from writing, and for how long; empty when nobody does
    held_up_by: str = ""
    #: on the disk where it lies, in octets; None when that is not known
    free: int | None = None
    log: int = 0
    connections: ConnectionsSeen | None = None
    memory: MemorySeen | None = None
    #: the packages for workers are there; None when nobody asked
    has_engine: bool | None = None
    engine_is_set_up: bool | None = None
    #: the settings leave sending to workers alone
    workers_alone: bool = False


def judge_store(seen: StoreSeen) -> tuple[Finding, ...]:
    """All that is wrong with a store."""
    if seen.state is not State.OPENED:
        return (_not_opened(seen), *_of_room(seen))
    found = [*_of_writing(seen), *_of_room(seen), *_of_server(seen)]
    return or_fine(found, Finding(Found.STORE_FINE, Level.FINE, f"the store {seen.name} is in order"))


def _not_opened(seen: StoreSeen) -> Finding:
    if seen.state is State.MISSING:
        line, mend = f"the store {seen.name} is not set up", "run digest init"
        return Finding(Found.STORE_MISSING, Level.ERROR, line, mend)
    if seen.state is State.OTHER_VERSION:
        return Finding(Found.STORE_VERSION, Level.ERROR, seen.words, seen.mend)
    mend = "check DIGEST_DATABASE_URL, and that the server or the disk is there"
    return Finding(Found.STORE_UNUSABLE, Level.ERROR, seen.words, mend)


def _of_writing(seen: StoreSeen) -> Iterator[Finding]:
    if seen.closed:
        mend = "go on with the other store, or run digest store reopen"
        yield Finding(Found.STORE_CLOSED, Level.ERROR, seen.closed, mend)
    if not seen.may_write:
        yield Finding(
            Found.STORE_READ_ONLY,
            Level.ERROR,
            f"we may not write into the store {seen.name}",
            "give the user of this program the right to write the file and its folder, or the database",
        )
    if seen.held_up_by:
        yield Finding(
            Found.STORE_LOCKED,
            Level.WARNING,
            f"the store {seen.name} is locked: {seen.held_up_by}",
            "end the program that holds it, if it does not end by itself",
        )


def _of_room(seen: StoreSeen) -> Iterator[Finding]:
    if seen.free is not None and seen.free < _FULL_SOON:
        yield Finding(
            Found.STORE_DISK,
            Level.ERROR if seen.free < _FULL else Level.WARNING,
            f"the disk of the store {seen.name} has {seen.free // 1_000_000} MB left",
            "make room there, or move the store",
        )
    if seen.log > _LONG_LOG:
        yield Finding(
            Found.STORE_LOG,
            Level.WARNING,
            f"the write-ahead log of {seen.name} has {seen.log // 1_000_000} MB: somebody reads on and on",
            "end the program that has the file open for hours, such as a shell of sqlite3",
        )


def _of_server(seen: StoreSeen) -> Iterator[Finding]:
    if seen.is_sqlite:
        return
    if seen.connections is not None:
        yield from _of_connections(seen.connections)
    if seen.memory is not None:
        yield from _of_memory(seen.memory)
    if seen.has_engine is False:
        yield Finding(
            Found.ENGINE_MISSING,
            Level.ERROR if seen.workers_alone else Level.ADVICE,
            "digest worker cannot run: its packages are not installed",
            "install the extra: pip install 'newsroom-digest[cluster]'",
        )
    elif seen.engine_is_set_up is False:
        line = "the tables of the engine, by which workers get their work, are not there, or old"
        yield Finding(Found.ENGINE_NOT_SET_UP, Level.WARNING, line, "run digest init")


def _of_connections(seen: ConnectionsSeen) -> Iterator[Finding]:
    needed = seen.processes * OF_ONE_PROCESS
    left = seen.most - seen.reserved - seen.others
    if left < needed:
        processes = "1 process" if seen.processes == 1 else f"{seen.processes} processes"
        yield Finding(
            Found.STORE_CONNECTIONS,
            Level.WARNING,
            f"PostgreSQL has {max(left, 0)} connections for us (max_connections is {seen.most}), and "
            f"{processes} may need {needed}",
            "raise max_connections, or run fewer workers",
        )


def _of_memory(seen: MemorySeen) -> Iterator[Finding]:
    if seen.kept <= _KEPT_BY_DEFAULT and seen.store > _LARGE_STORE:
        yield Finding(
            Found.STORE_MEMORY,
            Level.ADVICE,
            f"PostgreSQL keeps {seen.kept // 1_000_000} MB in memory (shared_buffers), and the store has "
            f"{seen.store // 1_000_000} MB",
            "set shared_buffers to a quarter of the server's memory, and restart PostgreSQL",
        )
