"""The index of search and the lists by topic and source: kept in step in whatever transaction changes items.

Terms are made by `digest.core.terms`, so both stores find the same: on SQLite in a table of FTS5, on
PostgreSQL in a tsvector. Only what is published stands in it, under its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, Select, bindparam, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import BriefingStatus
from digest.core.seeking import Phrase, Wanted
from digest.core.terms import GAP, STEMMERS, Indexed, indexed, stemmer_for
from digest.store.tables import briefing_topics, briefings, listings, revisions, stemmers
from subscribers.interning import chunks, insert_missing
from subscribers.model import Section

#: How the index is made, by the name of the store's dialect. GAP and every term are words to `ascii`.
MAKING: Final = {
    "sqlite": ("CREATE VIRTUAL TABLE archive_words USING fts5(title, body, tokenize = 'ascii')",),
    "postgresql": (
        "CREATE TABLE archive_words (number integer PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX ix_archive_words_words ON archive_words USING gin (words)",
    ),
}
_ADDING: Final = {
    "sqlite": text("INSERT INTO archive_words (rowid, title, body) VALUES (:number, :title, :body)"),
    "postgresql": text(
        "INSERT INTO archive_words (number, words) VALUES (:number, CAST(:words AS tsvector))"
    ),
}
_REMOVING: Final = {
    "sqlite": text("DELETE FROM archive_words WHERE rowid = :number"),
    "postgresql": text("DELETE FROM archive_words WHERE number = :number"),
}
#: The index is asked first, and walked from its newest end: few questions are read to the other one.
_FINDING: Final = {
    "sqlite": """
        SELECT archive_words.rowid AS number FROM archive_words
        CROSS JOIN briefings ON briefings.number = archive_words.rowid
        WHERE archive_words MATCH :question AND archive_words.rowid < :before
        AND briefings.status = 'published' AND briefings.section IN :sections
        ORDER BY archive_words.rowid DESC LIMIT :count
    """,
    "postgresql": """
        SELECT archive_words.number FROM archive_words
        JOIN briefings ON briefings.number = archive_words.number
        WHERE archive_words.words @@ CAST(:question AS tsquery) AND archive_words.number < :before
        AND briefings.status = 'published' AND briefings.section IN :sections
        ORDER BY archive_words.number DESC LIMIT :count
    """,
}
#: Longer names of sources are no names; an index would not take them.
_NAME: Final = 200


class Kind(StrEnum):
    """By what items are listed."""

    TOPIC = "topic"
    SOURCE = "source"


class Where(StrEnum):
    """In which part of an item all the words are."""

    #: of what stands in the title nothing is said of the body
    TITLE = "title"
    #: somewhere, but not all of them in the title
    BEYOND = "beyond"


class Statements(NamedTuple):
    """What is written for some briefings: statements with their rows."""

    words: list[dict[str, Any]]
    listings: list[dict[str, Any]]
    stemmers: list[dict[str, Any]]


def source_name(source: str) -> str:
    """The name under which a source is listed."""
    return " ".join(source.split())[:_NAME]


def shown(ids: Collection[int]) -> Select[Any]:
    """All that is indexed of those of these briefings that are published."""
    kept, said = briefings.c, revisions.c
    return (
        select(kept.id, kept.number, said.title, said.paragraphs, said.source, said.language)
        .join(revisions, (said.briefing_id == kept.id) & (said.revision == kept.revision))
        .where(kept.id.in_(ids), kept.status == BriefingStatus.PUBLISHED)
    )


def topics_of(ids: Collection[int]) -> Select[Any]:
    """The topics of briefings."""
    columns = briefing_topics.c
    return select(columns.briefing_id, columns.slug).where(columns.briefing_id.in_(ids))


def statements_for(rows: Iterable[Row[Any]], topics: Iterable[Row[Any]], dialect: str) -> Statements:
    """What is to be written for the briefings of `shown`, given what `topics_of` says of them."""
    its = list(rows)
    made = Statements([], _listings_for(its, topics), [])
    for row in its:
        terms = indexed(row.title, row.paragraphs, row.language)
        made.words.append({"number": row.number, **words_of(terms, dialect)})
        made.stemmers.append({"name": stemmer_for(row.language)})
    return made


def _listings_for(rows: Iterable[Any], topics: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    found: dict[int, list[str]] = {}
    for topic in topics:
        found.setdefault(topic.briefing_id, []).append(topic.slug)
    made: list[dict[str, Any]] = []
    for row in rows:
        names = [(Kind.TOPIC, slug) for slug in found.get(row.id, ())]
        if row.source and source_name(row.source):
            names.append((Kind.SOURCE, source_name(row.source)))
        made += [{"kind": kind, "name": name, "number": row.number} for kind, name in names]
    return made


def adding(dialect: str) -> Any:
    """The statement that takes the rows of `Statements.words`."""
    return _ADDING[dialect]


async def keep_in_step(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Bring the index and the lists to what these briefings are now."""
    dialect = connection.dialect.name
    for some in chunks(ids):
        numbers = (
            await connection.execute(
                select(briefings.c.number).where(briefings.c.id.in_(some), briefings.c.number.isnot(None))
            )
        ).scalars()
        old = [{"number": number} for number in numbers]
        if not old:
            continue
        await connection.execute(_REMOVING[dialect], old)
        await connection.execute(delete(listings).where(listings.c.number == bindparam("number")), old)
        rows = (await connection.execute(shown(some))).all()
        topics = (await connection.execute(topics_of(some))).all()
        made = statements_for(rows, topics, dialect)
        if made.words:
            await connection.execute(_ADDING[dialect], made.words)
            await insert_missing(connection, stemmers, made.stemmers)
        if made.listings:
            await connection.execute(insert(listings), made.listings)


async def list_published(connection: AsyncConnection, ids: Collection[int]) -> None:
    """Bring the lists to what these briefings, some hundred, are now that they are published.

    Nothing of them stands in the index afterwards, whatever did before.
    """
    kept, said = briefings.c, revisions.c
    query = (
        select(kept.id, kept.number, said.source)
        .join(revisions, (said.briefing_id == kept.id) & (said.revision == kept.revision))
        .where(kept.id.in_(ids), kept.status == BriefingStatus.PUBLISHED)
    )
    rows = (await connection.execute(query)).all()
    numbers = [row.number for row in rows]
    if not numbers:
        return
    await connection.execute(_REMOVING[connection.dialect.name], [{"number": one} for one in numbers])
    await connection.execute(delete(listings).where(listings.c.number.in_(numbers)))
    if made := _listings_for(rows, (await connection.execute(topics_of(ids))).all()):
        await connection.execute(insert(listings), made)


async def ids_after(connection: AsyncConnection, after: int, *, limit: int) -> list[int]:
    """Briefings by id, from `after` on."""
    query = select(briefings.c.id).where(briefings.c.id > after)
    return list((await connection.execute(query.order_by(briefings.c.id).limit(limit))).scalars())


async def keep_stemmers_in_step(connection: AsyncConnection) -> None:
    """Forget the stemmers of languages in which nothing is written any more."""
    query = select(revisions.c.language).join(
        briefings,
        (briefings.c.id == revisions.c.briefing_id) & (briefings.c.revision == revisions.c.revision),
    )
    languages = (await connection.execute(query.distinct())).scalars()
    spoken = {stemmer_for(language) for language in languages}
    await connection.execute(delete(stemmers).where(stemmers.c.name.not_in(spoken)))


async def stemmers_in_use(connection: AsyncConnection) -> frozenset[str]:
    """The stemmers of the texts that there are, but for those that a later version has no more."""
    return STEMMERS.intersection((await connection.execute(select(stemmers.c.name))).scalars())


async def find(
    connection: AsyncConnection,
    wanted: Wanted,
    where: Where,
    *,
    sections: Collection[Section],
    titles_only: bool,
    before: int,
    count: int,
) -> list[int]:
    """Numbers below `before` of items in which all that is wanted stands, the newest first.

    With `titles_only` nothing is asked of the text of an item, and `BEYOND` the title nothing is found.
    """
    if not wanted.present or (titles_only and where is Where.BEYOND):
        return []
    dialect = connection.dialect.name
    question = _QUESTIONS[dialect](wanted, where, titles_only)
    query = text(_FINDING[dialect]).bindparams(bindparam("sections", expanding=True))
    given: Mapping[str, Any] = {
        "question": question,
        "before": before,
        "sections": sorted(sections),
        "count": count,
    }
    return list((await connection.execute(query, given)).scalars())


def question_anywhere(wanted: Wanted, dialect: str) -> str:
    """A question, in the words of the store's index, that does not tell titles from texts."""
    word = " OR " if dialect == "sqlite" else " | "
    return word.join(f"({_QUESTIONS[dialect](wanted, where, False)})" for where in Where)


def words_of(terms: Indexed, dialect: str) -> dict[str, str]:
    """What the index of this dialect keeps of a text."""
    if dialect == "sqlite":
        return {"title": " ".join(terms.title), "body": " ".join(terms.body)}
    places: dict[str, list[str]] = {}
    for place, term in enumerate(terms.title, start=1):
        places.setdefault(term, []).append(f"{place}A")
    # a place between them is left empty: no phrase goes from one to the other
    for place, term in enumerate(terms.body, start=len(terms.title) + 2):
        places.setdefault(term, []).append(str(place))
    places.pop(GAP, None)
    return {"words": " ".join(f"'{term}':{','.join(found)}" for term, found in places.items())}


def _for_sqlite(wanted: Wanted, where: Where, titles_only: bool) -> str:
    """The question in the words of FTS5."""

    def joined(clauses: Iterable[Sequence[Phrase]], word: str) -> str:
        said = (" OR ".join(f'"{" ".join(phrase)}"' for phrase in clause) for clause in clauses)
        return word.join(f"({clause})" for clause in said)

    asked = joined(wanted.present, " AND ")
    in_title = f"(title : ({asked}))"
    question = in_title if where is Where.TITLE else f"(({asked}) NOT {in_title})"
    if not wanted.absent:
        return question
    absent = joined(wanted.absent, " OR ")
    return f"({question} NOT {f'(title : ({absent}))' if titles_only else f'({absent})'})"


def _for_postgresql(wanted: Wanted, where: Where, titles_only: bool) -> str:
    """The question as a tsquery; what stands in a title has the weight A."""

    def joined(clauses: Iterable[Sequence[Phrase]], word: str, weight: str) -> str:
        said = (
            " | ".join("(" + " <-> ".join(f"'{term}'{weight}" for term in phrase) + ")" for phrase in clause)
            for clause in clauses
        )
        return word.join(f"({clause})" for clause in said)

    in_title = f"({joined(wanted.present, ' & ', ':A')})"
    asked = joined(wanted.present, " & ", "")
    question = in_title if where is Where.TITLE else f"({asked}) & !{in_title}"
    if not wanted.absent:
        return question
    return f"({question}) & !({joined(wanted.absent, ' | ', ':A' if titles_only else '')})"


_QUESTIONS: Final = {"sqlite": _for_sqlite, "postgresql": _for_postgresql}
