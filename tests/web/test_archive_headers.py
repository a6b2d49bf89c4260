"""Public pages may be kept by anybody, and nothing is made for who has them already; others stay private."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from digest.flows import archive, edit_briefing
from digest.flows.edit_briefing import Edit
from digest.store import topics
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, publish_news
from tests.stores import TOPICS
from tests.web.test_shield import policy_of
from tests.web.visiting import visitor

pytestmark = pytest.mark.anyio

HOME: Final = "/archive/daily"
PAGES: Final = (
    *("/archive", HOME, f"{HOME}/2026/11", f"{HOME}/2026-11-24", f"{HOME}/items/1", f"{HOME}/topics/economy"),
    *(f"{HOME}/sources/The%20Harbour%20Post", f"{HOME}/search?q=tariff"),
)
FEEDS: Final = (f"{HOME}/feed.xml", f"{HOME}/atom.xml", f"{HOME}/editions.xml", "/feed.xml", "/sitemap.xml")
Change = Callable[[Database], Coroutine[Any, Any, Any]]


async def published(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs rise", "economy"), item("Solar grows", "energy"))


async def test_pages_may_be_kept_and_found_and_stay_within_the_policy(sqlite_store: Database) -> None:
    await published(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        for path in (*PAGES, *FEEDS, "/robots.txt"):
            answer, head = await client.get(path), await client.head(path)
            assert answer.status_code == head.status_code == 200
            # each request has an id of its own
            of_each = {"date", "x-request-id"}
            assert {k: v for k, v in head.headers.items() if k not in of_each} == {
                k: v for k, v in answer.headers.items() if k not in of_each
            }
            assert answer.headers["cache-control"] in {"public, max-age=120", "public, max-age=300"}
            assert answer.headers["etag"].startswith('"')
            assert "set-cookie" not in answer.headers
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-robots-tag"] == ("noindex" if "search" in path else "all")
            policy = policy_of(answer.headers["content-security-policy"])
            assert policy["default-src"] == "'none'"
            assert policy["frame-ancestors"] == "'none'"
            assert "script-src" not in policy
            assert ("accept-language" in answer.headers.get("vary", "").lower()) is (path in PAGES)
            assert 'name="robots" content="noindex, nofollow"' not in answer.text


async def test_when_it_was_last_changed_is_told(sqlite_store: Database) -> None:
    await published(sqlite_store)
    await edit_briefing.edit(2, Edit(title="Solar shrinks"), store=sqlite_store, now=at(25, 9))
    async with visitor(sqlite_store, TUESDAY) as client:
        for path, when in (
            (f"{HOME}/items/1", "Tue, 24 Nov 2026 06:00:00 GMT"),
            (f"{HOME}/items/2", "Wed, 25 Nov 2026 09:00:00 GMT"),
            (f"{HOME}/2026-11-24", "Wed, 25 Nov 2026 09:00:00 GMT"),
            (f"{HOME}/feed.xml", "Wed, 25 Nov 2026 09:00:00 GMT"),
        ):
            answer = await client.get(path)
            assert answer.headers["last-modified"] == when
            # a withdrawal has no such moment: who only knows that gets the page
            again = await client.get(path, headers={"If-Modified-Since": when})
            assert again.status_code == 200


async def test_who_has_a_page_is_told_so_before_anything_is_read_for_it(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await published(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        tags = {path: (await client.get(path)).headers["etag"] for path in (*PAGES, *FEEDS)}
        assert len(set(tags.values())) == len(tags)
        makers = ("editions", "edition", "single", "listing", "search", "newest", "open_newsletters")

        async def never(*_: object, **__: object) -> None:
            raise AssertionError

        for name in (*makers, "newest_editions", "addresses"):
            monkeypatch.setattr(archive, name, never)
        for path, tag in tags.items():
            for said in (tag, f"W/{tag}", f'"other", {tag}'):
                answer = await client.get(path, headers={"If-None-Match": said})
                assert (answer.status_code, answer.content) == (304, b"")
                assert answer.headers["etag"] == tag
                assert answer.headers["cache-control"].startswith("public")


async def test_another_language_is_another_page(sqlite_store: Database) -> None:
    await published(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        english = await client.get(HOME)
        arabic = await client.get(
            HOME, headers={"Accept-Language": "ar", "If-None-Match": english.headers["etag"]}
        )
        assert arabic.status_code == 200
        assert arabic.headers["etag"] != english.headers["etag"]
        # feeds have no words of their own
        feeds = [
            await client.get(f"{HOME}/feed.xml", headers={"Accept-Language": one}) for one in ("ar", "en")
        ]
        assert feeds[0].headers["etag"] == feeds[1].headers["etag"]


async def _edit(store: Database) -> None:
    await edit_briefing.edit(1, Edit(title="Tariffs fall"), store=store, now=at(25, 9))


async def _flag(store: Database) -> None:
    await edit_briefing.edit(1, Edit(lead=True), store=store, now=at(25, 9))


async def _retitle(store: Database) -> None:
    async with store.write() as connection:
        await topics.save(connection, TOPICS[0])


CHANGES: Final[dict[str, Change]] = {
    "published": lambda store: publish_news(store, at(25, 9), item("Schools open", "society")),
    "corrected": _edit,
    "put first": _flag,
    "given topics": lambda store: edit_briefing.edit(1, Edit(topics=("energy",)), store=store, now=at(25, 9)),
    "withdrawn": lambda store: edit_briefing.retract(1, store=store, now=TUESDAY),
    "a topic of another name": _retitle,
    "a newsletter of another name": lambda store: change_newsletter(store, title="Another"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_pages_show_makes_them_new(store: Database, change: str) -> None:
    await published(store)
    async with visitor(store, TUESDAY) as client:
        tag = (await client.get(HOME)).headers["etag"]
        await CHANGES[change](store)
        answer = await client.get(HOME, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


async def test_a_page_that_is_not_there_is_kept_by_nobody(sqlite_store: Database) -> None:
    await published(sqlite_store)
    await edit_briefing.retract(1, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        for path, status in ((f"{HOME}/items/1", 410), (f"{HOME}/items/9", 404), ("/archive/none", 404)):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
            assert "etag" not in answer.headers
            assert answer.headers["x-robots-tag"].startswith("noindex")
