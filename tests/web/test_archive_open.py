"""What is found in the public archive is what may be read there, and nothing else can be had from it."""

from __future__ import annotations

from typing import Final

import pytest

from digest.core.model import Archive, ItemText, Pictures
from digest.flows.archive import PAGE
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, change_newsletter, item, publish_news
from tests.web.archives import HOME, HOSTILE, get, links, shown, three_days, titles
from tests.web.visiting import all_rows, headline, said, tree, visitor

pytestmark = pytest.mark.anyio


# --- search -------------------------------------------------------------------------------------------------


async def test_search_marks_what_was_looked_for_in_the_real_text(store: Database) -> None:
    await publish_news(
        store,
        TUESDAY,
        item("Ports are quiet", "economy", paragraphs=("Nothing.", "New TARIFFS on <b>steel</b> came.")),
        item("Tariffs & more", "economy"),
    )
    answer = await get(store, f"{HOME}/search?q=tariff")
    # the better match, which has it in the title, is above the newer one
    assert titles(answer) == ["Tariffs & more", "Ports are quiet"]
    marks = [node.text_content() for node in tree(answer).xpath("//mark")]
    assert marks == ["Tariffs", "Tariffs", "TARIFFS"]
    assert "New TARIFFS on <b>steel</b> came." in said(answer)
    assert tree(answer).xpath("//input[@name='q']/@value") == ["tariff"]


async def test_search_goes_on_over_pages_from_titles_to_texts(store: Database) -> None:
    inside = [item(f"Quiet {n}", "economy", paragraphs=(f"A tariff, {n}.",)) for n in range(PAGE)]
    named = [item(f"Tariff {n}", "economy") for n in range(PAGE + 5)]
    await publish_news(store, TUESDAY, *named, *inside)
    found: list[str] = []
    path = f"{HOME}/search?q=tariff"
    async with visitor(store, TUESDAY) as client:
        while path:
            answer = await client.get(path)
            found += titles(answer)
            path = next((one for one in links(answer) if "after=" in one), "")
    assert found == [f"Tariff {n}" for n in range(PAGE + 4, -1, -1)] + [
        f"Quiet {n}" for n in range(PAGE - 1, -1, -1)
    ]


async def test_a_search_in_vain_keeps_the_words_and_shows_where_else_to_look(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    for question, heard in (
        ("", "Words in “quotation marks”"),
        ("antimny", "Nothing was found for “antimny”."),
    ):
        answer = await get(sqlite_store, f"{HOME}/search", params={"q": question})
        assert heard in said(answer)
        assert tree(answer).xpath("//input[@name='q']/@value") == [question]
        assert f"{HOME}/topics/energy" in links(answer)
        assert f"{HOME}/topics/general" not in links(answer)


@pytest.mark.parametrize(
    "question",
    [
        HOSTILE,
        '"',
        "'",
        "a OR NOT",
        "(",
        "*",
        "title:x",
        "\\",
        "%",
        "&|!",
        "NEAR(a b)",
        "\x00",
        "x" * 5000,
        "؟",
    ],
)
async def test_no_question_is_an_error_or_a_script(sqlite_store: Database, question: str) -> None:
    await publish_news(sqlite_store, TUESDAY, item(HOSTILE, "economy"))
    for path in (f"{HOME}/search", f"{HOME}/items/1", f"{HOME}/2026-11-24", HOME):
        answer = await get(sqlite_store, path, params={"q": question, "after": question, "page": question})
        assert answer.status_code == 200
        root = tree(answer)
        assert not root.xpath("//script | //img | //iframe | //main//link")
        assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]


# --- what is public -----------------------------------------------------------------------------------------

#: Every kind of address below a newsletter.
EVERY = (
    *("", "/2026/11", "/2026-11-24", "/items/1", "/topics/economy", "/sources/The%20Harbour%20Post"),
    *(
        "/search?q=tariff",
        "/search?q=secret",
        "/feed.xml",
        "/atom.xml",
        "/editions.xml",
        "/topics/economy/feed.xml",
    ),
)


async def test_where_titles_are_public_no_text_is_shown_matched_or_fed(store: Database) -> None:
    secret = item("A tariff", "economy", paragraphs=("The secret is here.",), url="https://post.example/1")
    await publish_news(store, TUESDAY, secret, item("Unlinked", "economy", paragraphs=("Another secret.",)))
    heard = [path for path in EVERY if "is here" in (await get(store, HOME + path)).text]
    assert heard == [path for path in EVERY if path not in {"", "/2026/11", "/editions.xml"}]
    await change_newsletter(store, archive=Archive.TITLES)
    for path in EVERY:
        answer = await get(store, HOME + path)
        assert answer.status_code == 200
        assert "is here" not in answer.text
        assert "nother secret" not in answer.text
        assert "min read" not in answer.text
    assert titles(await get(store, f"{HOME}/search?q=secret")) == []
    edition = await get(store, f"{HOME}/2026-11-24")
    assert "https://post.example/1" in tree(edition).xpath("//main//h3/a/@href")
    assert "The Harbour Post" in said(edition)
    assert f"{HOME}/items/2" in links(edition)
    one = await get(store, f"{HOME}/items/1")
    assert "https://post.example/1" in tree(one).xpath("//main//a/@href")


async def test_where_mails_have_excerpts_the_archive_has_no_more(store: Database) -> None:
    long = tuple(f"Sentence {n} says a little more about the tariff." for n in range(40))
    await publish_news(
        store, TUESDAY, item("A tariff", "economy", paragraphs=long, url="https://post.example/1")
    )
    await change_newsletter(store, item_text=ItemText.EXCERPT)
    for path in EVERY:
        assert "Sentence 39" not in (await get(store, HOME + path)).text
    assert "Sentence 0" in await shown(store, f"{HOME}/items/1")
    # it is found by a word in what is not shown, and still no more is shown of it
    found = await get(store, f"{HOME}/search?q=39")
    assert titles(found) == ["A tariff"]
    assert "Sentence 39" not in found.text


async def test_a_closed_archive_is_like_one_that_does_not_exist(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    nothing = (await get(sqlite_store, "/nowhere")).text
    await change_newsletter(sqlite_store, archive=Archive.NONE)
    for path in (*(HOME + one for one in EVERY), "/archive", "/feed.xml", f"{HOME}/items/4"):
        answer = await get(sqlite_store, path)
        assert (answer.status_code, answer.text) == (404, nothing)
        assert answer.headers["cache-control"] == "no-store"
    assert "daily" not in (await get(sqlite_store, "/sitemap.xml")).text


#: Addresses that none of our links has.
NOWHERE: Final = (
    *("/items/0", "/items/01", "/items/99", "/items/-1", "/items/x", "/items/9999999999", "/items/"),
    *("/2026-11-31", "/2026-1-1", "/0000-01-01", "/9999-12-31", "/2026/13", "/2026/1", "/x/11", "/2027/01"),
    *("/topics/none", "/topics/..%2f..%2fetc", "/sources/None", "/sources/", "/..%2f..%2fetc%2fpasswd", "/"),
    *("/sources/The%20Harbour%20Post?before=1", "/topics/economy?before=1", "/topics/none/feed.xml"),
)


async def test_what_is_not_there_is_not_found(store: Database) -> None:
    await three_days(store)
    async with visitor(store, TUESDAY) as client:
        for path in NOWHERE:
            answer = await client.get(HOME + path)
            assert (answer.status_code, headline(answer), path) == (404, "This link does not work", path)


async def test_the_ways_on_from_a_page_are_those_that_are_open(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    bar = "//nav[@class='bar']"
    for path in (HOME, f"{HOME}/items/4", f"{HOME}/sources/The%20Harbour%20Post", "/archive"):
        found = links(await get(sqlite_store, path), bar)
        assert found == [HOME, HOME, f"{HOME}/search", "/subscribe?newsletter=daily"]
    await change_newsletter(sqlite_store, sign_up=False)
    assert links(await get(sqlite_store, HOME), bar) == [HOME, HOME, f"{HOME}/search"]


async def test_who_has_read_to_the_end_may_subscribe_there(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    for is_open in (True, False):
        await change_newsletter(sqlite_store, sign_up=is_open)
        for path in (f"{HOME}/items/4", f"{HOME}/2026-11-24"):
            found = links(await get(sqlite_store, path), "//p[@class='action']")
            assert found == ["/subscribe?newsletter=daily"] * is_open


async def test_every_link_of_the_archive_leads_somewhere(sqlite_store: Database) -> None:
    await three_days(sqlite_store)
    waiting, seen = ["/archive"], set()
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        while waiting:
            path = waiting.pop()
            if path in seen or not path.startswith("/archive"):
                continue
            seen.add(path)
            answer = await client.get(path)
            head = await client.head(path)
            assert (answer.status_code, head.status_code, path) == (200, 200, path)
            if "html" in answer.headers["content-type"]:
                waiting += links(answer, "")
                waiting += [
                    answer.url.join(h).path for h in tree(answer).xpath("//link[@rel='alternate']/@href")
                ]
        for path in seen:
            for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
                assert (await client.request(method, path)).status_code == 405
    assert len(seen) > 20
    assert await all_rows(sqlite_store) == before


async def test_an_empty_archive_says_so(sqlite_store: Database) -> None:
    assert headline(await get(sqlite_store, "/archive")) == "Nothing yet"
    for path in (
        HOME,
        f"{HOME}/search?q=x",
        f"{HOME}/topics/economy",
        f"{HOME}/feed.xml",
        f"{HOME}/atom.xml",
    ):
        assert (await get(sqlite_store, path)).status_code == 200


async def test_pages_speak_the_language_of_the_browser_and_items_their_own(sqlite_store: Database) -> None:
    await publish_news(
        sqlite_store,
        TUESDAY,
        item("Chips (芯片) arrive", "economy"),
        item("الرسوم ترتفع", "economy", language="ar"),
    )
    answer = await get(sqlite_store, f"{HOME}/2026-11-24", headers={"Accept-Language": "ar, en;q=0.5"})
    root = tree(answer)
    assert (root.get("lang"), root.get("dir")) == ("ar", "rtl")
    english, arabic = root.xpath("//article")
    assert (english.get("lang"), english.get("dir")) == ("en", "ltr")
    assert (arabic.get("lang"), arabic.get("dir")) == (None, None)
    assert english.xpath(".//h3//span[@lang='zh-Hans']/text()") == ["芯片"]
    assert headline(answer) == "الثلاثاء، 24 نوفمبر 2026"


# --- pictures -----------------------------------------------------------------------------------------------


async def test_no_page_of_the_archive_loads_a_picture_of_an_item(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, pictures=Pictures.LINKED)
    picture = "https://pictures.example/crane.jpg"
    await publish_news(
        sqlite_store, TUESDAY, item("Ports", "economy", picture=picture, picture_alt="A crane")
    )
    for path in (HOME, f"{HOME}/items/1", f"{HOME}/2026-11-24"):
        answer = await get(sqlite_store, path)
        assert answer.status_code == 200, path
        assert "Ports" in answer.text
        assert picture not in answer.text
        assert "img-src" not in answer.headers["content-security-policy"]
