"""The pages for readers speak their language; those that belong to nobody, that of the browser."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest

from digest.flows import readers
from digest.flows.edit_topics import TopicEdit, edit_topic
from digest.store.database import Database
from digest.web.looks import style
from digest.web.pages import language_asked_for
from tests.flows.newsroom import TUESDAY, change_newsletter, join
from tests.languages.english import SPOKEN, english_in
from tests.web.visiting import choices, headline, leaving, tree, visitor

pytestmark = pytest.mark.anyio

#: What is the same in every language: the address, the name of a format, and topics, which are data.
AS_IT_IS: Final = re.compile(
    r"a…\u2060@example\.org|[a-z]+@\S+|HTML|JSON|UTC"
    r"|Economy and trade|Energy and resources|Society and media|General"
)

every_language = pytest.mark.parametrize("language", SPOKEN)


def english_on(answer: httpx.Response, language: str) -> list[str]:
    """English words that a page says, but for what is the same in every language."""
    root = tree(answer)
    # zones go by their names in the tz database, and each language is named in its own
    for names in root.xpath("//select[@name='timezone' or @name='language']"):
        names.drop_tree()
    said = f"{root.text_content()} {_title(answer)}".replace(style(), "")
    return english_in(AS_IT_IS.sub("", said), language)


def _title(answer: httpx.Response) -> str:
    return str(tree(answer).xpath("string(//title)"))


async def greek(store: Database) -> None:
    """Call the newsletter and its senders by Greek names: what is Latin then is English of ours."""
    await change_newsletter(store, title="Το Λιμάνι!", sender_name="Το Λιμάνι", postal_address="Πειραιάς")


@every_language
async def test_no_english_is_left_on_the_pages_of_a_reader(sqlite_store: Database, language: str) -> None:
    await greek(sqlite_store)
    ana = await join(
        sqlite_store, "ana@example.org", TUESDAY, language=language, topics="economy", max_items="3"
    )
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await client.get(path) for path in (choices(ana), leaving(ana))]
        answers += [await client.post(leaving(ana)), await client.post(f"{leaving(ana)}/undo")]
        await readers.pause(
            "ana@example.org", None, until=None, catch_up=True, store=sqlite_store, now=TUESDAY
        )
        answers.append(await client.get(choices(ana)))
    for answer in answers:
        assert (answer.status_code, english_on(answer, language)) == (200, [])
        assert tree(answer).get("lang") == language
        assert tree(answer).get("dir") == ("rtl" if language == "ar" else "ltr")
    assert len({headline(answer) for answer in answers}) == 4


@every_language
@pytest.mark.parametrize(
    "wished",
    [
        {"at_once": "yes", "format": "text", "sections": "report,analysis"},
        {"days": "mon,thu", "timezone": "Asia/Shanghai"},
        {"days": "monthly", "timezone": "Africa/Cairo"},
        {"days": "weekdays", "timezone": "Europe/Paris"},
    ],
)
async def test_no_english_is_left_in_what_a_reader_gets(
    sqlite_store: Database, language: str, wished: dict[str, Any]
) -> None:
    await greek(sqlite_store)
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, language=language, **wished)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert english_on(await client.get(choices(ana)), language) == []


@every_language
async def test_a_page_that_belongs_to_nobody_speaks_as_the_browser_does(
    sqlite_store: Database, language: str
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, language="en")
    await readers.erase("ana@example.org", store=sqlite_store, now=TUESDAY)
    asked = {"Accept-Language": f"tlh, {language}-XX;q=0.8, en;q=0.5"}
    async with visitor(sqlite_store, TUESDAY) as client:
        answers = [await client.get(path, headers=asked) for path in ("/nowhere", leaving(ana), choices(ana))]
        answers += [await client.put(leaving(ana), headers=asked)]
    for answer in answers:
        assert english_on(answer, language) == []
        assert tree(answer).get("lang") == language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("ar", "ar"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-cn"),
        ("en-GB, ar;q=0.9", "en-gb"),
        ("nl-NL, nl;q=0.9, ar;q=0.2", "ar"),
        ("ar;q=0, zh;q=0.1", "zh"),
        ("en;q=0.2, zh-TW;q=0.3", "zh-tw"),
        ("ar;q=x, zh;;, ../../etc", "en"),
        (",".join(["nl"] * 10 + ["ar"]), "en"),
        ("fr-CA, en;q=0.9", "fr-ca"),
    ],
)
def test_the_language_liked_best_is_taken_of_those_that_pages_speak(accepted: str, language: str) -> None:
    assert language_asked_for(accepted) == language


async def test_arabic_pages_leave_joined_letters_together(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, language="ar")
    async with visitor(sqlite_store, TUESDAY) as client:
        page = (await client.get(choices(ana))).text
    assert '[dir="rtl"] .label, [dir="rtl"] .title, :lang(ja) .title' in page
    assert "\n.value::first-letter" not in page
    # the newsletter's name is isolated in sentences
    assert "نشرة «\u2068The Daily Digest\u2069»" in page


async def test_a_description_in_english_keeps_its_full_stop_on_an_arabic_page(sqlite_store: Database) -> None:
    told = TopicEdit(description="What people buy.")
    await edit_topic("economy", told, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = tree(await client.get("/subscribe", headers={"Accept-Language": "ar"}))
    hints = [hint.text_content() for hint in page.xpath("//input[@name='topic']/..//span[@class='small']")]
    english = [hint for hint in hints if english_in(hint, "ar")]
    assert [hint.partition(" \u0644")[0] for hint in english] == ["\u2068What people buy.\u2069"]


async def test_what_readers_type_runs_its_own_way(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY, language="ar")
    async with visitor(sqlite_store, TUESDAY) as client:
        pages = [await client.get(path) for path in ("/subscribe", choices(ana), leaving(ana))]
    fields = [field for page in pages for field in tree(page).xpath("//*[@id='name' or @id='words']")]
    assert [field.get("dir") for field in fields] == ["auto"] * 3
