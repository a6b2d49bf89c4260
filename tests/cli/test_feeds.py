"""`digest feeds` and `digest ingest URL` against a real server: found, added, asked, shown, taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from digest.ingest.opml import read_opml
from tests.cli.shell import Shell
from tests.ingest.feed_samples import RSS, entry, rss
from tests.reach.httpd import Httpd, Reply, httpd

OWN = {"DIGEST_REACH_PRIVATE": "127.0.0.0/8"}


@pytest.fixture
def site() -> Iterator[Httpd]:
    """A site in a thread of its own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(httpd()) as server:
        server.pages["/"] = Reply(b'<link rel="alternate" type="application/rss+xml" href="/feed.xml">')
        server.pages["/feed.xml"] = Reply(RSS.encode())
        yield server


def test_feed_is_found_added_polled_and_removed(site: Httpd, newsroom: Shell) -> None:
    shell = newsroom.with_(**OWN)
    added = shell.ask("feeds", "add", site.url, "--take", "1", "--every", "15", "--topic", "economy")
    assert (added["url"], added["title"]) == (f"{site.url}/feed.xml", "The Harbour Post")
    assert (added["health"], added["every_minutes"], added["topics"]) == ("fine", 15, ["economy"])
    assert added["items"] == {"old": 1, "settling": 1}
    assert added["polls"][0] | {"at": None} == {
        "at": None,
        "outcome": "read",
        "status": 200,
        "added": 1,
        "updated": 0,
        "unchanged": 1,
        "refused": 0,
        "words": None,
    }
    site.pages["/feed.xml"] = Reply(
        rss(entry("harbour-8", "Bridge Closed"), "<item><title>No text</title></item>")
    )
    answer = shell.ok("feeds", "poll")
    assert "feed 1: 1 added, 0 updated, 0 unchanged" in answer.out
    assert "1 refused, see digest feeds show 1" in answer.err
    assert "it has no text" in shell.ok("feeds", "show", "1").out
    settling = shell.ask("briefings", "list", "--status", "draft")["items"]
    assert [one["title"] for one in settling] == [
        "Ferry Line to the Islands Reopens",
        "Bridge Closed",
    ]
    # the run asks what is due, and publishes what has settled
    shell.ok("run", "--now", "+12m")
    assert shell.ask("briefings", "list", "--status", "draft")["items"] == []
    shell.ok("feeds", "remove", "1")
    assert shell.ask("feeds", "list")["items"] == []


def test_failed_poll_is_told_and_ends_with_status_one(site: Httpd, newsroom: Shell) -> None:
    shell = newsroom.with_(**OWN)
    shell.ok("feeds", "add", f"{site.url}/feed.xml")
    site.pages["/feed.xml"] = Reply(b"", 500)
    answer = shell("feeds", "poll", "1")
    assert (answer.status, answer.err) == (1, "feed 1 failed: the server answers with 500\n")
    # what is logged of it would only say the same again, and stand among answers least of all
    assert "answer well" not in answer.out


def test_address_without_feed_is_refused_and_nothing_is_added(site: Httpd, newsroom: Shell) -> None:
    site.pages = {"/": Reply(b"<html>Nothing</html>")}
    shell = newsroom.with_(**OWN)
    assert "no feed was found at" in shell("feeds", "add", site.url).complaint
    assert "answers with 404" in shell("feeds", "add", f"{site.url}/elsewhere").complaint
    assert shell.ask("feeds", "list")["items"] == []


def test_feed_is_taken_in_by_its_address(site: Httpd, newsroom: Shell) -> None:
    shell = newsroom.with_(**OWN)
    assert len(shell.ask("ingest", f"{site.url}/feed.xml")["added"]) == 2
    again = shell.ask("ingest", f"{site.url}/feed.xml", "--format", "feed")
    assert (again["added"], again["unchanged"]) == ([], 2)


def test_place_that_is_not_open_is_not_gone_to(site: Httpd, newsroom: Shell) -> None:
    for words in (("feeds", "add", site.url), ("ingest", f"{site.url}/feed.xml")):
        assert "is not on the open internet" in newsroom(*words).complaint
    assert site.connections == 0


def test_a_list_of_feeds_is_added_once_and_written_again(newsroom: Shell) -> None:
    listed = (
        b'<opml><body><outline text="Coast"><outline text="Radio" xmlUrl="https://radio.example/rss"/>'
        b'<outline text="Harbour" xmlUrl="harbour.example/list.xml"/></outline>'
        b'<outline text="Wrong" xmlUrl="ftp://x.example/"/></body></opml>'
    )
    answer = newsroom("feeds", "import", "-", "--topic", "economy", "--take", "0", "--json", stdin=listed)
    assert answer.status == 1
    assert (len(answer.document["added"]), answer.document["known"]) == (2, 0)
    (refusal,) = answer.document["rejected"]
    assert "is not an absolute http or https address" in refusal["reason"]
    again = newsroom("feeds", "import", "-", "--json", stdin=listed).document
    assert (again["added"], again["known"]) == ([], 2)
    shown = newsroom.ask("feeds", "list")["items"]
    assert [(one["title"], one["topics"]) for one in shown][-2:] == [
        ("Radio", ["economy"]),
        ("Harbour", ["economy"]),
    ]
    newsroom.ok("feeds", "export", "ours.opml")
    written = (newsroom.folder / "ours.opml").read_bytes()
    assert [one.title for one in read_opml(written, source="ours.opml")][-2:] == ["Radio", "Harbour"]
    assert newsroom.ask("feeds", "import", "ours.opml")["added"] == []
