"""Quoted-printable pieces: each decodes to its text, and joined pieces to the joined texts."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.quoted import LINE_LIMIT, quoted

#: Letters that sit on the edges of the rules more often than chance would put them there.
MIXED = st.lists(
    st.sampled_from(
        ["\n", "\r\n", ".", "=", " ", "\t", "From ", "é", "推", "😀", "-", "a" * 25, "\r", "\x00"]
    ),
    max_size=60,
).map("".join)
ANY = MIXED | st.text(st.characters(codec="utf-8"), max_size=300)


def decoded(encoded: bytes) -> str:
    return quopri.decodestring(encoded).decode()


def canonical(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def lines_of(encoded: bytes) -> list[bytes]:
    assert encoded == b"" or encoded.endswith(b"\r\n")
    return encoded.split(b"\r\n")[:-1]


@given(ANY)
def test_decoding_gives_the_text_back(text: str) -> None:
    assert decoded(quoted(text)) == canonical(text)


@given(st.lists(ANY, max_size=5))
def test_joined_pieces_decode_to_the_joined_texts(texts: list[str]) -> None:
    assert decoded(b"".join(map(quoted, texts))) == "".join(map(canonical, texts))


@given(ANY)
def test_every_line_is_fit_for_the_wire(text: str) -> None:
    for line in lines_of(quoted(text)):
        assert len(line) <= LINE_LIMIT
        assert not set(line) - set(b"\t") - set(range(32, 127))
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@given(ANY)
def test_no_boundary_with_equals_underscore_can_appear(text: str) -> None:
    assert b"=_" not in quoted(text)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("plain", b"plain=\r\n"),
        ("plain\n", b"plain\r\n"),
        (".hidden\n", b"=2Ehidden\r\n"),
        ("From here\n", b"=46rom here\r\n"),
        ("end \n", b"end=20\r\n"),
        ("a=b", b"a=3Db=\r\n"),
        ("\n\n", b"\r\n\r\n"),
        ("“q”", b"=E2=80=9Cq=E2=80=9D=\r\n"),
    ],
)
def test_small_texts_look_as_expected(text: str, encoded: bytes) -> None:
    assert quoted(text) == encoded


def test_a_long_line_is_broken_without_splitting_an_octet() -> None:
    encoded = quoted("é" * 200 + "\n")
    assert all(line.count(b"=") * 3 in (len(line), len(line) + 2) for line in lines_of(encoded))
