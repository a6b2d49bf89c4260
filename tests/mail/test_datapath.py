"""What goes between DATA and the final dot."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.datapath import is_canonical, transparent

#: Short texts of the bytes that matter, so that every mixture comes up.
awkward = st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"a", b"\r\n.", b"..", b"\xff"])).map(
    b"".join
)


@given(awkward)
def test_the_receiver_gets_the_same_lines(content: bytes) -> None:
    wire = transparent(content)
    lines = wire.removesuffix(b"\r\n").split(b"\r\n")
    undone = [line.removeprefix(b".") for line in lines]
    ends = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert undone == ends.removesuffix(b"\n").split(b"\n")


@given(awkward)
def test_nothing_on_the_wire_can_be_taken_for_the_end(content: bytes) -> None:
    wire = transparent(content)
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", wire) is None
    assert wire.endswith(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + wire


@given(awkward)
def test_canonical_is_just_what_may_go_as_it_is(content: bytes) -> None:
    plain = b"\r\n." not in b"\r\n" + content and content.endswith(b"\r\n")
    assert is_canonical(content) == (plain and re.search(rb"\r(?!\n)|(?<!\r)\n", content) is None)
    if is_canonical(content):
        assert transparent(content) is content


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"a\r\n.b\r\n", b"a\r\n..b\r\n"),
        (b".", b"..\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\r\nb", b"a\r\n\r\nb\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_examples(content: bytes, wire: bytes) -> None:
    assert transparent(content) == wire
