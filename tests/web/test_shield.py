"""Every answer carries the headers that keep scripts, frames, caches and other sites away from a link."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute, Route

from digest.errors import StoreError
from digest.flows import by_link
from digest.store.database import Database
from digest.web.app import build_app
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, join
from tests.web.visiting import BASE_URL, TOKENS, choices, headline, leaving, tree, visitor

pytestmark = pytest.mark.anyio

EXPECTED = {
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "x-content-type-options": "nosniff",
}
#: What caches and search engines may keep, of the paths that name nothing.
PUBLIC = {"/archive", "/favicon.ico", "/feed.xml", "/robots.txt", "/sitemap.xml"}


def paths_of(routes: list[BaseRoute]) -> Iterator[str]:
    """Every path of a router, and of those within it."""
    for route in routes:
        if isinstance(route, Route):
            yield route.path
        else:
            yield from paths_of(list(getattr(getattr(route, "original_router", route), "routes", ())))


def policy_of(header: str) -> dict[str, str]:
    """The directives of a Content-Security-Policy."""
    parts = (part.partition(" ") for part in header.split("; "))
    return {name: value for name, _space, value in parts}


async def test_every_route_whatever_its_answer_has_the_headers(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    app = build_app(store=sqlite_store, tokens=TOKENS, base_url=BASE_URL)
    paths = {*paths_of(app.routes), "/nowhere"}
    ours = {"/unsubscribe/{token}", "/unsubscribe/{token}/undo", "/preferences/{token}", "/issues/{token}"}
    assert {"/healthz", *ours} < paths
    # what anybody may read says so itself
    assert paths >= PUBLIC
    paths -= PUBLIC
    # the desk and the programs' door have tests of their own, and the desk a referrer policy of its own
    paths = {path for path in paths if not path.startswith(("/admin", "/api/"))}
    statuses = set()
    async with visitor(sqlite_store, TUESDAY) as client:
        for path in paths:
            for purpose in Purpose:
                asked = path.replace("{token}", TOKENS.make(purpose, ana.id))
                for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
                    answer = await client.request(method, asked)
                    statuses.add(answer.status_code)
                    assert EXPECTED.items() <= dict(answer.headers).items(), (method, asked)
                    assert policy_of(answer.headers["content-security-policy"])["default-src"] == "'none'"
                    assert "set-cookie" not in answer.headers
    assert {200, 404, 405} <= statuses <= {200, 204, 303, 404, 405, 422}


async def test_the_policy_allows_the_style_of_the_page_and_a_form_to_us_and_nothing_else(
    sqlite_store: Database,
) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.get(leaving(ana))
    (style,) = tree(answer).xpath("//style/text()")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy_of(answer.headers["content-security-policy"]) == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


async def test_no_answer_sends_anybody_elsewhere(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        for path in (
            f"{leaving(ana)}/",
            "/healthz/",
            "//evil.example/unsubscribe/x",
            "/unsubscribe//evil.example",
        ):
            answer = await client.get(path, headers={"Host": "evil.example"})
            assert (answer.status_code, "location" in answer.headers) == (404, False)
        token = choices(ana).rpartition("/")[2]
        for path in ("", "/pause", "/resume", "/slower", "/return"):
            answer = await client.post(
                f"{choices(ana)}{path}", data={"max_items": "5"}, headers={"Host": "evil.example"}
            )
            # from where the browser is, and never to a place that was asked for
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) in {
                (303, token),
                (303, f"../{token}"),
            }


async def test_a_store_that_does_not_answer_is_said_plainly_and_for_a_while(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable(*_: object, **__: object) -> None:
        raise StoreError("the store postgresql://db.internal/news cannot be used")

    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    monkeypatch.setattr(by_link, "look", unreachable)
    monkeypatch.setattr(by_link, "leave", unreachable)
    async with visitor(sqlite_store, TUESDAY) as client:
        for answer in (await client.get(leaving(ana)), await client.post(leaving(ana))):
            assert (answer.status_code, headline(answer)) == (503, "Not at the moment")
            assert answer.headers["retry-after"] == "60"
            assert "db.internal" not in answer.text
            assert EXPECTED.items() <= dict(answer.headers).items()


async def test_a_store_without_tables_is_such_a_store(blank_store: Database) -> None:
    async with visitor(blank_store, TUESDAY) as client:
        answer = await client.get(f"/unsubscribe/{TOKENS.make(Purpose.UNSUBSCRIBE, 1)}")
    assert (answer.status_code, headline(answer)) == (503, "Not at the moment")


async def test_a_fault_of_our_own_shows_nothing_of_it(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("ana@example.org")

    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    monkeypatch.setattr(by_link, "look", broken)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.get(leaving(ana))
    assert (answer.status_code, headline(answer)) == (500, "Not at the moment")
    assert "ana@" not in answer.text
    assert EXPECTED.items() <= dict(answer.headers).items()
    assert "content-security-policy" in answer.headers


async def test_operations_are_answered_as_ever(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_browsers_that_ask_for_an_icon_get_one(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.get("/favicon.ico")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg ")
