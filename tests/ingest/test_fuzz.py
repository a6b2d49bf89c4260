"""Files of each format, damaged at random: each is taken, refused by the item, or refused as a whole."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import date
from typing import Final

import pytest

from digest.errors import InputError
from digest.ingest.feed_room import ReadingRoom
from digest.ingest.formats import read
from subscribers.model import Section
from tests.ingest.feed_samples import ATOM, JSON_FEED, RDF, RSS, WORDPRESS
from tests.ingest.test_csv import TABLE
from tests.ingest.test_frontmatter import TWO
from tests.ingest.test_mails import a_mail
from tests.tiers import wide

_FORWARDED: Final = "\n---------- Forwarded message ---------\nFrom: Coast <a@b.example>\nDate: x\n\nb\n"
_WHOLE: Final = {
    "csv": TABLE.encode(),
    "markdown": TWO.encode(),
    "mail": a_mail("See below.\n" + _FORWARDED).as_bytes(),
    "json": b'{"items": [{"title": "A", "body": "b", "topics": ["c"]}, {"title": "D", "paragraphs": ["e"]}]}',
    "page": "Menu\n\nA Title\n\nWords. 港口\n\nSource: Bay News, May 3, 2024\n\nAnother\n\nWords.\n".encode(),
}
_THROWN_IN: Final = (
    *(b"---\n", b"\n", b'"', b",", b":", b"=?", b"--", b"[", b"&a", b"*a", b"\0", b"\r", b"From "),
    *(b"\xff", b"{", b"\\u", b"\\ud800", b"\xe2\x80\x8f", b"?=", b"Source: "),
)


_FEEDS: Final = {
    "RSS": RSS.encode(),
    "Atom": ATOM.encode(),
    "RDF": RDF.encode(),
    "JSON Feed": JSON_FEED.encode(),
    "WordPress": WORDPRESS.encode(),
}
_THROWN_INTO_FEEDS: Final = (
    *(b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<", b"</", b"/>", b"<item>", b"</entry>", b"&amp;", b"&lt;"),
    *(b"&#0;", b"&#xd800;", b"&#99999999;", b"&nbsp;", b"&", b"<div>" * 60, b"<!DOCTYPE rss>", b"\xfe\xff"),
    *(b' xml:base="http://["', b' encoding="utf-16"', b' xmlns:a="b"', b' type="text/plain"', b"<a:b/>"),
    *(b"http://[", b"//", b"?&=%", b"0000-00-00", b"99999-12-31T99:99:99Z", b"null", b"[]", b"{}", b"1e999"),
    *(
        b"9" * 5000,
        b"-1",
        b"NaN",
        b'""',
        b",",
        b":",
        b"\\ud800",
        b"\\u0000",
        b'"',
        b"\0",
        b"\xff",
        b"\r",
        b" ",
    ),
)
_ODD_VALUES: Final[tuple[object, ...]] = (
    *(
        None,
        True,
        0,
        -1,
        1e308,
        float("nan"),
        10**400,
        "",
        " ",
        "\0",
        "\ud83d",
        "x" * 70_000,
        [],
        {},
        [[]],
        [None],
    ),
    *(["a"], {"rendered": None}, {"rendered": "<p>\udc00</p>"}, {"rendered": ["a"]}, {"a": {"b": {"c": []}}}),
    *(
        "http://[",
        "//a",
        "javascript:x",
        "https://a.example/\ud800",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01",
    ),
    *(
        "<div>" * 300,
        "<script>",
        "&#xd800;&#0;",
        "tag:" + "é" * 300,
        "1/2/3",
        "2026-13-40T00:00:00Z",
        "x-" * 99,
    ),
)
#: How a refusal begins or ends when its reader broke, or took too long.
_FAULTS: Final = ("cannot be read (", "broke its reader", "took longer", "no sensible answer")
_KINDS: Final = (
    *(
        "",
        "application/rss+xml",
        "application/json",
        "text/html; charset=utf-16",
        "text/xml; charset=nothing",
    ),
    *("text/plain; charset=big5", "application/xml;charset='utf-8", ";;;", "charset=\udcff"),
)


def damaged(whole: bytes, chance: random.Random, thrown_in: Sequence[bytes] = _THROWN_IN) -> bytes:
    """The file with up to a dozen places overwritten, cut out, doubled or filled with what has a meaning."""
    data = bytearray(whole)
    for _time in range(chance.randint(1, 12)):
        place, other = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[place : place + chance.randint(1, 30)]
            case 2:
                data[place:place] = data[other : other + chance.randint(1, 60)]
            case _:
                data[place:place] = chance.choice(thrown_in)
    return bytes(data)


def with_other_values(whole: bytes, chance: random.Random) -> bytes:
    """JSON that is whole, with some of its values replaced by what nobody expects there."""
    document = json.loads(whole)
    for _time in range(chance.randint(1, 5)):
        inside = document
        while True:
            key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
            if not (isinstance(inside[key], dict | list) and inside[key] and chance.randrange(5)):
                break
            inside = inside[key]
        inside[key] = deepcopy(chance.choice(_ODD_VALUES))
    return json.dumps(document).encode()


def read_damaged(format: str, times: int) -> None:
    chance = random.Random(f"{format} {times}")
    read_whole = 0
    for _time in range(times):
        data = damaged(_WHOLE[format], chance)
        with suppress(InputError):
            found = read(data, source="x", format=format)
            assert all(one.title and one.paragraphs for one in found.drafts), data
            assert all(one.reason and "\n" not in one.reason for one in found.rejected), data
            read_whole += 1
    assert read_whole > times / 100


@pytest.mark.parametrize("format", sorted(_WHOLE))
def test_what_is_damaged_is_taken_or_refused(format: str) -> None:
    read_damaged(format, 500)


@pytest.mark.long
@pytest.mark.parametrize("format", sorted(_WHOLE))
def test_fifty_thousand_that_are_damaged_are_taken_or_refused(format: str) -> None:
    read_damaged(format, 50_000)


async def poll_damaged(format: str, times: int) -> None:
    """Read damaged feeds where polls have them read, which ends in a refusal whatever a parser does."""
    chance, read_whole = random.Random(f"{format} {times}"), 0
    # what goes on for ever is found as well, and a busy machine is no fault of a feed
    room = ReadingRoom(1, seconds=60)
    try:
        for _time in range(times):
            is_parted = _FEEDS[format][:1] in b"[{" and chance.randrange(2)
            data = (
                with_other_values(_FEEDS[format], chance)
                if is_parted
                else damaged(_FEEDS[format], chance, _THROWN_INTO_FEEDS)
            )
            kind = chance.choice(_KINDS)
            try:
                found = await room.read(data, content_type=kind, url="https://a.example/f", source="it")
            except InputError as error:
                if "\n" in str(error) or any(one in str(error) for one in _FAULTS):
                    pytest.fail(f"{error}: {kind!r} {data!r}")
                continue
            drafts = found.gathered("it", today=date(2026, 11, 24), section=Section.BRIEFING).drafts
            assert all(one.title and one.paragraphs for one in drafts), data
            assert all(one.reason and "\n" not in one.reason for one in found.refused), data
            read_whole += 1
    finally:
        await room.close()
    assert read_whole > times / 100


@pytest.mark.anyio
@pytest.mark.parametrize("format", ["RSS", *wide(*sorted(_FEEDS.keys() - {"RSS"}))])
async def test_feeds_that_are_damaged_are_taken_or_refused(format: str) -> None:
    await poll_damaged(format, 300)


@pytest.mark.anyio
@pytest.mark.long
@pytest.mark.parametrize("format", sorted(_FEEDS))
async def test_fifty_thousand_feeds_that_are_damaged_are_taken_or_refused(format: str) -> None:
    await poll_damaged(format, 50_000)
