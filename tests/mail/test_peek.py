"""What a person sees of a mail is its text, whatever the mail is, and nothing in it that could harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.peek import MOST_TEXT, header, readable, sender_and_subject
from tests.flows.returning import report

_PARTS = """From: =?utf-8?q?Ana_Mar=C3=ADa?= <ana@example.org>
Subject: =?utf-8?b?0J/RgNC40LLQtdGC?= =?utf-8?q?_=E2=80=AEtxt?=
Content-Type: multipart/alternative; boundary="edge"

--edge
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9 at noon?=20
--edge
Content-Type: text/html

<p>Another text</p>
--edge--
"""


def test_sender_and_subject_are_one_clean_line_each() -> None:
    assert sender_and_subject(_PARTS.encode()) == ("ana@example.org", "Привет txt")


def test_the_plain_text_is_preferred_and_decoded() -> None:
    assert readable(_PARTS.encode()) == "Café at noon?"


def test_a_page_is_read_as_its_text_when_there_is_no_other() -> None:
    page = b"Content-Type: text/html\n\n<style>p{}</style><p>Hello<br>there</p><script>alert(1)</script>"
    assert readable(page) == "Hello\nthere"


def test_the_fields_of_a_report_stand_below_its_words() -> None:
    said = readable(report("ana@example.org"))
    assert said.index("could not be delivered") < said.index("Final-Recipient: rfc822; ana@example.org")


def test_a_header_is_shown_as_it_stands_with_its_folded_lines() -> None:
    raw = b"Received: by mx\r\n\twith SMTP\r\nSubject: =?utf-8?q?x?=\r\n\r\nBody: no header"
    assert header(raw) == "Received: by mx\n    with SMTP\nSubject: =?utf-8?q?x?="


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"\0" * 50, b"no header at all"], ids=["none", "blank", "nul", "text"]
)
def test_what_is_no_mail_has_no_sender(raw: bytes) -> None:
    assert sender_and_subject(raw) == ("", "")


def test_a_long_mail_is_cut() -> None:
    raw = b"Subject: " + b"s" * 9_000 + b"\nX-Long: " + b"h" * 90_000 + b"\n\n" + b"word " * 100_000
    assert len(sender_and_subject(raw)[1]) <= 500
    assert len(readable(raw)) <= MOST_TEXT
    assert len(header(raw)) <= 33_000


@given(st.binary(max_size=400).map(lambda tail: b"From: a@b.example\nSubject: " + tail))
def test_whatever_comes_nothing_is_raised_and_no_control_is_shown(raw: bytes) -> None:
    for said in (*sender_and_subject(raw), readable(raw), header(raw)):
        assert not any(sign in said for sign in "\0\x07\x1b\r\u202e\u2066")
