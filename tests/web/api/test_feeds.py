"""Feeds through the API, as on the command line: added, looked at, changed, asked, removed."""

from __future__ import annotations

import pytest

from digest.cli.console import plain
from digest.flows.feeds_shown import feed_sheet, feed_shown, sheet_shown
from digest.ingest.opml import read_opml
from digest.store.database import Database
from digest.web.api.feed_documents import FeedInFull, FeedShown
from tests.flows.feeding import newsdesk
from tests.web.api.programs import NOW, program

pytestmark = pytest.mark.anyio
URL = "https://harbour.example/feed.xml"


async def test_feed_is_added_changed_asked_and_removed(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        made = await client.post("feeds", json={"url": URL, "topics": ["trade"], "every_minutes": 15})
        assert (made.status_code, made.headers["location"]) == (201, "/api/v1/feeds/1")
        assert (made.json()["health"], made.json()["take"]) == ("new", 10)
        # by its slug, whatever other name it was given by: the desk ticks slugs
        assert made.json()["topics"] == ["economy"]
        assert (await client.post("feeds", json={"url": URL})).status_code == 422
        changed = await client.patch("feeds/1", json={"settle_minutes": 0, "source": "The Post"})
        assert (changed.json()["settle_minutes"], changed.json()["every_minutes"]) == (0, 15)
        assert (await client.post("feeds/1/poll")).json()["next_poll_at"] == plain(NOW)
        assert [one["id"] for one in (await client.get("feeds")).json()["items"]] == [1]
        assert (await client.get("feeds/1")).json()["polls"] == []
        assert (await client.delete("feeds/1")).status_code == 200
        assert (await client.get("feeds/1")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://harbour.example/"},
        {"url": URL, "every_minutes": 1},
        {"url": URL, "topics": ["gossip"]},
        {"url": URL, "colour": "red"},
    ],
)
async def test_wrong_feed_is_refused(body: dict[str, object], sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        assert (await client.post("feeds", json=body)).status_code == 422


async def test_fields_are_those_of_the_command(sqlite_store: Database) -> None:
    async with newsdesk(sqlite_store, NOW) as desk:
        desk.site.entries = ["<item><title>Only a headline</title></item>"]
        desk.site.post("Ferry Sails")
        feed = await desk.add()
        await desk.poll()
        sheet = await feed_sheet(feed.id, store=sqlite_store, now=NOW)
    for document, model in ((feed_shown(sheet.feed, NOW), FeedShown), (sheet_shown(sheet, NOW), FeedInFull)):
        assert document.keys() == model.model_fields.keys()
        assert model.model_validate(plain(document)).model_dump(mode="json") == plain(document)


async def test_a_list_is_tried_added_and_handed_out(store: Database) -> None:
    outlines = "\n".join(
        f"<outline text='{name}' xmlUrl='{url}'/>"
        for name, url in (
            ("Port", URL),
            ("Again", URL),
            ("Wrong", "ftp://a.example/"),
            ("Bay", "bay.example"),
        )
    )
    body = {"opml": f"<opml><body>\n{outlines}</body></opml>", "take": 3, "topics": ["trade"]}
    async with program(store) as client:
        tried = (await client.post("feed-list/rehearsal", json=body)).json()
        assert [(one["line"], one["url"]) for one in tried["added"]] == [
            (2, URL),
            (5, "https://bay.example/"),
        ]
        assert [one["title"] for one in tried["known"]] == ["Again"]
        assert [one["line"] for one in tried["rejected"]] == [4]
        assert (await client.get("feeds")).json()["items"] == []
        word = {"Idempotency-Key": "b7a1-3c55"}
        made = (await client.post("feed-list", json=body, headers=word)).json()
        assert (await client.post("feed-list", json=body, headers=word)).json() == made
        assert (made["added"], made["known"], len(made["rejected"])) == ([1, 2], 1, 1)
        feed = (await client.get("feeds/2")).json()
        assert (feed["take"], feed["topics"], feed["title"]) == (3, ["economy"], "Bay")
        out = await client.get("feed-list")
    assert out.headers["content-type"].startswith("text/x-opml")
    assert [(one.url, one.title) for one in read_opml(out.content, source="x")] == [
        (URL, "Port"),
        ("https://bay.example/", "Bay"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"opml": "Night trains"},
        {"opml": "<opml/>", "topics": ["gossip"]},
        {"opml": "<opml/>", "take": 5000},
        {},
    ],
    ids=["words", "topic", "take", "nothing"],
)
async def test_wrong_list_is_refused(body: dict[str, object], sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        for path in ("feed-list", "feed-list/rehearsal"):
            assert (await client.post(path, json=body)).status_code == 422
