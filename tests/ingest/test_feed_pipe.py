"""What a process answers that read a feed is believed as far as it has the shape of an answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import InputError
from digest.ingest.feed_pipe import told
from digest.ingest.feed_room import read_apart

_ITEM: dict[str, Any] = {
    "place": 1,
    "guid_key": "a" * 32,
    "link_key": "",
    "said_key": "b" * 32,
    "title": "The harbour opens",
    "paragraphs": ["Ships came in."],
    "source": "Bay News",
    "day": "2026-11-30",
    "published": "2026-11-30T10:00:00Z",
    "url": None,
    "language": "en",
}
_READ: dict[str, Any] = {"kind": "rss20", "title": "Bay News", "link": None, "items": [_ITEM], "refused": []}


def test_an_answer_of_the_right_shape_is_taken() -> None:
    (item,) = told(json.dumps({"read": _READ}).encode()).items
    assert item.paragraphs == ("Ships came in.",)
    assert item.published == datetime(2026, 11, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"read": null}',
        json.dumps({"read": {**_READ, "title": {"a": 1}}}).encode(),
        json.dumps({"read": {**_READ, "items": "none"}}).encode(),
        json.dumps({"read": {**_READ, "items": [{**_ITEM, "paragraphs": "one"}]}}).encode(),
        json.dumps({"read": {**_READ, "items": [{**_ITEM, "day": "soon"}]}}).encode(),
        json.dumps({"read": {**_READ, "items": [{**_ITEM, "place": "1"}]}}).encode(),
        json.dumps({"refused": 5}).encode(),
    ],
)
def test_an_answer_of_any_other_shape_is_none(said: bytes) -> None:
    with pytest.raises(InputError, match="no sensible answer"):
        told(said)


def test_a_refusal_is_told_as_it_was_said() -> None:
    with pytest.raises(InputError, match=r"^it is no feed$"):
        told(b'{"refused": "it is no feed"}')


def test_a_file_whose_name_is_not_utf8_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"^bay\?\.xml "):
        read_apart(b"no feed at all", source="bay\udcff.xml")


def test_half_a_letter_in_what_a_feed_says_keeps_nothing_else_from_being_read() -> None:
    items = [
        {"id": "1", "title": "\ud83d", "content_text": ""},
        {"id": "\udfff", "title": "The harbour opens", "content_text": "Ships came in."},
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Bay \ud800 News", "items": items}
    read = read_apart(json.dumps(feed).encode(), source="bay.json")
    assert [one.title for one in read.items] == ["The harbour opens"]
    assert len(read.refused) == 1
    assert "\ud83d" not in str(read)
