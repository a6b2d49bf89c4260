"""The hash of a body: that of RFC 6376, however the body is cut into pieces."""

from __future__ import annotations

import base64
import hashlib
import time
from itertools import pairwise

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.dkim import CohortBody, body_hash
from tests.mail.dkim_reader import relaxed_body

#: What relaxing looks at: white space, line ends, empty lines - and what it must leave alone.
SCRAPS = st.sampled_from(
    [b" ", b"\t", b"  \t ", b"\r\n", b"\r\n\r\n", b" \r\n", b"a", b"=20", b"--b", b"\x0b"]
)
LINES = st.lists(SCRAPS, max_size=12).map(lambda scraps: b"".join(scraps) + b"\r\n")
PIECES = st.lists(st.one_of(LINES, st.just(b"")), max_size=6)


@given(PIECES)
def test_a_body_has_the_hash_that_other_programs_find(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    assert body_hash(body) == hashlib.sha256(Relaxed.canonicalize_body(body)).digest()
    assert body_hash(body) == hashlib.sha256(relaxed_body(body)).digest()


@given(PIECES, st.data())
def test_it_does_not_matter_what_of_a_body_is_a_readers_own(pieces: list[bytes], data: st.DataObject) -> None:
    own = [data.draw(st.booleans()) for _ in pieces]
    cohort = CohortBody([None if is_own else piece for piece, is_own in zip(pieces, own, strict=True)])
    assert cohort.hash_of(pieces) == body_hash(b"".join(pieces))


@given(st.lists(LINES, min_size=2, max_size=5))
def test_one_readers_copy_leaves_nothing_behind_for_the_next(names: list[bytes]) -> None:
    cohort = CohortBody([b"Dear\r\n", None, b"All is well.\r\n"])
    for name in names + names[::-1]:
        assert cohort.hash_of([b"", name, b""]) == body_hash(b"Dear\r\n" + name + b"All is well.\r\n")


@pytest.mark.parametrize("nothing", [b"", b"\r\n", b"\r\n\r\n\r\n", b" \t\r\n \r\n"])
def test_a_body_of_empty_lines_is_the_empty_body(nothing: bytes) -> None:
    # the value that RFC 6376 section 3.4.4 gives for the relaxed empty body
    assert base64.b64encode(body_hash(nothing)) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_a_last_line_gets_the_end_that_it_would_get_on_the_wire() -> None:
    assert body_hash(b"All is well.") == body_hash(b"All is well.\r\n")


@pytest.mark.parametrize("cut", [b"half a line", b"line\r\nhalf a line", b"bare\n", b"bare\r"])
def test_a_piece_that_ends_within_a_line_is_refused(cut: bytes) -> None:
    with pytest.raises(ValueError, match="within a line"):
        CohortBody([cut, b"\r\n"])
    with pytest.raises(ValueError, match="within a line"):
        CohortBody([None, b"\r\n"]).hash_of([cut, b"\r\n"])


def test_different_bodies_have_different_hashes() -> None:
    bodies = [b"a\r\n", b"a \r\nb\r\n", b"a b\r\n", b"ab\r\n", b" a\r\n", b"a\r\n\r\nb\r\n"]
    hashes = [body_hash(body) for body in bodies]
    assert all(one != other for one, other in pairwise(sorted(hashes)))


def test_a_long_run_of_white_space_takes_no_long_time() -> None:
    begin = time.process_time()
    body_hash(b" \t" * 500_000 + b"x\r\n" + b" \r\n" * 300_000)
    assert time.process_time() - begin < 10
