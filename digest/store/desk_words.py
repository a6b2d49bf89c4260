"""The index of what is not published: drafts and retracted briefings are found at the desk, and nowhere else.

It holds the same terms as that of the archive, under ids, for most of these briefings have no number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import BriefingStatus
from digest.core.terms import indexed, stemmer_for
from digest.store import searching
from digest.store.tables import briefings, revisions, stemmers
from subscribers.interning import chunks, insert_missing

#: How the index is made, by the name of the store's dialect.
MAKING: Final = {
    "sqlite": ("CREATE VIRTUAL TABLE desk_words USING fts5(title, body, tokenize = 'ascii')",),
    "postgresql": (
        "CREATE TABLE desk_words (id integer PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_desk_words_words ON desk_words USING gin (words)",
    ),
}
ADDING: Final = {
    "sqlite": text("INSERT INTO desk_words (rowid, title, body) VALUES (:id, :title, :body)"),
    "postgresql": text("INSERT INTO desk_words (id, words) VALUES (:id, CAST(:words AS tsvector))"),
}
_REMOVING: Final = {
    "sqlite": text("DELETE FROM desk_words WHERE rowid = :id"),
    "postgresql": text("DELETE FROM desk_words WHERE id = :id"),
}
_KNOWN: Final = {
    "sqlite": "SELECT rowid FROM desk_words WHERE rowid IN :ids",
    "postgresql": "SELECT id FROM desk_words WHERE id IN :ids",
}
#: The archive has them under numbers.
_HANDING_OVER: Final = {
    "sqlite": """
        INSERT INTO archive_words (rowid, title, body)
        SELECT briefings.number, desk_words.title, desk_words.body
        FROM briefings CROSS JOIN desk_words ON desk_words.rowid = briefings.id
        WHERE briefings.id IN :ids AND briefings.status = 'published'
    """,
    "postgresql": """
        INSERT INTO archive_words (number, words)
        SELECT briefings.number, desk_words.words
        FROM briefings JOIN desk_words ON desk_words.id = briefings.id
        WHERE briefings.id IN :ids AND briefings.status = 'published'
    """,
}
#: The condition that an id is among those in whose words something stands.
FOUND: Final = {
    "sqlite": "briefings.id IN (SELECT rowid FROM desk_words WHERE desk_words MATCH :question)",
    "postgresql": "briefings.id IN (SELECT id FROM desk_words WHERE words @@ CAST(:question AS tsquery))",
}


def hidden(ids: Collection[int]) -> Select[Any]:
    """All that is indexed of those of these briefings that are not published."""
    kept, said = briefings.c, revisions.c
    return (
        select(kept.id, said.title, said.paragraphs, said.language)
        .join(revisions, (said.briefing_id == kept.id) & (said.revision == kept.revision))
        .where(kept.id.in_(ids), kept.status != BriefingStatus.PUBLISHED)
    )


def words_for(rows: Iterable[Row[Any]], dialect: str) -> list[dict[str, Any]]:
    """What is to be written for the briefings of `hidden`."""
    return [
        {
            "id": row.id,
            **searching.words_of(indexed(row.title, row.paragraphs, row.language), dialect),
        }
        for row in rows
    ]


async def keep_in_step(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Bring both indices, this one and the archive's, to what these briefings are now."""
    await searching.keep_in_step(connection, ids)
    dialect = connection.dialect.name
    for some in chunks(ids):
        await connection.execute(_REMOVING[dialect], [{"id": id_} for id_ in some])
        rows = (await connection.execute(hidden(some))).all()
        if rows:
            await connection.execute(ADDING[dialect], words_for(rows, dialect))
            names = sorted({stemmer_for(row.language) for row in rows})
            await insert_missing(connection, stemmers, [{"name": name} for name in names])


async def hand_over(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Let the archive's index have what was just published as this one had it: terms are made once.

    What this one did not have is indexed there as it is now.
    """
    dialect = connection.dialect.name
    strangers: list[int] = []
    for some in chunks(ids):
        asked = text(_KNOWN[dialect]).bindparams(bindparam("ids", expanding=True))
        known = set((await connection.execute(asked, {"ids": list(some)})).scalars())
        strangers += [id_ for id_ in some if id_ not in known]
        if known:
            await searching.list_published(connection, known)
            given = text(_HANDING_OVER[dialect]).bindparams(bindparam("ids", expanding=True))
            await connection.execute(given, {"ids": sorted(known)})
            await connection.execute(_REMOVING[dialect], [{"id": id_} for id_ in known])
    await searching.keep_in_step(connection, strangers)
