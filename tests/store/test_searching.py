"""Search finds the same on both stores, in step with what is published, whatever is typed into it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from digest.core.model import DraftBriefing, TopicMark
from digest.core.seeking import wanted
from digest.core.terms import Indexed
from digest.flows import edit_briefing, reindex
from digest.flows.collect import keys_of
from digest.flows.edit_briefing import Edit
from digest.store import briefings, editing, schema, searching, tables
from digest.store.briefings import New
from digest.store.database import Database
from digest.store.searching import Kind, Where
from subscribers.model import Section
from tests.flows.newsroom import TUESDAY, at, item, publish_news
from tests.stores import NewStore, opened
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

EVERY = frozenset(Section)


async def numbers(
    store: Database,
    question: str,
    *,
    titles_only: bool = False,
    sections: frozenset[Section] = EVERY,
    before: int = 10**9,
    count: int = 100,
) -> tuple[list[int], list[int]]:
    """What is found in titles, and beyond them."""
    async with store.read() as connection:
        asked = wanted(question, await searching.stemmers_in_use(connection))
        title, beyond = [
            await searching.find(
                connection,
                asked,
                where,
                sections=sections,
                titles_only=titles_only,
                before=before,
                count=count,
            )
            for where in Where
        ]
    return title, beyond


def piece(title: str, *paragraphs: str, language: str = "en", **changes: Any) -> DraftBriefing:
    return item(title, "economy", paragraphs=paragraphs or ("Nothing more.",), language=language, **changes)


NEWS = (
    piece("Tariffs on gallium rise", "The ministry said exports fell.", "Smelters waited for São Paulo."),
    piece("Ports are quiet", "New tariffs were announced. Gallium was not among them."),
    piece("国家统计局发布十月数据", "统计显示,出口下降。局长国家说。", language="zh-Hans"),
    piece("Die Häfen warten", "Neue Zölle auf Stahl wurden angekündigt.", language="de"),
    piece("الصادرات تتراجع", "قالت الوزارة إن الرسوم الجمركيّة ارتفعت.", language="ar"),
)


#: Questions, and what is found in titles and beyond them.
FINDS: Final[tuple[tuple[str, tuple[list[int], list[int]]], ...]] = (
    ("tariff", ([1], [2])),
    ("TARIFFS gallium", ([1], [2])),
    ("gallium rising", ([1], [])),
    ("exports", ([], [1])),
    ("exporting", ([], [1])),
    ("sao paulo", ([], [1])),
    ('"tariffs on gallium"', ([1], [])),
    ('"gallium on tariffs"', ([], [])),
    ('"announced gallium"', ([], [2])),
    # no phrase goes from title to text, or from one paragraph to the next
    ('"rise the ministry"', ([], [])),
    ('"fell smelters"', ([], [])),
    ("tariff -ports", ([1], [])),
    ("tariff -gallium", ([], [])),
    ('-"on gallium" tariff', ([], [2])),
    ("统计局", ([3], [])),
    ("统计", ([3], [])),
    ("局统计", ([], [])),
    ("局长 出口", ([], [3])),
    ("Zoll", ([], [4])),
    ("Zölle", ([], [4])),
    ("hafen", ([4], [])),
    ("الجمركية", ([], [5])),
    ("الصادرات", ([5], [])),
    ("صادرات", ([5], [])),
    ("وزارة", ([], [5])),
    ("رسوم جمركية", ([], [5])),
    ("الوزارة والرسوم", ([], [5])),
    ("-tariff", ([], [])),
    ("", ([], [])),
    ('"', ([], [])),
    ("nothing to be found", ([], [])),
)


async def test_what_is_found(store: Database) -> None:
    await publish_news(store, TUESDAY, *NEWS)
    assert [(question, await numbers(store, question)) for question, _found in FINDS] == list(FINDS)


async def test_where_only_titles_are_open_no_text_is_asked(store: Database) -> None:
    await publish_news(store, TUESDAY, *NEWS)
    assert await numbers(store, "tariff", titles_only=True) == ([1], [])
    assert await numbers(store, "exports", titles_only=True) == ([], [])
    # nor does leaving a word out tell that it is in a text
    assert await numbers(store, "tariff -exports", titles_only=True) == ([1], [])
    assert await numbers(store, "tariff -gallium", titles_only=True) == ([], [])


async def test_only_the_sections_of_the_newsletter_and_the_newest_first_page_by_page(store: Database) -> None:
    drafts = [piece(f"Tariff {n}", section=[Section.REPORT, Section.BRIEFING][n % 2]) for n in range(8)]
    await publish_news(store, TUESDAY, *drafts)
    assert await numbers(store, "tariff") == ([8, 7, 6, 5, 4, 3, 2, 1], [])
    assert await numbers(store, "tariff", before=5, count=2) == ([4, 3], [])
    assert await numbers(store, "tariff", sections=frozenset({Section.REPORT})) == ([7, 5, 3, 1], [])


async def test_a_correction_a_retraction_and_a_return_are_found_at_once(store: Database) -> None:
    await publish_news(store, TUESDAY, *NEWS[:2])
    await edit_briefing.edit(1, Edit(title="Duties on antimony"), store=store, now=at(24, 9))
    assert await numbers(store, "gallium") == ([], [2])
    assert await numbers(store, "antimony") == ([1], [])
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    assert await numbers(store, "antimony") == ([], [])
    await edit_briefing.publish(1, store=store, now=at(24, 10))
    assert await numbers(store, "antimony") == ([1], [])


async def test_what_was_indexed_by_other_stems_is_found_after_it_is_indexed_anew(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "TOGETHER", 2)
    with monkeypatch.context() as older:
        older.setattr(searching, "indexed", lambda *said: Indexed(("older", "terms"), ()))
        await publish_news(store, TUESDAY, *NEWS)
    await edit_briefing.retract(2, store=store, now=TUESDAY)
    async with store.write() as connection:
        await connection.execute(insert(tables.stemmers).values(name="klingon"))
    assert await numbers(store, "tariff") == ([], [])
    counts: list[int] = []
    assert await reindex.reindex(store=store, told=counts.append) == 5
    assert counts == [2, 4, 5]
    assert await numbers(store, "older") == ([], [])
    assert await numbers(store, "tariff") == ([1], [])
    assert await numbers(store, "صادرات") == ([5], [])
    async with store.read() as connection:
        assert await searching.stemmers_in_use(connection) == {"english", "", "german", "arabic"}
    before = await all_rows(store)
    assert await reindex.reindex(store=store) == 5
    after = await all_rows(store)
    assert {name for name, rows in after.items() if rows != before[name]} == {"counters"}


async def test_what_is_published_while_all_is_indexed_anew_is_found(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, *(piece(f"Tariff {n}", f"Text {n}.") for n in range(60)))
    await asyncio.gather(
        reindex.reindex(store=sqlite_store),
        *(
            publish_news(sqlite_store, at(24, 7 + n), piece(f"Duties {n}", f"Another text {n}."))
            for n in range(8)
        ),
    )
    assert len((await numbers(sqlite_store, "tariff"))[0]) == 60
    assert len((await numbers(sqlite_store, "duties"))[0]) == 8


async def test_a_draft_is_not_found(store: Database) -> None:
    async with store.write() as connection:
        await briefings.add(connection, NEWS[0], keys_of(NEWS[0]), [], TUESDAY)
    assert await numbers(store, "tariff") == ([], [])


async def test_what_waited_as_a_draft_is_found_as_what_came_out_at_once(store: Database) -> None:
    async with store.write() as connection:
        for one in NEWS[:3]:
            await briefings.add(connection, one, keys_of(one), [TopicMark("economy", "a rule")], TUESDAY)
        await briefings.add_many(connection, [New(one, keys_of(one), []) for one in NEWS[3:]], TUESDAY)
    async with store.write() as connection:
        await briefings.publish(connection, [1, 2, 3, 4, 5], TUESDAY)
    assert [(question, await numbers(store, question)) for question, _found in FINDS] == list(FINDS)
    async with store.read() as connection:
        listed = (await connection.execute(select(tables.listings.c.kind))).scalars().all()
        assert {kind: listed.count(kind) for kind in Kind} == {Kind.TOPIC: 3, Kind.SOURCE: 5}
        waiting = await connection.execute(text("SELECT count(*) FROM desk_words"))
        assert waiting.scalar_one() == 0


async def test_the_migration_indexes_what_was_published_before(new_store: NewStore, store_kind: str) -> None:
    async with opened(new_store(store_kind, False)) as store:
        await schema.migrate(store, upto="0005")
        async with store.rebuild() as connection:
            for statement in _BEFORE:
                await connection.execute(text(statement))
        await schema.migrate(store)
        assert await numbers(store, "tariff") == ([7], [])
        assert await numbers(store, "draft") == ([], [])
        async with store.read() as connection:
            listed = (await connection.execute(text("SELECT kind, name, number FROM listings"))).all()
            assert sorted(map(tuple, listed)) == [("source", "The Post", 7), ("topic", "economy", 7)]
            # at the desk, what is not published is found too
            for words, ids in (("drafts", [2]), ("tariff", [1]), ("texts", [2, 1])):
                asked = editing.Filter(words=wanted(words, await searching.stemmers_in_use(connection)))
                assert [one.id for one in await editing.page(connection, asked, limit=9)] == ids


_BEFORE = (
    "INSERT INTO topics (slug, title, position, rules, aliases, description) "
    "VALUES ('economy', 'Economy', 1, '{}', '[]', '')",
    *(
        "INSERT INTO briefings (id, number, batch, status, revision, section, lead, weight, created_at, "
        "title_key, body_key, content_key) VALUES "
        f"({id_}, {number}, 1, '{status}', 1, 'briefing', false, 0, '2026-11-24 06:00:00', 'a', 'b', 'c')"
        for id_, number, status in ((1, "7", "published"), (2, "NULL", "draft"))
    ),
    *(
        "INSERT INTO revisions (briefing_id, revision, title, paragraphs, source, language, at) VALUES "
        f"({id_}, 1, '{title}', '[\"A text.\"]', 'The  Post', 'en', '2026-11-24 06:00:00')"
        for id_, title in ((1, "Tariffs rise"), (2, "A draft"))
    ),
    "INSERT INTO briefing_topics (briefing_id, slug, position, reason) VALUES (1, 'economy', 0, 'x')",
)

QUESTIONS = st.text(
    st.sampled_from("ab国家ال \"'“”-+*()^:~&|!<>\\/%_;.,¶\x00\t\n½ﬁ²") | st.characters(), max_size=260
)


@given(question=QUESTIONS)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_no_question_is_an_error(store: Database, question: str) -> None:
    await numbers(store, question)


TEXTS = st.text(st.sampled_from("ab cd 国家 统 \n é ½'"), max_size=60)


@pytest.mark.parametrize("seed", range(3))
async def test_both_stores_find_the_same(sqlite_store: Database, postgres_store: Database, seed: int) -> None:
    import random

    chance = random.Random(seed)
    letters = ["tariff", "ports", "rise", "国", "家", "统计", "and", "São", "rising", "x"]

    def words(most: int) -> str:
        return " ".join(chance.choice(letters) for _ in range(chance.randint(1, most)))

    drafts = [
        piece(
            f"{words(5)} {n}", *(words(8) for _ in range(3)), source=f"Post {n}", source_date=date(2026, 1, 1)
        )
        for n in range(40)
    ]
    for store in (sqlite_store, postgres_store):
        await publish_news(store, TUESDAY, *drafts)
    for _ in range(60):
        question = " ".join(
            f"{chance.choice(['', '', '-'])}{chance.choice([words(1), f'{chr(34)}{words(3)}{chr(34)}'])}"
            for _ in range(chance.randint(1, 3))
        )
        for titles_only in (False, True):
            ours, theirs = [
                await numbers(store, question, titles_only=titles_only)
                for store in (sqlite_store, postgres_store)
            ]
            assert ours == theirs, question
