"""Files of each format, damaged at random: each is taken, refused by the item, or refused as a whole."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Final

import pytest

from digest.errors import InputError
from digest.ingest.formats import read
from tests.ingest.test_csv import TABLE
from tests.ingest.test_frontmatter import TWO
from tests.ingest.test_mails import a_mail

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


def damaged(whole: bytes, chance: random.Random) -> bytes:
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
                data[place:place] = chance.choice(_THROWN_IN)
    return bytes(data)


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
