"""Readers found by any part of address or name: three signs in a row are a word of this index.

The store keeps it in step by itself, whoever writes readers: on SQLite by triggers, in a table of FTS5 that
holds no text; on PostgreSQL in an index over a function of both columns, which needs no extension. Whoever
rebuilds the table `subscribers` on SQLite (`batch_alter_table`) has to make the triggers again.

FTS5 only notes that a reader is gone, and keeps the old entries until its parts are merged: `scrub` does
that, and the note `UNCLEAN`, written by the triggers, says that it is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.tables import facts

#: Shorter parts are no word of the index.
SHORTEST: Final = 3
#: The fact, written by the triggers, that something of somebody who is gone may be left in the index.
UNCLEAN: Final = "reader-words-unclean"

_OLD: Final = (
    "INSERT INTO reader_words (reader_words, rowid, words) "
    "SELECT 'delete', old.id, old.address_key || char(10) || old.name WHERE old.address_key IS NOT NULL;"
    "INSERT OR IGNORE INTO facts (name, value) VALUES ('reader-words-unclean', '');"
)
_NEW: Final = (
    "INSERT INTO reader_words (rowid, words) "
    "SELECT new.id, new.address_key || char(10) || new.name WHERE new.address_key IS NOT NULL;"
)
#: How the index is made and filled, by the name of the store's dialect.
MAKING: Final = {
    "sqlite": (
        "CREATE VIRTUAL TABLE reader_words USING fts5"
        "(words, content = '', columnsize = 0, detail = 'none', tokenize = 'trigram')",
        f"CREATE TRIGGER reader_words_new AFTER INSERT ON subscribers BEGIN {_NEW} END",
        "CREATE TRIGGER reader_words_changed AFTER UPDATE OF address_key, name ON subscribers "
        "WHEN old.address_key IS NOT new.address_key OR old.name IS NOT new.name "
        f"BEGIN {_OLD} {_NEW} END",
        f"CREATE TRIGGER reader_words_gone AFTER DELETE ON subscribers BEGIN {_OLD} END",
        "INSERT INTO reader_words (rowid, words) SELECT id, address_key || char(10) || name "
        "FROM subscribers WHERE address_key IS NOT NULL ORDER BY id",
    ),
    "postgresql": (
        "CREATE FUNCTION reader_grams(address text, name text) RETURNS text[] "
        # as much as it takes: else a walk through all readers looks cheaper than the index
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 4000 AS $$ "
        "SELECT coalesce(array_agg(DISTINCT substr(words, place, 3)), '{}') "
        "FROM lower(coalesce(address || chr(10) || name, '')) AS words, "
        "generate_series(1, length(words) - 2) AS place $$",
        "CREATE INDEX ix_subscribers_words ON subscribers USING gin (reader_grams(address_key, name))",
    ),
}
#: The newest first: the index is walked from its end. What it finds has all the words, in any order.
_FINDING: Final = {
    "sqlite": """
        SELECT subscribers.id, subscribers.address_key, subscribers.name FROM reader_words
        CROSS JOIN subscribers ON subscribers.id = reader_words.rowid
        WHERE reader_words MATCH :question AND reader_words.rowid < :before
        ORDER BY reader_words.rowid DESC LIMIT :count
    """,
    "postgresql": """
        SELECT id, address_key, name FROM subscribers
        WHERE reader_grams(address_key, name) @> CAST(:question AS text[]) AND id < :before
        ORDER BY id DESC LIMIT :count
    """,
}
#: How often the index is asked for one page, when what it finds has the words in another order.
_ROUNDS: Final = 8
#: Readers that are looked at for parts that are too short for the index.
_WALKED: Final = 100_000
_WALKING: Final = text("""
    SELECT id FROM subscribers WHERE id < :before AND id >= :last
    AND (replace(address_key, :needle, '') <> address_key OR replace(lower(name), :needle, '') <> lower(name))
    ORDER BY id DESC LIMIT :count
""")


async def matching(
    connection: AsyncConnection, part: str, *, before: int, count: int
) -> tuple[list[int], int | None]:
    """Readers below an id whose address or name has this part, case folded, the newest first.

    With them where to look on: None when there is nothing more. Fewer than `count` may come with such a
    place, so that no question takes long.
    """
    needle = part.casefold()
    if len(part) < SHORTEST:
        return await _walked(connection, needle, before, count)
    dialect = connection.dialect.name
    grams = [part.lower()[place : place + SHORTEST] for place in range(len(part) - SHORTEST + 1)]
    query, question = text(_FINDING[dialect]), _QUESTIONS[dialect](grams)
    found: list[int] = []
    for _ in range(_ROUNDS):
        given = {"question": question, "before": before, "count": count}
        rows = (await connection.execute(query, given)).all()
        found += [row.id for row in rows if needle in row.address_key or needle in row.name.casefold()]
        if len(rows) < count:
            return found[:count], found[count - 1] if len(found) > count else None
        before = rows[-1].id
        if len(found) >= count:
            return found[:count], found[count - 1]
    return found, before


async def is_unclean(connection: AsyncConnection) -> bool:
    """True when something of readers who are gone may be left in the index."""
    query = select(facts.c.name).where(facts.c.name == UNCLEAN)
    return (await connection.execute(query)).first() is not None


async def scrub(connection: AsyncConnection) -> bool:
    """Overwrite what is left in the index of readers who are gone; False when there was nothing.

    On PostgreSQL that comes with every vacuum, as it does for the rows themselves.
    """
    if not await is_unclean(connection):
        return False
    await connection.execute(text("INSERT INTO reader_words (reader_words) VALUES ('optimize')"))
    await connection.execute(delete(facts).where(facts.c.name == UNCLEAN))
    return True


async def _walked(
    connection: AsyncConnection, needle: str, before: int, count: int
) -> tuple[list[int], int | None]:
    newest = text("SELECT coalesce(max(id), 0) FROM subscribers")
    before = min(before, (await connection.execute(newest)).scalar_one() + 1)
    last = before - _WALKED
    given = {"needle": needle, "before": before, "last": last, "count": count}
    found = list((await connection.execute(_WALKING, given)).scalars())
    if len(found) == count:
        return found, found[-1]
    return found, last if last > 1 else None


def _for_fts5(grams: Sequence[str]) -> str:
    return " AND ".join('"{}"'.format(gram.replace('"', '""')) for gram in dict.fromkeys(grams))


def _for_postgresql(grams: Sequence[str]) -> str:
    """An array in PostgreSQL's own notation."""
    quoted = (gram.replace("\\", "\\\\").replace('"', '\\"') for gram in dict.fromkeys(grams))
    return "{{{}}}".format(",".join(f'"{gram}"' for gram in quoted))


_QUESTIONS: Final = {"sqlite": _for_fts5, "postgresql": _for_postgresql}
