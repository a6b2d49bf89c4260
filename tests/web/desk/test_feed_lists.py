"""Lists of feeds at the desk: shown first, then added as they were shown, and handed out again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from digest.core.access import Role
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.ingest.opml import read_opml
from digest.store import feeds as shelf
from digest.store.database import Database
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio

_LIST = """<?xml version="1.0" encoding="iso-8859-1"?>
<opml version="2.0"><body>
<outline text="Häfen" xmlUrl="https://harbour.example/feed"/>
<outline text="Known" xmlUrl="https://known.example/feed"/>
<outline text="Again" xmlUrl="harbour.example/feed"/>
<outline text="Wrong" xmlUrl="ftp://wrong.example/"/>
<outline text="Radio" xmlUrl="https://radio.example/rss"/>
</body></opml>
"""


async def _upload(client: httpx.AsyncClient, data: bytes, **entered: str) -> httpx.Response:
    form = document((await client.get("/admin/feeds/import")).text).xpath("//main//form")[0]
    fields: dict[str, Any] = dict(form.form_values()) | entered
    files = {"file": ("mine.opml", data, "text/x-opml")}
    return await client.post("/admin/feeds/import", data=fields, files=files)


async def _feeds(store: Database) -> list[tuple[str, str, int]]:
    async with store.read() as connection:
        return [(one.url, one.title, one.take) for one in await shelf.every(connection)]


async def test_feeds_of_a_list_are_shown_and_then_added_as_they_were_shown(store: Database) -> None:
    await add_feed("https://known.example/feed", FeedWish(), store=store, now=NOW, title="Known")
    async with at_the_desk(store, Role.EDITOR) as client:
        seen = await _upload(client, _LIST.encode("iso-8859-1"), take="3", topic="economy")
        said = says(seen)
        assert "What would become of mine.opml" in said
        assert "2 new 2 known already 1 refused" in said
        assert "3Häfenhttps://harbour.example/feed" in said
        assert "ftp://wrong.example/' is not an absolute http or https address" in said
        assert len(await _feeds(store)) == 1
        added = await submit(client, seen, "import", then="take")
        assert "2 added, to be asked by the next run; 2 known already, 1 refused." in says(added)
        out = await client.get("/admin/feeds/export.opml")
    assert await _feeds(store) == [
        ("https://known.example/feed", "Known", 10),
        ("https://harbour.example/feed", "Häfen", 3),
        ("https://radio.example/rss", "Radio", 3),
    ]
    async with store.read() as connection:
        assert [one.topics for one in await shelf.every(connection)][1:] == [("economy",)] * 2
    assert out.headers["content-type"] == "text/x-opml; charset=utf-8"
    assert [one.title for one in read_opml(out.content, source="x")] == ["Known", "Häfen", "Radio"]


async def test_a_pasted_list_is_read_in_the_signs_in_which_it_was_pasted(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/feeds/import")
        assert "Häfen" in says(await submit(client, form, "import", page=_LIST))


@pytest.mark.parametrize(
    ("data", "entered", "words"),
    [
        (b"", {}, "There is nothing to read"),
        (b"Night trains", {}, "mine.opml is not a list of feeds in OPML"),
        (b"<opml/>", {}, "mine.opml names no feed"),
        (b"<opml>" + b" " * 1_500_000, {}, "mine.opml is larger than 1500 kB: use digest feeds import"),
        (_LIST.encode("iso-8859-1"), {"every": "1"}, "Every 1 is out of bounds"),
        (_LIST.encode("iso-8859-1"), {"topic": "gossip"}, "Topic 'gossip' is not known"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', {}, "declares entities"),
    ],
    ids=["nothing", "words", "no feed", "large", "every", "topic", "entities"],
)
async def test_what_cannot_be_a_list_is_refused_in_words(
    sqlite_store: Database, data: bytes, entered: dict[str, str], words: str
) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await _upload(client, data, **entered)
    assert answer.status_code == 422
    assert words in says(answer)
    assert await _feeds(sqlite_store) == []


async def test_who_only_looks_may_fetch_the_list_and_add_none(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.VIEWER) as client:
        assert read_opml((await client.get("/admin/feeds/export.opml")).content, source="x") == ()
        assert (await client.get("/admin/feeds/import")).status_code == 403
