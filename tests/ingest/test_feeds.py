"""Feeds of every format become the same items; every entry is taken or refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.feed_links import article_link, link_key
from digest.ingest.feed_words import line_of, paragraphs_of
from digest.ingest.feeds import FeedRead, looks_like_feed, read_feed
from digest.ingest.formats import read
from tests.ingest.feed_samples import ATOM, JSON_FEED, RDF, RSS, WORDPRESS, entry, rss

FORMATS = {"rss": RSS, "atom": ATOM, "rdf": RDF, "json": JSON_FEED, "wordpress": WORDPRESS}


def taken(data: bytes | str) -> FeedRead:
    raw = data.encode() if isinstance(data, str) else data
    return read_feed(raw, url="https://harbour.example/feed", source="the feed")


@pytest.mark.parametrize("name", FORMATS)
def test_a_story_is_the_same_in_every_format(name: str) -> None:
    found = taken(FORMATS[name])
    assert not found.refused
    ferry, library = found.items
    assert ferry.title == "Ferry Line to the Islands Reopens"
    assert ferry.paragraphs == (
        "The ferry sails again after two years.",
        "• Four sailings a day",
        "• No cars before May",
    )
    assert ferry.url == "https://harbour.example/ferry?id=7#top"
    assert ferry.published == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    assert ferry.day == date(2026, 11, 24)
    assert ferry.categories == ("Trade", "Ships")
    assert library.paragraphs == ("Students asked for it & got it.",)
    assert library.url == "https://harbour.example/library"
    if name != "wordpress":
        assert (found.title, ferry.source, ferry.language) == (
            "The Harbour Post",
            "The Harbour Post",
            "en-GB",
        )
    else:
        assert (found.title, ferry.language) == ("harbour.example", "en")


def test_an_entry_has_the_same_name_in_every_format() -> None:
    # entries of RDF have no names but links, and those of Atom are addresses
    named = {name: text for name, text in FORMATS.items() if name not in {"rdf", "atom"}}
    keys = {name: [item.guid_key for item in taken(text).items] for name, text in named.items()}
    assert len({tuple(found) for found in keys.values()}) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_feed_is_known_by_how_it_begins(name: str) -> None:
    assert looks_like_feed(FORMATS[name].encode())
    assert looks_like_feed(b"\xef\xbb\xbf\n " + FORMATS[name].encode())


@pytest.mark.parametrize(
    "text",
    ["", "A page", "<!DOCTYPE html><html>", "<html>", '{"title": "x", "body": "y"}', "[1]", "<svg>", "["],
)
def test_what_is_no_feed_is_not_taken_for_one(text: str) -> None:
    assert not looks_like_feed(text.encode())
    with pytest.raises(InputError):
        taken(text)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (entry("1", "", "<p> </p>"), "neither a title nor a text"),
        ("<item><title>Only a headline</title></item>", "it has no text"),
        (entry("1", "?!", "Words."), "neither a title nor a text"),
        ("<item><title>\u200b\u2060</title></item>", "neither a title nor a text"),
        (entry("1", "Deep", "<div>" * 300 + "x"), "nested too deep"),
        (entry("1", "Lent", more=f"<source url='/x'>{'&lt;div&gt;' * 300}x</source>"), "nested too deep"),
        (entry("1", "Long", "x" * 1_000_001), "more than 1,000,000 signs"),
    ],
)
def test_an_entry_that_cannot_be_taken_says_why_and_the_others_are_taken(item: str, reason: str) -> None:
    found = taken(rss(item, entry("2", "Bridge Closed for Repairs")))
    (refused,) = found.refused
    assert reason in refused.reason
    assert refused.place == 1
    assert [one.title for one in found.items] == ["Bridge Closed for Repairs"]


def test_a_title_is_cut_after_a_word_and_turns_no_other_words_round() -> None:
    long = "Harbour fees rise " * 300
    found = taken(rss(entry("1", long), entry("2", "Fees \u202eesir\u202c \u2067now")))
    cut, plain = (one.title for one in found.items)
    assert cut.endswith("fees rise Harbour…")
    assert 280 < len(cut) <= 300
    assert plain == "Fees esir now"


def test_a_title_that_nobody_sees_is_none() -> None:
    (item,) = taken(rss(entry("1", "\u200b\u3164\ufeff", "The bridge is closed. Repairs begin."))).items
    assert item.title == "The bridge is closed."


def test_a_feed_by_a_name_that_nobody_sees_has_none() -> None:
    names = {"\u200b": "harbour.example", "\u202e": "harbour.example", "\u202ePost": "Post"}
    found = {name: taken(RSS.replace("The Harbour Post", name)).title for name in names}
    assert found == names


def test_two_entries_of_one_name_are_told_from_one_that_is_printed_twice() -> None:
    twice = entry("1", "Bridge Closed")
    found = taken(rss(twice, twice, entry("1", "Bridge Opened")))
    assert [one.place for one in found.items] == [1, 2]
    assert [(one.place, one.reason) for one in found.refused] == [(3, "entry 1 has the same id")]


def test_a_post_without_title_is_called_by_its_first_sentence() -> None:
    found = taken(rss(entry("1", "", "<p>The mayor said no to the second bridge. Nobody was surprised.</p>")))
    assert found.items[0].title == "The mayor said no to the second bridge."


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<p>One</p><p>Two</p>", ("One", "Two")),
        ("One<br><br>Two<br>three", ("One", "Two\nthree")),
        ("<ol><li>First<li>Second</ol>", ("1. First", "2. Second")),
        ("<table><tr><th>Port<th>Ships<tr><td>Aden<td>4</table>", ("Port | Ships", "Aden | 4")),
        ("<blockquote><p>Said she</p></blockquote>", ("Said she",)),
        ("<h2>Head</h2>text <i>in</i> line", ("Head", "text in line")),
        ("<pre>a\n  b</pre>", ("a\n  b",)),
        ("A &amp; B &#8212; C&nbsp;D", ("A & B — C\u00a0D",)),
        ("<p>x<script>alert(1)</script>y<style>p{}</style></p>", ("xy",)),
        ("<p>Text</p><p>The post Text appeared first on The Post.</p><p>Read more</p>", ("Text",)),
        ("<p>e\u0301t\u00e9\x07</p>", ("\u00e9t\u00e9",)),
    ],
)
def test_markup_becomes_paragraphs(markup: str, said: tuple[str, ...]) -> None:
    assert paragraphs_of(markup) == said


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("  Two\n words ", "Two words"),
        ("A &amp; B", "A & B"),
        ("<b>Bold</b> claim", "Bold claim"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_title_keeps_its_words(title: str, said: str) -> None:
    assert line_of(title) == said


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://a.example/x?utm_source=1&UTM_Medium=2", "https://a.example/x"),
        ("https://A.example/X?b=2&gclid=9&a=1", "https://a.example/X?b=2&a=1"),
        ("http://a.example/?q=a%20b&mc_cid=3#utm_x", "http://a.example/?q=a%20b"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://user:pass@a.example/", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_a_link_loses_only_what_tracks(given: str, kept: str | None) -> None:
    assert article_link(given) == kept


def test_one_article_has_one_key() -> None:
    forms = [
        "http://www.a.example/x/?b=2&a=1#c",
        "https://a.example/x?a=1&b=2",
        "https://a.example:443/x?a=1&b=2&gclid=1",
    ]
    assert len({link_key(one) for one in forms}) == 1
    assert link_key("https://a.example/x?a=1") != link_key("https://a.example/x?a=2")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("港口重新开放，船只驶入。", "zh"),
        ("港が再び開いた。", "ja"),
        ("أعيد فتح الميناء اليوم", "ar"),
        ("The port", "en"),
    ],
)
def test_a_feed_that_says_no_language_is_known_by_its_script(text: str, language: str) -> None:
    plain = f'<rss version="2.0"><channel><title>x</title>{entry("1", text, text)}</channel></rss>'
    assert taken(plain).items[0].language == language


def test_encodings_are_what_they_are_declared_to_be() -> None:
    text = '<?xml version="1.0" encoding="ENC"?>' + rss(entry("1", "Zürich öffnet")).decode()
    for encoding in ("iso-8859-1", "windows-1252", "utf-16", "utf-8"):
        found = taken(text.replace("ENC", encoding).encode(encoding))
        assert found.items[0].title == "Zürich öffnet", encoding


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("&#xd83d;&#xDE00;", "😀"),
        ("&#55357;&#56832;", "😀"),
        ("&#xd800;", "�"),
        ("&#1114112;", "�"),
        ("&#99999999999;", "�"),
        ("&#128512; &#8217;", "😀 ’"),
        ("&#57344;", "\ue000"),
    ],
    ids=["halves", "halves, decimal", "a half", "beyond", "far beyond", "whole", "private"],
)
def test_a_character_that_is_none_costs_no_feed(written: str, read_as: str) -> None:
    (item,) = taken(rss(entry("a", f"Smile {written}."))).items
    assert item.title == f"Smile {read_as}."


def test_halves_of_a_character_in_json_are_put_together_or_marked() -> None:
    said = WORDPRESS.replace("The ferry sails again after", "\\ud83d\\ude00 \\ud800 sails after")
    assert taken(said).items[0].paragraphs[0] == "😀 � sails after two years."


@pytest.mark.parametrize("encoding", ["u\xab-8", "utf\0-8"])
def test_an_encoding_that_is_none_is_not_asked_for(encoding: str) -> None:
    found = taken(RSS.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode("latin-1"))
    assert found.items[0].title == "Ferry Line to the Islands Reopens"


def test_the_door_for_files_takes_feeds() -> None:
    found = read(RSS.encode(), source="feed.xml", topics=("economy",))
    assert [draft.title for draft in found.drafts] == [
        "Ferry Line to the Islands Reopens",
        "Library Keeps Its Night Hours",
    ]
    assert found.drafts[0].topics == ("economy",)
    assert found.categories == {1: ("Trade", "Ships")}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_no_damage_to_a_feed_is_more_than_a_refusal(name: str, data: st.DataObject) -> None:
    whole = FORMATS[name].encode()
    start = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(
        st.binary(max_size=12) | st.sampled_from([b"<", b"&", b"]]>", b"<!--", b'"', b"<item>", b"\0"])
    )
    try:
        found = read_feed(whole[:start] + put + whole[start + length :], source="the feed")
    except InputError:
        return
    assert all(item.title and item.paragraphs for item in found.items)
