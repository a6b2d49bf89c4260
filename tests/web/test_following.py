"""Counted links: off unless a newsletter says so, signed, of an item and never of a reader."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from digest.core.access import Role
from digest.errors import PassingStoreError
from digest.store import clicks
from digest.store.click_tables import links
from digest.store.database import Database
from digest.web.following import _in_ascii
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news
from tests.jobs.office import press_for
from tests.web.desk.newsroom import at_the_desk, says
from tests.web.visiting import BASE_URL, TOKENS, visitor

pytestmark = pytest.mark.anyio
SOURCE = "https://harbour.example/tariffs?page=1&from=a"
COUNTED = re.compile(re.escape(BASE_URL) + r"/go/([A-Za-z0-9_-]{32})")


async def an_issue(store: Database, **changes: Any) -> None:
    await change_newsletter(store, **changes)
    await join(store, "ann@example.org", TUESDAY, format="text")
    await join(store, "bob@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy", url=SOURCE), item("Solar", "energy"))
    await plan_all(store, at(24, 7))


async def mails(store: Database) -> list[str]:
    """The mails of the two readers, as text or as HTML."""
    async with at_the_desk(store, Role.ADMIN, lambda: at(24, 7), press=press_for(store)) as client:
        pages = [await client.get(f"/admin/issues/1/copies/{copy}") for copy in (1, 2)]
        frames = [await client.get(f"/admin/issues/1/copies/{copy}/mail") for copy in (1, 2)]
    whole = [page.text + frame.text for page, frame in zip(pages, frames, strict=True)]
    return [" ".join(one.split()) for one in whole]


async def count_of(store: Database) -> dict[int, int]:
    async with store.read() as connection:
        return dict(await clicks.since(connection, TUESDAY))


async def link_to(store: Database, number: int) -> str:
    async with store.read() as connection:
        query = select(links.c.id).where(links.c.number == number)
        return TOKENS.make(Purpose.FOLLOW, (await connection.execute(query)).scalar_one())


async def test_links_lead_straight_on_unless_the_newsletter_counts(sqlite_store: Database) -> None:
    await an_issue(sqlite_store)
    for mail in await mails(sqlite_store):
        assert "harbour.example/tariffs" in mail
        assert not COUNTED.search(mail)
        assert "counts how often" not in mail
    assert await count_of(sqlite_store) == {}


async def test_a_newsletter_that_counts_says_so_and_all_its_readers_have_the_same_links(
    sqlite_store: Database,
) -> None:
    await an_issue(sqlite_store, clicks=True)
    found = await mails(sqlite_store)
    tokens = {frozenset(COUNTED.findall(mail)) for mail in found}
    assert [len(one) for one in tokens] == [1]
    for mail in found:
        assert "counts how often an item is opened, not by whom" in mail
        # an item without an address has no link
        assert "Solar" in mail
        assert SOURCE not in mail


async def test_a_link_leads_to_the_address_in_the_store_and_is_counted(store: Database) -> None:
    await an_issue(store, clicks=True)
    token = await link_to(store, 1)
    async with visitor(store, at(24, 8)) as client:
        for _ in range(2):
            answer = await client.get(f"/go/{token}")
            assert (answer.status_code, answer.headers["location"]) == (302, SOURCE)
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert "set-cookie" not in answer.headers
        # who only asks, or fetches in case it is wanted, is not counted
        assert (await client.head(f"/go/{token}")).status_code == 302
        assert (await client.get(f"/go/{token}", headers={"Sec-Purpose": "prefetch"})).status_code == 302
    assert await count_of(store) == {1: 2, 2: 0}
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        page = says(await client.get("/admin/numbers"))
        table = (await client.get("/admin/numbers/clicks.csv")).text
    assert "Opened from mails in 30 days" in page
    assert table.splitlines()[1].endswith("Tariffs,2")


@pytest.mark.parametrize("kind", ["unsigned", "of another purpose", "of nothing", "without address", "a URL"])
async def test_what_we_did_not_sign_or_do_not_have_leads_nowhere(sqlite_store: Database, kind: str) -> None:
    await an_issue(sqlite_store, clicks=True)
    token = {
        "unsigned": "A" * 32,
        "of another purpose": TOKENS.make(Purpose.VIEW, 1),
        "of nothing": TOKENS.make(Purpose.FOLLOW, 4711),
        "without address": await link_to(sqlite_store, 2),
        "a URL": "https:%2F%2Felsewhere.example",
    }[kind]
    async with visitor(sqlite_store, at(24, 8)) as client:
        answer = await client.get(f"/go/{token}", params={"url": "https://elsewhere.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_a_store_that_cannot_be_written_to_costs_a_count_and_no_reader(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_issue(sqlite_store, clicks=True)

    async def locked(*_: Any) -> None:
        raise PassingStoreError("the store is locked")

    monkeypatch.setattr(clicks, "count", locked)
    async with visitor(sqlite_store, at(24, 8)) as client:
        answer = await client.get(f"/go/{await link_to(sqlite_store, 1)}")
    assert answer.headers["location"] == SOURCE


def test_an_address_goes_into_its_header_as_octets() -> None:
    assert _in_ascii("https://é.example/ü?q=%20&x=日\r\nX: 1") == (
        "https://%C3%A9.example/%C3%BC?q=%20&x=%E6%97%A5%0D%0AX:%201"
    )
