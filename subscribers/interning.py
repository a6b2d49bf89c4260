"""Equal preferences are one row: find or make the rows of cadences, profiles and bookmarks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import Row, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from subscribers.model import Bookmark, Cadence, Format, Profile, Section, interning_key
from subscribers.tables import bookmarks, cadences, profiles

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Preference = TypeVar("Preference", Cadence, Profile, Bookmark)

#: Values in one statement: far below the limits of bound parameters of both stores.
_CHUNK: Final = 1000
#: Of each kind, as many values are kept as they were made of rows.
_MADE: Final = 2000


async def intern_cadences(connection: AsyncConnection, values: Iterable[Cadence]) -> dict[Cadence, int]:
    """The row ids of cadences, made where they did not exist."""
    return await _intern(connection, cadences, values, cadence_columns)


async def intern_profiles(connection: AsyncConnection, values: Iterable[Profile]) -> dict[Profile, int]:
    """The row ids of profiles, made where they did not exist."""
    return await _intern(connection, profiles, values, profile_columns)


async def intern_bookmarks(connection: AsyncConnection, values: Iterable[Bookmark]) -> dict[Bookmark, int]:
    """The row ids of bookmarks, made where they did not exist."""
    return await _intern(connection, bookmarks, values, bookmark_columns)


def cadence_columns(cadence: Cadence) -> dict[str, Any]:
    """A cadence as its row."""
    return {
        "days": ",".join(cadence.days),
        "at": f"{cadence.at:%H:%M}",
        "zone": cadence.zone,
        "at_once": cadence.at_once,
    }


def cadence_from(row: Row[Any]) -> Cadence:
    """A cadence from a row that has its columns."""
    return _cadence(row.days, row.at, row.zone, row.at_once)


def profile_columns(profile: Profile) -> dict[str, Any]:
    """A profile as its row."""
    return {
        "topics": None if profile.topics is None else sorted(profile.topics),
        "sections": None if profile.sections is None else sorted(profile.sections),
        "format": profile.format.value,
        "max_items": profile.max_items,
        "language": profile.language,
    }


def profile_from(row: Row[Any]) -> Profile:
    """A profile from a row that has its columns."""
    topics = None if row.topics is None else tuple(row.topics)
    sections = None if row.sections is None else tuple(row.sections)
    return _profile(topics, sections, row.format, row.max_items, row.language)


def bookmark_columns(bookmark: Bookmark) -> dict[str, Any]:
    """A bookmark as its row."""
    return {
        "cut": bookmark.cut,
        "deferred": list(bookmark.deferred),
        "ahead": list(bookmark.ahead),
        "waiting": len(bookmark.deferred),
    }


def bookmark_from(row: Row[Any]) -> Bookmark:
    """A bookmark from a row that has its columns."""
    return _bookmark(row.cut, tuple(row.deferred), tuple(row.ahead))


# Equal preferences are one value here too: what is made of a preference can be found again by it, at once.


@lru_cache(maxsize=_MADE)
def _cadence(days: str, at: str, zone: str, at_once: bool) -> Cadence:
    return Cadence(tuple(days.split(",")), time.fromisoformat(at), zone, at_once)


@lru_cache(maxsize=_MADE)
def _profile(
    topics: tuple[str, ...] | None,
    sections: tuple[str, ...] | None,
    format_: str,
    max_items: int | None,
    language: str,
) -> Profile:
    return Profile(
        None if topics is None else frozenset(topics),
        None if sections is None else frozenset(map(Section, sections)),
        Format(format_),
        max_items,
        language,
    )


@lru_cache(maxsize=_MADE)
def _bookmark(cut: int, deferred: tuple[int, ...], ahead: tuple[int, ...]) -> Bookmark:
    return Bookmark(cut, deferred, ahead)


def chunks(values: Sequence[Any], size: int = _CHUNK) -> Iterator[Sequence[Any]]:
    """Slices that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


async def new_ids(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows of a table whose key is a number; their numbers in the same order."""
    if not rows:
        return []
    if connection.dialect.name == "sqlite":
        # its one writer gives numbers itself: asked for them, SQLite would take each row by itself
        newest = (await connection.execute(select(func.max(table.c.id)))).scalar() or 0
        ids = list(range(newest + 1, newest + 1 + len(rows)))
        named = [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)]
        await connection.execute(insert(table), named)
        return ids
    query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list((await connection.execute(query, rows)).scalars())


async def insert_missing(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows whose unique key is not there yet; the others stay as they are."""
    if not rows:
        return
    await connection.execute(insert_into(connection, table).on_conflict_do_nothing(), rows)


def insert_into(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT in the store's own words, which know what to do with a row that is there already."""
    # here, for the dialect that is not spoken is not worth its loading
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


async def _intern(
    connection: AsyncConnection,
    table: Table,
    values: Iterable[Preference],
    columns: Callable[[Preference], dict[str, Any]],
) -> dict[Preference, int]:
    keys = {interning_key(value): value for value in values}
    found = await _ids(connection, table, list(keys))
    # in one order, so that two who make the same rows at once do not wait for each other in a circle
    missing = sorted(key for key in keys if key not in found)
    if missing:
        await insert_missing(connection, table, [{"key": key, **columns(keys[key])} for key in missing])
        found |= await _ids(connection, table, missing)
    return {value: found[key] for key, value in keys.items()}


async def _ids(connection: AsyncConnection, table: Table, keys: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in chunks(keys):
        rows = await connection.execute(select(table.c.key, table.c.id).where(table.c.key.in_(some)))
        found.update((bytes(row.key), row.id) for row in rows)
    return found


class Preferences:
    """What the row ids of profiles and bookmarks stand for; asked once, since an interned row never changes.

    Meant for one piece of work: an id that was read in a transaction rolled back later may mean another row.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._profiles: Final[dict[int, Profile]] = {}
        self._bookmarks: Final[dict[int, Bookmark]] = {}

    async def profiles(self, connection: AsyncConnection, ids: Collection[int]) -> Mapping[int, Profile]:
        """Profiles by row id: these, and those asked for before."""
        for some in chunks(sorted(set(ids) - self._profiles.keys())):
            rows = await connection.execute(select(profiles).where(profiles.c.id.in_(some)))
            self._profiles.update((row.id, profile_from(row)) for row in rows)
        return self._profiles

    async def bookmarks(self, connection: AsyncConnection, ids: Collection[int]) -> Mapping[int, Bookmark]:
        """Bookmarks by row id: these, and those asked for before."""
        for some in chunks(sorted(set(ids) - self._bookmarks.keys())):
            rows = await connection.execute(select(bookmarks).where(bookmarks.c.id.in_(some)))
            self._bookmarks.update((row.id, bookmark_from(row)) for row in rows)
        return self._bookmarks
