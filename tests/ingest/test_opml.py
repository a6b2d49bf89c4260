"""Lists of feeds: read from whatever program, refused when they are none, written so that they come back."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.feed_words import line_of
from digest.ingest.opml import Outline, read_opml, write_opml

LIST = b"""<?xml version="1.0" encoding="utf-8"?>
<opml version="1.1">
  <head><title>Mine</title></head>
  <body>
    <outline text="Ports">
      <outline text="Harbour &amp; &lt;b&gt;Coast&lt;/b&gt;" xmlUrl=" https://harbour.example/feed "/>
      <outline title="Radio" text="no" xmlURL="https://radio.example/rss" htmlUrl="https://radio.example/"/>
    </outline>
    <outline text="a note"/>
  </body>
</opml>
"""


def test_every_feed_of_a_list_is_found_with_its_line() -> None:
    assert read_opml(LIST, source="x") == (
        Outline("https://harbour.example/feed", "Harbour & Coast", 6),
        Outline("https://radio.example/rss", "Radio", 7),
    )


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not a list of feeds in OPML: no element found"),
        (b"Night Trains", "syntax error"),
        (b"<rss/>", "it begins with <rss>"),
        (b'<!DOCTYPE o [<!ENTITY a "b">]><opml/>', "declares entities"),
        (b"<opml>" + b"<a>" * 300, "nested more than"),
        (b"<opml><body><outline xmlUrl='a'></opml>", "mismatched tag"),
        (b"<opml><body>" + b"<outline xmlUrl='a'/>" * 5001 + b"</body></opml>", "more than 5,000 feeds"),
        (b"<opml>" + b" " * 5_000_000, "more than 5 MB"),
    ],
    ids=["nothing", "words", "a feed", "entities", "deep", "torn", "many", "large"],
)
def test_what_is_no_list_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_opml(data, source="x")


_NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="&<>"), min_size=1, max_size=30
)


@given(st.lists(st.tuples(_NAMES, _NAMES), max_size=10))
def test_what_is_written_comes_back(feeds: list[tuple[str, str]]) -> None:
    told = [Outline(f"https://news.example/?{name}&x=<1>", title) for name, title in feeds]
    back = read_opml(write_opml(told, title="Ours").encode(), source="x")
    assert [(one.url, one.title) for one in back] == [(one.url, line_of(one.title)) for one in told]


@given(st.binary(max_size=40), st.integers(0, len(LIST)), st.integers(0, 40))
def test_whatever_a_list_is_made_of_it_is_read_or_refused(thrown_in: bytes, place: int, cut: int) -> None:
    with suppress(InputError):
        assert len(read_opml(LIST[:place] + thrown_in + LIST[place + cut :], source="x")) < 5
