"""What comes packed is unpacked to the same, wherever the pieces off the wire begin and end."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.reach.answers import Bounds
from digest.reach.unpacking import TooLargeError, Unpacking

BOUNDS = Bounds(wire_bytes=10_000, body_bytes=1000)


def unpacked(raw: bytes, size: int) -> bytes:
    body = Unpacking("gzip", BOUNDS)
    for start in range(0, len(raw), size):
        body.take(raw[start : start + size])
    return body.whole()


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.integers(1, 300), st.integers(0, 9))
def test_members_are_one_body_however_they_are_cut(members: list[bytes], size: int, padding: int) -> None:
    raw = b"".join(gzip.compress(one, mtime=0) for one in members) + b"\0" * padding
    assert unpacked(raw, size) == b"".join(members)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_members_count_together(size: int) -> None:
    with pytest.raises(TooLargeError):
        unpacked(gzip.compress(b"x" * 600) + gzip.compress(b"y" * 600), size)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_member_that_breaks_off_is_told(size: int) -> None:
    with pytest.raises(zlib.error):
        unpacked(gzip.compress(b"x") + gzip.compress(b"y" * 99)[:-5], size)
