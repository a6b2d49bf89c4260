"""What a server said becomes a code, an enhanced code and words that can be stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import Outcome, Stage
from digest.mail.replies import broken_outcome, reply_outcome


@pytest.mark.parametrize(
    ("text", "enhanced", "words"),
    [
        ("5.1.1 No such user", "5.1.1", "No such user"),
        ("5.1.1 No\n5.1.1 such\n5.1.1 user", "5.1.1", "No such user"),
        ("5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10", "RESOLVER.ADR.RecipientNotFound"),
        (
            "sorry, no mailbox here by that name (#5.1.1)",
            "5.1.1",
            "sorry, no mailbox here by that name (#5.1.1)",
        ),
        ("No such user", "", "No such user"),
        ("see 5.1.1 in our manual", "", "see 5.1.1 in our manual"),
        ("192.0.2.1 is blocked", "", "192.0.2.1 is blocked"),
        ("5.1.1", "5.1.1", ""),
        ("", "", ""),
        ("a\tb  c\x00d\u202ee", "", "a b c de"),
        ("\udcff\udcfe", "", "\ufffd\ufffd"),
    ],
)
def test_the_enhanced_code_is_set_apart(text: str, enhanced: str, words: str) -> None:
    assert reply_outcome(Stage.RCPT, 550, text) == Outcome(Stage.RCPT, 550, enhanced, words)


@given(st.integers(-1, 1200), st.text())
def test_any_reply_can_be_stored(code: int, text: str) -> None:
    outcome = reply_outcome(Stage.DATA, code, text)
    assert outcome.code == 0 or 100 <= outcome.code <= 999
    assert outcome.text.isprintable() or not outcome.text.isascii()
    assert len(outcome.text.encode()) <= 2000
    assert "\n" not in outcome.text
    assert "\x00" not in outcome.text


def test_an_error_without_words_is_told_by_its_name() -> None:
    assert broken_outcome(Stage.MAIL, TimeoutError()) == Outcome(Stage.MAIL, 0, "", "TimeoutError")
    assert broken_outcome(Stage.MAIL, OSError("gone\r\naway")) == Outcome(Stage.MAIL, 0, "", "gone away")
