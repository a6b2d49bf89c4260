"""What a mail program's unsubscribe button sends is known again, whatever it is wrapped in."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.web.one_click import is_one_click

FORM = "application/x-www-form-urlencoded"
MULTIPART = 'multipart/form-data; boundary="cut here"'


def part(name: str, value: str) -> bytes:
    """A multipart form of one field."""
    head = f'--cut here\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n--cut here--\r\n".encode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (f"{FORM}; charset=UTF-8", b"List-Unsubscribe=One-Click\r\n"),
        (FORM, b"x=1&List-Unsubscribe=One-Click&y=2"),
        (FORM, b"list%2Dunsubscribe=one%2dclick"),
        ("", b"List-Unsubscribe=One-Click"),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        (MULTIPART, part("List-Unsubscribe", "One-Click")),
        (
            "Multipart/Form-Data;boundary=cut",
            part("List-Unsubscribe", "One-Click").replace(b"cut here", b"cut"),
        ),
        (MULTIPART, part("x", "1")[:-14] + b"\r\n" + part("List-Unsubscribe", "One-Click")),
    ],
)
def test_one_click_is_known(content_type: str, body: bytes) -> None:
    assert is_one_click(content_type, body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b""),
        (FORM, b"List-Unsubscribe=No"),
        (FORM, b"x=List-Unsubscribe=One-Click"),
        (FORM, b"List-Unsubscribe"),
        (MULTIPART, b"List-Unsubscribe=One-Click"),
        (MULTIPART, part("x", "List-Unsubscribe=One-Click")),
        (MULTIPART, part("List-Unsubscribe", "No")),
        ("multipart/form-data", part("List-Unsubscribe", "One-Click")),
    ],
)
def test_anything_else_is_not(content_type: str, body: bytes) -> None:
    assert not is_one_click(content_type, body)


@given(
    st.one_of(st.text(), st.text().map(lambda rest: f"multipart/{rest}"), st.just(MULTIPART)),
    st.one_of(
        st.binary(),
        st.binary().map(lambda noise: part("x", "1") + noise),
        st.binary().map(lambda b: b"--cut here\r\n" + b),
    ),
)
@example(
    MULTIPART, b"--cut here\r\nContent-Disposition: form-data; name*=utf-8''List-Unsubscribe\r\n\r\nOne-Click"
)
@example("multipart/mixed; boundary=a\r\nX: y", b"--a\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--")
def test_no_form_makes_it_stumble(content_type: str, body: bytes) -> None:
    assert is_one_click(content_type, body) in {True, False}
